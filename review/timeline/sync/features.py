"""What is compared coarsely: when it gets louder, in bands, blind to phase, room and microphone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter1d

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Samples (at 8 kHz) of one feature: 32 ms. The drift of 200 ppm moves a block of 100 s by 20 ms,
#: so that finer features would gain nothing.
HOP: Final = 256
FRAME_S: Final = HOP / 8000
#: Edges of the bands in bins of 31.25 Hz: 125 Hz (below lie mains hum and traffic) to 4 kHz.
_EDGES: Final = (4, 8, 16, 26, 38, 54, 74, 96, 128)
#: Seconds of the mean that is taken off: what changes more slowly is automatic gain and fans.
_SLOW_S: Final = 1.5
#: Nothing counts for more than this (standard deviations), or one bang decides alone.
_MOST: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class Features:
    """Loudness per band about its running mean, on a grid of ``FRAME_S`` of device time.

    Parameters
    ----------
    first
        Frame number of the first row: row ``k`` is at ``(first + k) * FRAME_S`` seconds.
    values
        Shape (bands, frames), float32, unit spread; zero where nothing was recorded.
    heard
        Shape (frames,): whether there was sound at all.
    """

    first: int
    values: NDArray[np.float32]
    heard: NDArray[np.bool_]

    def window(self, first: int, count: int) -> NDArray[np.float32]:
        """Return frames ``first`` to ``first + count`` of the grid, zero outside."""
        out = np.zeros((len(self.values), count), np.float32)
        a, b = max(first, self.first), min(first + count, self.first + self.values.shape[1])
        if b > a:
            out[:, a - first : b - first] = self.values[:, a - self.first : b - self.first]
        return out


def band_power(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power per band and frame of samples at 8 kHz; shape (bands, n // HOP)."""
    frames = samples[: len(samples) // HOP * HOP].reshape(-1, HOP)
    squares = np.abs(fft.rfft(frames * np.hanning(HOP).astype(np.float32), axis=1)) ** 2
    bands = [squares[:, a:b].mean(axis=1) for a, b in itertools.pairwise(_EDGES)]
    return np.asarray(bands, np.float32)


def from_power(parts: Sequence[tuple[int, NDArray[np.float32]]]) -> Features:
    """Make features from the power of consecutive stretches.

    Parameters
    ----------
    parts
        Frame number of the first frame, and power of shape (bands, frames), in order of time.
    """
    first = min(at for at, _ in parts)
    last = max(at + part.shape[1] for at, part in parts)
    power = np.zeros((len(_EDGES) - 1, last - first), np.float32)
    for at, part in parts:
        power[:, at - first : at - first + part.shape[1]] = part
    heard = power.sum(axis=0) > 0
    if not heard.any():
        return Features(first=first, values=power, heard=heard)
    # Band by band in place: all at once would take the memory of several.
    for band in power:
        _levelled(band, heard)
    return Features(first=first, values=power, heard=heard)


def _levelled(band: NDArray[np.float32], heard: NDArray[np.bool_]) -> None:
    """Turn power into loudness about its running mean, with unit spread, in place."""
    # Digital silence has no logarithm: it counts as loud as the quietest sound there is.
    np.maximum(band, band[heard].min() + 1e-12, out=band)
    np.log(band, out=band)
    band -= uniform_filter1d(band, round(_SLOW_S / FRAME_S), mode="nearest")
    band[~heard] = 0.0
    band /= np.sqrt((band[heard] ** 2).mean()) + 1e-6
    np.clip(band, -_MOST, _MOST, out=band)
