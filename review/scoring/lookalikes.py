"""The same face under two candidates, anywhere in a session.

Each sitting's faces are condensed to one vector per person seen (:func:`persons`), and all persons
of different candidates are compared (:func:`same_faces`), in blocks of one matrix product each.

What it cannot tell: twins; whether a face beside the candidate (a supervisor of the room, a family
member of two candidates) is the one who answers; faces that were never good enough to be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from review import tables
from review.signals.vectors import PHOTO_PREFIX
from review.tables import KEYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

#: Medians of one person lie at most this far apart (measured on the real clips of the test data):
#: such a pair is taken for one person.
ONE_PERSON: Final = 0.35
#: Medians of two persons lie at least this far apart (measured there). Between both a pair is only
#: possible.
TWO_PERSONS: Final = 0.43
#: Good faces that a person's median rests on. Measured there, faces drawn by chance from 14 clips:
#: medians of three of one person lie within 0.35 in 98 % of the pairs of clips (of five: 99.5 %, of
#: one: 67 %), those of two persons never nearer than 0.45. A front view is compared when somebody
#: comes and every 30 s, so that half a minute is enough.
MIN_FACES: Final = 3
#: Width of the steps in which distances are counted, and the largest that occurs (unit vectors lie
#: at most 2 apart; those of the network are near unit length).
_STEP: Final = 0.005
_LARGEST: Final = 4.0
#: Rows of a block: 1024 x 1024 distances of 4 bytes fit into a core's cache.
_BLOCK: Final = 1024
#: Part of all pairs from whose distances the chance of still smaller ones is extrapolated, and how
#: many pairs that has to be and needs to be: the nearer to the threshold, the truer.
_TAIL: Final = 0.02
_LEAST_TAIL: Final = 100
_MOST_TAIL: Final = 2000

_KEYS: Final = list(KEYS)
COLUMNS: Final = (
    "session_id", "candidate_id", "other_candidate_id", "distance", "state", "subject_id", "stream",
    "track", "faces", "other_subject_id", "other_stream", "other_track", "other_faces",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SameFaces:
    """Pairs of candidates who may be one person.

    Parameters
    ----------
    pairs
        Columns :data:`COLUMNS`, the nearest first: one row per pair of candidates, that of their
        nearest persons; ``state`` is ``one_person`` or ``possible``.
    compared
        Pairs of persons of different candidates that were compared.
    expected_one_person, expected_possible
        How many pairs of different persons are expected among those of either state by chance, from
        this session's own distances; None where there were too few to say.
    """

    pairs: pd.DataFrame
    compared: int
    expected_one_person: float | None
    expected_possible: float | None


def persons(detections: pd.DataFrame, *, min_faces: int = MIN_FACES) -> pd.DataFrame:
    """Condense a sitting's faces to one row per person and view: table ``persons``.

    Parameters
    ----------
    detections
        Table ``detections`` of a sitting. Photographs are left out: a single picture is no median.
    min_faces
        Comparable faces that a person must have.
    """
    rows = detections[
        (detections["kind"] == "face")
        & detections["embedding"].notna()
        & ~detections["stream"].str.startswith(PHOTO_PREFIX)
    ]
    made = []
    for key, faces in rows.groupby([*_KEYS, "stream", "track"], sort=True):
        if len(faces) < min_faces:
            continue
        vectors = np.stack([np.asarray(v, dtype=np.float32) for v in faces["embedding"]])
        made.append(
            {
                **dict(zip((*_KEYS, "stream", "track"), key, strict=True)),
                "faces": len(faces),
                "first_device_s": float(faces["device_s"].min()),
                "last_device_s": float(faces["device_s"].max()),
                "embedding": np.median(vectors, axis=0),
            }
        )
    return tables.conform(
        pd.DataFrame(made, columns=tables.schema("persons").names).astype({"track": "int64"}),
        "persons",
    )


def same_faces(
    seen: pd.DataFrame, *, one_person: float = ONE_PERSON, two_persons: float = TWO_PERSONS
) -> SameFaces:
    """Find persons who were seen under two candidates.

    The expected number of false pairs is extrapolated from the session itself: the smallest
    distances above ``two_persons`` (the lowest 2 % of all, 2,000 at most) are taken to thin out
    exponentially below. Real distances thin out faster (their logarithmic density bends down), so
    the number errs on the high side.

    Parameters
    ----------
    seen
        Table ``persons`` of a session.
    one_person, two_persons
        Distances up to which a pair is one person, and possible.
    """
    rows = seen[seen["embedding"].notna()].reset_index(drop=True)
    if rows["candidate_id"].nunique() < 2:
        return SameFaces(
            pairs=pd.DataFrame(columns=list(COLUMNS)),
            compared=0,
            expected_one_person=None,
            expected_possible=None,
        )
    vectors = np.stack([np.asarray(v, dtype=np.float32) for v in rows["embedding"]])
    people = pd.factorize(rows["candidate_id"])[0]
    counts, near = _compared(vectors, people, two_persons)
    return SameFaces(
        pairs=_pairs(rows, near, one_person),
        compared=int(counts.sum()),
        expected_one_person=expected_below(counts, one_person, two_persons),
        expected_possible=_between(counts, one_person, two_persons),
    )


def expected_below(
    counts: NDArray[np.int64], distance: float, two_persons: float = TWO_PERSONS
) -> float | None:
    """Return how many pairs of different persons are expected nearer than a distance.

    Parameters
    ----------
    counts
        Number of pairs in steps of 0.005 of distance from 0 on.
    two_persons
        Only pairs farther apart than this are taken to be of different persons for certain.
    """
    first = round(two_persons / _STEP)
    beyond = np.cumsum(counts[first:])
    wanted = min(max(_TAIL * float(counts.sum()), _LEAST_TAIL), _MOST_TAIL)
    if not len(beyond) or beyond[-1] < wanted:
        return None
    last = int(np.searchsorted(beyond, wanted)) + 1  # steps of the tail
    length = last * _STEP
    tail = counts[first : first + last]
    # Distances from the tail's upper end downward, taken for a cut-off exponential.
    down = length - (np.arange(last) + 0.5) * _STEP
    mean = float(np.average(down, weights=tail))
    rate = _rate_of_cut_exponential(mean, length)
    whole = float(tail.sum()) / -np.expm1(-rate * length)
    return whole * float(np.exp(-rate * (length + two_persons - distance)))


def _rate_of_cut_exponential(mean: float, length: float) -> float:
    """Return the rate whose exponential, cut off at ``length``, has this mean."""

    def off(rate: float) -> float:
        return 1.0 / rate - length / np.expm1(rate * length) - mean

    low, high = 1e-3 / length, 500.0 / length
    # The mean falls as the rate rises: halving finds it.
    for _ in range(60):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if off(middle) > 0 else (low, middle)
    return low


def _between(counts: NDArray[np.int64], one_person: float, two_persons: float) -> float | None:
    below = expected_below(counts, two_persons, two_persons)
    nearer = expected_below(counts, one_person, two_persons)
    return None if below is None or nearer is None else below - nearer


def _compared(
    vectors: Vectors, people: NDArray[np.intp], within: float
) -> tuple[NDArray[np.int64], list[tuple[int, int, float]]]:
    """Return how many pairs lie how far apart, and those that lie within a distance."""
    counts = np.zeros(round(_LARGEST / _STEP) + 1, dtype=np.int64)
    near: list[tuple[int, int, float]] = []
    squares = (vectors**2).sum(axis=1)
    for i in range(0, len(vectors), _BLOCK):
        for j in range(i, len(vectors), _BLOCK):
            a, b = slice(i, i + _BLOCK), slice(j, j + _BLOCK)
            apart = squares[a, None] + squares[None, b] - 2 * vectors[a] @ vectors[b].T
            apart = np.sqrt(np.maximum(apart, 0.0))
            different = people[a, None] != people[None, b]
            if i == j:
                different = np.triu(different)
            steps = np.minimum((apart[different] / _STEP).astype(int), len(counts) - 1)
            counts += np.bincount(steps, minlength=len(counts))
            rows, columns = np.nonzero(different & (apart <= within))
            near += [
                (i + int(r), j + int(c), float(apart[r, c]))
                for r, c in zip(rows, columns, strict=True)
            ]
    return counts, near


def _pairs(
    rows: pd.DataFrame, near: list[tuple[int, int, float]], one_person: float
) -> pd.DataFrame:
    made: list[dict[str, Any]] = []
    told = ("subject_id", "stream", "track", "faces")
    for first, second, distance in sorted(near, key=lambda pair: pair[2]):
        a, b = sorted((rows.loc[first], rows.loc[second]), key=lambda row: row["candidate_id"])
        made.append(
            {
                "session_id": a["session_id"],
                "candidate_id": a["candidate_id"],
                "other_candidate_id": b["candidate_id"],
                "distance": distance,
                "state": "one_person" if distance <= one_person else "possible",
                **{name: a[name] for name in told},
                **{f"other_{name}": b[name] for name in told},
            }
        )
    pairs = pd.DataFrame(made, columns=list(COLUMNS))
    return pairs.drop_duplicates(["candidate_id", "other_candidate_id"], ignore_index=True)
