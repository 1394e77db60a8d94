"""How often things are flagged, group by group, with the uncertainty of each figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.errors import ReviewError
from review.trends.database import connect, query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from review.ledger import Ledger
    from review.workspace import Workspace

#: What sittings are grouped by -> what it is in the view ``rollup_sittings``.
OF_SITTING: Final[Mapping[str, str]] = {
    "session": "session_id",
    "subject": "subject_id",
    "platform": "platform",
    "rulebook": "rulebook",
    "region": "region",
    "occupation": "occupation",
    "level": "level",
    "day": "day",
    "hour": "hour",
    "weekday": "weekday",
    "week": "date_trunc('week', day)::DATE",
    "month": "date_trunc('month', day)::DATE",
    "device": "device",
    "network": "network",
}
#: What flags are grouped by -> column of the flags.
OF_FLAG: Final[Mapping[str, str]] = {
    "label": "label",
    "family": "family",
    "stream": "stream",
    "detector": "detector",
    "clause": "clause",
}
#: What is the same for all sittings of a person.
OF_PERSON: Final = frozenset({"session", "platform", "rulebook", "region", "occupation", "level"})
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


def groups_of(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return what rates are grouped by, checked; ReviewError names what can be."""
    names = by.split(",") if isinstance(by, str) else by
    wanted = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    if wanted == ("all",):
        return ()
    unknown = [name for name in wanted if name not in {**OF_SITTING, **OF_FLAG}]
    if unknown:
        raise ReviewError(
            f"rates cannot be grouped by {', '.join(map(repr, unknown))}",
            expected=f"one or more of {', '.join([*OF_SITTING, *OF_FLAG])}, or all",
        )
    return wanted


def rate_sql(groups: tuple[str, ...], sessions: Sequence[str] | None = None) -> str:
    """Return the one query that counts; every name in it is from the maps above."""
    of_sitting = [f'{OF_SITTING[g]} AS "{g}"' for g in groups if g in OF_SITTING]
    of_flag = [f'{OF_FLAG[g]} AS "{g}"' for g in groups if g in OF_FLAG]
    dims = [f'"{g}"' for g in groups if g in OF_SITTING]
    kinds = [f'"{g}"' for g in groups if g in OF_FLAG]
    only = "true"
    if sessions is not None:
        listed = ", ".join("'{}'".format(s.replace("'", "''")) for s in sessions)
        only = f"session_id IN ({listed or 'NULL'})"
    every_kind = ""
    if kinds:
        every_kind = f"CROSS JOIN (SELECT DISTINCT {_list(*kinds)} FROM hits)"  # noqa: S608
    counted = (
        "count(*) AS decided",
        "count_if(verdict = 'confirmed') AS confirmed",
    )
    return f"""
        WITH people AS (
            SELECT {
        _list(*dims, "count(DISTINCT person) AS people", "sum(window_s) / 3600 AS hours")
    }
            FROM (SELECT person, window_s{_more(of_sitting)} FROM rollup_sittings WHERE {only})
            GROUP BY ALL
        ),
        {_hits(groups, dims, kinds, [*of_sitting, *of_flag], only)},
        verdicts AS (
            SELECT {_list(*dims, *kinds, *counted)}
            FROM (
                SELECT verdict{_more([*of_sitting, *of_flag])}
                FROM {_decided(groups)}
                JOIN rollup_sittings USING (session_id, candidate_id, subject_id)
                WHERE d.kind = 'decision' AND verdict IN ('confirmed', 'dismissed') AND {only}
            )
            GROUP BY ALL
        ),
        cells AS (SELECT * FROM people {every_kind})
        SELECT {
        _list(
            *(f"cells.{d}" for d in (*dims, *kinds)),
            "people",
            "hours",
            "coalesce(flagged, 0) AS flagged",
            "coalesce(flags, 0) AS flags",
            "coalesce(decided, 0) AS decided",
            "coalesce(confirmed, 0) AS confirmed",
        )
    }
        FROM cells
        LEFT JOIN hits ON {_same("hits", dims + kinds)}
        LEFT JOIN verdicts ON {_same("verdicts", dims + kinds)}
    """  # noqa: S608  # built from the names above; session ids are quoted


def _hits(
    groups: tuple[str, ...], dims: list[str], kinds: list[str], columns: list[str], only: str
) -> str:
    """Return the part of the query that counts people and flags of each cell."""
    within = [*dims, *kinds]
    if "label" in groups and set(groups) - {"label"} <= OF_PERSON:
        # Nothing changes from one sitting of a person to the next: no grouping by person.
        counted = _list(*within, "count_if(new_label) AS flagged", "sum(flags) AS flags")
        inner = f"SELECT new_label, flags{_more(columns)} FROM rollup WHERE {only}"  # noqa: S608
        return f"hits AS (SELECT {counted} FROM ({inner}) GROUP BY ALL)"  # noqa: S608
    # One row per person first: counting distinct pairs over all flags takes far longer.
    seen = _list(*within, "person", "sum(flags) AS flags")
    source = _source(groups) if kinds else "rollup_sittings"
    some = "flags > 0 AND " if not kinds else ""
    inner = f"SELECT person, flags{_more(columns)} FROM {source} WHERE {some}{only}"  # noqa: S608
    counted = _list(*within, "count(*) AS flagged", "sum(flags) AS flags")
    return f"""seen AS (SELECT {seen} FROM ({inner}) GROUP BY ALL),
        hits AS (SELECT {counted} FROM seen GROUP BY ALL)"""  # noqa: S608


def _source(groups: tuple[str, ...]) -> str:
    """Return where flags are counted: the roll-up, or the flags themselves for their streams."""
    source = "rollup"
    if "stream" in groups:
        source = (
            "(SELECT s.* EXCLUDE (flags), label, detector, stream, 1 AS flags FROM flag_streams "
            "JOIN rollup_sittings AS s USING (session_id, candidate_id, subject_id))"
        )
    if "family" in groups:
        source += " LEFT JOIN families USING (label)"
    if "clause" in groups:
        source += " JOIN (SELECT rulebook, label, clause FROM clauses) USING (rulebook, label)"
    return source


def _decided(groups: tuple[str, ...]) -> str:
    if "clause" not in groups:
        return "decisions AS d"
    return (
        "(SELECT d.*, clause FROM decisions AS d JOIN rollup_sittings USING "
        "(session_id, candidate_id, subject_id) JOIN clauses USING (rulebook, label)) AS d"
    )


def _more(parts: Sequence[str]) -> str:
    return "".join(f", {part}" for part in parts)


def _list(*parts: str) -> str:
    return ", ".join(parts)


def _same(other: str, columns: list[str]) -> str:
    # What is not known (the day of a session whose folder is gone) is a group as well.
    return " AND ".join(f"cells.{c} IS NOT DISTINCT FROM {other}.{c}" for c in columns) or "true"


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
