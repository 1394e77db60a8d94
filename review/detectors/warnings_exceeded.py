"""The proctor had to warn too often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.registry import register

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("warnings_exceeded", labels=["warnings_exceeded"], platforms=["itmc", "generic"])
def warnings_exceeded(evidence: Evidence, *, limit: int = 3) -> pd.DataFrame:
    """Flag from the warning with which their number reaches the limit to the end of the window.

    ITMC: three warnings or more in all for leaving the monitored page, or more than 10 minutes out
    of the picture, cost the subject's result (annex 2, 1(4)).

    What it cannot tell: what each warning was for is the proctor's word; all are counted here, and
    the rulebook says which clause needs which.

    Parameters
    ----------
    limit
        Number of warnings from which on it is flagged.
    """
    start_s, end_s = evidence.window
    times = evidence.events_of("warning", stream="events_proctor")["time_s"].dropna()
    times = times[(times >= start_s) & (times < end_s)]
    if len(times) < limit:
        return table(evidence, [])
    row = flag(
        evidence,
        label="warnings_exceeded",
        detector="warnings_exceeded",
        streams=["events_proctor"],
        start_s=float(times.iloc[limit - 1]),
        end_s=end_s,
        score=0.9,
        reason_key="warnings_exceeded",
        facts={"count": len(times), "limit": limit},
        supports=["events_proctor"],
        evidence_s=float(times.iloc[limit - 1]),
    )
    return table(evidence, [row])
