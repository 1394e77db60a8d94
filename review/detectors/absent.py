"""The candidate is not in the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.presence import absences, has_persons, witnesses
from review.detectors.registry import register

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("absent", labels=["absent"])
def absent(evidence: Evidence, *, min_s: float = 3.0) -> pd.DataFrame:
    """Flag when the front view shows neither a face nor a person, and no other view does.

    ITMC: the seat is not left and the picture not avoided (annex 1, rule 3; annex 2, 1(3)).
    eztest: the camera's range is not left (part 3, rule 7; part 4, answer 8).

    What it cannot tell: where the candidate is, and why. Without the person detector a face that
    looks down or is hidden for long looks the same as an empty chair, unless the left front view
    shows it; the score and the reason say so.

    Parameters
    ----------
    min_s
        Shortest absence. Bending for a pen takes two seconds; looked at once a second, three
        pictures in a row are empty.
    """
    sure = has_persons(evidence, "front")
    rows = []
    for start_s, end_s in absences(evidence):
        if end_s - start_s < min_s:
            continue
        empty, filled = witnesses(evidence, ("left_front", "right_rear"), (start_s, end_s))
        rows.append(
            flag(
                evidence,
                label="absent",
                detector="absent",
                streams=["front"],
                start_s=start_s,
                end_s=end_s,
                score=(0.8 if sure else 0.6) + 0.1 * len(empty) - 0.3 * len(filled),
                reason_key="absent" if sure else "absent_face_only",
                facts={"seconds": round(end_s - start_s)},
                supports=["front", *empty],
                contradicts=filled,
            )
        )
    return table(evidence, rows)
