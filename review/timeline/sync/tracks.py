"""The sound of one stream, prepared for comparison and kept small.

Two things are kept of the sound: its loudness in bands every 32 ms (:mod:`.features`), and the
sound itself at 8 kHz and eight bits a sample, made even in frequency and with what is steady taken
out, so that what remains are the moments in which something happens.
"""

from __future__ import annotations

from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import fft
from scipy.ndimage import median_filter, uniform_filter1d

from review.timeline.sync.features import HOP, Features, band_power, from_power

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor, Future

    from numpy.typing import NDArray

    from review.loaders.record import SittingRecord
    from review.loaders.streams import StreamSound

    SoundSource = Callable[..., Iterator[StreamSound]]
    Prepared = tuple[NDArray[np.int8], NDArray[np.float32]]

#: Keys, clicks and speech have most of their power below 4 kHz, and 48 kbit/s AAC keeps it.
RATE_HZ: Final = 8000
#: Samples are kept as the signed fourth root in 8 bits: 90 minutes take 43 MB, and the error of
#: rounding stays 20 dB below the sample over 80 dB.
_STEPS: Final = 127
#: Blocks that follow one another within this are one run; the loader counts samples, so that what
#: is less is rounding of sums.
_JOINED_S: Final = 0.002
#: Recordings further from the subject than this are on no clock that could be mended by a shift.
#: 30 hours hold the mistake of a whole day and of any time zone.
REACH_S: Final = 30 * 3600.0
#: What is prepared at once: 33 s. Automatic gain and fans are steady over that time.
_CHUNK: Final = 1 << 18
#: Frame of the spectrum that is evened out (0.5 s: hum and its harmonics fill single bins).
_FRAME: Final = 4096
#: Frequencies kept, Hz: below lies mains hum, above what telephone codecs drop.
_BAND_HZ: Final = (150.0, 3800.0)
#: A bin this much stronger than those about it is a tone, which fits itself at every period.
_TONE: Final = 4.0
#: Loudness is followed over 8 ms, the length of a click.
_ENVELOPE: Final = 64
#: What is not this much louder than usual (power) is taken for steady noise.
_STEADY: Final = 1.5


@dataclass(frozen=True, kw_only=True)
class Run:
    """Half a minute of sound or less: ``coded`` samples from sample ``first`` of device time."""

    first: int
    coded: NDArray[np.int8]


@dataclass(frozen=True, kw_only=True)
class Track:
    """The sound of one stream on its device clock, at ``RATE_HZ``.

    Parameters
    ----------
    stream
        Name of the stream.
    runs
        In order of time, without overlap.
    features
        Loudness in bands.
    """

    stream: str
    runs: tuple[Run, ...]
    features: Features

    @property
    def start_s(self) -> float:
        """Device time of the first sample."""
        return self.runs[0].first / RATE_HZ

    @property
    def end_s(self) -> float:
        """Device time after the last sample."""
        return (self.runs[-1].first + len(self.runs[-1].coded)) / RATE_HZ

    def samples(self, start: int, count: int) -> NDArray[np.float32]:
        """Return ``count`` samples from sample ``start`` of device time; holes are zero.

        Sample ``n`` is at ``n / RATE_HZ`` seconds of device time, to half a sample (0.06 ms).
        """
        out = np.zeros(count, np.float32)
        # Runs are in order of time, and none is longer than a chunk and a block.
        near = bisect_left(self.runs, start - 2 * _CHUNK, key=lambda run: run.first)
        for run in self.runs[near:]:
            if run.first >= start + count:
                break
            a, b = max(start, run.first), min(start + count, run.first + len(run.coded))
            if b > a:
                out[a - start : b - start] = decode(run.coded[a - run.first : b - run.first])
        return out


_LEVELS: Final = np.sign(np.arange(-128, 128)) * (np.abs(np.arange(-128, 128)) / _STEPS) ** 4
_LEVELS32: Final = _LEVELS.astype(np.float32)


def encode(samples: NDArray[np.float32]) -> NDArray[np.int8]:
    """Bring samples of full scale 1.0 to eight bits; the inverse is :func:`decode`."""
    root = np.sqrt(np.sqrt(np.minimum(np.abs(samples), 1.0)))
    return np.copysign(np.rint(root * _STEPS), samples).astype(np.int8)


