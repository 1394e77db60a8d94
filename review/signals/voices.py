"""What a voice sounds like: its pitch and its timbre, over half a second at a time.

It serves to tell voices of one sitting apart that one microphone heard; it recognises nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.fft import dct, irfft, rfft

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Floats = NDArray[np.float64]

RATE_HZ: Final = 16000
#: Frames of 40 ms, one every 10 ms: two periods of the lowest voice fit in.
_FRAME: Final = 640
_HOP: Final = 160
#: Pitch of adults and children who speak (Hz).
_LOWEST_HZ: Final = 70.0
_HIGHEST_HZ: Final = 400.0
#: Harmonics above this are not asked for the pitch.
_HARMONICS_HZ: Final = 1500.0
#: A frame is voiced if it repeats itself to this degree (1 is exactly), and is not the echo of a
#: louder one.
_PERIODIC: Final = 0.6
_LOUD: Final = 0.1
#: Of two lags that fit almost equally well the shorter is the pitch, the longer its double.
_AS_GOOD: Final = 0.9
#: Fewer voiced frames than this say nothing.
_LEAST: Final = 10
#: Coefficients of the timbre: the smooth shape of the spectrum. Loudness (the first) is left out.
COEFFICIENTS: Final = 12
_BANDS: Final = 26
_SIZE: Final = 1024


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A voice over a stretch of sound.

    Parameters
    ----------
    pitch_hz
        Median fundamental frequency of the voiced frames.
    timbre
        Median mel-frequency cepstral coefficients 1 to 12 of them.
    voiced
        Share of frames that are voiced.
    """

    pitch_hz: float
    timbre: Floats
    voiced: float

    @property
    def vector(self) -> Samples:
        """Pitch in octaves above 1 Hz, then the timbre: shape (13,)."""
        return np.concatenate([[np.log2(self.pitch_hz)], self.timbre]).astype(np.float32)


def voice(samples: Samples) -> Voice | None:
    """Describe the voice in a stretch of speech; None where too little of it is voiced.

    Parameters
    ----------
    samples
        At 16 kHz.
    """
    if len(samples) < _FRAME:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP].astype(np.float64)
    frames = frames - frames.mean(axis=1, keepdims=True)
    power = (frames**2).sum(axis=1)
    pitch, periodic = _pitch(frames)
    good = (periodic >= _PERIODIC) & (power >= _LOUD * np.percentile(power, 90)) & (power > 0)
    if good.sum() < _LEAST:
        return None
    return Voice(
        pitch_hz=float(np.median(pitch[good])),
        timbre=np.median(_timbre(frames[good]), axis=0),
        voiced=float(good.mean()),
    )


def _pitch(frames: Floats) -> tuple[Floats, Floats]:
    """Return, by frame, the pitch (Hz) and how periodic it is, from the autocorrelation."""
    count = frames.shape[1]
    longest = int(RATE_HZ / _LOWEST_HZ)
    spectrum = np.abs(rfft(frames, 2 * _SIZE, axis=1)) ** 2
    # High harmonics do not fit whole samples of a short lag, and would favour its double.
    spectrum[:, round(_HARMONICS_HZ * 2 * _SIZE / RATE_HZ) :] = 0.0
    alike = irfft(spectrum, axis=1)[:, : longest + 1]
    # Fewer samples overlap at longer lags; that is no lack of likeness.
    alike = alike / np.maximum(alike[:, :1], 1e-12) * (count / (count - np.arange(longest + 1)))
    shortest = int(RATE_HZ / _HIGHEST_HZ)
    part = alike[:, shortest:]
    best = part.max(axis=1)
    peak = (part[:, 1:-1] >= part[:, :-2]) & (part[:, 1:-1] >= part[:, 2:])
    fits = peak & (part[:, 1:-1] >= _AS_GOOD * best[:, None])
    lag = np.where(fits.any(axis=1), fits.argmax(axis=1) + 1, part.argmax(axis=1)) + shortest
    return RATE_HZ / lag, np.where(fits.any(axis=1), best, 0.0)


def _timbre(frames: Floats) -> Floats:
    spectrum = np.abs(rfft(frames * np.hanning(frames.shape[1]), _SIZE, axis=1)) ** 2
    bands = spectrum @ _bank().T
    # A band without sound counts as 60 dB below the frame: loudness shall not bend the timbre.
    bands = np.log(np.maximum(bands, 1e-6 * bands.mean(axis=1, keepdims=True)) + 1e-20)
    return np.asarray(dct(bands, axis=1, norm="ortho")[:, 1 : COEFFICIENTS + 1], dtype=np.float64)


@cache
def _bank() -> Floats:
    """Return triangular bands, evenly spread over 100 to 7000 Hz on the mel scale."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (100.0, 7000.0))
    edges = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    hertz = np.arange(_SIZE // 2 + 1) * RATE_HZ / _SIZE
    rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
    bank = np.clip(np.minimum(rising, falling), 0, None)
    bank.setflags(write=False)
    return bank
