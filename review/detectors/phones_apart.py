"""The two phones of one candidate are not in one room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review.detectors.fixes import FIX_HOLD_S, fixes, lasting_times, metres_between
from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import POSITIONS

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("phones_apart", labels=["phones_apart"], platforms=["itmc"])
def phones_apart(
    evidence: Evidence,
    *,
    distance_m: float = 100.0,
    accuracies: float = 2.0,
    min_s: float = 10.0,
    min_fixes: int = 3,
) -> pd.DataFrame:
    """Flag when both phones report places further apart than their accuracy explains.

    ITMC: both stand in the candidate's room, 1.5 to 2 m from the candidate (part 4, section 2).
    eztest uses one phone and has no rule on place.

    What it cannot tell: which of the two was moved; distances within a building.

    Parameters
    ----------
    distance_m
        Least distance; phones side by side indoors may place themselves some tens of metres apart.
    accuracies
        The distance must also exceed so many times the accuracies of both, added as errors that
        know nothing of each other.
    min_s, min_fixes
        So long, and so many fixes.
    """
    one, two = (fixes(evidence, stream) for stream in POSITIONS)
    if not len(one) or not len(two):
        return table(evidence, [])
    times, other = one["time_s"].to_numpy(), two["time_s"].to_numpy()
    after = np.clip(np.searchsorted(other, times), 1, max(len(other) - 1, 1))
    after = np.minimum(after, len(other) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(other[after] - times < times - other[before], after, before)
    paired = np.abs(other[nearest] - times) <= FIX_HOLD_S
    apart = metres_between(
        one["lat_deg"].to_numpy(),
        one["lon_deg"].to_numpy(),
        two["lat_deg"].to_numpy()[nearest],
        two["lon_deg"].to_numpy()[nearest],
    )
    error = np.hypot(one["accuracy_m"].to_numpy(), two["accuracy_m"].to_numpy()[nearest])
    mask = paired & (apart > np.maximum(distance_m, accuracies * error))
    rows = []
    for start_s, end_s in lasting_times(evidence, times, mask, min_s=min_s, min_fixes=min_fixes):
        inside = mask & (times >= start_s) & (times < end_s)
        far_m = float(np.median(apart[inside]))
        rows.append(
            flag(
                evidence,
                label="phones_apart",
                detector="phones_apart",
                streams=POSITIONS,
                start_s=start_s,
                end_s=end_s,
                score=0.5 + 0.4 * float(np.log10(max(far_m / distance_m, 1.0))),
                reason_key="phones_apart",
                facts={"metres": round(far_m), "seconds": round(end_s - start_s)},
                supports=POSITIONS,
            )
        )
    return table(evidence, rows)
