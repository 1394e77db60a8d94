"""Copies that a browser plays: the same packets in another container, or small new pictures.

A copy keeps the time stamps of its original less ``origin_pts_s``, picture by picture, so that
variable rates and gaps stay what they are.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av
import av.error
import numpy as np
from av.audio.resampler import AudioResampler
from av.video.frame import PictureType

from review.errors import LoadError
from review.playback.plan import REMUX_AUDIO
from review.workspace import atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from av.container import InputContainer, OutputContainer

    from review.playback.plan import Playable

    Progress = Callable[[float], None]

#: Widest picture of a light copy: four of them fill a full-HD window.
WIDTH_PX: Final = 640
#: Fine enough for every frame rate in use (MPEG's clock).
_TIME_BASE: Final = Fraction(1, 90_000)
_AUDIO_RATE_HZ: Final = 48_000


def make_copy(
    item: Playable, *, folder: Path, rotation_deg: int = 0, progress: Progress | None = None
) -> Path:
    """Make the copy that a plan asks for, unless it is there, and return its path.

    Parameters
    ----------
    item
        From :func:`review.playback.plan.plan`, with ``way`` not ``original``.
    folder
        The session folder; only read.
    rotation_deg
        As in ``segments``: the clockwise turn that makes the picture upright. A new encoding is
        stored upright; a remuxed file keeps its own note of the turn.
    progress
        Called with 0 to 1 now and then.

    Raises
    ------
    LoadError
        If the original cannot be read; nothing is left under the copy's name.
    """
    if item.ready:
        return item.path
    original = folder / item.file
    tell = progress or (lambda _: None)
    make = _remux if item.way == "remux" else _encode
    try:
        with atomic_path(item.path) as part, av.open(str(original)) as source:
            # faststart: the index in front, so that a browser can jump at once.
            options = {"movflags": "+faststart"}
            with av.open(str(part), "w", format="mp4", options=options) as out:
                make(source, out, item.origin_pts_s, rotation_deg, tell)
    except (av.error.FFmpegError, ValueError) as error:
        raise LoadError(
            "no playable copy can be made",
            where=original,
            found=str(error),
            todo="look at the original with `review check`",
        ) from error
    tell(1.0)
    return item.path


def _remux(
    source: InputContainer, out: OutputContainer, origin_s: float, _turn: int, tell: Progress
) -> None:
    streams: list[Any] = [s for s in source.streams if s.type in {"video", "audio"}]
    targets = {s.index: out.add_stream_from_template(s) for s in streams}
    total_s = _length_s(source)
    for packet in _in_decoding_order(source.demux(streams)):
        shift = round(origin_s / packet.time_base)
        tell(_share(float(packet.pts * packet.time_base) - origin_s, total_s))
        packet.pts -= shift
        packet.dts -= shift
        packet.stream = targets[packet.stream.index]
        out.mux(packet)


def _in_decoding_order(packets: Iterable[Any]) -> Iterator[Any]:
    """Give every packet a decoding time: Matroska keeps none for the first few of a stream.

    They get the ticks before the first one that is known, which keeps the order and stays before
    every picture's own time.
    """
    waiting: dict[int, list[Any]] = {}
    known: set[int] = set()
    for packet in packets:
        index = packet.stream.index
        if packet.pts is None:
            continue
        if packet.dts is None and index not in known:
            waiting.setdefault(index, []).append(packet)
            continue
        first = waiting.pop(index, [])
        for back, early in zip(range(len(first), 0, -1), first, strict=True):
            early.dts = packet.dts - back
            yield early
        known.add(index)
        if packet.dts is not None:
            yield packet
    # A stream that knows none at all: if its pictures are out of order, the muxer refuses it.
    for first in waiting.values():
        for early in first:
            early.dts = early.pts
            yield early


def _encode(
    source: InputContainer, out: OutputContainer, origin_s: float, turn: int, tell: Progress
) -> None:
    pictures = _Pictures(source, out, origin_s, turn) if source.streams.video else None
    sound = _Sound(source, out, origin_s) if source.streams.audio else None
    parts = [part for part in (pictures, sound) if part is not None]
    by_index = {part.stream.index: part for part in parts}
    total_s = _length_s(source)
    packet: Any
    for packet in source.demux([part.stream for part in parts]):
        part = by_index[packet.stream.index]
        part.take(packet)
        if packet.pts is not None:
            tell(_share(float(packet.pts * packet.time_base) - origin_s, total_s))
    for part in parts:
        part.finish()


class _Pictures:
    """Pictures of one stream, made small, with a key frame a second."""

    def __init__(
        self, source: InputContainer, out: OutputContainer, origin_s: float, turn: int
    ) -> None:
        self.stream = source.streams.video[0]
        self.stream.thread_type = "AUTO"
        self._out, self._origin_s, self._turns = out, origin_s, (-turn // 90) % 4
        wide, high = self.stream.width, self.stream.height
        if self._turns % 2:
            wide, high = high, wide
        scale = min(1.0, WIDTH_PX / wide)
        # 4:2:0 needs even sides.
        self._size = (max(2, round(wide * scale / 2) * 2), max(2, round(high * scale / 2) * 2))
        self._target = out.add_stream(
            "libx264", rate=30, options={"preset": "veryfast", "crf": "26", "forced-idr": "1"}
        )
        self._target.width, self._target.height = self._size
        self._target.pix_fmt = "yuv420p"
        self._target.codec_context.time_base = _TIME_BASE
        self._second: int | None = None
        self._last_pts = -1

    def take(self, packet: Any) -> None:
        for frame in packet.decode():
            if frame.pts is not None:
                self._put(frame)

    def _put(self, frame: Any) -> None:
        pts_s = float(frame.pts * frame.time_base) - self._origin_s
        pts = round(pts_s / _TIME_BASE)
        if pts <= self._last_pts:  # two pictures at one time stamp: the first is kept
            return
        self._last_pts = pts
        upright = frame
        if self._turns:
            # Rotated by hand: an encoded copy carries no display matrix.
            array = np.rot90(frame.to_ndarray(format="rgb24"), self._turns)
            upright = av.VideoFrame.from_ndarray(np.ascontiguousarray(array), format="rgb24")
        small = upright.reformat(*self._size, format="yuv420p", interpolation="AREA")
        small.pts, small.time_base = pts, _TIME_BASE
        # The encoder chooses; a picture that was decoded brings its own type along.
        small.pict_type = PictureType.NONE
        if int(pts_s) != self._second:
            self._second = int(pts_s)
            small.pict_type = PictureType.I
        self._out.mux(self._target.encode(small))

    def finish(self) -> None:
        self._out.mux(self._target.encode(None))


class _Sound:
    """Sound of one stream: its packets as they are, or AAC where MP4 cannot hold them."""

    def __init__(self, source: InputContainer, out: OutputContainer, origin_s: float) -> None:
        self.stream = source.streams.audio[0]
        self._out, self._origin_s = out, origin_s
        self._copied = self.stream.codec_context.name in REMUX_AUDIO
        if self._copied:
            self._target = out.add_stream_from_template(self.stream)
            return
        self._target = out.add_stream("aac", rate=_AUDIO_RATE_HZ, layout="mono")
        # async: a gap in the time stamps becomes silence of its length, not a shift of the rest.
        self._resampler = AudioResampler(
            "fltp", "mono", _AUDIO_RATE_HZ, options={"async": "1", "first_pts": "0"}
        )

    def take(self, packet: Any) -> None:
        if not self._copied:
            for frame in packet.decode():
                self._put(frame)
        elif packet.pts is not None and packet.dts is not None:
            shift = round(self._origin_s / packet.time_base)
            packet.pts -= shift
            packet.dts -= shift
            packet.stream = self._target
            self._out.mux(packet)

    def _put(self, frame: Any) -> None:
        if frame.pts is None:
            return
        frame.pts -= round(self._origin_s / frame.time_base)
        for part in self._resampler.resample(frame):
            self._out.mux(self._target.encode(part))

    def finish(self) -> None:
        if self._copied:
            return
        for part in self._resampler.resample(None):
            self._out.mux(self._target.encode(part))
        self._out.mux(self._target.encode(None))


def _length_s(source: InputContainer) -> float | None:
    return source.duration / av.time_base if source.duration else None


def _share(done_s: float, total_s: float | None) -> float:
    return min(0.99, max(0.0, done_s / total_s)) if total_s else 0.0
