"""Which face of a view is whose, over time, with as few network runs as will do.

A run of the identity network costs as much as six of a face detector. So a track's first good
faces are compared, and from then on one every few seconds. The aligned faces in between are kept
for that long: when a later one turns out to be somebody else, they are compared as well, and the
moment of the change is found to the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from review.signals.identity import is_good, is_sharp
from review.signals.vectors import SAME_PERSON

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from review.signals.faces import Face
    from review.signals.identity import Embedder
    from review.signals.tracks import Tracker

    Row = dict[str, Any]


@dataclass(kw_only=True)
class _Known:
    """What is known of one track."""

    total: NDArray[np.float64]
    count: int
    run_s: float
    fresh: int
    held: list[tuple[Row, NDArray[np.uint8]]] = field(default_factory=list)

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
        Time between two network runs on a track that is known.
    first
        Runs on every good face until a track has this many in a row.
    """

    def __init__(
        self,
        embedder: Callable[[], Embedder],
        tracker: Tracker,
        *,
        every_s: float,
        first: int = 3,
    ) -> None:
        self._make = embedder
        self._tracker, self._every_s, self._first = tracker, every_s, first
        self._known: dict[int, _Known] = {}
        #: Rows of tracks that no face could be compared for so far: track -> rows.
        self._nameless: dict[int, list[Row]] = {}
        self._embedder: Embedder | None = None

    def see(
        self, time_s: float, picture: NDArray[np.uint8], faces: Sequence[Face], rows: Sequence[Row]
    ) -> None:
        """Take in one picture's faces; ``rows`` are theirs in ``detections`` and are added to."""
        for face, row in zip(faces, rows, strict=True):
            track = row["track"]
            if track not in self._known:
                self._nameless.setdefault(track, []).append(row)
            if not is_good(face):
                continue
            if self._embedder is None:
                self._embedder = self._make()
            chip = self._embedder.chip(picture, face)
            if is_sharp(chip):
                self._take(time_s, row, chip)
        for known in self._known.values():
            if time_s - known.run_s > 2 * self._every_s:
                known.held.clear()

    def _take(self, time_s: float, row: Row, chip: NDArray[np.uint8]) -> None:
        known = self._known.get(row["track"])
        if known is None:
            self._begin(time_s, row, chip)
        elif known.fresh < self._first or time_s - known.run_s >= self._every_s:
            vector = self._run([chip])[0]
            row["embedding"] = vector
            if np.linalg.norm(vector - known.mean) > SAME_PERSON:
                self._split(time_s, row, vector, known)
            else:
                _add(known, time_s, vector)
                known.held.clear()
        else:
            known.held.append((row, chip))

    def _begin(self, time_s: float, row: Row, chip: NDArray[np.uint8]) -> None:
        """Take a track's first comparable face, of somebody new or known from before."""
        vector = self._run([chip])[0]
        row["embedding"] = vector
        track = row["track"]
        rows = self._nameless.pop(track, [row])
        self._join(track, rows, vector, time_s)

    def _split(self, time_s: float, row: Row, vector: NDArray[np.float32], known: _Known) -> None:
        """Somebody else stands where the track's person stood: find since when."""
        held, known.held = known.held, []
        taken = [row]
        for (earlier, _), other in zip(held, self._run([chip for _, chip in held]), strict=True):
            earlier["embedding"] = other
            if np.linalg.norm(other - vector) < np.linalg.norm(other - known.mean):
                taken.append(earlier)
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

    def _run(self, chips: list[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        if self._embedder is None:
            self._embedder = self._make()
        return self._embedder.embed_chips(chips)


def _add(known: _Known, time_s: float, vector: NDArray[np.float32]) -> None:
    known.total = known.total + vector
    known.count += 1
    known.fresh += 1
    known.run_s = time_s
