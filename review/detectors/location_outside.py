"""A phone is outside the permitted region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review.detectors.fixes import lasting
from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import POSITIONS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence


@register("location_outside", labels=["location_outside"], platforms=["itmc", "generic"])
def location_outside(
    evidence: Evidence,
    *,
    probability: float = 0.95,
    min_s: float = 10.0,
    min_fixes: int = 3,
    likely: float = 0.75,
    likely_s: float = 300.0,
) -> pd.DataFrame:
    """Flag when a phone's fixes lie outside the region and their accuracy does not explain it.

    ITMC: the exam is taken within the municipality (part 2, section 1; annex 1, rule 1); a position
    that the staff judge to be elsewhere is a violation (annex 2, 1(9)). eztest has no such rule.

    Near the border no single fix decides. A phone that seems to be outside for long, with a
    probability that is not enough by itself, is flagged with that probability in its reason and a
    score to match. The probability is the median over the interval: the error of fixes that follow
    each other is much the same (walls, the same WLAN), so a hundred of them are no surer than one.
    Where both phones say so, their odds are multiplied.

    What it cannot tell: where the candidate is; it is the phone's place. A phone that states too
    good an accuracy (multipath between buildings) is believed. The border itself is taken as exact;
    published ones are drawn to some tens of metres.

    Parameters
    ----------
    probability
        Least probability of being outside, from the distance to the border and the stated
        accuracy. At 0.95 a fix with an accuracy of 20 m must lie 22 m outside.
    min_s, min_fixes
        So long, and so many fixes in a row: one fix alone is often an outlier.
    likely, likely_s
        Least probability of a candidate near the border, as the median over an interval of at least
        ``likely_s`` in which the phone is more probably outside than not.
    """
    sure = {
        stream: _where(evidence, stream, probability, min_s=min_s, min_fixes=min_fixes)
        for stream in POSITIONS
    }
    rows = [
        _flag(evidence, stream, (start_s, end_s), sure=True)
        for stream, spans in sure.items()
        for start_s, end_s in spans
    ]
    told = iv.union(*sure.values())
    for stream in POSITIONS:
        # What one phone says already, the other one only supports.
        near = _likely(evidence, stream, likely, likely_s, told)
        rows += [_flag(evidence, stream, (start_s, end_s), sure=False) for start_s, end_s in near]
        told = iv.union(told, near)
    return table(evidence, rows)


def _where(
    evidence: Evidence, stream: str, least: float, *, min_s: float, min_fixes: int
) -> NDArray[np.float64]:
    return lasting(
        evidence,
        stream,
        "outside_probability",
        lambda value: value >= least,
        min_s=min_s,
        min_fixes=min_fixes,
    )


def _likely(
    evidence: Evidence,
    stream: str,
    likely: float,
    likely_s: float,
    told: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return when a phone is probably outside, without the times of which that is told."""
    spans = _where(evidence, stream, 0.5, min_s=likely_s, min_fixes=10)
    kept = [
        span
        for span in spans
        if not len(iv.intersection([span], told)) and _median(evidence, stream, span) >= likely
    ]
    return iv.as_intervals(kept)


def _flag(
    evidence: Evidence, stream: str, interval: tuple[float, float], *, sure: bool
) -> dict[str, object]:
    start_s, end_s = interval
    far_m = _farthest(evidence, stream, interval)
    others = [s for s in POSITIONS if s != stream]
    chances = {s: _median(evidence, s, interval) for s in (stream, *others)}
    supports = [s for s in others if chances[s] > 0.5]
    against = [s for s in others if chances[s] < 0.5]
    chance = _together([chances[s] for s in (stream, *supports)])
    score = 0.7 + 0.2 * len(supports) + min(max(far_m, 0.0) / 10_000.0, 0.1)
    return flag(
        evidence,
        label="location_outside",
        detector="location_outside",
        streams=[stream],
        start_s=start_s,
        end_s=end_s,
        score=(score if sure else 0.6 * chance) - 0.2 * len(against),
        reason_key="location_outside" if sure else "location_border",
        facts={
            "metres": round(far_m),
            "seconds": round(end_s - start_s),
            "percent": round(100 * chance),
        },
        supports=[stream, *supports],
        contradicts=against,
    )


def _together(chances: list[float]) -> float:
    """Return the probability that independent witnesses come to, by their odds."""
    inside = np.clip(chances, 1e-6, 1 - 1e-6)
    odds = float(np.prod(inside / (1 - inside)))
    return odds / (1 + odds)


def _farthest(evidence: Evidence, stream: str, interval: tuple[float, float]) -> float:
    values = _within(evidence, stream, "border_distance_m", interval)
    return float(values.max()) if len(values) else 0.0


def _median(evidence: Evidence, stream: str, interval: tuple[float, float]) -> float:
    """Return a phone's median probability of being outside; 0.5 where it says nothing."""
    values = _within(evidence, stream, "outside_probability", interval)
    return float(np.median(values)) if len(values) else 0.5


def _within(
    evidence: Evidence, stream: str, name: str, interval: tuple[float, float]
) -> NDArray[np.float64]:
    rows = evidence.signal(stream, name)
    times = rows["time_s"].to_numpy(dtype=float)
    inside = (times >= interval[0]) & (times < interval[1])
    return np.asarray(rows["value"].to_numpy(dtype=float)[inside])
