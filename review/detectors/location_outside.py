"""A phone is outside the permitted region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.fixes import lasting
from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import POSITIONS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("location_outside", labels=["location_outside"], platforms=["itmc", "generic"])
def location_outside(
    evidence: Evidence, *, probability: float = 0.95, min_s: float = 10.0, min_fixes: int = 3
) -> pd.DataFrame:
    """Flag when a phone's fixes lie outside the region and their accuracy does not explain it.

    ITMC: the exam is taken within the municipality (part 2, section 1; annex 1, rule 1); a position
    that the staff judge to be elsewhere is a violation (annex 2, 1(9)). eztest has no such rule.

    What it cannot tell: where the candidate is; it is the phone's place. A phone that states too
    good an accuracy (multipath between buildings) is believed; near the border the probability says
    how sure it is.

    Parameters
    ----------
    probability
        Least probability of being outside, from the distance to the border and the stated
        accuracy. At 0.95 a fix with an accuracy of 20 m must lie 22 m outside.
    min_s, min_fixes
        So long, and so many fixes in a row: one fix alone is often an outlier.
    """
    outside = {
        stream: lasting(
            evidence,
            stream,
            "outside_probability",
            lambda value: value >= probability,
            min_s=min_s,
            min_fixes=min_fixes,
        )
        for stream in POSITIONS
    }
    rows = []
    for stream, found in outside.items():
        for start_s, end_s in found:
            far_m = _farthest(evidence, stream, (start_s, end_s))
            others = [s for s in POSITIONS if s != stream]
            supports = [s for s in others if len(iv.intersection(outside[s], [(start_s, end_s)]))]
            against = [
                s for s in others if s not in supports and _inside(evidence, s, (start_s, end_s))
            ]
            rows.append(
                flag(
                    evidence,
                    label="location_outside",
                    detector="location_outside",
                    streams=[stream],
                    start_s=start_s,
                    end_s=end_s,
                    score=0.7 + 0.2 * len(supports) + min(far_m / 10_000.0, 0.1),
                    reason_key="location_outside",
                    facts={"metres": round(far_m), "seconds": round(end_s - start_s)},
                    supports=[stream, *supports],
                    contradicts=against,
                )
            )
    return table(evidence, rows)


def _farthest(evidence: Evidence, stream: str, interval: tuple[float, float]) -> float:
    rows = evidence.signal(stream, "border_distance_m")
    rows = rows[(rows["time_s"] >= interval[0]) & (rows["time_s"] < interval[1])]
    return float(rows["value"].max()) if len(rows) else 0.0


def _inside(evidence: Evidence, stream: str, interval: tuple[float, float]) -> bool:
    rows = evidence.signal(stream, "outside_probability")
    rows = rows[(rows["time_s"] >= interval[0]) & (rows["time_s"] < interval[1])]
    return bool(len(rows)) and float(rows["value"].median()) < 0.5
