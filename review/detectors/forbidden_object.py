"""A phone, a book or a computer that has no place in the room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.presence import HOLD_S
from review.detectors.registry import register
from review.session import CAMERAS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

#: Labels of ``detections`` that are judged. The computer itself is a laptop or a monitor.
OBJECTS: Final = ("cell_phone", "book")
_JOIN_S: Final = 3.0


@register("forbidden_object", labels=["forbidden_object"])
def forbidden_object(
    evidence: Evidence,
    *,
    min_s: float = 3.0,
    least_score: float = 0.5,
    least_looks: int = 3,
    standing_share: float = 0.3,
    same_place: float = 0.5,
) -> pd.DataFrame:
    """Flag a phone or a book that comes into a camera's picture.

    ITMC: neither books nor papers nor other phones, computers and receivers (annex 1, rules 9 and
    11; annex 2, 3). eztest: nothing but one sheet of paper and a pen (part 2, rule 6; part 4,
    answer 9). Only where the person detector (YOLOX-nano) is present.

    What it cannot tell: a remote control or a wallet from a phone; a permitted sheet of paper from
    a leaf of a book; what the thing was used for. What stands in one place for much of the sitting
    is taken for the room's (a shelf; the other monitoring phone on its stand), a forbidden phone
    that lies there from the start too. Things under 20 px of a reduced picture are not found.

    Parameters
    ----------
    min_s, least_looks
        Shortest time, and looks in which it is found.
    least_score
        Least score of the network. Measured: on the rooms of the test data, which hold neither,
        phones and books score below 0.4.
    standing_share, same_place
        A thing whose place overlaps (intersection over union) by ``same_place`` with things found
        in this share of all looks belongs to the room.
    """
    rows: list[dict[str, Any]] = []
    for view in CAMERAS:
        things = evidence.detections
        things = things[
            (things["stream"] == view)
            & (things["kind"] == "object")
            & things["label"].isin(OBJECTS)
            & (things["score"] >= least_score)
        ]
        looked = evidence.signal(view, "persons")["time_s"].to_numpy()
        if not len(things) or not len(looked):
            continue
        things = things[~_standing(things, standing_share * len(looked), same_place)]
        for label, found in things.groupby("label"):
            rows += _flags(evidence, view, str(label), found, looked, min_s, least_looks)
    return table(evidence, rows)


def _standing(things: pd.DataFrame, least: float, same_place: float) -> NDArray[np.bool_]:
    """Say of each box whether its place holds something for much of the time."""
    boxes = things[["x_px", "y_px", "w_px", "h_px"]].to_numpy(dtype=float)
    mask = np.zeros(len(boxes), dtype=bool)
    for n, box in enumerate(boxes):
        start = np.maximum(box[:2], boxes[:, :2])
        end = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
        inner = np.prod(np.clip(end - start, 0, None), axis=1)
        outer = np.prod(box[2:]) + np.prod(boxes[:, 2:], axis=1) - inner
        mask[n] = np.count_nonzero(inner >= same_place * outer) >= max(least, 1.0)
    return mask


def _flags(
    evidence: Evidence,
    view: str,
    label: str,
    found: pd.DataFrame,
    looked: NDArray[np.float64],
    min_s: float,
    least_looks: int,
) -> list[dict[str, Any]]:
    times = found["time_s"].to_numpy()
    moments = np.union1d(looked, times)
    shown = iv.runs(moments, np.isin(moments, times), hold_s=HOLD_S, join_s=_JOIN_S)
    shown = iv.intersection(shown, evidence.visible(view))
    rows = []
    for start_s, end_s in shown:
        inside = found[(times >= start_s) & (times < end_s)]
        if end_s - start_s < min_s or len(inside) < least_looks:
            continue
        best = inside["score"].to_numpy()
        rows.append(
            flag(
                evidence,
                label="forbidden_object",
                detector="forbidden_object",
                streams=[view],
                start_s=start_s,
                end_s=end_s,
                score=float(np.median(best)),
                reason_key=f"forbidden_object_{label}",
                facts={"seconds": round(end_s - start_s)},
                supports=[view],
                evidence_s=float(inside["time_s"].to_numpy()[int(best.argmax())]),
            )
        )
    return rows
