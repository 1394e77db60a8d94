"""Where people who are not the candidate are, in one view and at any moment.

The candidate is the person seen most in the front view. Whoever is not known to be that person is
somebody else: a mistake hides too much rather than too little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from review.signals.tracks import Tracker, iou
from review.signals.vectors import PHOTO_PREFIX, SAME_PERSON, distances, majority

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Boxes = NDArray[np.float64]

#: A track is followed in a straight line through gaps of at most this length (s): longer than
#: signals' tracker waits, so that nobody flickers.
GAP_S: Final = 3.5
#: What is kept hidden before a track is first and after it is last seen (s). Faces are looked for
#: once a second: somebody may have been there since just after the picture before.
HOLD_S: Final = 1.2
#: How much wider than a found face the hidden part is, on each side: hair, ears, a turn of the
#: head between two looks.
PAD: Final = 0.35
#: A face whose centre is within this many widths of the candidate's usual place sits there.
_PLACE: Final = 1.0
#: Part of a track's moments in which another face is surely the candidate's, from which on the
#: track is somebody else's.
_BESIDE: Final = 0.2
_SAME_BODY: Final = 0.3
#: Further looks are one track through gaps of at most this length (s): two of them are missed.
_DENSE_GAP_S: Final = 0.65
#: A track shorter than this (s) says nothing by itself, ...
_SHORT_S: Final = 1.0
#: ... but by the one that begins so soon after it (s), at most so many widths of a face away:
#: somebody who sits down or gets up crosses a near camera's picture in half a second.
_NEXT_S: Final = 0.45
_STRIDE: Final = 2.0
#: How long after a look the candidate is surely still who is there (s): clips are looked at more
#: often than this.
_SURE_S: Final = 0.25


@dataclass(frozen=True, kw_only=True)
class Path:
    """One person's boxes over device time, in order: times (n,), boxes x, y, w, h (n, 4)."""

    times_s: NDArray[np.float64]
    boxes: Boxes
    pad: float = PAD

    def at(self, device_s: float, *, hold_s: float = HOLD_S) -> NDArray[np.float64] | None:
        """Return the box at a moment, between two looks in a straight line; None if not there.

        Parameters
        ----------
        hold_s
            For how long somebody may have been there before the first and after the last look.
        """
        times = self.times_s
        if not times[0] - hold_s <= device_s <= times[-1] + hold_s:
            return None
        after = int(np.searchsorted(times, device_s))
        if after in (0, len(times)) or times[after] == device_s:
            return np.asarray(self.boxes[min(after, len(times) - 1)])
        before = after - 1
        gap_s = times[after] - times[before]
        if gap_s > GAP_S:
            if device_s - times[before] <= hold_s:
                return np.asarray(self.boxes[before])
            late = times[after] - device_s <= hold_s
            return np.asarray(self.boxes[after]) if late else None
        share = (device_s - times[before]) / gap_s
        return np.asarray((1 - share) * self.boxes[before] + share * self.boxes[after])


@dataclass(frozen=True, kw_only=True)
class People:
    """The people of one view.

    Parameters
    ----------
    others
        Faces of those who are not the candidate.
    bodies
        Whole figures of those who are not the candidate.
    candidate
        Figure and face of the candidate: what of the others' bodies is hidden ends there.
    """

    others: tuple[Path, ...] = ()
    bodies: tuple[Path, ...] = ()
    candidate: tuple[Path, ...] = ()

    def faces_at(self, device_s: float) -> Boxes:
        """Return the boxes to hide of faces at a moment, widened, shape (n, 4)."""
        return _stacked(_widened(path, device_s) for path in self.others)

    def without_largest(self, device_s: float) -> People:
        """Return the people without the largest hidden face of a moment: it may be seen."""
        there = [(b[2] * b[3], n) for n, p in enumerate(self.others)
                 if (b := p.at(device_s)) is not None]  # fmt: skip
        if not there:
            return self
        shown = self.others[max(there)[1]]
        face = shown.at(device_s)
        kept = tuple(p for p in self.others if p is not shown)
        if face is None:
            return self
        x, y = face[:2] + face[2:] / 2
        bodies = tuple(
            p for p in self.bodies
            if (b := p.at(device_s)) is None
            or not (b[0] <= x < b[0] + b[2] and b[1] <= y < b[1] + b[3])
        )  # fmt: skip
        return replace(self, others=kept, bodies=bodies)

    def bodies_at(self, device_s: float) -> Boxes:
        """Return the boxes to hide of whole figures at a moment, shape (n, 4)."""
        return _stacked(path.at(device_s) for path in self.bodies)

    def candidate_at(self, device_s: float) -> Boxes:
        """Return where the candidate is at a moment, shape (n, 4)."""
        return _stacked(path.at(device_s) for path in self.candidate)


