"""A phone's position jumps further than anything travels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review.detectors.fixes import fixes, metres_between
from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import POSITIONS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence


@register("location_jump", labels=["location_jump"], platforms=["itmc", "generic"])
def location_jump(
    evidence: Evidence,
    *,
    speed_mps: float = 70.0,
    distance_m: float = 300.0,
    accuracies: float = 3.0,
    stays: int = 3,
) -> pd.DataFrame:
    """Flag when two fixes in a row lie further apart than anything on the road can go.

    ITMC: the phone stays where it checked in (annex 1, rules 1 and 4); invented positions jump.

    What it cannot tell: invented positions from a phone that places itself anew after a cold
    start; the latter's first fixes state a poor accuracy and explain themselves.

    Parameters
    ----------
    speed_mps
        Least speed: 70 m/s is 252 km/h.
    distance_m
        Least distance: between two WLAN positions of a phone that lies still there may be 200 m.
    accuracies
        The distance must also exceed so many times the sum of both stated accuracies.
    stays
        So many fixes before and after must each lie nearer to their own side: an outlier that
        comes back at once is no jump.
    """
    rows = []
    for stream in POSITIONS:
        known = fixes(evidence, stream)
        times, lat, lon, accuracy = (
            known[name].to_numpy(dtype=float)
            for name in ("time_s", "lat_deg", "lon_deg", "accuracy_m")
        )
        if len(times) < 2:
            continue
        apart = metres_between(lat[:-1], lon[:-1], lat[1:], lon[1:])
        speed = apart / np.maximum(np.diff(times), 1e-3)
        wide = apart > np.maximum(distance_m, accuracies * (accuracy[:-1] + accuracy[1:]))
        for n in np.flatnonzero((speed > speed_mps) & wide):
            if not _stays(lat, lon, int(n), stays):
                continue
            rows.append(
                flag(
                    evidence,
                    label="location_jump",
                    detector="location_jump",
                    streams=[stream],
                    start_s=float(times[n]),
                    end_s=float(times[n + 1]),
                    score=0.5 + min(float(apart[n]) / 20_000.0, 0.4),
                    reason_key="location_jump",
                    facts={
                        "metres": round(float(apart[n])),
                        "seconds": round(float(times[n + 1] - times[n]), 1),
                    },
                    supports=[stream],
                )
            )
    return table(evidence, rows)


def _stays(lat: NDArray[np.float64], lon: NDArray[np.float64], n: int, stays: int) -> bool:
    """Say whether the fixes before n and after n + 1 each keep to their own side of the jump."""

    def nearer(index: NDArray[np.intp], own: int, other: int) -> bool:
        here = metres_between(lat[index], lon[index], lat[own], lon[own])
        there = metres_between(lat[index], lon[index], lat[other], lon[other])
        return bool((here < there).all())

    before = np.arange(max(0, n - stays), n)
    after = np.arange(n + 2, min(len(lat), n + 2 + stays))
    return len(after) > 0 and nearer(before, n, n + 1) and nearer(after, n + 1, n)
