"""The person before the camera is not the candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.presence import HOLD_S
from review.detectors.registry import register
from review.detectors.whose import candidates_face, photographs
from review.signals.vectors import SAME_PERSON, distances
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

    Vectors = NDArray[np.float64]

#: Moments without a face, or with one that could not be compared, do not end the interval.
_JOIN_S: Final = 3.0
_REGISTERED: Final = "id_photo"


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """What is known of one track: distances, and whether it is somebody else's."""

    photo: float | None
    own: float
    other: bool


@register("different_person", labels=["different_person"])
def different_person(
    evidence: Evidence,
    *,
    same_person: float = SAME_PERSON,
    registered: float = 0.5,
    min_s: float = 3.0,
    min_faces: int = 2,
) -> pd.DataFrame:
    """Flag when the main face of the front view is somebody else's.

    ITMC: nobody sits for another (annex 1, rule 13; annex 2, 3(3)). eztest: the candidate in person
    (part 4, answer 5).

    Faces are judged by track, by the median over the track's comparable faces. Somebody who takes
    the seat for a time, be it most of the time, is far from every photograph and from the faces
    that look like one. Where no face looks like one, the person seen most is compared with the
    log-in photographs, and with the registered one more leniently, since it may be years old.

    What it cannot tell: twins; an old or retouched registered photograph; faces too small, dark or
    turned to be compared, which raise nothing.

    Parameters
    ----------
    same_person
        Distance of embeddings up to which two faces are one person's; see
        :data:`review.signals.vectors.SAME_PERSON`.
    registered
        The same for the registered photograph alone. Measured: two persons' medians lie 0.47 to
        0.7 apart; the model's documentation calls up to 0.6 one person. Between the two.
    min_s
        Shortest time.
    min_faces
        Comparable faces that a track must have: one may be blurred by movement (measured: single
        faces up to 0.46 from their own person).
    """
    main = _main_faces(evidence)
    known = main[main["embedding"].notna()]
    if not len(known):
        return table(evidence, [])
    photos = photographs(evidence)
    most = candidates_face(
        [np.asarray(v, dtype=float) for v in known["embedding"]], photos, same_person=same_person
    )
    if most is None:
        return table(evidence, [])
    throughout = _throughout(photos, most, same_person, registered)
    if throughout is not None:
        threshold = registered if throughout[0] == _REGISTERED else same_person
        return table(evidence, [_whole(evidence, main, throughout, threshold)])
    judged = _judge(known, photos, most, same_person, min_faces)
    other = main["track"].map(lambda track: track in judged and judged[track].other)
    times = main["time_s"].to_numpy()
    found = iv.runs(times, other.to_numpy(dtype=bool), hold_s=HOLD_S, join_s=_JOIN_S)
    rows = [
        _flag(evidence, main[other.to_numpy(dtype=bool)], judged, (start_s, end_s), most)
        for start_s, end_s in found
        if end_s - start_s >= min_s
    ]
    return table(evidence, rows)


def _main_faces(evidence: Evidence) -> pd.DataFrame:
    """Return the largest face of each moment of the front view."""
    rows = evidence.detections
    rows = rows[(rows["stream"] == "front") & (rows["kind"] == "face")]
    area = rows["w_px"] * rows["h_px"]
    rows = rows.assign(area=area).sort_values(["time_s", "area"], kind="stable")
    rows = rows.drop_duplicates("time_s", keep="last")
    inside = iv.contains([evidence.window], rows["time_s"].to_numpy())
    return rows[inside].reset_index(drop=True)


def _throughout(
    photos: dict[str, Vectors], most: Vectors, same_person: float, registered: float
) -> tuple[str, float] | None:
    """Say which photograph the person seen most is too far from, and how far."""
    apart = {name: float(np.linalg.norm(vector - most)) for name, vector in photos.items()}
    login = {name: value for name, value in apart.items() if name != _REGISTERED}
    # One photograph that fits is enough: the others may show other glasses or another light.
    if login and min(apart.values()) > same_person:
        return min(login, key=login.__getitem__), min(login.values())
    if apart.get(_REGISTERED, 0.0) > registered:
        return _REGISTERED, apart[_REGISTERED]
    return None


