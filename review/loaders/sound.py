"""Sound of one media file in short blocks, resampled on the way."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import EOFError as EndOfFile
from av.error import FFmpegError

from review.errors import LoadError
from review.loaders.container import first_of, only, opened, packets_of, seek

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from numpy.typing import NDArray

#: Time stamps that differ by more than this from where the samples before them end start a new
#: run. Below lies the rounding of containers that count in milliseconds, above a real hole.
_HOLE_S: Final = 0.04
#: So much is resampled at once.
_AT_ONCE_S: Final = 0.5
#: Decoding starts this much earlier than asked, so that codecs with memory have settled.
_RUN_UP_S: Final = 0.2


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SoundBlock:
    """Consecutive samples: ``samples`` is float32 mono, full scale 1.0."""

    pts_s: float
    samples: NDArray[np.float32]


def sound_blocks(
    path: Path | str,
    *,
    rate_hz: int = 16000,
    start_pts_s: float | None = None,
    end_pts_s: float | None = None,
) -> Iterator[SoundBlock]:
    """Decode the first sound track of a file, mixed to one channel, in blocks of about a second.

    A hole in the time stamps ends a block; nothing is filled in. Memory does not depend on the
    length of the file.

    Parameters
    ----------
    rate_hz
        Sampling rate of the samples that come out.
    start_pts_s, end_pts_s
        Half-open interval of time stamps; None for no bound.

    Raises
    ------
    LoadError
        If the file cannot be opened or has no sound track.
    """
    with opened(path) as container:
        stream = first_of(container, "audio")
        if stream is None:
            raise LoadError("no sound track", where=path, expected="a recording with sound")
        only(container, stream)
        if start_pts_s is not None:
            first_s = float((stream.start_time or 0) * Fraction(stream.time_base))
            seek(container, stream, max(first_s, start_pts_s - _RUN_UP_S))
        runs = _runs(_frames(container, stream), stream, rate_hz, end_pts_s)
        for block in _blocks(runs, rate_hz):
            cut = _cut(block, rate_hz, start_pts_s, end_pts_s)
            if len(cut.samples):
                yield cut


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    for packet in packets_of(container, stream):
        try:
            yield from packet.decode()  # type: ignore[misc]
        except EndOfFile:
            return
        except FFmpegError:
            # The hole shows in the time stamps of what follows.
            continue


def _runs(
    frames: Iterator[AudioFrame], stream: AudioStream, rate_hz: int, end_pts_s: float | None
) -> Iterator[tuple[float | None, NDArray[np.float32]]]:
    """Yield (start of a new run or None to go on, samples)."""
    above, below = Fraction(stream.time_base or Fraction(1, 1_000_000)).as_integer_ratio()
    resampler: AudioResampler | None = None
    shape: tuple[int, str, str] | None = None
    expected_s: float | None = None
    held = _Held()
    for frame in frames:
        if not frame.samples or not frame.sample_rate:
            continue
        pts = frame.pts
        # As exact as float(pts * base), without making a fraction for every frame.
        stamp_s = pts * above / below if pts is not None else expected_s or 0.0
        if end_pts_s is not None and stamp_s >= end_pts_s:
            break
        now = (frame.sample_rate, frame.layout.name, frame.format.name)
        hole = expected_s is None or abs(stamp_s - expected_s) > _HOLE_S
        if resampler is None or hole or now != shape:
            if resampler is not None:
                yield None, _through(resampler, held.together())
                yield None, _through(resampler, None)
            resampler, shape = AudioResampler(format="flt", layout="mono", rate=rate_hz), now
            expected_s = stamp_s
            yield stamp_s, np.empty(0, np.float32)
        expected_s = (expected_s or 0.0) + frame.samples / frame.sample_rate
        held.add(frame)
        if held.samples >= _AT_ONCE_S * frame.sample_rate:
            yield None, _through(resampler, held.together())
    if resampler is not None:
        yield None, _through(resampler, held.together())
        yield None, _through(resampler, None)


class _Held:
    """Frames of one shape that wait for the resampler: a call costs as much as ten frames."""

    def __init__(self) -> None:
        self._frames: list[AudioFrame] = []
        self.samples = 0

    def add(self, frame: AudioFrame) -> None:
        # Run times are counted in samples from the first one; the container's rounding stays out.
        frame.pts = None
        self._frames.append(frame)
        self.samples += frame.samples

    def together(self) -> list[AudioFrame]:
        """Give what is held as one frame where that can be, and hold nothing more."""
        frames, self._frames, self.samples = self._frames, [], 0
        if len(frames) < 2:
            return frames
        first = frames[0]
        try:
            parts = [_array(frame) for frame in frames]
            whole = AudioFrame.from_ndarray(
                np.ascontiguousarray(np.concatenate(parts, axis=1)),
                format=first.format.name,
                layout=first.layout.name,
            )
        except (ValueError, TypeError):  # a sample format that has no array
            return frames
        whole.sample_rate = first.sample_rate
        return [whole]


def _array(frame: AudioFrame) -> NDArray[Any]:
    """Return a frame's samples; those of one channel as decoders mostly give them uncopied."""
    if frame.format.name == "fltp" and frame.layout.nb_channels == 1:
        return np.frombuffer(memoryview(frame.planes[0]), np.float32, frame.samples)[None]
    return np.asarray(frame.to_ndarray())


def _through(resampler: AudioResampler, frames: list[AudioFrame] | None) -> NDArray[np.float32]:
    """Resample frames; None for what the resampler still holds."""
    fed: list[AudioFrame | None] = [None] if frames is None else [*frames]
    parts = [_samples(out) for frame in fed for out in resampler.resample(frame)]
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def _samples(frame: AudioFrame) -> NDArray[np.float32]:
    return frame.to_ndarray().reshape(-1).astype(np.float32, copy=False)


def _blocks(
    runs: Iterator[tuple[float | None, NDArray[np.float32]]], rate_hz: int
) -> Iterator[SoundBlock]:
    """Cut runs into blocks of a second, each placed by counting samples from its run's start."""
    held: list[NDArray[np.float32]] = []
    start_s, done, count = 0.0, 0, 0
    for begins_s, samples in runs:
        if begins_s is not None:
            if count:
                yield SoundBlock(pts_s=start_s + done / rate_hz, samples=np.concatenate(held))
            start_s, done, held, count = begins_s, 0, [], 0
        held.append(samples)
        count += len(samples)
        if count >= rate_hz:
            yield SoundBlock(pts_s=start_s + done / rate_hz, samples=np.concatenate(held))
            done, held, count = done + count, [], 0
    if count:
        yield SoundBlock(pts_s=start_s + done / rate_hz, samples=np.concatenate(held))


def _cut(
    block: SoundBlock, rate_hz: int, start_pts_s: float | None, end_pts_s: float | None
) -> SoundBlock:
    first, last = 0, len(block.samples)
    if start_pts_s is not None:
        first = min(max(0, int(np.ceil((start_pts_s - block.pts_s) * rate_hz - 1e-6))), last)
    if end_pts_s is not None:
        last = max(first, min(last, int(np.ceil((end_pts_s - block.pts_s) * rate_hz - 1e-6))))
    if first == 0 and last == len(block.samples):
        return block
    return SoundBlock(pts_s=block.pts_s + first / rate_hz, samples=block.samples[first:last])
