"""A phone's positions are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import POSITIONS

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("location_missing", labels=["location_missing"], platforms=["itmc", "generic"])
def location_missing(evidence: Evidence, *, min_s: float = 240.0) -> pd.DataFrame:
    """Flag when a required phone reports no position for long.

    ITMC: both phones confirm and report positions (annex 1, rule 1; part 5, section 2).

    What it cannot tell: whether the positions were switched off or could not be had indoors.
    Android limits an app in the background to a few fixes an hour.

    Parameters
    ----------
    min_s
        Shortest time, after the minute that a fix stands for in the coverage: five minutes without
        a fix. The notices name no figure.
    """
    required = evidence.sitting.session.required_streams
    rows = [
        flag(
            evidence,
            label="location_missing",
            detector="location_missing",
            streams=[stream],
            start_s=start_s,
            end_s=end_s,
            score=0.4 + min((end_s - start_s) / 6000.0, 0.3),
            reason_key="location_missing",
            facts={"minutes": round((end_s - start_s) / 60.0, 1)},
            supports=[stream],
        )
        for stream in POSITIONS
        if stream in required
        for start_s, end_s in evidence.covered(stream, "missing")
        if end_s - start_s >= min_s
    ]
    return table(evidence, rows)
