"""Opening a media file safely and reading what its headers say.

Only local files are ever opened, by a fixed list of containers and protocols: a text that calls
itself a video cannot make the reader fetch something else.
"""

from __future__ import annotations

import io
import math
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import av
from av.error import EOFError as EndOfFile
from av.error import FFmpegError
from av.stream import Discard

from review.errors import LoadError
from review.loaders import boxes, playlist

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet as RawPacket
    from av.stream import Stream

#: Containers that are read, by their libavformat names. Text playlists are not among them.
CONTAINERS: Final = (
    "aac,ac3,aiff,amr,asf,avi,caf,flac,flv,gif,matroska,mov,mp3,mpeg,mpegts,ogg,wav,webm,w64"
)
_OPTIONS: Final = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
#: A playlist has been checked and rewritten (review.loaders.playlist); its parts may end in
#: anything.
_PLAYLIST_OPTIONS: Final = {
    "protocol_whitelist": "file",
    "format_whitelist": f"hls,{CONTAINERS}",
    "allowed_extensions": "ALL",
    "allowed_segment_extensions": "ALL",
    "extension_picky": "0",
}
#: Seconds until a file that yields nothing is given up (opening, one read).
_PATIENCE_S: Final = (60.0, 60.0)
#: Read errors after which nothing more is expected of a file. Where reading cannot go on, each of
#: them costs microseconds; where it can, no recording worth looking at has as many.
_GIVE_UP_AFTER: Final = 2000
#: Containers of the MP4 family, whose boxes are looked into directly.
_MP4: Final = "mov,mp4"


@dataclass(frozen=True, kw_only=True)
class MediaInfo:
    """What the headers of a media file say; nothing of it is borne out yet.

    Parameters
    ----------
    origin_pts_s
        Earliest time stamp of picture and sound: the moment at which the recording starts.
    duration_s
        Declared length from ``origin_pts_s``; None where the header has none.
    width_px, height_px
        Of the upright picture.
    rotation_deg
        Clockwise turn that brings the stored picture upright: 0, 90, 180 or 270.
    created
        Creation time that the container states (timezone-aware), None without one.
    """

    path: Path
    container: str
    size_bytes: int
    origin_pts_s: float
    duration_s: float | None
    video_codec: str | None
    width_px: int | None
    height_px: int | None
    rotation_deg: int
    mean_fps: float | None
    audio_codec: str | None
    sample_rate_hz: int | None
    created: datetime | None
    video_start_pts_s: float | None = None
    audio_start_pts_s: float | None = None

    @property
    def end_pts_s(self) -> float | None:
        """Declared end on the time stamps of the file."""
        return None if self.duration_s is None else self.origin_pts_s + self.duration_s


def probe(path: Path | str) -> MediaInfo:
    """Read the headers of a media file.

    Raises
    ------
    LoadError
        If the file is empty, is no media file, or holds neither picture nor sound.
    """
    with opened(path) as container:
        return read_info(path, container)


