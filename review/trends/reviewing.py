"""How the work of review goes: leniency of readers, precision of detectors, time per case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.stats import norm

from review.errors import ReviewError
from review.trends.comparisons import FALSE_DISCOVERIES, PERIODS, benjamini_hochberg
from review.trends.database import connect, query
from review.trends.rates import LEAST_PEOPLE, TOO_FEW, wilson

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from review.ledger import Ledger
    from review.workspace import Workspace

#: Between two entries about one case by one person longer than this (s) the person was elsewhere.
PAUSE_S: Final = 300.0
#: What the work before the first entry of a stretch is taken to have been (s).
FIRST_S: Final = 30.0


def leniency(
    workspace: Workspace | Path | str | None = None,
    *,
    names: bool = False,
    ledger: Ledger | None = None,
    least_people: int = LEAST_PEOPLE,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> pd.DataFrame:
    """Compare how often reviewers confirm, given which labels they were given to read.

    A reviewer who reads many sure labels confirms more without being stricter: ``expected`` is how
    many of the same flags all reviewers together would have confirmed, label by label.

    Parameters
    ----------
    names
        Show names; otherwise reviewers are numbered.

    Returns
    -------
    pandas.DataFrame
        ``reviewer people decided confirmed share low high expected ratio p q apart note``: share
        of confirmed among confirmed and dismissed with its Wilson interval; ``ratio`` confirmed by
        expected; ``apart`` ``stricter`` or ``more lenient`` after Benjamini and Hochberg. Readers
        of fewer candidates than ``least_people`` have no numbers.
    """
    counted = _asked(
        workspace, ledger, connection,
        """
        SELECT source || ':' || author AS reviewer, label, count(*) AS decided,
            count_if(verdict = 'confirmed') AS confirmed,
            list(DISTINCT session_id || chr(31) || candidate_id) AS people
        FROM readings WHERE kind = 'decision' AND verdict IN ('confirmed', 'dismissed')
        GROUP BY ALL
        """,
    )  # fmt: skip
    columns = [
        "reviewer", "people", "decided", "confirmed", "share", "low", "high", "expected", "ratio",
        "p", "q", "apart", "note",
    ]  # fmt: skip
    if counted.empty:
        return pd.DataFrame(columns=columns)
    whole = counted.groupby("label")[["decided", "confirmed"]].sum()
    share = (whole["confirmed"] / whole["decided"]).rename("usual")
    counted = counted.join(share, on="label")
    counted["expected"] = counted["decided"] * counted["usual"]
    counted["spread"] = counted["expected"] * (1 - counted["usual"])
    rows = counted.groupby("reviewer", as_index=False)[
        ["decided", "confirmed", "expected", "spread"]
    ].sum()
    people = counted.groupby("reviewer")["people"].agg(lambda parts: len(set().union(*parts)))
    rows["people"] = rows["reviewer"].map(people)
    return _judged(rows, names=names, least_people=least_people)[columns]


def _judged(rows: pd.DataFrame, *, names: bool, least_people: int) -> pd.DataFrame:
    made = rows.sort_values("reviewer", ignore_index=True)
    few = (made["people"] < least_people).to_numpy()
    if not names:
        made["reviewer"] = [f"R{n + 1}" for n in range(len(made))]
    low, high = wilson(made["confirmed"], made["decided"])
    # The confirmed of a reader are a sum of draws with a share for each label (Poisson binomial).
    apart_s = (made["confirmed"] - made["expected"]).to_numpy(dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (np.abs(apart_s) - 0.5).clip(min=0.0) / np.sqrt(made["spread"].to_numpy(dtype=float))
        p = np.where(made["spread"] > 0, 2 * norm.sf(z), np.nan)
        numbers: dict[str, Any] = {
            "share": made["confirmed"] / made["decided"],
            "low": low,
            "high": high,
            "expected": made["expected"],
            "ratio": made["confirmed"] / made["expected"],
            "p": np.where(few, np.nan, p),
        }
    numbers["q"] = benjamini_hochberg(numbers["p"])
    for name, values in numbers.items():
        made[name] = np.where(few, np.nan, values)
    for name in ("people", "decided", "confirmed"):
        made[name] = made[name].astype("Int64").mask(few)
    away = (made["q"] <= FALSE_DISCOVERIES).to_numpy()
    made["apart"] = np.where(away, np.where(apart_s > 0, "stricter", "more lenient"), "")
    made["note"] = np.where(few, TOO_FEW, "")
    return made


def precision_over_time(
    workspace: Workspace | Path | str | None = None,
    *,
    every: str = "month",
    ledger: Ledger | None = None,
    least_people: int = LEAST_PEOPLE,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> pd.DataFrame:
    """Follow what share of each detector's flags people confirm, by the day of the exam.

    Returns
    -------
    pandas.DataFrame
        ``detector``, ``every``, ``people decided confirmed precision low high note``, in order of
        time. Cells of fewer candidates than ``least_people`` have no numbers.
    """
    if every not in PERIODS:
        raise ReviewError("no such period", expected=f"one of {', '.join(PERIODS)}", found=every)
    period = {"day": "day", "session": "session_id"}.get(every, f"date_trunc('{every}', day)::DATE")
    rows = _asked(
        workspace, ledger, connection,
        f"""
        SELECT d.detector, {period} AS "{every}", count(*) AS decided,
            count_if(verdict = 'confirmed') AS confirmed, count(DISTINCT person) AS people
        FROM decisions AS d JOIN rollup_sittings USING (session_id, candidate_id, subject_id)
        WHERE d.kind = 'decision' AND verdict IN ('confirmed', 'dismissed') AND d.detector != ''
        GROUP BY ALL ORDER BY ALL
        """,  # noqa: S608  # names of this module
    )  # fmt: skip
    few = (rows["people"] < least_people).to_numpy()
    low, high = wilson(rows["confirmed"], rows["decided"])
    made = rows[["detector", every]].copy()
    for name in ("people", "decided", "confirmed"):
        made[name] = rows[name].astype("Int64").mask(few)
    for name, values in (("precision", rows["confirmed"] / rows["decided"]), ("low", low),
                         ("high", high)):  # fmt: skip
        made[name] = np.where(few, np.nan, values)
    made["note"] = np.where(few, TOO_FEW, "")
    return made


def effort(
    workspace: Workspace | Path | str | None = None,
    *,
    by: str = "subject_id",
    ledger: Ledger | None = None,
    least_people: int = LEAST_PEOPLE,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> pd.DataFrame:
    """Return how long people worked on a case, as far as their entries in the ledger tell.

    The time of one person on one case is the sum of the pauses between that person's entries about
    it that are at most five minutes, and half a minute for the first of each stretch. Thinking
    without an entry for longer is not counted: it is a lower bound.

    Parameters
    ----------
    by
        Column of the view ``rollup_sittings``, or ``all``.

    Returns
    -------
    pandas.DataFrame
        The group, ``cases people median_min q25_min q75_min mean_min note``.
    """
    group = "'all'" if by == "all" else f'"{by}"'
    known = {"all", "subject_id", "session_id", "platform", "region", "occupation", "level", "day"}
    if by not in known:
        raise ReviewError("no such group", expected=f"one of {', '.join(sorted(known))}", found=by)
    rows = _asked(
        workspace, ledger, connection,
        f"""
        WITH acts AS (
            SELECT session_id, candidate_id, subject_id, author,
                epoch("at"::TIMESTAMPTZ - lag("at"::TIMESTAMPTZ) OVER (
                    PARTITION BY session_id, candidate_id, subject_id, author ORDER BY seq
                )) AS pause_s
            FROM entries
            WHERE subject_id IS NOT NULL AND kind IN ('watched', 'decision', 'own_flag', 'outcome',
                'warning', 'evidence', 'statement', 'retraction', 'offset_set', 'sign_off')
        ),
        cases AS (
            SELECT session_id, candidate_id, subject_id, sum(
                CASE WHEN pause_s <= {PAUSE_S} THEN pause_s ELSE {FIRST_S} END
            ) / 60 AS minutes
            FROM acts GROUP BY ALL
        )
        SELECT {group} AS "{by}", count(*) AS cases, count(DISTINCT person) AS people,
            quantile_cont(minutes, 0.5) AS median_min, quantile_cont(minutes, 0.25) AS q25_min,
            quantile_cont(minutes, 0.75) AS q75_min, avg(minutes) AS mean_min
        FROM cases JOIN rollup_sittings USING (session_id, candidate_id, subject_id)
        GROUP BY ALL ORDER BY 1
        """,  # noqa: S608  # names of this module, checked above
    )  # fmt: skip
    few = (rows["people"] < least_people).to_numpy()
    for name in ("cases", "people"):
        rows[name] = rows[name].astype("Int64").mask(few)
    for name in ("median_min", "q25_min", "q75_min", "mean_min"):
        rows[name] = np.where(few, np.nan, rows[name])
    return rows.assign(note=np.where(few, TOO_FEW, ""))


def _asked(
    workspace: Workspace | Path | str | None,
    ledger: Ledger | None,
    connection: duckdb.DuckDBPyConnection | None,
    sql: str,
) -> pd.DataFrame:
    opened = connection or connect(workspace, ledger=ledger)
    try:
        return query(opened, sql)
    finally:
        if connection is None:
            opened.close()