def people_of(
    detections: pd.DataFrame, stream: str, *, more: Iterable[tuple[float, Sequence[Boxes]]] = ()
) -> People:
    """Tell the candidate from everybody else in one view.

    Parameters
    ----------
    detections
        Table ``detections`` of the sitting, with embeddings, of all views: the candidate is known
        from the front view.
    more
        Further looks at the stream, in order: device time and the faces found then (x, y, w, h in
        pixels of the original picture). They are tracked on their own and take their person from
        the table's tracks.
    """
    known = candidate_vector(detections)
    rows = detections[detections["stream"] == stream]
    faces = _Tracks.of(rows[rows["kind"] == "face"])
    is_candidate = _whose(faces, known)
    own = tuple(faces.path(t) for t in faces.names if is_candidate[t])
    others = [faces.path(t) for t in faces.names if not is_candidate[t]]
    dense = _Tracks.following(more)
    place = faces.place([t for t in faces.names if is_candidate[t]])
    others += _strangers([dense.path(track) for track in dense.names], own, others, place)
    bodies = _Tracks.of(rows[rows["kind"] == "person"])
    mine = _own_bodies(bodies, own)
    return People(
        others=tuple(others),
        bodies=tuple(bodies.path(t, pad=0.05) for t in bodies.names if t not in mine),
        candidate=(*own, *(bodies.path(t, pad=0.0) for t in sorted(mine))),
    )


def candidate_vector(detections: pd.DataFrame) -> NDArray[np.float64] | None:
    """Return the embedding of the person seen most in the front view; None if none was compared."""
    faces = detections[(detections["kind"] == "face") & detections["embedding"].notna()]
    faces = faces[~faces["stream"].str.startswith(PHOTO_PREFIX)]
    for stream in ("front", "left_front", "right_rear"):
        rows = faces[faces["stream"] == stream]
        if len(rows):
            area = (rows["w_px"] * rows["h_px"]).rename("area")
            largest = rows.loc[area.groupby(rows["device_s"]).idxmax()]
            return majority([np.asarray(v, dtype=float) for v in largest["embedding"]])
    return None


class _Tracks:
    """The tracks of one kind in one view."""

    def __init__(self) -> None:
        self.times: dict[int, list[float]] = {}
        self.boxes: dict[int, list[Boxes]] = {}
        self.vectors: dict[int, list[NDArray[np.float64]]] = {}

    @classmethod
    def of(cls, rows: pd.DataFrame) -> _Tracks:
        made = cls()
        ordered = rows.sort_values("device_s", kind="stable")
        boxes = ordered[["x_px", "y_px", "w_px", "h_px"]].to_numpy(dtype=float)
        columns = (ordered["track"].tolist(), ordered["device_s"].tolist(), boxes)
        for track, time_s, box, vector in zip(*columns, ordered["embedding"], strict=True):
            made._add(int(track), time_s, box, vector)
        return made

    @classmethod
    def following(cls, looks: Iterable[tuple[float, Sequence[Boxes]]]) -> _Tracks:
        made, tracker = cls(), Tracker(max_gap_s=_DENSE_GAP_S)
        for time_s, found in looks:
            numbers = tracker.update(time_s, [tuple(box) for box in found])
            for number, box in zip(numbers, found, strict=True):
                made._add(number, time_s, np.asarray(box, dtype=float), None)
        return made

    def _add(self, track: int, time_s: float, box: Boxes, vector: object) -> None:
        self.times.setdefault(track, []).append(time_s)
        self.boxes.setdefault(track, []).append(box)
        if vector is not None:
            self.vectors.setdefault(track, []).append(np.asarray(vector, dtype=float))

    @property
    def names(self) -> list[int]:
        return sorted(self.times)

    def path(self, track: int, *, pad: float = PAD) -> Path:
        return Path(
            times_s=np.asarray(self.times[track]), boxes=np.asarray(self.boxes[track]), pad=pad
        )

    def place(self, tracks: Sequence[int]) -> NDArray[np.float64] | None:
        """Return the usual box of some tracks: medians of all their boxes."""
        if not tracks:
            return None
        return np.asarray(np.median(np.concatenate([self.boxes[t] for t in tracks]), axis=0))

    def largest(self) -> NDArray[np.float64] | None:
        """Return the usual box of the largest one of each moment."""
        best: dict[float, Boxes] = {}
        for track in self.names:
            for time_s, box in zip(self.times[track], self.boxes[track], strict=True):
                if time_s not in best or box[2] * box[3] > best[time_s][2] * best[time_s][3]:
                    best[time_s] = box
        return np.median(list(best.values()), axis=0) if best else None


def _whose(faces: _Tracks, known: NDArray[np.float64] | None) -> dict[int, bool]:
    """Say of every track of faces whether it is the candidate's."""
    said: dict[int, bool] = {}
    for track, vectors in faces.vectors.items():
        if known is not None:
            said[track] = bool(np.median(distances(vectors, known)) <= SAME_PERSON)
    sure = {t for track, mine in said.items() if mine for t in faces.times[track]}
    place = faces.place([track for track, mine in said.items() if mine])
    place = faces.largest() if place is None else place
    for track in faces.names:
        if track not in said:
            beside = np.mean([time_s in sure for time_s in faces.times[track]])
            said[track] = bool(beside <= _BESIDE) and _sits(faces.boxes[track], place)
    _settle(faces, said, place)
    return said


