"""A phone has left the place where it checked in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review.detectors.fixes import UNKNOWN_ACCURACY_M, fixes, lasting_times
from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import POSITIONS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence


@register("location_drift", labels=["location_drift"], platforms=["itmc", "generic"])
def location_drift(
    evidence: Evidence,
    *,
    distance_m: float = 100.0,
    accuracies: float = 2.0,
    min_s: float = 10.0,
    min_fixes: int = 3,
) -> pd.DataFrame:
    """Flag when a phone is further from its check-in place than its accuracy explains.

    ITMC: the room is not left before the end (annex 1, rule 4; annex 2, 1(7)) and positions are
    confirmed at check-in (annex 1, rule 1). eztest has no rule on place.

    What it cannot tell: who carries the phone, and short ways within a building. A phone that
    checks in with a poor accuracy (a cold start) has to go farther before it is noticed.

    Parameters
    ----------
    distance_m
        Least distance. Indoors, where phones place themselves by WLAN, fixes wander by some tens
        of metres; the notices name no distance.
    accuracies
        The distance must also exceed so many of the stated accuracies of the fix and of the
        check-in place, added as errors that know nothing of each other (the radius that holds
        68 %): twice that radius holds 99 %.
    min_s, min_fixes
        So long, and so many fixes: one fix alone is often an outlier.
    """
    rows = []
    for stream in POSITIONS:
        signal = evidence.signal(stream, "checkin_distance_m")
        times, away = signal["time_s"].to_numpy(), signal["value"].to_numpy()
        # The check-in place itself is only known as well as its fixes were.
        error = np.hypot(_accuracy(evidence, stream, times), _checkin_accuracy(evidence, stream))
        mask = away > np.maximum(distance_m, accuracies * error)
        found = lasting_times(evidence, times, mask, min_s=min_s, min_fixes=min_fixes)
        for start_s, end_s in found:
            inside = mask & (times >= start_s) & (times < end_s)
            far_m = float(away[inside].max())
            rows.append(
                flag(
                    evidence,
                    label="location_drift",
                    detector="location_drift",
                    streams=[stream],
                    start_s=start_s,
                    end_s=end_s,
                    # 0.5 at the threshold, 1 at ten times of it.
                    score=0.5 + 0.5 * float(np.log10(max(far_m / distance_m, 1.0))),
                    reason_key="location_drift",
                    facts={"metres": round(far_m), "seconds": round(end_s - start_s)},
                    supports=[stream],
                    evidence_s=float(times[inside][np.argmax(away[inside])]),
                )
            )
    return table(evidence, rows)


def _accuracy(evidence: Evidence, stream: str, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the stated accuracy of the fixes at these times (the signal has one for each fix)."""
    rows = fixes(evidence, stream)
    if not len(rows):
        return np.full(len(times), UNKNOWN_ACCURACY_M)
    known = rows["time_s"].to_numpy()
    nearest = np.clip(np.searchsorted(known, times - 1e-6), 0, len(rows) - 1)
    return np.asarray(rows["accuracy_m"].to_numpy()[nearest], dtype=float)


def _checkin_accuracy(evidence: Evidence, stream: str) -> float:
    """Return the stated accuracy of the check-in place; 0 where it was not measured."""
    rows = evidence.signal(stream, "checkin_accuracy_m")
    return float(rows["value"].iloc[0]) if len(rows) else 0.0