def _judge(
    known: pd.DataFrame,
    photos: dict[str, Vectors],
    most: Vectors,
    same_person: float,
    min_faces: int,
) -> dict[int, _Judged]:
    judged = {}
    for track, rows in known.groupby("track"):
        vectors = [np.asarray(v, dtype=float) for v in rows["embedding"]]
        own = float(np.median(distances(vectors, most)))
        photo = None
        if photos:
            nearest = distances(vectors, list(photos.values())).min(axis=1)
            photo = float(np.median(nearest))
        far = own > same_person and (photo is None or photo > same_person)
        judged[int(str(track))] = _Judged(
            photo=photo, own=own, other=far and len(vectors) >= min_faces
        )
    return judged


def _flag(
    evidence: Evidence,
    others: pd.DataFrame,
    judged: dict[int, _Judged],
    interval: tuple[float, float],
    most: Vectors,
) -> dict[str, object]:
    start_s, end_s = interval
    rows = others[(others["time_s"] >= start_s) & (others["time_s"] < end_s)]
    of_tracks = [judged[int(track)] for track in rows["track"].unique()]
    own = min(j.own for j in of_tracks)
    photo = min((j.photo for j in of_tracks if j.photo is not None), default=None)
    nearest = own if photo is None else min(own, photo)
    supports, contradicts = _left_front(evidence, interval, most)
    facts: dict[str, object] = {"seconds": round(end_s - start_s), "own": round(own, 2)}
    if photo is not None:
        facts["photo"] = round(photo, 2)
    return flag(
        evidence,
        label="different_person",
        detector="different_person",
        streams=["front"],
        start_s=start_s,
        end_s=end_s,
        score=_certainty(nearest - SAME_PERSON) + 0.1 * len(supports) - 0.3 * len(contradicts),
        reason_key="different_person" if photo is not None else "different_person_no_photo",
        facts=facts,
        supports=["front", *supports],
        contradicts=contradicts,
        evidence_s=_at_largest(rows),
    )


def _whole(
    evidence: Evidence, main: pd.DataFrame, against: tuple[str, float], threshold: float
) -> dict[str, object]:
    name, apart = against
    start_s, end_s = float(main["time_s"].min()), float(main["time_s"].max()) + 1.0
    registered = name == _REGISTERED
    return flag(
        evidence,
        label="different_person",
        detector="different_person",
        streams=["front"],
        start_s=start_s,
        end_s=end_s,
        score=_certainty(apart - threshold),
        reason_key="different_person_registered" if registered else "different_person_throughout",
        facts={"photo": round(apart, 2)},
        supports=["front"],
        evidence_s=_at_largest(main),
    )


def _certainty(beyond: float) -> float:
    """Return a score: 0.5 at the threshold, 0.9 at two persons who look nothing alike."""
    return 0.5 + min(2 * beyond, 0.4)


def _at_largest(faces: pd.DataFrame) -> float:
    """Return the moment of the largest face: the one that a person recognises best."""
    return float(faces["time_s"].to_numpy()[int(faces["area"].to_numpy().argmax())])


def _left_front(
    evidence: Evidence, interval: tuple[float, float], most: Vectors
) -> tuple[list[str], list[str]]:
    """Return the other view that shows the face, if it bears this out, or if it does not."""
    rows = evidence.detections
    rows = rows[
        (rows["stream"] == "left_front")
        & (rows["kind"] == "face")
        & rows["embedding"].notna()
        & (rows["time_s"] >= interval[0])
        & (rows["time_s"] < interval[1])
    ]
    if len(rows) < 2:
        return [], []
    apart = float(np.median(distances([np.asarray(v) for v in rows["embedding"]], most)))
    return (["left_front"], []) if apart > SAME_PERSON else ([], ["left_front"])
