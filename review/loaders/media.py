"""Pictures, packets and sound of one media file, by presentation time stamp.

Time is always ``pts`` × time base as a :class:`fractions.Fraction`, never a picture's number over
a rate: phones and browsers change their rate while they record.
"""

from __future__ import annotations

import heapq
import math
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from av.error import EOFError as EndOfFile
from av.error import FFmpegError

from review.errors import LoadError
from review.loaders.container import (
    Attempts,
    MediaInfo,
    first_of,
    note_error,
    only,
    opened,
    packets_of,
    probe,
    read_info,
    seek,
)
from review.loaders.sound import SoundBlock, sound_blocks
from review.loaders.upright import Turn, pixels_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from av.container import InputContainer
    from av.packet import Packet as RawPacket
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

__all__ = [
    "Damage",
    "MediaInfo",
    "Packet",
    "Picture",
    "SoundBlock",
    "VideoReader",
    "open_video",
    "probe",
    "sound_blocks",
]


#: Seeks aim this much earlier: some containers find key frames by decoding time, which runs ahead
#: of presentation time by at most 16 pictures (H.264, A.3.1: max_dec_frame_buffering).
_SEEK_MARGIN_S: Final = 0.6
#: How far back a shown picture is looked for when nothing decodes closer by: one damaged key
#: frame first, then everything.
_LOOK_BACK_S: Final = (0.0, 30.0, math.inf)


class Packet(NamedTuple):
    """One compressed picture."""

    pts_s: float
    size_bytes: int
    is_key: bool
    duration_s: float = 0.0


