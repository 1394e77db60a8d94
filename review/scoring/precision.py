"""How often each detector is right, by the decisions on its flags, and thresholds that follow.

Nothing here changes anything: a proposed threshold is put into ``session.toml`` by a person, or is
not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from review.scoring.proportions import CONFIDENCE, wilson
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Verdicts that say whether a flag was right; ``unsure`` says neither.
CLEAR: Final = ("confirmed", "dismissed")
#: Fewer clear decisions than this on a label's flags say nothing about its threshold: even
#: if all agree, the interval is wider than 0.12.
MIN_DECISIONS: Final = 30
#: A threshold is proposed where at least this share of what lies above is right.
WANTED_PRECISION: Final = 0.5

_KEYS: Final = list(KEYS)


def decided_flags(flags: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the flags that somebody looked at and decided on, one by one.

    Flags that were dismissed in bulk are left out: nobody looked at them. So are flags that people
    marked themselves: no detector gave them.

    Parameters
    ----------
    flags
        Table ``flags``.
    decisions
        :data:`review.ledger.decisions.DECISION_COLUMNS`, carried over to these flags.

    Returns
    -------
    pandas.DataFrame
        Table ``flags`` with ``verdict``, ``disputed``, ``decided_at`` (UTC) and ``confirmed``.
    """
    told = decisions[decisions["kind"] == "decision"]
    names = [*_KEYS, "flag_id"]
    made = flags.merge(
        told[[*names, "verdict", "disputed", "at"]].drop_duplicates(names), on=names
    ).rename(columns={"at": "decided_at"})
    made["decided_at"] = pd.to_datetime(made["decided_at"], utc=True, format="ISO8601")
    return made.assign(confirmed=made["verdict"] == "confirmed")


def precision(
    decided: pd.DataFrame,
    *,
    by: Sequence[str] = ("detector", "label"),
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Return how often flags are confirmed, with Wilson intervals.

    Parameters
    ----------
    decided
        From :func:`decided_flags`.
    by
        Columns to group by.

    Returns
    -------
    pandas.DataFrame
        ``by``, confirmed, dismissed, unsure, precision (of the clear verdicts; missing without
        any), low, high, enough (whether there are :data:`MIN_DECISIONS`); the surest first.
    """
    counts = (
        decided.groupby([*by, "verdict"])
        .size()
        .rename("count")
        .reset_index()
        .pivot_table(index=list(by), columns="verdict", values="count", fill_value=0)
        .reindex(columns=[*CLEAR, "unsure"], fill_value=0)
        .astype(int)
        .reset_index()
    )
    counts.columns.name = None
    clear = counts["confirmed"] + counts["dismissed"]
    counts["precision"] = (counts["confirmed"] / clear).where(clear > 0)
    counts["low"], counts["high"] = wilson(counts["confirmed"], clear, confidence=confidence)
    counts["enough"] = clear >= MIN_DECISIONS
    return counts.sort_values(
        ["precision", *by], ascending=[False, *(True for _ in by)], ignore_index=True
    )


def thresholds(
    decided: pd.DataFrame,
    *,
    wanted: float = WANTED_PRECISION,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Propose for each label the least score at which its flags are right often enough.

    "Often enough" is the lower end of the interval, not the share itself. The interval is that of
    one threshold chosen beforehand; the lowest of many looks better than it is, which the
    confidence is corrected for by the number of scores that come into question (Bonferroni).

    Returns
    -------
    pandas.DataFrame
        label, decisions, score (missing where none is proposed), precision, low, high (above that
        score), kept (share of the confirmed flags that lie above), state: ``as_it_is`` (all scores
        are good enough), ``proposed``, ``none`` (no score is), ``too_few``.
    """
    clear = decided[decided["verdict"].isin(CLEAR)]
    rows = [
        _threshold(str(label), of_label, wanted, confidence)
        for label, of_label in clear.groupby("label")
    ]
    names = ["label", "decisions", "score", "precision", "low", "high", "kept", "state"]
    return pd.DataFrame(rows, columns=names)


def _threshold(label: str, rows: pd.DataFrame, wanted: float, confidence: float) -> dict[str, Any]:
    made: dict[str, Any] = {"label": label, "decisions": len(rows), "state": "too_few"}
    if len(rows) < MIN_DECISIONS:
        return made
    score = rows["score"].to_numpy(dtype=float)
    right = rows["confirmed"].to_numpy(dtype=bool)
    steps = _steps(score)
    above = np.array([(score >= step).sum() for step in steps])
    good = np.array([(right & (score >= step)).sum() for step in steps])
    strict = 1 - (1 - confidence) / len(steps)
    low, _ = wilson(good, above, confidence=strict)
    enough = np.flatnonzero((low >= wanted) & (above > 0))
    if not len(enough):
        return {**made, "state": "none"}
    first = int(enough[0])
    low_of, high_of = wilson(good[first], above[first], confidence=strict)
    return {
        **made,
        "score": float(steps[first]),
        "precision": float(good[first] / above[first]),
        "low": float(low_of),
        "high": float(high_of),
        "kept": float(good[first] / right.sum()),
        "state": "as_it_is" if first == 0 else "proposed",
    }


def _steps(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scores that come into question: the lowest, and every tenth part of the rest."""
    tenths = np.quantile(score, np.linspace(0, 1, 11)[:-1], method="lower")
    return np.unique(tenths)
