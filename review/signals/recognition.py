"""Which face of a view is whose, over time, with as few network runs as will do.

A run of the identity network costs as much as fifty of a face detector. So a track's first good
faces are compared, then one now and then, the rarer the longer it is known, and one whenever the
track was not seen for a moment or jumped: nobody takes another's seat without that. The faces in
between are kept for that long: when a later one turns out to be somebody else, they are compared as
well, and the moment of the change is found to the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from review.signals.identity import is_good, is_sharp
from review.signals.tracks import iou
from review.signals.vectors import SAME_PERSON

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from review.signals.faces import Face
    from review.signals.identity import Embedder
    from review.signals.tracks import Tracker

    Row = dict[str, Any]


#: A track that was not seen for longer may be somebody else's: one look was without it.
_BREAK_S: Final = 1.6
#: The same of a box that overlaps by less with where it was a look before.
_JUMP_IOU: Final = 0.3
#: Faces of one track are compared at most this often while nothing calms down.
_LEAST_S: Final = 5.0
#: A track that is known is compared again after this long, and after twice as long each time then.
_SOON_S: Final = 30.0
#: Room about a face that its alignment needs, in sizes of the face.
_ROOM: Final = 0.6


@dataclass(kw_only=True)
class _Held:
    """A face that may have to be compared later, cut out of its picture where there is one."""

    row: Row
    part: NDArray[np.uint8] | None
    face: Face


@dataclass(kw_only=True)
class _Known:
    """What is known of one track."""

    total: NDArray[np.float64]
    count: int
    run_s: float
    fresh: int
    held: list[_Held] = field(default_factory=list)

    @property
    def mean(self) -> NDArray[np.float64]:
        return self.total / self.count


class Recognition:
    """Adds embeddings to rows of faces and splits or rejoins tracks by them.

    Parameters
    ----------
    embedder
        Called to make it when the first good face comes.
    tracker
        The tracker that gave the rows their tracks.
    every_s
        Longest time between two network runs on a track that is known.
    first
        Runs on every good face until a track has this many in a row.
    """

    def __init__(
        self,
        embedder: Callable[[], Embedder],
        tracker: Tracker,
        *,
        every_s: float,
        first: int = 2,
    ) -> None:
        self._make = embedder
        self._tracker, self._every_s, self._first = tracker, every_s, first
        self._known: dict[int, _Known] = {}
        #: Rows of tracks that no face could be compared for so far: track -> rows.
        self._nameless: dict[int, list[Row]] = {}
        #: Track -> when and where it was seen last.
        self._seen: dict[int, tuple[float, NDArray[np.float64]]] = {}
        self._embedder: Embedder | None = None

    def see(
        self,
        time_s: float,
        picture: NDArray[np.uint8] | None,
        faces: Sequence[Face],
        rows: Sequence[Row],
    ) -> None:
        """Take in one picture's faces; ``rows`` are theirs in ``detections`` and are added to.

        Without the picture they are followed and not compared.
        """
        for face, row in zip(faces, rows, strict=True):
            track = row["track"]
            if track not in self._known:
                self._nameless.setdefault(track, []).append(row)
            if self._is_broken(time_s, face, track) and track in self._known:
                known = self._known[track]
                known.fresh = min(known.fresh, self._first - 1)
            if not is_good(face):
                continue
            if picture is not None:
                self._take(time_s, _cut(picture, face, row))
            elif track in self._known:
                self._known[track].held.append(_Held(row=row, part=None, face=face))
        for known in self._known.values():
            if time_s - known.run_s > 2 * self._every_s:
                known.held.clear()
        self._seen = {
            track: seen for track, seen in self._seen.items() if time_s - seen[0] <= self._every_s
        }

    def _is_broken(self, time_s: float, face: Face, track: int) -> bool:
        box = np.array([face.x_px, face.y_px, face.w_px, face.h_px])
        before = self._seen.get(track)
        self._seen[track] = (time_s, box)
        if before is None:
            return True
        return time_s - before[0] > _BREAK_S or iou(before[1], box) < _JUMP_IOU

    def _take(self, time_s: float, held: _Held) -> None:
        known = self._known.get(held.row["track"])
        if known is not None:
            waited_s = time_s - known.run_s
            due = known.fresh < self._first and (known.count < self._first or waited_s >= _LEAST_S)
            if not due and waited_s < self._wait_s(known):
                known.held.append(held)
                return
        vectors = self._run([held])
        if not vectors:
            return
        held.row["embedding"] = vector = vectors[0][1]
        if known is None:
            self._begin(time_s, held.row, vector)
        elif np.linalg.norm(vector - known.mean) > SAME_PERSON:
            self._split(time_s, held.row, vector, known)
        else:
            _add(known, time_s, vector)
            known.held.clear()

    def _wait_s(self, known: _Known) -> float:
        return min(self._every_s, _SOON_S * 2.0 ** max(0, known.count - self._first))

    def _begin(self, time_s: float, row: Row, vector: NDArray[np.float32]) -> None:
        """Take a track's first comparable face, of somebody new or known from before."""
        track = row["track"]
        self._join(track, self._nameless.pop(track, [row]), vector, time_s)

    def _split(self, time_s: float, row: Row, vector: NDArray[np.float32], known: _Known) -> None:
        """Somebody else stands where the track's person stood: find since when."""
        held, known.held = known.held, []
        taken = [row]
        for earlier, other in self._run(held):
            earlier.row["embedding"] = other
            if np.linalg.norm(other - vector) < np.linalg.norm(other - known.mean):
                taken.append(earlier.row)
        taken = _with_those_between(taken, held)
        number = self._tracker.new()
        self._tracker.rename(row["track"], number)
        for each in taken:
            each["track"] = number
        self._join(number, taken, vector, time_s)

    def _join(
        self, track: int, rows: Sequence[Row], vector: NDArray[np.float32], time_s: float
    ) -> None:
        """Give rows to the nearest person known who is not in the picture now, or to a new one."""
        now = {row["track"] for row in rows}
        away = {
            number: float(np.linalg.norm(vector - known.mean))
            for number, known in self._known.items()
            if number not in now and not self._tracker.seen_at(number, time_s)
        }
        nearest = min(away, key=away.__getitem__) if away else None
        if nearest is not None and away[nearest] <= SAME_PERSON:
            self._tracker.rename(track, nearest)
            for row in rows:
                row["track"] = nearest
            _add(self._known[nearest], time_s, vector)
            self._known[nearest].fresh = 1
            self._known[nearest].held.clear()
        else:
            self._known[track] = _Known(
                total=np.asarray(vector, dtype=float), count=1, run_s=time_s, fresh=1
            )

    def _run(self, held: Sequence[_Held]) -> list[tuple[_Held, NDArray[np.float32]]]:
        """Compare faces; those that are not sharp enough are left out."""
        if self._embedder is None:
            self._embedder = self._make()
        chips = [
            (each, self._embedder.chip(each.part, each.face))
            for each in held
            if each.part is not None
        ]
        sharp = [(each, chip) for each, chip in chips if is_sharp(chip)]
        vectors = self._embedder.embed_chips([chip for _, chip in sharp])
        return [(each, vector) for (each, _), vector in zip(sharp, vectors, strict=True)]


def _with_those_between(taken: list[Row], held: list[_Held]) -> list[Row]:
    """Add the rows that could not be compared, from the first that is somebody else's on."""
    first_s = min(each["device_s"] for each in taken)
    return taken + [
        h.row for h in held if h.row["embedding"] is None and h.row["device_s"] >= first_s
    ]


def _cut(picture: NDArray[np.uint8], face: Face, row: Row) -> _Held:
    margin = _ROOM * max(face.w_px, face.h_px)
    left, top = max(0, int(face.x_px - margin)), max(0, int(face.y_px - margin))
    right, bottom = int(face.x_px + face.w_px + margin), int(face.y_px + face.h_px + margin)
    part = picture[top:bottom, left:right].copy()
    return _Held(row=row, part=part, face=face.shifted(left, top))


def _add(known: _Known, time_s: float, vector: NDArray[np.float32]) -> None:
    known.total = known.total + vector
    known.count += 1
    known.fresh += 1
    known.run_s = time_s
