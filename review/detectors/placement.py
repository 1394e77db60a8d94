"""A camera does not stand where it should, or was moved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.presence import HOLD_S, has_persons
from review.detectors.registry import register
from review.session import CAMERAS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

#: Breadth of an adult's face between the cheekbones, as face detectors draw it, in metres.
FACE_M: Final = 0.15
_JOIN_S: Final = 5.0
#: Views with fewer looks than this are not judged.
_LEAST_LOOKS: Final = 10


@register("placement", labels=["placement"], platforms=["itmc", "generic"])
def placement(
    evidence: Evidence,
    *,
    view_deg: float = 65.0,
    nearest_m: float = 0.3,
    farthest_m: float = 0.6,
    slack: float = 1.7,
    highest: float = 0.1,
    lowest: float = 0.9,
    min_s: float = 30.0,
    body_share: float = 0.2,
    swapped_share: float = 0.5,
) -> pd.DataFrame:
    """Flag a view that was moved, stands too near or far, is swapped or misses the candidate.

    ITMC (part 4, section 2): view 1 before the face at 0.3 to 0.6 m and at its height; view 2 from
    1.5 to 2 m behind to the right, showing body, screen and keyboard; view 3 from the front left,
    showing the room, in which no face is asked. Either lens of a phone may be used, so that
    mirrored pictures are normal. eztest has no rule on where its phone stands.

    What it cannot tell: the true distance, for the lens is not known: only what lies outside the
    range by ``slack`` is flagged. A camera that is turned by a few degrees; whether screen and
    keyboard are in view 2, which small networks find too seldom to hold it against anybody (their
    boxes are in ``detections``); a room that was rearranged from a camera that was moved.

    Parameters
    ----------
    view_deg
        Horizontal angle of view that web cameras are taken to have: they are sold with 55 to 78.
    nearest_m, farthest_m
        From the notice.
    slack
        Factor of distance that the unknown lens and face may make.
    highest, lowest
        Height of the face's middle in the picture (0 the top) beyond which the camera is not at
        the height of the face.
    min_s
        Shortest time for all but a moved camera.
    body_share
        View 2 shows a person in less than this part of its looks: it does not show the candidate.
    swapped_share
        Part of the looks in which another view shows a wide frontal face, and the front view none.
    """
    rows = [
        *_moved(evidence),
        *_distance(
            evidence, (nearest_m / slack, farthest_m * slack), view_deg, (highest, lowest), min_s
        ),
    ]
    swapped = _swapped(evidence, swapped_share, min_s)
    rows += swapped or _without_body(evidence, body_share, min_s)
    return table(evidence, rows)


def _flag(
    evidence: Evidence,
    view: str,
    interval: tuple[float, float],
    key: str,
    score: float,
    **facts: object,
) -> dict[str, Any]:
    return flag(
        evidence,
        label="placement",
        detector="placement",
        streams=[view],
        start_s=interval[0],
        end_s=interval[1],
        score=score,
        reason_key=key,
        facts=facts,
        supports=[view],
    )


def _moved(evidence: Evidence) -> list[dict[str, Any]]:
    rows = []
    for view in CAMERAS:
        for time_s, value in evidence.signal(view, "camera_moved").itertuples(index=False):
            until_s = min(time_s + HOLD_S, evidence.window[1])
            if evidence.window[0] <= time_s < until_s:
                score = 0.3 + 0.3 * min(max(float(value), 0.0), 1.0)
                rows.append(_flag(evidence, view, (time_s, until_s), "placement_moved", score))
    return rows


def _distance(
    evidence: Evidence,
    range_m: tuple[float, float],
    view_deg: float,
    heights: tuple[float, float],
    min_s: float,
) -> list[dict[str, Any]]:
    faces = _main_faces(evidence, "front")
    size = _size(evidence, "front")
    if size is None or len(faces) < _LEAST_LOOKS:
        return []
    width, height = size
    # A picture that stands upright is cut out of a lying one's height.
    across = max(width, height)
    metres = FACE_M * across / faces["w_px"].to_numpy(dtype=float)
    metres = metres / (2 * math.tan(math.radians(view_deg) / 2))
    middle = (faces["y_px"] + faces["h_px"] / 2).to_numpy(dtype=float) / height
    times = faces["time_s"].to_numpy(dtype=float)
    rows = []
    for key, mask in (
        ("placement_near", metres < range_m[0]),
        ("placement_far", metres > range_m[1]),
        ("placement_height", (middle < heights[0]) | (middle > heights[1])),
    ):
        for start_s, end_s in iv.runs(times, mask, hold_s=HOLD_S, join_s=_JOIN_S):
            if end_s - start_s >= min_s:
                inside = (times >= start_s) & (times < end_s)
                about = round(float(np.median(metres[inside])), 1)
                rows.append(_flag(evidence, "front", (start_s, end_s), key, 0.3, metres=about))
    return rows


def _swapped(evidence: Evidence, share: float, min_s: float) -> list[dict[str, Any]]:
    """View 1 shows no face, and the view from behind the candidate's, wide and for long."""
    front, rear = _main_faces(evidence, "front"), _main_faces(evidence, "right_rear")
    looked = {v: evidence.signal(v, "faces")["time_s"].to_numpy() for v in ("front", "right_rear")}
    sizes = {v: _size(evidence, v) for v in looked}
    if min(len(t) for t in looked.values()) < _LEAST_LOOKS or None in sizes.values():
        return []
    if len(front) > 0.1 * len(looked["front"]) or len(rear) < share * len(looked["right_rear"]):
        return []
    width = sizes["right_rear"][0] if sizes["right_rear"] is not None else 1
    if float(rear["w_px"].median()) / width < 0.1:
        return []
    whole = (float(looked["front"].min()), float(looked["front"].max()) + 1.0)
    if whole[1] - whole[0] < min_s:
        return []
    made = _flag(evidence, "front", whole, "placement_swapped", 0.6)
    return [{**made, "streams": ["front", "right_rear"], "supports": ["front", "right_rear"]}]


