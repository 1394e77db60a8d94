"""What MP4 headers say and the media library does not hand on: the turn, and encryption.

Boxes are described in ISO/IEC 14496-12; the display matrix stands in ``tkhd`` (8.3.2).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: (a, b) of the display matrix in sign -> clockwise degrees.
_TURNS: Final = {(1, 0): 0, (0, 1): 90, (-1, 0): 180, (0, -1): 270}
#: No real file has more boxes on one level; a damaged one may seem to.
_MOST_BOXES: Final = 10_000


def rotation_deg(path: Path) -> int:
    """Return the clockwise turn of the first picture track of an MP4 or MOV file."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        for kind, start, stop in _boxes(file, 0, end):
            if kind == b"moov":
                return _turn_of_movie(file, start, stop)
    return 0


def unfinished(path: Path) -> str | None:
    """Say that an MP4 file was never finished: content without the index that comes last."""
    try:
        with path.open("rb") as file:
            kinds = {kind for kind, _, _ in _boxes(file, 0, file.seek(0, 2))}
    except OSError:
        return None
    if b"mdat" in kinds and not kinds & {b"moov", b"moof"}:
        return "content without an index: the device stopped before it finished the file"
    return None


def is_encrypted(path: Path) -> bool:
    """Say whether a track of an MP4 file is encrypted (ISO/IEC 23001-7: encv, enca)."""
    with path.open("rb") as file:
        end = file.seek(0, 2)
        for kind, start, stop in _boxes(file, 0, end):
            if kind == b"moov":
                return any(
                    entry in (b"encv", b"enca")
                    for trak, track_start, track_stop in _boxes(file, start, stop)
                    if trak == b"trak"
                    for entry in _entries(file, track_start, track_stop)
                )
    return False


def _entries(file: BinaryIO, start: int, stop: int) -> list[bytes]:
    """Sample entries of a track: trak/mdia/minf/stbl/stsd."""
    for wanted in (b"mdia", b"minf", b"stbl", b"stsd"):
        found = next(((s, e) for k, s, e in _boxes(file, start, stop) if k == wanted), None)
        if found is None:
            return []
        start, stop = found
    # stsd is a full box with a count before its entries.
    return [kind for kind, _, _ in _boxes(file, start + 8, stop)]


def _turn_of_movie(file: BinaryIO, start: int, stop: int) -> int:
    for kind, track_start, track_stop in _boxes(file, start, stop):
        if kind != b"trak":
            continue
        inside = {k: (s, e) for k, s, e in _boxes(file, track_start, track_stop)}
        if b"tkhd" in inside and b"mdia" in inside and _handler(file, *inside[b"mdia"]) == b"vide":
            return _turn_of_track(file, *inside[b"tkhd"])
    return 0


def _handler(file: BinaryIO, start: int, stop: int) -> bytes:
    for kind, at, _ in _boxes(file, start, stop):
        if kind == b"hdlr":
            file.seek(at + 8)
            return file.read(4)
    return b""


def _turn_of_track(file: BinaryIO, start: int, stop: int) -> int:
    file.seek(start)
    body = file.read(min(stop - start, 128))
    # Version 1 has 64-bit times; after them id, duration, layer, group, volume come 9 numbers.
    at = 52 if body[:1] == b"\x01" else 40
    if len(body) < at + 36:
        return 0
    a, b = struct.unpack(">2i", body[at : at + 8])
    sign = tuple(0 if abs(v) < 0x8000 else (1 if v > 0 else -1) for v in (a, b))
    return _TURNS.get((sign[0], sign[1]), 0)


def _boxes(file: BinaryIO, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the content of each box between two places of the file."""
    for _ in range(_MOST_BOXES):
        if start + 8 > stop:
            return
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            return
        size, header = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = stop - start
        if size < header:
            return
        yield head[4:8], start + header, min(start + size, stop)
        start += size
