"""Which files of a sitting a browser plays as they are, and which need a copy.

The browser's clock of an original file is its container time stamp: Chromium's ``currentTime`` is
``pts`` in MP4, MOV, WebM and Matroska alike, edit lists applied, even where the first picture is
at 5 s (measured with Chromium 156). A copy begins at the stream's ``origin_pts_s``: its
``currentTime`` is ``pts - origin_pts_s`` of the original.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Way = Literal["original", "remux", "encode"]

#: What Chromium plays from each container (its own list: chromium.org, "Audio/Video").
_VIDEO: Final = {"mp4": {"h264", "av1", "vp9"}, "webm": {"vp8", "vp9", "av1"}}
_AUDIO: Final = {"mp4": {"aac", "mp3", "opus", "flac"}, "webm": {"opus", "vorbis"}}
#: Video codecs that an MP4 copy may take over unchanged.
REMUX_VIDEO: Final = frozenset({"h264", "av1", "vp9"})
REMUX_AUDIO: Final = frozenset({"aac", "mp3", "opus", "flac"})
#: Boxes of a fragmented MP4, in which a browser can hardly jump.
_FRAGMENTED: Final = frozenset({b"moof", b"styp", b"sidx"})


@dataclass(frozen=True, kw_only=True)
class Playable:
    """How one file of a stream reaches the browser.

    Parameters
    ----------
    stream, number
        Which file: the ``number``-th of its stream, from 0, in order of device time and name.
    file
        As in ``segments``.
    way
        ``original`` as it is; ``remux`` the same pictures in another container; ``encode`` small
        pictures made anew.
    reason
        Why it does not play as it is; empty where it does.
    path
        What is served: the original, or the copy, which may not be made yet.
    zero_pts_s
        The browser's ``currentTime`` of the picture at ``pts`` is ``pts - zero_pts_s``.
    origin_pts_s
        As in ``segments``: where the copy begins.
    version
        Changes whenever the file changes: part of its address.
    """

    stream: str
    number: int
    file: str
    way: Way
    reason: str
    path: Path
    zero_pts_s: float
    origin_pts_s: float
    version: str

    @property
    def ready(self) -> bool:
        """Whether it can be played now."""
        return self.way == "original" or self.path.exists()


def plan(
    segments: pd.DataFrame, *, folder: Path, copies: Path, light: bool = False
) -> list[Playable]:
    """Say for every file of a sitting with pictures or sound how a browser gets it.

    Parameters
    ----------
    segments
        Table ``segments`` of one sitting.
    folder
        The session folder, which ``file`` is relative to; only read.
    copies
        Where copies of this sitting are kept (:meth:`review.workspace.Workspace.media`).
    light
        Ask for small copies with a key frame a second of everything: four 720p originals are too
        much for a slow machine.
    """
    return [
        decide(row, stream, number, folder=folder, copies=copies, light=light)
        for stream, number, row in numbered(segments)
    ]


def numbered(segments: pd.DataFrame) -> Iterator[tuple[str, int, pd.Series[Any]]]:
    """Give every row with its stream and its number in that stream, in a fixed order."""
    rows = segments.sort_values(["stream", "device_start_s", "file"], na_position="last")
    for stream, of_stream in rows.groupby("stream", sort=True):
        for number, (_, row) in enumerate(of_stream.iterrows()):
            yield str(stream), number, row


def decide(
    row: pd.Series[Any], stream: str, number: int, *, folder: Path, copies: Path, light: bool
) -> Playable:
    """Say how a browser gets one file; see :func:`plan` and :func:`numbered`."""
    original = folder / row["file"]
    origin_pts_s = float(row["origin_pts_s"])
    version = _version(row, original)
    way, reason = _way(row, original)
    if light and _text(row["video_codec"]):
        way, reason = "encode", "a light copy was asked for"
    copy = copies / f"{stream}-{number}-{version}{'-small' if way == 'encode' else ''}.mp4"
    return Playable(
        stream=stream,
        number=number,
        file=str(row["file"]),
        way=way,
        reason=reason,
        path=original if way == "original" else copy,
        zero_pts_s=0.0 if way == "original" else origin_pts_s,
        origin_pts_s=origin_pts_s,
        version=version,
    )


def _way(row: pd.Series[Any], original: Path) -> tuple[Way, str]:
    video, audio = _text(row["video_codec"]), _text(row["audio_codec"])
    kind = _container(str(row["container"]), original)
    if kind in _VIDEO and video in {"", *_VIDEO[kind]} and audio in {"", *_AUDIO[kind]}:
        if kind == "mp4":
            fault = _mp4_fault(original)
            return ("remux", fault) if fault else ("original", "")
        # A recorder in a browser writes neither duration nor index, and then no jump works.
        if pd.isna(row["duration_s"]) or not _has_cues(original):
            return ("remux" if video in REMUX_VIDEO else "encode"), "no index to jump by"
        return "original", ""
    if video in {"", *REMUX_VIDEO} and audio in {"", *REMUX_AUDIO}:
        return "remux", f"container {row['container']}"
    return "encode", f"codec {video or '-'}/{audio or '-'}"


def _container(names: str, original: Path) -> str:
    """Name the container as browsers do; FFmpeg gives one name to a whole family."""
    families = set(names.lower().split(","))
    if families & {"mp4", "mov", "m4a", "3gp"}:
        return "mp4"
    if "webm" in families and original.suffix.lower() == ".webm":
        return "webm"
    return names


def _version(row: pd.Series[Any], original: Path) -> str:
    sha256 = _text(row["sha256"])
    if sha256:
        return sha256[:12]
    stat = original.stat() if original.exists() else None
    known = (row["file"], row["size_bytes"], stat.st_mtime_ns if stat else 0)
    return hashlib.sha256(repr(known).encode()).hexdigest()[:12]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mp4_fault(path: Path) -> str:
    """Say what keeps a browser from jumping in an MP4 file; empty where nothing does."""
    try:
        boxes = [name for name, _ in _boxes(path)]
    except OSError as error:
        return error.strerror or "unreadable"
    if _FRAGMENTED & set(boxes):
        return "fragmented"
    if b"moov" in boxes and b"mdat" in boxes and boxes.index(b"moov") > boxes.index(b"mdat"):
        return "index at the end"
    return ""


def _boxes(path: Path) -> Iterator[tuple[bytes, int]]:
    """Give name and size of the top-level boxes (ISO/IEC 14496-12, section 4.2)."""
    end = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= end:
            file.seek(at)
            head = file.read(16)
            size, name = struct.unpack(">I4s", head[:8])
            if size == 1 and len(head) == 16:
                size = struct.unpack(">Q", head[8:])[0]
            yield name, size
            if size < 8:  # 0: up to the end of the file; anything else is damage
                return
            at += size


def _has_cues(path: Path) -> bool:
    """Say whether a WebM file carries an index: its element id, in the first or last megabyte."""
    window = 1 << 20
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(window)
            file.seek(max(0, size - window))
            tail = file.read()
    except OSError:
        return False
    cues = b"\x1c\x53\xbb\x6b"  # Matroska specification, element Cues
    # The list of elements at the front only promises where the index would be.
    return cues in tail or head.count(cues) > head.count(b"\x53\xab\x84" + cues)