def _without_body(evidence: Evidence, share: float, min_s: float) -> list[dict[str, Any]]:
    view = "right_rear"
    if not has_persons(evidence, view):
        return []
    persons = evidence.signal(view, "persons")
    seen = iv.intersection(evidence.visible(view), [evidence.window])
    persons = persons[iv.contains(seen, persons["time_s"].to_numpy())]
    # Only while the front view shows the candidate: an empty chair is another matter.
    faces = evidence.signal("front", "faces")
    there = iv.runs(faces["time_s"].to_numpy(), faces["value"].to_numpy() > 0, hold_s=HOLD_S)
    persons = persons[iv.contains(there, persons["time_s"].to_numpy())]
    if len(persons) < max(_LEAST_LOOKS, min_s) or float((persons["value"] > 0).mean()) >= share:
        return []
    whole = (float(persons["time_s"].min()), float(persons["time_s"].max()) + 1.0)
    return [_flag(evidence, view, whole, "placement_no_body", 0.4)]


def _main_faces(evidence: Evidence, view: str) -> pd.DataFrame:
    rows = evidence.detections
    rows = rows[(rows["stream"] == view) & (rows["kind"] == "face")]
    rows = rows.assign(area=rows["w_px"] * rows["h_px"]).sort_values(["time_s", "area"])
    rows = rows.drop_duplicates("time_s", keep="last")
    seen = iv.intersection(evidence.visible(view), [evidence.window])
    return rows[iv.contains(seen, rows["time_s"].to_numpy())]


def _size(evidence: Evidence, view: str) -> tuple[int, int] | None:
    rows = evidence.segments
    rows = rows[(rows["stream"] == view) & rows["width_px"].notna()]
    if not len(rows):
        return None
    longest: NDArray[np.float64] = rows["duration_s"].fillna(0.0).to_numpy(dtype=float)
    row = rows.iloc[int(longest.argmax())]
    return int(row["width_px"]), int(row["height_px"])