class Picture:
    """One decoded picture, converted when it is first asked for.

    Parameters
    ----------
    convert
        Makes the upright pixels, of brightness alone if it is told so.
    gray
        Whether ``pixels`` are brightness alone.
    """

    __slots__ = ("_brightness", "_convert", "_gray", "_pixels", "is_key", "pts_s")

    def __init__(
        self,
        convert: Callable[[bool], NDArray[np.uint8]],
        *,
        pts_s: float,
        is_key: bool,
        gray: bool = False,
    ) -> None:
        self.pts_s, self.is_key = pts_s, is_key
        self._convert, self._gray = convert, gray
        self._pixels: NDArray[np.uint8] | None = None
        self._brightness: NDArray[np.uint8] | None = None

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Upright, uint8, (height, width, 3) in BGR or, for brightness alone, (height, width)."""
        if self._gray:
            return self.brightness
        if self._pixels is None:
            self._pixels = self._convert(False)
        return self._pixels

    @property
    def brightness(self) -> NDArray[np.uint8]:
        """Upright, uint8, (height, width), 0 black to 255 white."""
        if self._brightness is None:
            self._brightness = self._convert(True)
        return self._brightness


@dataclass(frozen=True, kw_only=True, slots=True)
class Damage:
    """A stretch of a file that did not decode, on its own time stamps."""

    start_pts_s: float
    end_pts_s: float
    reason: str


@contextmanager
def open_video(path: Path | str, *, one_thread: bool = False) -> Iterator[VideoReader]:
    """Open a file for its pictures.

    Parameters
    ----------
    one_thread
        The codec keeps to the caller's thread: slower for one file, quicker in all where several
        are decoded side by side.

    Raises
    ------
    LoadError
        If the file cannot be opened or has no picture track.
    """
    with opened(path) as container:
        stream = first_of(container, "video")
        if stream is None:
            raise LoadError(
                "no picture track",
                where=path,
                expected="a video file",
                found=container.format.name,
                todo="check that the right file was handed in",
            )
        only(container, stream)
        if one_thread:
            stream.thread_type = "NONE"
        yield VideoReader(container, stream, read_info(path, container))


class VideoReader:
    """Reads the first picture track of an open file; made by :func:`open_video`.

    Attributes
    ----------
    info : MediaInfo
    damage : list of Damage
        Stretches that the last call of :meth:`pictures` could not decode.
    """

    def __init__(self, container: InputContainer, stream: VideoStream, info: MediaInfo) -> None:
        self.info = info
        self.damage: list[Damage] = []
        self._container = container
        self._stream = stream
        self._base = Fraction(stream.time_base or Fraction(1, 1_000_000))
        self._fresh = True
        self._turn = Turn()

    def packets(self) -> Iterator[Packet]:
        """Walk all packets of the picture track without decoding, in the file's order."""
        self._rewind(None)
        # Whole numbers divided once give the same float as the fraction, ten times faster.
        top, bottom = self._base.numerator, self._base.denominator
        make = tuple.__new__
        for attempt in Attempts():
            with attempt:
                for packet in self._container.demux(self._stream):
                    stamp, size, length = packet.pts, packet.size, packet.duration
                    if stamp is None:
                        stamp = packet.dts
                    if size and stamp is not None:
                        pts_s = stamp * top / bottom
                        length_s = length * top / bottom if length else 0.0
                        yield make(Packet, (pts_s, size, packet.is_keyframe, length_s))

    def pictures(
        self,
        *,
        start_pts_s: float | None = None,
        end_pts_s: float | None = None,
        keys_only: bool = False,
        every_s: float | None = None,
        width_px: int | None = None,
        gray: bool = False,
        grid_pts_s: float | None = None,
        wanted: Callable[[Packet], bool] | None = None,
        rough: bool = False,
    ) -> Iterator[Picture]:
        """Decode pictures in order of time.

        Memory does not depend on the length of the file. What does not decode is skipped and
        noted in :attr:`damage`.

        Parameters
        ----------
        start_pts_s, end_pts_s
            Half-open interval of time stamps; None for no bound.
        keys_only
            Only key frames, without decoding the others.
        every_s
            At most one picture in each interval of this length, the first of it.
        grid_pts_s
            Where those intervals are counted from; ``start_pts_s`` (or time stamp zero) if not
            given.
        width_px
            Width of the pictures, the ratio kept; None for the recorded width. A file whose size
            changes on the way (browser recorders) then still gives pictures of one width.
        gray
            Brightness alone, shape (height, width).
        wanted
            With ``keys_only``: asked for every packet in the file's order; a key frame that it
            refuses is not decoded.
        rough
            With ``keys_only``, before anything else was decoded: without the codec's smoothing of
            blocks, in two thirds of the time. For measuring, not for showing.
        """
        self.damage = []
        if rough and keys_only and not self._stream.codec_context.is_open:
            self._stream.codec_context.options = {"skip_loop_filter": "all"}
        self._rewind(start_pts_s)
        # The decoder of AV1 keeps to what it is told first: it is given key frames alone instead.
        skip = keys_only and self.info.video_codec != "av1"
        self._stream.codec_context.skip_frame = "NONKEY" if skip else "DEFAULT"
        grid_s = grid_pts_s if grid_pts_s is not None else start_pts_s or 0.0
        slot = -math.inf
        for frame in self._frames(keys_only=keys_only, wanted=wanted):
            stamp = frame.pts if frame.pts is not None else frame.dts
            if stamp is None:
                continue
            pts_s = stamp * self._base.numerator / self._base.denominator
            if start_pts_s is not None and pts_s < start_pts_s:
                continue
            if end_pts_s is not None and pts_s >= end_pts_s:
                return
            if every_s is not None:
                now = math.floor((pts_s - grid_s) / every_s + 1e-9)
                if now <= slot:
                    continue
                slot = now
            yield self._picture(frame, pts_s, width_px, gray=gray)

    def shown_at(self, pts_s: float, *, width_px: int | None = None) -> Picture | None:
        """Return the picture that a player shows at a time stamp: the last at or before it."""
        best: VideoFrame | None = None
        for back_s in _LOOK_BACK_S:
            self._rewind(pts_s - back_s)
            self._stream.codec_context.skip_frame = "DEFAULT"
            for frame in self._frames(keys_only=False):
                if frame.pts is not None and frame.pts * self._base > pts_s:
                    break
                best = frame
            if best is not None or pts_s - back_s <= self.info.origin_pts_s:
                break
        if best is None or best.pts is None:
            return None
        return self._picture(best, float(best.pts * self._base), width_px, gray=False)

    def _picture(
        self, frame: VideoFrame, pts_s: float, width_px: int | None, *, gray: bool
    ) -> Picture:
        matrix = self._turn.of(frame)
        return Picture(
            lambda plain: pixels_of(frame, matrix, width_px, gray=plain),
            pts_s=pts_s,
            is_key=frame.key_frame,
            gray=gray,
        )

    def _rewind(self, start_pts_s: float | None) -> None:
        if start_pts_s is None and self._fresh:
            self._fresh = False
            return
        self._fresh = False
        origin = self.info.origin_pts_s
        wanted = origin if start_pts_s is None else max(origin, start_pts_s - _SEEK_MARGIN_S)
        seek(self._container, self._stream, wanted)

    def _frames(
        self, *, keys_only: bool, wanted: Callable[[Packet], bool] | None = None
    ) -> Iterator[VideoFrame]:
        flight = _Flight()
        for packet in packets_of(self._container, self._stream):
            if keys_only and packet.size:
                asked = wanted is None or wanted(self._told_of(packet))
                if not packet.is_keyframe or not asked:
                    continue
            try:
                frames = packet.decode()
            except EndOfFile:
                frames = []
            except FFmpegError as error:
                flight.reason = note_error(error)
                frames = []
            if packet.size and packet.pts is not None and not packet.is_discard:
                flight.sent(packet.pts)
            for frame in frames:
                if frame.pts is not None:
                    self._note(flight.landed(frame.pts))
                yield frame
        end_s = self.info.end_pts_s
        self._note(flight.ended(None if end_s is None else math.floor(end_s / self._base)))

    def _told_of(self, packet: RawPacket[VideoStream]) -> Packet:
        stamp = packet.pts if packet.pts is not None else packet.dts or 0
        pts_s = stamp * self._base.numerator / self._base.denominator
        return Packet(pts_s, packet.size, packet.is_keyframe)

    def _note(self, lost: tuple[int, int, str] | None) -> None:
        if lost is not None:
            start, end, reason = lost
            self.damage.append(
                Damage(
                    start_pts_s=float(start * self._base),
                    end_pts_s=float(max(start, end) * self._base),
                    reason=reason,
                )
            )


