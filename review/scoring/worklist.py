"""In which order sittings are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Hashable

#: States of the work on a sitting.
STATES: Final = ("undecided", "in_progress", "decided")

_KEYS: Final = list(KEYS)


def worklist(
    sittings: pd.DataFrame,
    scores: pd.DataFrame,
    flags: pd.DataFrame,
    decisions: pd.DataFrame,
    *,
    outcomes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Order sittings for review: what is not decided first, then risk, then what was not seen.

    A failed sitting has no risk, yet nobody has seen it: it stands with risk missing and unseen 1,
    above those of risk 0, with the reason of its failure.

    Parameters
    ----------
    sittings, scores, flags
        Tables of a session.
    decisions
        Key columns, ``flag_id`` and ``verdict``: one row per decided flag
        (:func:`review.ledger.decisions.decisions`).
    outcomes
        Key columns of the sittings with an outcome on record. Where it is given, these are the
        decided ones; else those of which every flag is confirmed or dismissed, and at least one.

    Returns
    -------
    pandas.DataFrame
        Key columns, ``state`` (one of :data:`STATES`), ``analysis`` (state of the analysis),
        ``reason`` (of a failure), ``risk``, ``unseen``, ``reasons``, ``flags``, ``open_flags``
        (without a verdict, or an unsure one), ``labels`` (mapping label -> number of flags).
    """
    work = sittings[[*_KEYS, "state", "reason"]].rename(columns={"state": "analysis"})
    work = work.merge(scores[[*_KEYS, "risk", "unseen", "reasons"]], on=_KEYS, how="left")
    work["unseen"] = work["unseen"].fillna(1.0)
    work["reasons"] = [
        list(r) if isinstance(r, (list, np.ndarray)) else [] for r in work["reasons"]
    ]
    keys = pd.MultiIndex.from_frame(work[_KEYS])
    # Plain loops: one table per sitting would take a millisecond each.
    counts: dict[Hashable, dict[str, int]] = {}
    numbers = flags.groupby([*_KEYS, "label"]).size()
    for at, number in zip(numbers.index.to_flat_index(), numbers, strict=True):
        counts.setdefault(at[:-1], {})[str(at[-1])] = int(number)
    by_label = [counts.get(key, {}) for key in keys]
    work["labels"] = pd.Series(by_label, dtype=object)
    work["flags"] = [sum(labels.values()) for labels in by_label]
    closed = _number_of(_closed(decisions, flags), keys)
    work["open_flags"] = work["flags"] - closed
    if outcomes is None:
        decided = (work["open_flags"] == 0) & (work["flags"] > 0)
    else:
        decided = pd.Series(keys.isin(pd.MultiIndex.from_frame(outcomes[_KEYS])), index=work.index)
    touched = _number_of(decisions, keys) > 0
    work["state"] = np.select([decided, touched], ["decided", "in_progress"], "undecided")
    return _ordered(work)[
        [
            *_KEYS,
            "state",
            "analysis",
            "reason",
            "risk",
            "unseen",
            "reasons",
            "flags",
            "open_flags",
            "labels",
        ]
    ]


def _closed(decisions: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """Return one row per flag that is there and confirmed or dismissed."""
    said = decisions[decisions["verdict"].isin(["confirmed", "dismissed"])]
    on_flag = said.merge(flags[[*_KEYS, "flag_id"]], on=[*_KEYS, "flag_id"])
    return on_flag.drop_duplicates([*_KEYS, "flag_id"])


def _number_of(frame: pd.DataFrame, keys: pd.MultiIndex) -> pd.Series:
    counts: dict[Hashable, int] = frame.groupby(_KEYS).size().to_dict()
    return pd.Series([counts.get(key, 0) for key in keys], dtype=int)


def _ordered(work: pd.DataFrame) -> pd.DataFrame:
    last = (work["state"] == "decided").astype(int)
    # Without a risk (failed): just above risk 0.
    risk = work["risk"].fillna(np.nextafter(0.0, 1.0))
    order = pd.DataFrame({"last": last, "risk": -risk, "unseen": -work["unseen"]})
    order[_KEYS] = work[_KEYS]
    return work.loc[order.sort_values(["last", "risk", "unseen", *_KEYS]).index].reset_index(
        drop=True
    )
