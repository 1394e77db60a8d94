"""Groups against the whole, and the whole over time: what differs by more than chance.

Many groups are looked at at once, so some would stand out by chance alone. P-values are those of
exact two-sided binomial tests, and what counts as apart is decided over all groups of one question
by the procedure of Benjamini and Hochberg (1995) at a false discovery rate of 5 %: of the groups
that are called apart, one in twenty is not, on average. It is chosen over Bonferroni since these
are questions for a closer look and not verdicts: a group overlooked costs more than one looked at
in vain, and the tests of different groups of people are independent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.stats import binom, binomtest

from review.errors import ReviewError
from review.trends.counting import OF_FLAG, groups_of, rate_sql
from review.trends.database import connect, query
from review.trends.rates import LEAST_PEOPLE, TOO_FEW, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from review.ledger import Ledger
    from review.workspace import Workspace

#: False discovery rate at which groups are called apart.
FALSE_DISCOVERIES: Final = 0.05
#: Limits of a control chart: three standard deviations of a normal distribution, as W. A. Shewhart
#: (1931) chose them, taken exactly from the binomial distribution; and the 95 % of a warning.
_LIMITS: Final = {"control": 0.0026998, "warning": 0.05}
#: So many periods in a row on one side of the centre are no chance (Western Electric, rule 4).
_RUN: Final = 8
PERIODS: Final = ("day", "week", "month", "session")


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return adjusted p-values (q): those up to 0.05 are a set with 5 % false discoveries.

    Missing ones stay missing and are not counted.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).round(4).tolist()
    [0.02, 0.04, 0.04, 0.02]
    """
    p = np.asarray(p_values, dtype=float)
    q = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def limits(share: float, trials: ArrayLike, *, kind: str = "control") -> tuple[Any, Any]:
    """Return between which rates a group of so many lies by chance, if its share is ``share``.

    Parameters
    ----------
    kind
        ``control`` (99.73 %) or ``warning`` (95 %).
    """
    n = np.asarray(trials, dtype=float)
    outside = _LIMITS[kind]
    with np.errstate(invalid="ignore", divide="ignore"):
        low = binom.ppf(outside / 2, n, share) / n
        high = binom.ppf(1 - outside / 2, n, share) / n
    return low, high


def funnel(
    workspace: Workspace | Path | str | None = None,
    *,
    by: str = "session",
    label: str | None = None,
    sessions: Sequence[str] | None = None,
    ledger: Ledger | None = None,
    least_people: int = LEAST_PEOPLE,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> pd.DataFrame:
    """Hold groups against the whole: which lie further from it than chance carries them.

    Parameters
    ----------
    by
        One thing that sittings are grouped by (:func:`review.trends.trends`).
    label
        People with a flag of this label; None for people with any flag.

    Returns
    -------
    pandas.DataFrame
        ``by``, ``people flagged rate low high`` as in :func:`review.trends.trends`, ``whole`` (the
        rate of everybody), ``warning_low warning_high control_low control_high`` (where chance
        leaves a group of this size), ``p``, ``q``, ``apart`` (``above``, ``below`` or empty) and
        ``note``. A group of fewer people than ``least_people`` has no numbers.
    """
    rows = _counted(workspace, by, label, sessions, ledger, connection)
    whole = rows["flagged"].sum() / max(rows["people"].sum(), 1)
    rows = rows.sort_values([by], ignore_index=True)
    return _held_against(rows, whole, by, least_people)


def over_time(
    workspace: Workspace | Path | str | None = None,
    *,
    every: str = "week",
    label: str | None = None,
    sessions: Sequence[str] | None = None,
    ledger: Ledger | None = None,
    least_people: int = LEAST_PEOPLE,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> pd.DataFrame:
    """Follow the rate of flagged people over time, with control limits (a p chart).

    Parameters
    ----------
    every
        ``day``, ``week``, ``month``, or ``session``.

    Returns
    -------
    pandas.DataFrame
        As :func:`funnel`, one row per period in order, and ``run``: true where it ends eight
        periods in a row on one side of the whole. ``apart`` is taken from the control limits: a
        chart looks at each period once, as it comes.
    """
    if every not in PERIODS:
        raise ReviewError("no such period", expected=f"one of {', '.join(PERIODS)}", found=every)
    rows = _counted(workspace, every, label, sessions, ledger, connection)
    rows = rows[rows[every].notna()].sort_values(every, ignore_index=True)
    whole = rows["flagged"].sum() / max(rows["people"].sum(), 1)
    made = _held_against(rows, whole, every, least_people)
    high, low = made["rate"] > made["control_high"], made["rate"] < made["control_low"]
    made["apart"] = np.select([high, low], ["above", "below"], "")
    side = np.sign(made["rate"] - whole).fillna(0.0).to_numpy()
    made["run"] = [
        n + 1 >= _RUN and abs(side[n + 1 - _RUN : n + 1].sum()) == _RUN for n in range(len(made))
    ]
    return made


def _counted(
    workspace: Workspace | Path | str | None,
    by: str,
    label: str | None,
    sessions: Sequence[str] | None,
    ledger: Ledger | None,
    connection: duckdb.DuckDBPyConnection | None,
) -> pd.DataFrame:
    """Return ``by``, people and flagged, small groups included: the whole is made of all."""
    opened = connection or connect(workspace, ledger=ledger)
    try:
        if by in OF_FLAG:
            raise ReviewError(
                f"groups of people are compared, not {by}s",
                expected="a thing that sittings are grouped by",
                todo="use trends(by=...) for flags",
            )
        if label is None:
            return query(opened, _checked_sql(by, sessions))[[by, "people", "flagged"]]
        of_label = rate_sql(groups_of(by), sessions, label=label)
        return query(opened, of_label)[[by, "people", "flagged"]]
    finally:
        if connection is None:
            opened.close()


def _checked_sql(by: str, sessions: Sequence[str] | None) -> str:
    return rate_sql(groups_of(by), sessions)


def _held_against(rows: pd.DataFrame, whole: float, by: str, least_people: int) -> pd.DataFrame:
    few = (rows["people"] < least_people).to_numpy()
    people = rows["people"].to_numpy(dtype=float)
    flagged = rows["flagged"].to_numpy(dtype=float)
    low, high = wilson(flagged, people)
    numbers: dict[str, Any] = {
        "rate": flagged / people,
        "low": low,
        "high": high,
        "whole": np.full(len(rows), whole),
    }
    for kind in ("warning", "control"):
        numbers[f"{kind}_low"], numbers[f"{kind}_high"] = limits(whole, people, kind=kind)
    numbers["p"] = np.array(
        [
            np.nan if small else binomtest(int(k), int(n), whole).pvalue
            for k, n, small in zip(flagged, people, few, strict=True)
        ]
    )
    numbers["q"] = benjamini_hochberg(numbers["p"])
    made = rows[[by]].copy()
    for name in ("people", "flagged"):
        made[name] = rows[name].astype("Int64").mask(few)
    for name, values in numbers.items():
        made[name] = np.where(few, np.nan, values)
    away = (made["q"] <= FALSE_DISCOVERIES).to_numpy()
    made["apart"] = np.where(away, np.where(made["rate"] > whole, "above", "below"), "")
    made["note"] = np.where(few, TOO_FEW, "")
    return made