class _Flight:
    """Time stamps that a decoder was given and has not given back yet."""

    def __init__(self) -> None:
        self.reason = ""
        self._waiting: list[int] = []
        self._first: int | None = None

    def sent(self, stamp: int) -> None:
        heapq.heappush(self._waiting, stamp)

    def landed(self, stamp: int) -> tuple[int, int, str] | None:
        """Return what was lost before a picture that came out: (from, to, why)."""
        lost: list[int] = []
        while self._waiting and self._waiting[0] <= stamp:
            waited = heapq.heappop(self._waiting)
            # Pictures before the first one are leading pictures of a key frame that was sought.
            if waited < stamp and self._first is not None and waited > self._first:
                lost.append(waited)
        if self._first is None:
            self._first = stamp
        return self._told(lost, stamp)

    def ended(self, end: int | None) -> tuple[int, int, str] | None:
        """Return what was lost at the end of the track."""
        lost, self._waiting = sorted(self._waiting), []
        if not lost:
            return None
        return self._told(lost, max(lost[-1], end or lost[-1]))

    def _told(self, lost: list[int], until: int) -> tuple[int, int, str] | None:
        reason, self.reason = self.reason, ""
        # A single packet without a picture is no damage unless the decoder complained: encoders
        # write frames that are only referred to and never shown.
        if not lost or (len(lost) == 1 and not reason):
            return None
        return lost[0], until, reason or "the decoder gives no picture"
