"""Positions over time: shared by the detectors that look at places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.timeline import intervals as iv

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

#: Longest time that one fix stands for: phones report every 1 to 10 s in the foreground.
FIX_HOLD_S: Final = 30.0
#: A single fix that says otherwise does not end an interval that others bear out around it.
JOIN_S: Final = 10.0
#: Taken where a fix states no accuracy, as in :mod:`review.signals.places`.
UNKNOWN_ACCURACY_M: Final = 30.0


def fixes(evidence: Evidence, stream: str) -> pd.DataFrame:
    """Return one phone's fixes in order of time, ``accuracy_m`` filled in where it is unknown."""
    rows = evidence.positions
    rows = rows[(rows["stream"] == stream) & rows["time_s"].notna()]
    rows = rows.sort_values("time_s", kind="stable").drop_duplicates("time_s")
    accuracy = rows["accuracy_m"].where(rows["accuracy_m"] > 0).fillna(UNKNOWN_ACCURACY_M)
    return rows.assign(accuracy_m=accuracy).reset_index(drop=True)


def lasting(
    evidence: Evidence,
    stream: str,
    signal: str,
    holds: Callable[[NDArray[np.float64]], NDArray[np.bool_]],
    *,
    min_s: float,
    min_fixes: int,
) -> NDArray[np.float64]:
    """Return when a signal of the positions says something for long enough."""
    rows = evidence.signal(stream, signal)
    times = rows["time_s"].to_numpy()
    return lasting_times(
        evidence, times, holds(rows["value"].to_numpy()), min_s=min_s, min_fixes=min_fixes
    )


def lasting_times(
    evidence: Evidence,
    times: NDArray[np.float64],
    mask: NDArray[np.bool_],
    *,
    min_s: float,
    min_fixes: int,
) -> NDArray[np.float64]:
    """Return the runs of fixes within the window that last ``min_s`` and hold ``min_fixes``."""
    found = iv.intersection(spans(times, mask, join_s=JOIN_S), [evidence.window])
    true = times[mask]
    enough = [
        end_s - start_s >= min_s and ((true >= start_s) & (true < end_s)).sum() >= min_fixes
        for start_s, end_s in found
    ]
    return found[np.asarray(enough, dtype=bool)]


def spans(
    times: NDArray[np.float64], mask: NDArray[np.bool_], *, join_s: float
) -> NDArray[np.float64]:
    """Turn fixes for which ``mask`` holds, in order of time, into intervals.

    What changed did so somewhere between two fixes: the middle is at most half their distance off.
    Where fixes lie farther apart than :data:`JOIN_S`, only half of that is gone back.

    Examples
    --------
    >>> spans(np.array([0.0, 4.0, 8.0]), np.array([False, True, False]), join_s=0.0).tolist()
    [[2.0, 6.0]]
    """
    before = np.diff(times, prepend=times[:1])
    return iv.runs(times - np.minimum(before, JOIN_S) / 2, mask, hold_s=FIX_HOLD_S, join_s=join_s)


def metres_between(
    lat_a: NDArray[np.float64],
    lon_a: NDArray[np.float64],
    lat_b: NDArray[np.float64],
    lon_b: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return distances on a sphere of 6371.0 km, metres: within 0.6 % of the ellipsoid's.

    Examples
    --------
    >>> one = np.array([40.0])
    >>> metres_between(one, one, one + 0.01, one).round().tolist()
    [1112.0]
    """
    p, q = np.radians(lat_a), np.radians(lat_b)
    half = (
        np.sin((q - p) / 2) ** 2
        + np.cos(p) * np.cos(q) * np.sin(np.radians(lon_b - lon_a) / 2) ** 2
    )
    return np.asarray(2 * 6_371_000.0 * np.arcsin(np.sqrt(np.clip(half, 0, 1))))