def decode(coded: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return samples of full scale 1.0.

    Examples
    --------
    >>> [round(float(x), 3) for x in decode(encode(np.array([0.5, -0.001, 0.0], np.float32)))]
    [0.504, -0.001, 0.0]
    """
    return _LEVELS32[coded.astype(np.int16) + 128]


def prepare(samples: NDArray[np.float32], skip: int) -> Prepared:
    """Prepare a chunk of sound.

    Parameters
    ----------
    samples
        Shape (n,).
    skip
        Samples before the first that lies on the grid of features.

    Returns
    -------
    coded : numpy.ndarray
        Shape (n,), see :func:`encode`: what happens, without what is steady.
    power : numpy.ndarray
        Shape (bands, frames).
    """
    power = band_power(samples[skip:])
    count = len(samples)
    frames = samples[: count // _FRAME * _FRAME].reshape(-1, _FRAME)
    if not len(frames):
        frames = np.pad(samples, (0, _FRAME - count))[None]
    mean = (np.abs(fft.rfft(frames * np.hanning(_FRAME).astype(np.float32), axis=1)) ** 2).mean(0)
    if not mean.any():
        return np.zeros(count, np.int8), power
    about = median_filter(mean, 31, mode="nearest") + 1e-20
    hz = fft.rfftfreq(_FRAME, 1 / RATE_HZ)
    weight = ((hz >= _BAND_HZ[0]) & (hz <= _BAND_HZ[1]) & (mean < _TONE * about)) / np.sqrt(about)
    size = fft.next_fast_len(count, real=True)
    spectrum = fft.rfft(samples, size)
    at = np.linspace(0.0, len(hz) - 1.0, len(spectrum))
    spectrum *= np.interp(at, np.arange(len(hz)), weight).astype(np.float32)
    even = fft.irfft(spectrum, size)[:count]
    loud = uniform_filter1d(even * even, _ENVELOPE, mode="nearest")
    usual = float(np.median(loud)) + 1e-20
    loud /= usual
    # Loud moments count more, but by half as many decibels as they are louder.
    gate = np.maximum(1.0 - _STEADY / np.maximum(loud, 1e-6), 0.0) * np.maximum(loud, 1.0) ** -0.25
    even *= gate / np.sqrt(usual)
    return encode(np.asarray(even, np.float32) / 64.0), power


def read_track(
    record: SittingRecord, stream: str, *, sound: SoundSource, pool: Executor
) -> Track | None:
    """Read the sound of a stream; None where none can be decoded or all of it is digital zero.

    Parameters
    ----------
    sound
        :func:`review.loaders.streams.sound` or what answers like it.
    pool
        Where chunks are prepared while the next are decoded.
    """
    return collect(stream, sound(record, stream, rate_hz=RATE_HZ), pool=pool)


def collect(
    stream: str, blocks: Iterable[StreamSound], *, pool: Executor | None = None
) -> Track | None:
    """Join blocks of samples on device time to a track."""
    if pool is None:
        with ThreadPoolExecutor(1) as own:
            return collect(stream, blocks, pool=own)
    parts = [
        (first, skip, pool.submit(prepare, samples, skip))
        for first, skip, samples in _chunks(blocks)
    ]
    return _assembled(stream, parts) if parts else None


def _chunks(blocks: Iterable[StreamSound]) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    """Yield (first sample, samples before the grid, samples) of chunks without a hole."""
    held: list[NDArray[np.float32]] = []
    first = count = 0
    for block in blocks:
        if not len(block.samples) or abs(block.device_s) > REACH_S:
            continue
        joined = abs(block.device_s - (first + count) / RATE_HZ) <= _JOINED_S
        if held and (not joined or count >= _CHUNK):
            yield first, -first % HOP, np.concatenate(held)
            first, count, held = first + count, 0, []
        if not joined or not (held or first):
            first = round(block.device_s * RATE_HZ)
        held.append(block.samples)
        count += len(block.samples)
    if held:
        yield first, -first % HOP, np.concatenate(held)


def _assembled(stream: str, parts: list[tuple[int, int, Future[Prepared]]]) -> Track | None:
    # Chunks stay apart: joining them would take all of the sound a second time.
    runs: list[Run] = []
    powers: list[tuple[int, NDArray[np.float32]]] = []
    for first, skip, future in parts:
        coded, power = future.result()
        runs.append(Run(first=first, coded=coded))
        powers.append(((first + skip) // HOP, power))
    if not any(run.coded.any() for run in runs):
        return None
    return Track(stream=stream, runs=tuple(runs), features=from_power(powers))