def _settle(faces: _Tracks, said: dict[int, bool], place: Boxes | None) -> None:
    """Of two faces at one moment at most one is the candidate's: the one in the usual place."""
    held: dict[float, list[int]] = {}
    for track in faces.names:
        if said[track]:
            for time_s in faces.times[track]:
                held.setdefault(time_s, []).append(track)
    for tracks in held.values():
        rivals = [t for t in tracks if said[t]]
        if len(rivals) > 1 and place is not None:
            keep = min(
                rivals, key=lambda t: (t not in faces.vectors, _apart(faces.boxes[t], place))
            )
            said.update(dict.fromkeys((t for t in rivals if t != keep), False))


def _apart(boxes: Sequence[Boxes], place: Boxes) -> float:
    """Return how far the middle of boxes is from a place, in widths of the place."""
    middle = np.median(np.asarray(boxes), axis=0)
    centre = middle[:2] + middle[2:] / 2 - place[:2] - place[2:] / 2
    return float(np.hypot(*centre) / max(place[2], 1.0))


def _sits(boxes: Sequence[Boxes], place: Boxes | None) -> bool:
    return place is not None and _apart(boxes, place) <= _PLACE


def _strangers(
    paths: Sequence[Path], own: Sequence[Path], others: Sequence[Path], place: Boxes | None
) -> list[Path]:
    """Return those of further looks that do not belong to the candidate."""
    known: list[Path] = []
    hidden = list(others)
    for path in paths:
        (known if _is_known(path, own, hidden, place) else hidden).append(path)
    found = hidden[len(others) :]
    # Whoever moves quickly leaves short tracks: one that leads to or comes from somebody else's
    # is of the same person, even where the candidate has been just before.
    for path in known:
        short = path.times_s[-1] - path.times_s[0] < _SHORT_S
        if short and any(_leads(path, one) or _leads(one, path) for one in found):
            found.append(path)
    return found


def _leads(one: Path, other: Path) -> bool:
    """Say whether a path begins right after another, as far away as one moves in that time."""
    gap_s = other.times_s[0] - one.times_s[-1]
    if not 0 < gap_s <= _NEXT_S:
        return False
    last, first = one.boxes[-1], other.boxes[0]
    moved = np.hypot(*(first[:2] + first[2:] / 2 - last[:2] - last[2:] / 2))
    return bool(moved <= _STRIDE * max(last[2], first[2]))


def _is_known(path: Path, own: Iterable[Path], others: Iterable[Path], place: Boxes | None) -> bool:
    """Say whether further looks at a face belong to the candidate."""

    def overlap(paths: Iterable[Path], hold_s: float) -> float:
        values = [
            iou(box, found)
            for one in paths
            for time_s, box in zip(path.times_s, path.boxes, strict=True)
            if (found := one.at(float(time_s), hold_s=hold_s)) is not None
        ]
        return float(np.median(values)) if values else 0.0

    # Somebody may come in where the candidate has just gone out: that place is nobody's.
    mine, theirs = overlap(own, _SURE_S), overlap(others, HOLD_S)
    if max(mine, theirs) > 0:
        return mine > theirs
    return _sits(list(path.boxes), place)


def _own_bodies(bodies: _Tracks, own: Sequence[Path]) -> set[int]:
    """Return the tracks of persons that are the candidate's figure."""
    with_face = {t for t in bodies.names if _holds_face(bodies, t, own)}
    place = bodies.place(sorted(with_face)) if with_face else bodies.largest()
    if place is None:
        return set()
    taken = {time_s for t in with_face for time_s in bodies.times[t]}
    for track in bodies.names:
        middle = np.median(np.asarray(bodies.boxes[track]), axis=0)
        alone = np.mean([time_s in taken for time_s in bodies.times[track]]) <= _BESIDE
        if track not in with_face and alone and iou(middle, place) >= _SAME_BODY:
            with_face.add(track)
            taken |= set(bodies.times[track])
    return with_face


def _holds_face(bodies: _Tracks, track: int, own: Sequence[Path]) -> bool:
    inside = []
    for time_s, box in zip(bodies.times[track], bodies.boxes[track], strict=True):
        for path in own:
            face = path.at(time_s)
            if face is not None:
                x, y = face[:2] + face[2:] / 2
                # In the upper half: a bystander's figure may reach behind the candidate's head.
                inside.append(
                    abs(x - box[0] - box[2] / 2) < box[2] / 4 and box[1] <= y < box[1] + box[3] / 2
                )
    return bool(inside) and float(np.mean(inside)) > 0.5


def _widened(path: Path, device_s: float) -> NDArray[np.float64] | None:
    box = path.at(device_s)
    if box is None:
        return None
    more = path.pad * box[2:]
    return np.concatenate([box[:2] - more, box[2:] + 2 * more])


def _stacked(boxes: Iterable[NDArray[np.float64] | None]) -> Boxes:
    return np.asarray([b for b in boxes if b is not None], dtype=float).reshape(-1, 4)
