"""When a network has to look: where a thumbnail has not changed, it would see the same again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Protocol, TypeVar

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import NDArray

    from review.signals.sights import Sight


class _Boxed(Protocol):
    """Whatever has a box in pixels of the picture that it was found in."""

    @property
    def x_px(self) -> float: ...
    @property
    def y_px(self) -> float: ...
    @property
    def w_px(self) -> float: ...
    @property
    def h_px(self) -> float: ...


T = TypeVar("T", bound=_Boxed)

#: A thumbnail's pixel (16x16 of a 720p picture) has changed by more than noise: levels of 255.
#: Measured: noise of lossy webcam recordings stays below 5 there, a sleeve that moves makes 20.
_NOISE: Final = 12.0
#: So many changed pixels outside of what is known are something: the head of somebody who comes
#: in at the back of a room has as many.
_PIXELS: Final = 4
#: Key frames do not come to the millisecond.
_EARLY_S: Final = 0.1
#: A thing whose place has changed in more than this share may be gone.
_SHARE: Final = 0.5
#: Room about a known box in which its owner moves, in sizes of the box.
_MARGIN: Final = 0.15


class Answer(NamedTuple, Generic[T]):
    """What is in a picture, and whether the network looked at it."""

    sight: Sight
    things: list[T]
    looked: bool


class Watch(Generic[T]):
    """Runs a network on some pictures and answers for all of them.

    A picture in which nothing has changed since the last run gets that run's answer. When a later
    run sees more or fewer things, it is run on the pictures in between as well: so the moment of
    the change is found to the picture, however seldom the network looks.

    Parameters
    ----------
    detect
        Finds things in a BGR picture (:attr:`Sight.small`).
    every_s, idle_s
        The network looks this often while something changes, and this often while nothing does.
    kind_of
        What things are counted by; None for those that may come and go.
    reach
        Room of a thing's owner around its box, ``(left, up, right, down)`` in sizes of the box: the
        body of a face.
    """

    def __init__(
        self,
        detect: Callable[[NDArray[np.uint8]], list[T]],
        *,
        every_s: float,
        idle_s: float,
        kind_of: Callable[[T], Hashable] = lambda _: 0,
        reach: tuple[float, float, float, float] = (_MARGIN,) * 4,
    ) -> None:
        self._detect, self._kind_of = detect, kind_of
        self._every_s, self._idle_s = every_s, idle_s
        self._reach = reach
        self._last: tuple[Sight, list[T]] | None = None
        self._waiting: list[Sight] = []
        self._peeked: tuple[Sight, list[T]] | None = None
        #: Runs of the network so far.
        self.runs = 0

    def see(
        self, sight: Sight, *, force: bool = False, owners: Sequence[_Boxed] = ()
    ) -> list[Answer[T]]:
        """Take in the next picture; return answers for it and those that waited, or nothing yet.

        What moves within the boxes of ``owners`` is known from elsewhere.
        """
        if not force and self._last is not None and not self._has_to_look(sight, owners):
            self._waiting.append(sight)
            return []
        found = self._run(sight)
        answers = self._answered(found)
        self._last = (sight, found)
        return [*answers, Answer(sight, found, looked=True)]

    @property
    def latest(self) -> list[T]:
        """What the last run found."""
        return [] if self._last is None else self._last[1]

    def peek(self, sight: Sight) -> list[T]:
        """Run the network on a picture that is to be taken in later."""
        if self._peeked is None or self._peeked[0] is not sight:
            self._peeked = (sight, self._run(sight))
        return self._peeked[1]

    def close(self) -> list[Answer[T]]:
        """Return answers for the pictures that still wait."""
        if not self._waiting:
            return []
        last = self._waiting.pop()
        found = self._run(last)
        return [*self._answered(found), Answer(last, found, looked=True)]

    def _run(self, sight: Sight) -> list[T]:
        if self._peeked is not None and self._peeked[0] is sight:
            return self._peeked[1]
        self.runs += 1
        return self._detect(sight.small)

    def _answered(self, found: list[T]) -> list[Answer[T]]:
        waiting, self._waiting = self._waiting, []
        if self._last is None:
            return []
        before = self._last[1]
        if self._count(found) != self._count(before):
            return [Answer(sight, self._run(sight), looked=True) for sight in waiting]
        return [Answer(sight, before, looked=False) for sight in waiting]

    def _count(self, things: Sequence[T]) -> list[str]:
        kinds = (self._kind_of(thing) for thing in things)
        return sorted(str(kind) for kind in kinds if kind is not None)

    def _has_to_look(self, sight: Sight, owners: Sequence[_Boxed]) -> bool:
        if self._last is None:
            return True
        last, things = self._last
        waited_s = sight.time_s - last.time_s
        if waited_s < self._every_s - _EARLY_S:
            return False
        if waited_s >= self._idle_s - _EARLY_S:
            return True
        if (sight.width_px, sight.height_px) != (last.width_px, last.height_px):
            return True
        moved = changed(last.thumb, sight.thumb)
        factor = sight.thumb.shape[1] / sight.small_width_px
        for thing in things:
            part = moved[_place(thing, factor, self._reach)]
            if part.size and part.mean() > _SHARE:
                return True
            part[...] = False
        for owner in owners:
            moved[_place(owner, factor, (_MARGIN,) * 4)] = False
        return int(np.count_nonzero(moved)) >= _PIXELS


def _place(
    thing: _Boxed, factor: float, reach: tuple[float, float, float, float]
) -> tuple[slice, slice]:
    left, up, right, down = reach
    w, h = thing.w_px, thing.h_px
    x0, x1 = (thing.x_px - left * w) * factor, (thing.x_px + w + right * w) * factor
    y0, y1 = (thing.y_px - up * h) * factor, (thing.y_px + h + down * h) * factor
    return (slice(max(0, int(y0)), max(0, int(y1) + 1)),
            slice(max(0, int(x0)), max(0, int(x1) + 1)))  # fmt: skip


def changed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Say of each pixel of a thumbnail whether it changed, by more than noise or the light did."""
    difference = cv2.subtract(after, before, dtype=cv2.CV_16S)
    light = float(np.median(difference))
    return np.asarray(np.abs(difference - light) > _NOISE)
