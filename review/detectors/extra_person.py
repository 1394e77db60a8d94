"""Somebody besides the candidate is in the room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.presence import HOLD_S, has_persons
from review.detectors.registry import register
from review.detectors.whose import candidates_face, photographs
from review.session import CAMERAS
from review.signals.vectors import SAME_PERSON, distances
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

#: Pictures of one second that do not show the other person do not end the interval.
_JOIN_S: Final = 3.0


@register("extra_person", labels=["extra_person"])
def extra_person(
    evidence: Evidence,
    *,
    min_s: float = 2.0,
    same_person: float = SAME_PERSON,
    person_score: float = 0.6,
    still_s: float = 60.0,
    still_share: float = 0.06,
) -> pd.DataFrame:
    """Flag when a view shows a second face or a second person for a while.

    ITMC: nobody but the candidate may be in the room (annex 1, rule 8; annex 2, 2(1)). eztest: no
    other person in the range of the cameras (part 4, answer 5).

    A second face counts only if it is not the candidate's own (a mirror, the candidate's picture
    on the exam page) and not one that never moves (a poster). In the phones' views a second face
    must have been compared; a small one that was not may be on the screen.

    What it cannot tell: who it is, and what is said. Somebody who stands still for longer than
    ``still_s`` is taken for a poster unless seen moving; a person whose face is never seen is found
    only with the person detector.

    Parameters
    ----------
    min_s
        Shortest presence: a face that is none seldom lasts for two looked-at pictures.
    same_person
        Distance of embeddings up to which a face is the candidate's; see
        :data:`review.signals.vectors.SAME_PERSON`.
    person_score
        Least score of a second person. Measured on the test data: persons half outside the picture
        0.63 to 0.76, a chair with a dark coat 0.47 to 0.57.
    still_s, still_share
        A face or person seen for longer than ``still_s`` whose middle wanders by less than
        ``still_share`` of its width (standard deviation) is a picture on the wall. Boxes of a face
        that does not move tremble by about 0.03; a sitting person's head moves by 0.1 and more
        within a minute.
    """
    candidate = _candidate(evidence)
    found: dict[str, NDArray[np.float64]] = {}
    for view in CAMERAS:
        rows = evidence.detections[evidence.detections["stream"] == view]
        still = _still(rows, still_s, still_share)
        face = (rows["kind"] == "face").to_numpy()
        person = ((rows["kind"] == "person") & (rows["score"] >= person_score)).to_numpy()
        other_face = _other_faces(rows[face], candidate, same_person, front=view == "front")
        other_person = ~_largest(rows[person])
        times = np.union1d(
            rows.loc[face, "time_s"].to_numpy()[other_face & ~still[face]],
            rows.loc[person, "time_s"].to_numpy()[other_person & ~still[person]],
        )
        found[view] = _lasting(evidence, view, times, min_s)
    rows_out = [
        _flag(evidence, found, (start_s, end_s), candidate is not None)
        for start_s, end_s in iv.union(*found.values(), gap_s=_JOIN_S)
    ]
    return table(evidence, rows_out)


def _flag(
    evidence: Evidence,
    found: dict[str, NDArray[np.float64]],
    interval: tuple[float, float],
    compared: bool,  # noqa: FBT001
) -> dict[str, object]:
    start_s, end_s = interval
    showing = [v for v in CAMERAS if len(iv.intersection(found[v], [interval]))]
    lead = iv.intersection(found[showing[0]], [interval])
    # Only a view with the person detector, and the front view, would show a second person.
    able = [v for v in CAMERAS if v == "front" or has_persons(evidence, v)]
    length_s = end_s - start_s
    against = [
        v
        for v in able
        if v not in showing
        and iv.total_s(iv.intersection(evidence.visible(v), [interval])) >= 0.8 * length_s
    ]
    return flag(
        evidence,
        label="extra_person",
        detector="extra_person",
        streams=showing,
        start_s=start_s,
        end_s=end_s,
        score=0.6 + 0.1 * len(showing) + 0.1 * compared + 0.01 * min(length_s, 10.0),
        reason_key="extra_person",
        facts={"seconds": round(length_s), "views": len(showing)},
        supports=showing,
        contradicts=against,
        evidence_s=float(lead[0].mean()),
    )


def _candidate(evidence: Evidence) -> NDArray[np.float64] | None:
    rows = evidence.detections
    rows = rows[(rows["kind"] == "face") & rows["embedding"].notna()]
    own = rows[rows["stream"] == "front"]
    vectors = [np.asarray(v, dtype=float) for v in own["embedding"]]
    return candidates_face(vectors, photographs(evidence))


def _other_faces(
    faces: pd.DataFrame,
    candidate: NDArray[np.float64] | None,
    same_person: float,
    *,
    front: bool,
) -> NDArray[np.bool_]:
    """Say of each face whether it is somebody else's beside the candidate's, by track."""
    mask = np.zeros(len(faces), dtype=bool)
    if not len(faces):
        return mask
    alone = faces.groupby("time_s")["track"].transform("size").to_numpy() < 2
    main = _largest(faces)
    for rows in faces.groupby("track").indices.values():
        vectors = [np.asarray(v) for v in faces["embedding"].iloc[rows] if v is not None]
        if vectors and candidate is not None:
            own = float(np.median(distances(vectors, candidate))) <= same_person
            # Somebody else's face, and the candidate's beside it.
            mask[rows] = ~alone[rows] & (not own)
        elif front:
            mask[rows] = ~alone[rows] & ~main[rows]
    return mask


def _largest(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Say of each row whether its box is the largest of its moment; of equal ones the first is."""
    area, times = (rows["w_px"] * rows["h_px"]).to_numpy(), rows["time_s"].to_numpy()
    order = np.lexsort((-area, times))
    mask = np.zeros(len(rows), dtype=bool)
    mask[order[np.diff(times[order], prepend=-np.inf) > 0]] = True
    return mask


def _still(rows: pd.DataFrame, still_s: float, share: float) -> NDArray[np.bool_]:
    """Say of each row whether its track never moves over a long time."""
    mask = np.zeros(len(rows), dtype=bool)
    if not len(rows):
        return mask
    x = (rows["x_px"] + rows["w_px"] / 2).to_numpy()
    y = (rows["y_px"] + rows["h_px"] / 2).to_numpy()
    times, width = rows["time_s"].to_numpy(), rows["w_px"].to_numpy()
    for index in rows.groupby(["kind", "track"]).indices.values():
        if np.ptp(times[index]) < still_s:
            continue
        wander = float(np.hypot(x[index].std(), y[index].std()))
        mask[index] = wander < share * float(np.median(width[index]))
    return mask


def _lasting(
    evidence: Evidence, view: str, times: NDArray[np.float64], min_s: float
) -> NDArray[np.float64]:
    looked = evidence.signal(view, "faces")["time_s"].to_numpy()
    moments = np.union1d(looked, times)
    shown = iv.runs(moments, np.isin(moments, times), hold_s=HOLD_S, join_s=_JOIN_S)
    shown = iv.intersection(shown, evidence.covered(view))
    return shown[shown[:, 1] - shown[:, 0] >= min_s]
