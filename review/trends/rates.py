"""How often things are flagged, group by group, with the uncertainty of each figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.trends.counting import groups_of, rate_sql
from review.trends.database import connect, query

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from review.ledger import Ledger
    from review.workspace import Workspace

#: No group of fewer people is shown: its members could be made out, and its rate says nothing.
LEAST_PEOPLE: Final = 5
TOO_FEW: Final = "too few to say"
#: 97.5 % point of the normal distribution.
_Z: Final = 1.959963984540054
NUMBERS: Final = (
    "people", "flagged", "rate", "low", "high", "flags", "hours", "per_hour",
    "decided", "confirmed", "precision", "precision_low", "precision_high", "note",
)  # fmt: skip


def trends(
    workspace: Workspace | Path | str | None = None,
    *,
    by: str | Sequence[str] = "label",
    sessions: Sequence[str] | None = None,
    ledger: Ledger | None = None,
    least_people: int = LEAST_PEOPLE,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> pd.DataFrame:
    """Count who is flagged, over all sessions of a workspace.

    A person is one candidate of one session. In every group, ``rate`` is the share of its people
    with at least one such flag, ``low`` and ``high`` bound it with 95 % (Wilson); ``precision`` is
    the share of confirmed among the flags that people confirmed or dismissed, bounded the same
    way. Flags are detections: a rate compares groups and says nothing about a person.

    Parameters
    ----------
    by
        One or more of ``session subject platform rulebook region occupation level day week month
        hour weekday device network label family stream detector clause``, separated by commas or
        as a sequence; ``all`` for the whole. A flag counts for every stream it was seen in, and
        for every clause of the session's rulebook that its label supports.
    sessions
        Only these; None for all.
    least_people
        Groups of fewer people are named and not counted: ``note`` is then ``too few to say``.
    connection
        From :func:`review.trends.connect`, to ask several questions of one opening.

    Returns
    -------
    pandas.DataFrame
        The columns of ``by``, then ``people flagged rate low high flags hours per_hour decided
        confirmed precision precision_low precision_high note``; the highest rate first. A label
        that nobody in a group has is there with rate 0.

    Raises
    ------
    ReviewError
        If ``by`` names something else.
    """
    groups = groups_of(by)
    opened = connection or connect(workspace, ledger=ledger)
    try:
        counted = query(opened, rate_sql(groups, sessions))
    finally:
        if connection is None:
            opened.close()
    return _finished(counted, list(groups), least_people)


def wilson(hits: ArrayLike, trials: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bounds of the 95 % Wilson score interval of a share; missing without trials.

    E. B. Wilson 1927; recommended for small numbers by Brown, Cai and DasGupta 2001.

    Examples
    --------
    >>> [round(float(x), 4) for x in wilson(10, 100)]
    [0.0552, 0.1744]
    """
    k, n = np.asarray(hits, dtype=float), np.asarray(trials, dtype=float)
    n = np.where(n > 0, n, np.nan)
    centre = (k + _Z**2 / 2) / (n + _Z**2)
    half = _Z / (n + _Z**2) * np.sqrt(k * (n - k) / n + _Z**2 / 4)
    # Where all or nothing hits, the bound is exact; rounding may miss it.
    low = np.where(k == 0, 0.0 * n, centre - half)
    high = np.where(k == n, 1.0, centre + half)
    return low, np.where(np.isnan(n), np.nan, high)


def _finished(counted: pd.DataFrame, groups: list[str], least_people: int) -> pd.DataFrame:
    made = counted[groups].copy()
    whole = counted[["people", "flagged", "flags", "decided", "confirmed"]].astype("Int64")
    few = (whole["people"] < least_people).to_numpy()
    people, flagged = (whole[c].to_numpy(dtype=float) for c in ("people", "flagged"))
    decided, confirmed = (whole[c].to_numpy(dtype=float) for c in ("decided", "confirmed"))
    hours = counted["hours"].to_numpy(dtype=float)
    low, high = wilson(flagged, people)
    precision_low, precision_high = wilson(confirmed, decided)
    with np.errstate(invalid="ignore", divide="ignore"):
        numbers = {
            "rate": flagged / people,
            "low": low,
            "high": high,
            "hours": hours,
            "per_hour": whole["flags"].to_numpy(dtype=float) / hours,
            "precision": np.where(decided > 0, confirmed / decided, np.nan),
            "precision_low": precision_low,
            "precision_high": precision_high,
        }
    for name in NUMBERS[:-1]:
        if name in numbers:
            made[name] = np.where(few, np.nan, numbers[name])
        else:
            made[name] = whole[name].mask(few)
    made["note"] = np.where(few, TOO_FEW, "")
    return made.sort_values(
        ["rate", *groups],
        ascending=[False, *[True] * len(groups)],
        na_position="last",
        ignore_index=True,
    )
