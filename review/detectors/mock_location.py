"""A phone reports invented positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.fixes import fixes, spans
from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import POSITIONS

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("mock_location", labels=["mock_location"], platforms=["itmc", "generic"])
def mock_location(evidence: Evidence, *, join_s: float = 10.0) -> pd.DataFrame:
    """Flag when fixes carry the phone's own mark of a position set by another program.

    ITMC: positions that are not normal are judged by the staff (annex 2, 1(9)).

    What it cannot tell: a position invented outside the phone (a radio device, a changed app)
    carries no such mark.

    Parameters
    ----------
    join_s
        Fixes without the mark for up to this long do not end the interval.
    """
    rows = []
    for stream in POSITIONS:
        known = fixes(evidence, stream)
        marked = known["mock"].to_numpy(dtype=bool)
        times = known["time_s"].to_numpy()
        for start_s, end_s in spans(times, marked, join_s=join_s):
            count = int((marked & (times >= start_s) & (times < end_s)).sum())
            rows.append(
                flag(
                    evidence,
                    label="mock_location",
                    detector="mock_location",
                    streams=[stream],
                    start_s=start_s,
                    end_s=end_s,
                    score=0.9,
                    reason_key="mock_location",
                    facts={"fixes": count},
                    supports=[stream],
                )
            )
    return table(evidence, rows)