@contextmanager
def opened(path: Path | str) -> Iterator[InputContainer]:
    """Open a media file for reading; LoadError says why it cannot be."""
    path = Path(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise LoadError("the file cannot be read", where=path, found=str(error)) from error
    if not size:
        raise LoadError("the file is empty", where=path, todo="ask for the recording again")
    listed = path.suffix.lower() in playlist.SUFFIXES
    # A name that is no text (bytes of another encoding) is passed on as the system has it.
    source = io.BytesIO(playlist.closed_playlist(path)[0].encode()) if listed else str(path)
    try:
        container: Any = av.open(
            source,
            "r",
            format="hls" if listed else None,
            options=_PLAYLIST_OPTIONS if listed else _OPTIONS,
            metadata_errors="replace",
            timeout=_PATIENCE_S,
        )
    except (FFmpegError, OSError, ValueError) as error:
        raise LoadError(
            "not a readable recording",
            where=path,
            expected="MP4, MOV, WebM, MKV, AVI, FLV, MPEG-TS or a sound file",
            found=boxes.unfinished(path) or note_error(error),
            todo="ask for the recording again if this should be one",
        ) from error
    try:
        if first_of(container, "video") is None and first_of(container, "audio") is None:
            raise LoadError("neither picture nor sound", where=path, found=container.format.name)
        yield container
    finally:
        container.close()


def files_of(path: Path) -> list[Path]:
    """Return the files that a recording consists of: itself, and the parts of a playlist."""
    if path.suffix.lower() not in playlist.SUFFIXES:
        return [path]
    return [path, *sorted(p for p in playlist.parts_on_disk(path) if p.is_file())]


def first_of(container: InputContainer, kind: Literal["video", "audio"]) -> Any:
    """Return the first usable track of a kind; a cover picture is not a recording."""
    for stream in getattr(container.streams, kind):
        if stream.codec_context is not None and not _is_cover(stream):
            return stream
    return None


def read_info(path: Path | str, container: InputContainer) -> MediaInfo:
    """Collect the headers of an open container."""
    path = Path(path)
    video, audio = first_of(container, "video"), first_of(container, "audio")
    starts = {kind: _start_s(stream) for kind, stream in (("v", video), ("a", audio))}
    known = [s for s in starts.values() if s is not None]
    origin_s = min(known) if known else 0.0
    name = container.format.name
    turn = boxes.rotation_deg(path) if video is not None and name.startswith(_MP4) else 0
    width, height = (video.width, video.height) if video is not None else (0, 0)
    if turn in (90, 270):
        width, height = height, width
    return MediaInfo(
        path=path,
        container=name,
        size_bytes=sum(file.stat().st_size for file in files_of(path)),
        origin_pts_s=origin_s,
        duration_s=_duration_s(container, video, audio, origin_s),
        video_codec=None if video is None else video.codec_context.codec.canonical_name,
        width_px=width or None,
        height_px=height or None,
        rotation_deg=turn,
        mean_fps=float(video.average_rate) if video is not None and video.average_rate else None,
        audio_codec=None if audio is None else audio.codec_context.codec.canonical_name,
        sample_rate_hz=None if audio is None else audio.codec_context.sample_rate or None,
        created=_created(container),
        video_start_pts_s=starts["v"],
        audio_start_pts_s=starts["a"],
    )


def packets_of(
    container: InputContainer, *streams: Stream, errors: list[str] | None = None
) -> Iterator[RawPacket[Any]]:
    """Read packets on through damage: a read error is skipped until nothing more comes.

    The last packet of every track is empty and flushes its decoder.

    Parameters
    ----------
    errors
        A list to which the read errors on the way are added.
    """
    for attempt in Attempts(errors):
        with attempt:
            yield from container.demux(*streams)


def only(container: InputContainer, stream: Stream) -> None:
    """Have the demuxer pass over all other tracks.

    To pass over a packet here costs little time, but the interpreter's lock, for which whoever
    works beside waits. Single packets of a track cannot be left to it: in MP4 files it then loses
    count of their time stamps (FFmpeg 8, wherever pictures are stored out of order).
    """
    for each in container.streams:
        each.discard = Discard.default if each.index == stream.index else Discard.all


class Attempts:
    """Read on after read errors: ``for attempt in Attempts(): with attempt: ...`` until the end.

    Parameters
    ----------
    errors
        A list to which the read errors on the way are added.
    """

    def __init__(self, errors: list[str] | None = None) -> None:
        self._errors = errors
        self._again = True

    def __iter__(self) -> Iterator[Self]:
        for _ in range(_GIVE_UP_AFTER):
            if not self._again:
                return
            self._again = False
            yield self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if error is None or isinstance(error, EndOfFile):
            return error is not None
        if not isinstance(error, (FFmpegError, OSError)):
            return False
        if self._errors is not None:
            self._errors.append(note_error(error))
        self._again = True
        return True


def seek(container: InputContainer, stream: Stream, pts_s: float) -> None:
    """Go to the last key frame at or before a time stamp, or to the start where none is found."""
    base = Fraction(stream.time_base or Fraction(1, av.time_base))
    try:
        container.seek(math.floor(Fraction(pts_s) / base), stream=stream, backward=True)
    except FFmpegError:
        # A damaged index: reading then goes on from the start, or from where it stands.
        with suppress(FFmpegError):
            container.seek(0, backward=True, any_frame=True)


def note_error(error: BaseException) -> str:
    """Say in a few words what the media library found."""
    text = getattr(error, "strerror", None) or str(error)
    return text.split(":")[0].strip() or type(error).__name__


def _is_cover(stream: Stream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _start_s(stream: Stream | None) -> float | None:
    if stream is None or stream.start_time is None or stream.time_base is None:
        return None
    return float(stream.start_time * Fraction(stream.time_base))


def _duration_s(
    container: InputContainer, video: Stream | None, audio: Stream | None, origin_s: float
) -> float | None:
    """Longest declared reach of a track, else what the container declares."""
    ends = [
        (_start_s(stream) or 0.0) + float(stream.duration * Fraction(stream.time_base))
        for stream in (video, audio)
        if stream is not None and stream.duration and stream.time_base
    ]
    if ends:
        return max(0.0, max(ends) - origin_s)
    if container.duration and container.duration > 0:
        return float(container.duration / Fraction(av.time_base))
    return None


def _created(container: InputContainer) -> datetime | None:
    """Creation time with its time zone; QuickTime's own key keeps the phone's offset."""
    meta = container.metadata
    for key in ("com.apple.quicktime.creationdate", "creation_time"):
        try:
            moment = datetime.fromisoformat(meta[key])
        except (KeyError, ValueError):
            continue
        # 1904-01-01 is what a recorder without a clock writes into an MP4 (its epoch).
        if moment.tzinfo is not None and moment.year > 1980:
            return moment
    return None
