"""A camera records, but shows nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import CAMERAS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("camera_covered", labels=["camera_covered"])
def camera_covered(evidence: Evidence, *, min_s: float = 3.0) -> pd.DataFrame:
    """Flag each interval in which a recorded camera view is black or featureless.

    ITMC: cameras are neither covered nor switched off (annex 1, rule 3; annex 2, 1(3)). eztest: a
    black computer camera is tolerated while the phone's view runs (part 4, answer 14), which then
    contradicts the flag.

    What it cannot tell: a hand from a failing camera or a power cut at night.

    Parameters
    ----------
    min_s
        Shortest interval: cameras that adapt to light go dark for a second.
    """
    eztest = evidence.sitting.session.platform == "eztest"
    rows = []
    for view in CAMERAS:
        dark = iv.union(evidence.covered(view, "black"), evidence.covered(view, "covered"))
        for start_s, end_s in dark:
            if end_s - start_s < min_s:
                continue
            shown = iv.intersection(evidence.visible("right_rear"), [(start_s, end_s)])
            tolerated = eztest and view == "front" and iv.total_s(shown) >= 0.9 * (end_s - start_s)
            rows.append(
                flag(
                    evidence,
                    label="camera_covered",
                    detector="camera_covered",
                    streams=[view],
                    start_s=start_s,
                    end_s=end_s,
                    score=0.2 if tolerated else 0.6 + min((end_s - start_s) / 120.0, 0.3),
                    reason_key="camera_covered_tolerated" if tolerated else "camera_covered",
                    facts={"seconds": round(end_s - start_s)},
                    supports=[view],
                    contradicts=["right_rear"] if tolerated else [],
                )
            )
    return table(evidence, rows)
