"""Where a Matroska or WebM file ends, when its header does not say: read from its last clusters.

Browser recorders write no duration and no index, so the media library would have to read the whole
file to find its end. Elements are those of RFC 9559.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_TIMESTAMP_SCALE: Final = b"\x2a\xd7\xb1"
_TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
#: Elements that lie in a cluster; anything else ends one of unknown size.
_IN_CLUSTER: Final = (_TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP, 0xBF, 0xEC, 0xA7, 0xAB, 0x5854)
#: Bytes at the end that are looked through, first few, then many: clusters last up to some
#: seconds, and some recorders write one every 30 s.
_TAILS: Final = (1 << 20, 1 << 24, 1 << 26)
_HEAD: Final = 1 << 16
_NS: Final = 1e-9


@dataclass
class _Track:
    """Last two time stamps of one track, in ticks."""

    last: int
    step: int = 0


def end_s(path: Path) -> float | None:
    """Return the time stamp at which the last picture or sound ends, None if it is not found.

    The last block is held as long as the one before it.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        tick_s = _tick_s(file.read(_HEAD))
        for tail in _TAILS:
            file.seek(max(0, size - tail))
            chunk = file.read(tail)
            tracks = _tracks(chunk)
            if tracks:
                return max((t.last + t.step) for t in tracks.values()) * tick_s
            if tail >= size:
                return None
    return None


def _tick_s(head: bytes) -> float:
    at = head.find(_TIMESTAMP_SCALE)
    if at >= 0:
        read = _size(head, at + 3)
        if read is not None and read[0] is not None and 0 < read[0] <= 8:
            scale = int.from_bytes(head[read[1] : read[1] + read[0]], "big")
            if 0 < scale <= 10**9:
                return scale * _NS
    return 1e-3


def _tracks(chunk: bytes) -> dict[int, _Track]:
    tracks: dict[int, _Track] = {}
    at = chunk.find(_CLUSTER)
    while at >= 0:
        for track, stamp in _blocks(chunk, at + 4):
            known = tracks.get(track)
            if known is None:
                tracks[track] = _Track(last=stamp)
            elif stamp > known.last:
                known.last, known.step = stamp, stamp - known.last
        at = chunk.find(_CLUSTER, at + 4)
    return tracks


def _blocks(chunk: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield (track, time stamp) of the blocks of the cluster whose size field is at ``at``."""
    size = _size(chunk, at)
    if size is None:
        return
    length, at = size
    stop = len(chunk) if length is None else min(len(chunk), at + length)
    base: int | None = None
    while at < stop:
        element = _element(chunk, at)
        if element is None or element[0] not in _IN_CLUSTER:
            return
        kind, start, end = element
        if kind == _TIMESTAMP:
            if end - start > 8:
                return
            base = int.from_bytes(chunk[start:end], "big")
        elif base is not None and kind == _SIMPLE_BLOCK:
            yield from _stamp(chunk, start, base)
        elif base is not None and kind == _BLOCK_GROUP:
            inner = _element(chunk, start)
            if inner is not None and inner[0] == _BLOCK:
                yield from _stamp(chunk, inner[1], base)
        at = end


def _stamp(chunk: bytes, at: int, base: int) -> Iterator[tuple[int, int]]:
    track = _size(chunk, at)
    if track is not None and track[0] is not None and track[1] + 2 <= len(chunk):
        yield track[0], base + int.from_bytes(chunk[track[1] : track[1] + 2], "big", signed=True)


def _element(chunk: bytes, at: int) -> tuple[int, int, int] | None:
    """Return id, start and end of the content of an element."""
    if at >= len(chunk) or not chunk[at]:
        return None
    width = 9 - chunk[at].bit_length()
    if width > 4 or at + width > len(chunk):
        return None
    size = _size(chunk, at + width)
    if size is None or size[0] is None:
        return None
    return int.from_bytes(chunk[at : at + width], "big"), size[1], size[1] + size[0]


def _size(chunk: bytes, at: int) -> tuple[int | None, int] | None:
    """Read a variable-length number: its value (None for "unknown") and where it ends."""
    if at >= len(chunk) or not chunk[at]:
        return None
    width = 9 - chunk[at].bit_length()
    if at + width > len(chunk):
        return None
    value = int.from_bytes(chunk[at : at + width], "big") & ((1 << (7 * width)) - 1)
    return (None if value == (1 << (7 * width)) - 1 else value), at + width
