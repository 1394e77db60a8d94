"""Following boxes from picture to picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    #: x, y, w, h in pixels
    Box = tuple[float, float, float, float]


@dataclass(kw_only=True)
class _Last:
    box: NDArray[np.float64]
    seen_s: float


@dataclass(kw_only=True)
class Tracker:
    """Gives boxes of consecutive pictures the number of their track, greedily by overlap.

    Parameters
    ----------
    max_gap_s
        A track that was not seen for longer is over: its place may be somebody else's by then.
    min_iou
        Least overlap (area of intersection by area of union) of a box with the track's last one.
        A head at one picture a second moves by up to about its own width, which leaves little.
    """

    max_gap_s: float = 3.0
    min_iou: float = 0.15
    _last: dict[int, _Last] = field(default_factory=dict, init=False)
    _next: int = field(default=0, init=False)

    def update(self, time_s: float, boxes: Sequence[Box]) -> list[int]:
        """Return the track number of each box of the picture at ``time_s`` (times must rise)."""
        alive = [t for t, last in self._last.items() if time_s - last.seen_s <= self.max_gap_s]
        found = np.asarray(boxes, dtype=float).reshape(-1, 4)
        numbers = [-1] * len(found)
        overlap = np.array([[iou(self._last[t].box, box) for box in found] for t in alive])
        overlap = overlap.reshape(len(alive), len(found))
        while overlap.size and overlap.max() >= self.min_iou:
            i, j = divmod(int(overlap.argmax()), len(found))
            numbers[j] = alive[i]
            overlap[i, :] = overlap[:, j] = -1.0
        for j, number in enumerate(numbers):
            if number < 0:
                numbers[j] = self.new()
            self._last[numbers[j]] = _Last(box=found[j], seen_s=time_s)
        self._last = {t: v for t, v in self._last.items() if time_s - v.seen_s <= self.max_gap_s}
        return numbers

    def new(self) -> int:
        """Return a number that no track has yet."""
        self._next += 1
        return self._next - 1

    def seen_at(self, number: int, time_s: float) -> bool:
        """Say whether a track has a box in the picture at ``time_s`` (the latest one)."""
        return number in self._last and self._last[number].seen_s == time_s

    def rename(self, old: int, new: int) -> None:
        """Go on with a track under another number."""
        if old in self._last:
            self._last[new] = self._last.pop(old)


def iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return intersection over union of two boxes x, y, w, h.

    Examples
    --------
    >>> import numpy as np
    >>> iou(np.array([0, 0, 2, 2]), np.array([1, 0, 2, 2])).__round__(3)
    0.333
    """
    start, end = np.maximum(a[:2], b[:2]), np.minimum(a[:2] + a[2:], b[:2] + b[2:])
    inner = float(np.prod(np.clip(end - start, 0, None)))
    outer = float(np.prod(a[2:]) + np.prod(b[2:])) - inner
    return inner / outer if outer > 0 else 0.0
