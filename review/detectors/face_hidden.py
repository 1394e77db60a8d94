"""The candidate's face, or a part of it, cannot be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.heads import looks_at_face, off_usual
from review.detectors.presence import HOLD_S, has_persons
from review.detectors.registry import register
from review.session import CAMERAS
from review.signals.vectors import SAME_PERSON
from review.timeline import intervals as iv

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

    Intervals = NDArray[np.float64]

_JOIN_S = 1.2
#: Part of an interval's compared faces that must be far from the person seen most to be another's.
_OTHERS_SHARE = 0.3
#: Likeness of the eyes from which they are the same person's. Measured: one person's clips of a day
#: 0.53 to 1 (median 0.86), two persons' below 0.45 half the time.
_OWN_EYES = 0.75


@register("face_hidden", labels=["face_hidden"])
def face_hidden(
    evidence: Evidence,
    *,
    min_s: float = 3.0,
    mouth: float = 0.35,
    eyes: float = 0.3,
    shade: float = 0.6,
    turn: float = 0.2,
    faceless_s: float = 10.0,
    photo_mouth: float = 0.2,
    photo_eyes: float = 0.6,
) -> pd.DataFrame:
    """Flag a face that is covered: a mask, dark glasses, a hand, a hat drawn down; or not shown.

    ITMC: neither mask, sunglasses nor hat, nothing else before the face (annex 1, rule 3; annex 2,
    1(3)). eztest: neither mask nor hat (part 4, answer 5).

    Covered is what does not look as this face usually does in this sitting, in its upper or its
    lower part. What was put on before the start shows only against the photographs, and only
    where the rest of the face is alike.

    What it cannot tell: a hand at rest on the chin from a hand that hides; a mask worn throughout
    where no photograph could be used; clear glasses and a hat that leaves the face free, which it
    does not see; a head bent over paper for long, which has no face either (only the person
    detector tells it from an empty chair, and the score says how little that means).

    Parameters
    ----------
    min_s
        Shortest time.
    mouth, eyes
        Correlation with the usual look below which a part is covered. Measured on web camera
        clips: uncovered 0.6 and more but for gestures before the face; painted masks 0.3 and less.
    shade
        Brightness of the eyes' surroundings by the cheeks', as a part of this face's usual, below
        which dark glasses are worn.
    turn
        Faces turned aside by more (see ``looking_away``) look different anyway and are left out.
    faceless_s
        Shortest time in which a person shows no face at all.
    photo_mouth, photo_eyes
        Throughout covered: the lower part is less like every photograph than the first, the upper
        part at least as like one as the second.
    """
    names = ("like_mouth", "like_eyes", "shade", "turn", "like_photo_mouth", "like_photo_eyes")
    seen = looks_at_face(evidence, *names)
    times = seen["time_s"].to_numpy(dtype=float)
    value = {name: seen[name].to_numpy(dtype=float) for name in names}
    straight = ~(np.abs(off_usual(value["turn"])) > turn)
    usual_shade = np.nanmedian(value["shade"]) if np.isfinite(value["shade"]).any() else np.nan
    covered = {
        "mouth": straight & (value["like_mouth"] < mouth),
        "eyes": straight & ((value["like_eyes"] < eyes) | (value["shade"] < shade * usual_shade)),
    }
    either = covered["mouth"] | covered["eyes"]
    rows = []
    for start_s, end_s in iv.runs(times, either, hold_s=HOLD_S, join_s=_JOIN_S):
        inside = (times >= start_s) & (times < end_s)
        if end_s - start_s < min_s:
            continue
        # A mask over one's own eyes is a mask, however far the network finds the face.
        own_eyes = np.nanmedian(value["like_eyes"][inside]) >= _OWN_EYES
        if _somebody_else(evidence, (start_s, end_s)) and not own_eyes:
            continue
        parts = [p for p, mask in covered.items() if mask[inside].mean() >= 0.5] or list(covered)
        key = f"face_hidden_{parts[0]}" if len(parts) == 1 else "face_hidden"
        rows.append(_flag(evidence, (start_s, end_s), key, 0.5 + min((end_s - start_s) / 60, 0.3)))
    rows += _throughout(evidence, times, value, photo_mouth, photo_eyes)
    rows += _faceless(evidence, faceless_s)
    return table(evidence, rows)


def _flag(
    evidence: Evidence,
    interval: tuple[float, float],
    key: str,
    score: float,
    *,
    contradicts: Sequence[str] = (),
) -> dict[str, Any]:
    start_s, end_s = interval
    return flag(
        evidence,
        label="face_hidden",
        detector="face_hidden",
        streams=["front"],
        start_s=start_s,
        end_s=end_s,
        score=score,
        reason_key=key,
        facts={"seconds": round(end_s - start_s)},
        supports=["front"],
        contradicts=contradicts,
    )


def _somebody_else(evidence: Evidence, interval: tuple[float, float]) -> bool:
    """Say whether the face is another person's for a part of the time: that is no covered face."""
    apart = evidence.signal("front", "identity_distance_self")
    inside = (apart["time_s"] >= interval[0]) & (apart["time_s"] < interval[1])
    found = apart.loc[inside, "value"].to_numpy(dtype=float)
    return bool(len(found)) and float(np.mean(found > SAME_PERSON)) >= _OTHERS_SHARE


def _throughout(
    evidence: Evidence,
    times: NDArray[np.float64],
    value: dict[str, NDArray[np.float64]],
    photo_mouth: float,
    photo_eyes: float,
) -> list[dict[str, Any]]:
    below, above = value["like_photo_mouth"], value["like_photo_eyes"]
    if not np.isfinite(below).any():
        return []
    if np.nanmedian(below) >= photo_mouth or np.nanmedian(above) < photo_eyes:
        return []
    whole = (float(times.min()), float(times.max()) + 1.0)
    return [_flag(evidence, whole, "face_hidden_throughout", 0.4)]


def _faceless(evidence: Evidence, faceless_s: float) -> list[dict[str, Any]]:
    if not has_persons(evidence, "front"):
        return []
    faces = evidence.signal("front", "faces").set_index("time_s")["value"]
    persons = evidence.signal("front", "persons").set_index("time_s")["value"]
    both = persons.to_frame("persons").join(faces.to_frame("faces"), how="inner")
    bare = (both["persons"] > 0) & (both["faces"] == 0)
    found = iv.runs(both.index.to_numpy(), bare.to_numpy(), hold_s=HOLD_S)
    found = iv.intersection(found, evidence.visible("front"))
    return [
        _flag(
            evidence,
            (start_s, end_s),
            "face_hidden_none",
            0.4,
            contradicts=[v for v in CAMERAS[1:] if _shows_face(evidence, v, (start_s, end_s))],
        )
        for start_s, end_s in found
        if end_s - start_s >= faceless_s
    ]


def _shows_face(evidence: Evidence, view: str, interval: tuple[float, float]) -> bool:
    """Say whether another view shows a face most of the time: a head turned or bent, not hidden."""
    rows = evidence.signal(view, "faces")
    inside = (rows["time_s"] >= interval[0]) & (rows["time_s"] < interval[1])
    shown = rows.loc[inside, "value"].to_numpy(dtype=float) > 0
    return bool(len(shown)) and float(shown.mean()) > 0.5
