"""Where the recorded screen has changed, in rectangles that hold text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]

#: Pixels of the picture for one of the map on which changes are sought.
SCALE: Final = 4
#: Difference (0 to 255) above which a pixel of the map has changed: codecs stay below it.
_CHANGED: Final = 14
#: Changes closer than this (map px, both ways) are one: the lines of a paragraph.
_REACH: Final = 7
#: A change smaller than this (px of a screen of 1080 lines) holds no text worth reading: the mouse
#: pointer is 21 x 30 px, a caret 2 px wide, the title of a chat of two characters 48 px.
_LEAST_W_PX: Final = 40
_LEAST_H_PX: Final = 12
#: Lines of a screen for which those sizes hold.
_LINES: Final = 1080.0
#: Margin around a change, so that letters at its edge are whole (px).
_MARGIN_PX: Final = 8
#: A place that changed at more than this share of the latest looks is restless (a clock, a film)
#: and read once in :data:`_RESTLESS_S` only; the share follows by so much with each look.
_RESTLESS: Final = 0.5
_FOLLOW: Final = 0.12
_RESTLESS_S: Final = 60.0


class Region(NamedTuple):
    """A rectangle in pixels of the picture; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: Region) -> bool:
        """Say whether the two overlap."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def join(self, other: Region) -> Region:
        """Return the smallest rectangle around both."""
        return Region(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


class Changes:
    """Remembers what the screen looked like when each part of it was last read."""

    def __init__(self) -> None:
        self._known: Grey | None = None
        self._before: Grey | None = None
        self._restless = np.empty((0, 0), np.float32)
        self._read_s = np.empty((0, 0), np.float64)

    def see(self, time_s: float, grey: Grey) -> list[Region]:
        """Return what has to be read anew; it counts as read from then on.

        A picture of another size is read as a whole.
        """
        small = reduced(grey)
        if self._known is None or self._before is None or small.shape != self._known.shape:
            self._known, self._before = small.copy(), small
            self._restless = np.zeros(small.shape, np.float32)
            self._read_s = np.full(small.shape, time_s)
            return [Region(0, 0, grey.shape[1], grey.shape[0])]
        moved = cv2.absdiff(small, self._before) > _CHANGED
        self._restless += _FOLLOW * (moved - self._restless)
        self._before = small
        wanted = []
        for region in changed(self._known, small, lines=grey.shape[0]):
            part = _on_map(region)
            restless = float((self._restless[part] > _RESTLESS).mean()) > 0.02
            if restless and time_s - float(self._read_s[part].max()) < _RESTLESS_S:
                continue
            wanted.append(_clipped(region, grey))
            self._known[part] = small[part]
            self._read_s[part] = time_s
        return wanted


def reduced(grey: Grey) -> Grey:
    """Return the picture at a quarter of its size."""
    size = (max(1, grey.shape[1] // SCALE), max(1, grey.shape[0] // SCALE))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def changed(known: Grey, now: Grey, *, lines: float = _LINES) -> list[Region]:
    """Return the rectangles in which two reduced pictures differ enough to hold other text.

    Parameters
    ----------
    lines
        Height of the screen in pixels.
    """
    mask = (cv2.absdiff(known, now) > _CHANGED).astype(np.uint8)
    if not mask.any():
        return []
    near = cv2.dilate(mask, np.ones((_REACH, _REACH), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(near)
    least = min(1.0, lines / _LINES)
    regions = []
    for n in range(1, count):
        x, y, w, h = (int(v) for v in boxes[n, :4])
        own = (labels[y : y + h, x : x + w] == n) & (mask[y : y + h, x : x + w] > 0)
        rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
        wide = (columns[-1] - columns[0] + 1) * SCALE
        high = (rows[-1] - rows[0] + 1) * SCALE
        if wide >= _LEAST_W_PX * least and high >= math.floor(_LEAST_H_PX * least):
            regions.append(
                Region(
                    (x + int(columns[0])) * SCALE - _MARGIN_PX,
                    (y + int(rows[0])) * SCALE - _MARGIN_PX,
                    (x + int(columns[-1]) + 1) * SCALE + _MARGIN_PX,
                    (y + int(rows[-1]) + 1) * SCALE + _MARGIN_PX,
                )
            )
    return merged(regions)


def merged(regions: list[Region]) -> list[Region]:
    """Return regions that do not overlap and cover the given ones.

    Examples
    --------
    >>> merged([Region(0, 0, 5, 5), Region(4, 4, 9, 9), Region(20, 0, 30, 5)])
    [Region(left=20, top=0, right=30, bottom=5), Region(left=0, top=0, right=9, bottom=9)]
    """
    left, done = list(regions), []
    while left:
        region = left.pop()
        meeting = [other for other in left if region.meets(other)]
        if meeting:
            left = [other for other in left if not region.meets(other)]
            for other in meeting:
                region = region.join(other)
            left.append(region)
        else:
            done.append(region)
    return done


def _on_map(region: Region) -> tuple[slice, slice]:
    left, top = max(region.left, 0) // SCALE, max(region.top, 0) // SCALE
    return slice(top, -(-region.bottom // SCALE)), slice(left, -(-region.right // SCALE))


def _clipped(region: Region, grey: Grey) -> Region:
    height, width = grey.shape[:2]
    return Region(
        max(region.left, 0),
        max(region.top, 0),
        min(region.right, width),
        min(region.bottom, height),
    )
