"""Whether a camera still stands where it stood: the edges of what does not move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from review.signals.sights import Sight

    #: x, y, w, h in pixels of the original picture
    Box = tuple[float, float, float, float]

#: Size at which edges are compared: half a cell is then about one degree of a camera's view.
_SIZE: Final = (96, 54)
#: Edges are compared with this blur, so that a chair that was pushed is not the room.
_BLUR: Final = 1.5
#: Least spread of brightness of a picture that shows a scene (see ``Statistics.contrast``).
_LEAST_CONTRAST: Final = 6.0
#: Part of the picture that must be free of people to be compared.
_LEAST_FREE: Final = 0.2
#: Two looks at one scene are at least this much alike, and a moved camera's at most that much.
#: Measured on rooms with one person moving: 0.85 and more; after a turn by 5 degrees 0.1 to 0.5.
_SAME: Final = 0.75
_OTHER: Final = 0.55
#: A new scene must last for this long.
_LASTS_S: Final = 8.0
#: How quickly the scene that is compared with follows slow changes, such as daylight.
_FOLLOW: Final = 0.05


@dataclass(kw_only=True, eq=False)
class _Scene:
    edges: NDArray[np.float32]
    free: NDArray[np.bool_]


class Scenery:
    """Follows a camera's background.

    Parameters
    ----------
    every_s
        Time between two looks.
    """

    def __init__(self, *, every_s: float = 2.0) -> None:
        self._every_s = every_s
        self._at_s = -np.inf
        self._usual: _Scene | None = None
        self._other: list[tuple[float, _Scene]] = []

    def see(self, sight: Sight, boxes: Iterable[Box]) -> dict[float, dict[str, float]]:
        """Take in a picture; ``boxes`` are its people's.

        Returns
        -------
        dict
            Time -> signals: ``scene``, how much the background is like it was (1 the same), and at
            the moment at which a camera was moved for good ``camera_moved``.
        """
        if sight.time_s - self._at_s < self._every_s - 1e-6:
            return {}
        if sight.statistics.contrast < _LEAST_CONTRAST:
            return {}
        self._at_s = sight.time_s
        now = _scene(sight, boxes)
        if self._usual is None:
            self._usual = now
            return {}
        same = _alike(self._usual, now)
        if same is None:
            return {}
        found = {sight.time_s: {"scene": same}}
        if same > _OTHER:
            self._other = []
            if same >= _SAME:
                self._follow(now)
            return found
        if self._other and (_alike(self._other[-1][1], now) or 0.0) < _SAME:
            self._other = []
        self._other.append((sight.time_s, now))
        since_s = self._other[0][0]
        if sight.time_s - since_s >= _LASTS_S:
            found.setdefault(since_s, {})["camera_moved"] = 1.0 - same
            self._usual, self._other = now, []
        return found

    def _follow(self, now: _Scene) -> None:
        if self._usual is not None:
            both = self._usual.free & now.free
            self._usual.edges[both] += _FOLLOW * (now.edges - self._usual.edges)[both]
            fresh = now.free & ~self._usual.free
            self._usual.edges[fresh] = now.edges[fresh]
            self._usual.free |= fresh


def _scene(sight: Sight, boxes: Iterable[Box]) -> _Scene:
    grey = sight.statistics.grey
    width, height = _SIZE
    if grey.shape[0] > grey.shape[1]:
        width, height = height, width
    small = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    plain = np.log1p(small.astype(np.float32))
    across = cv2.Sobel(plain, cv2.CV_32F, 1, 0, ksize=3)
    along = cv2.Sobel(plain, cv2.CV_32F, 0, 1, ksize=3)
    edges = cv2.GaussianBlur(cv2.magnitude(across, along), (0, 0), _BLUR)
    free = np.ones((height, width), dtype=bool)
    ratio = width / (sight.width_px * sight.scale)
    for x, y, w, h in boxes:
        left, right = (x - 0.15 * w) * ratio, (x + 1.15 * w) * ratio
        top, bottom = (y - 0.15 * h) * ratio, (y + 1.15 * h) * ratio
        free[max(0, int(top)) : int(bottom) + 1, max(0, int(left)) : int(right) + 1] = False
    return _Scene(edges=np.asarray(edges, dtype=np.float32), free=free)


def _alike(one: _Scene, two: _Scene) -> float | None:
    """Return the correlation of two scenes where both are free; None where hardly anything is."""
    if one.edges.shape != two.edges.shape:
        return 0.0
    both = one.free & two.free
    if both.mean() < _LEAST_FREE:
        return None
    a, b = one.edges[both].astype(float), two.edges[both].astype(float)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    # Rounded: the last digits depend on where in memory the arrays lie.
    return round(float(a @ b) / size, 3) if size > 0 else 0.0
