"""What stands of the decisions on flags."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from review.ledger.following import match_decisions
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.ledger.store import Ledger

__all__ = [
    "DECISION_COLUMNS",
    "READING_COLUMNS",
    "decisions",
    "follow",
    "match_decisions",
    "outcomes",
    "outcomes_of",
    "readings",
    "readings_of",
    "settle",
    "standing",
]

#: Columns of a reading: what one person thinks of one flag.
READING_COLUMNS: Final = (
    *KEYS,
    "kind",
    "flag_id",
    "label",
    "stream",
    "device_start_s",
    "device_end_s",
    "verdict",
    "note",
    "blind",
    "author",
    "source",
    "role",
    "at",
    "seq",
)
#: Columns of a decision: what stands of all readings of one flag.
DECISION_COLUMNS: Final = (*READING_COLUMNS, "readers", "disputed")

_KINDS: Final = ("decision", "own_flag", "bulk")
_OUTCOME_COLUMNS: Final = [*KEYS, "outcome", "rulebook", "clauses", "note", "appeal"]
_TYPES: Final = {
    "device_start_s": float,
    "device_end_s": float,
    "readers": int,
    "disputed": bool,
}
_WHO: Final = ("author", "source", "role", "at", "seq")
_SIGNED: Final = ["author", "source", "role", "key_id", "at", "seq"]
_FLAG: Final = [*KEYS, "flag_id"]


def readings(ledger: Ledger, key: Sequence[str | None]) -> pd.DataFrame:
    """Return the last word of each person on each flag, taken-back ones left out.

    A flag of a person's own is a reading with the verdict ``confirmed``; a dismissal in bulk is one
    reading per flag, of kind ``bulk``.

    Parameters
    ----------
    key
        session_id, candidate_id, subject_id; fewer for a whole candidate or session.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`READING_COLUMNS`, in the order of writing.
    """
    said = _readings(_read(ledger, key))
    return pd.DataFrame(said, columns=list(READING_COLUMNS))


def readings_of(entries: pd.DataFrame) -> pd.DataFrame:
    """Return the readings that some entries hold; see :func:`readings`."""
    return pd.DataFrame(_readings(_rows(entries)), columns=list(READING_COLUMNS))


def _read(ledger: Ledger, key: Sequence[str | None]) -> list[dict[str, Any]]:
    session_id, candidate_id, subject_id = [*key, None, None, None][:3]
    return ledger.records(session_id, candidate_id, subject_id, kinds=(*_KINDS, "retraction"))


def _readings(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    # Plain rows: one data frame per step would take longer than reading the ledger.
    retracted = {row["payload"]["seq"] for row in entries if row["kind"] == "retraction"}
    last: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in sorted(entries, key=lambda row: row["seq"]):
        if row["kind"] in _KINDS and row["seq"] not in retracted:
            for reading in _readings_in(row):
                who = tuple(reading[name] for name in (*_FLAG, "source", "author"))
                last.pop(who, None)
                last[who] = reading
    return list(last.values())


def standing(entries: pd.DataFrame) -> pd.DataFrame:
    """Return the entries that were not taken back, without the retractions themselves."""
    retracted = {
        payload["seq"]
        for kind, payload in zip(entries["kind"], entries["payload"], strict=True)
        if kind == "retraction"
    }
    return entries[(entries["kind"] != "retraction") & ~entries["seq"].isin(retracted)]


def decisions(ledger: Ledger, key: Sequence[str | None]) -> pd.DataFrame:
    """Return what stands on each flag of a sitting, candidate or session.

    A dismissal in bulk stands (kind ``bulk``) until somebody has looked at the flag itself. One
    reader's verdict stands alone. Where readers differ, the last supervisor's stands if
    supervisors agree among themselves; otherwise the flag is ``disputed`` and its verdict
    ``unsure``.

    Parameters
    ----------
    key
        session_id, candidate_id, subject_id; fewer for a whole candidate or session.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`DECISION_COLUMNS`: one row per flag, with the reading that stands.
    """
    return _settle(_readings(_read(ledger, key)))


def settle(read: pd.DataFrame) -> pd.DataFrame:
    """Return one row per flag from the readings of one or more people; see :func:`decisions`."""
    return _settle(_rows(read))


def _settle(read: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in read:
        groups.setdefault(tuple(row[name] for name in _FLAG), []).append(row)
    rows = [_settled(sorted(group, key=lambda row: row["seq"])) for group in groups.values()]
    # Typed column by column: pandas takes as long for changing types as the ledger for reading.
    return pd.DataFrame(
        {
            name: np.array([row[name] for row in rows], dtype=_TYPES[name])
            if name in _TYPES
            # An empty list would become a column of numbers, which no text can be joined with.
            else [row.get(name) for row in rows] or np.array([], dtype=object)
            for name in DECISION_COLUMNS
        }
    )


def outcomes(ledger: Ledger, key: Sequence[str | None]) -> pd.DataFrame:
    """Return the outcomes that were recorded and not taken back, in the order of writing.

    Parameters
    ----------
    key
        session_id, candidate_id, subject_id; fewer for a whole candidate or session.

    Returns
    -------
    pandas.DataFrame
        Key columns, outcome, rulebook, clauses, note, appeal, author, source, role, key_id, at,
        seq: one row per person and time. What may be concluded from them is for
        :mod:`review.rules.engine` to say.
    """
    where = dict(zip(KEYS, key, strict=False))
    return outcomes_of(ledger.entries(**where, kinds=("outcome", "retraction")))


def outcomes_of(entries: pd.DataFrame) -> pd.DataFrame:
    """Return the outcomes that some entries hold; see :func:`outcomes`."""
    kept = standing(entries)
    names = _OUTCOME_COLUMNS[:3] + _SIGNED
    rows = [
        {"appeal": None, **{name: row[name] for name in names}, **row["payload"]}
        for row in _rows(kept[kept["kind"] == "outcome"])
    ]
    return pd.DataFrame(rows, columns=_OUTCOME_COLUMNS + _SIGNED)


def follow(read: pd.DataFrame, flags: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what stands on the flags of an analysis, whichever analysis was read.

    The readings are carried over first and weighed then: what a person said last about what is now
    one flag stands, and readers who met it as different flags are held against each other.

    Parameters
    ----------
    read
        From :func:`readings`.
    flags
        Table ``flags``.

    Returns
    -------
    decisions, orphaned : pandas.DataFrame
        Columns :data:`DECISION_COLUMNS` (own flags included), and the readings whose flag is gone.
    """
    matched, orphaned = match_decisions(read, flags)
    own = read[read["kind"] == "own_flag"]
    on_own = read["flag_id"].isin(own["flag_id"]) & (read["kind"] == "decision")
    orphaned = orphaned[~orphaned["flag_id"].isin(own["flag_id"])]
    carried = matched[list(READING_COLUMNS)].sort_values("seq")
    last = carried.drop_duplicates([*_FLAG, "source", "author"], keep="last")
    parts = [part for part in (last, own, read[on_own]) if len(part)]
    whole = pd.concat(parts) if parts else read.iloc[:0]
    return settle(whole), orphaned.reset_index(drop=True)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    columns = [frame[name].tolist() for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _readings_in(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what an entry says of one flag, or a bulk dismissal of each of its flags."""
    said = {name: row[name] for name in (*KEYS, "kind", *_WHO)}
    if row["kind"] != "bulk":
        return [{"verdict": "confirmed", **said, **row["payload"]}]
    bulk = row["payload"]
    count = len(bulk["flag_ids"])
    places = zip(
        bulk["flag_ids"],
        bulk.get("streams") or [""] * count,
        bulk.get("device_starts_s") or [math.nan] * count,
        bulk.get("device_ends_s") or [math.nan] * count,
        strict=True,
    )
    return [
        {
            **said,
            "flag_id": flag_id,
            "label": bulk["label"],
            "stream": stream,
            "device_start_s": start_s,
            "device_end_s": end_s,
            "verdict": "dismissed",
            "note": bulk.get("note", ""),
            "blind": False,
        }
        for flag_id, stream, start_s, end_s in places
    ]


def _settled(group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what stands of the readings of one flag, given in the order of writing."""
    own = any(row["kind"] == "own_flag" for row in group)
    # A dismissal in bulk weighs nothing against somebody who looked at the flag itself.
    group = [row for row in group if row["kind"] != "bulk"] or group
    last, verdicts = group[-1], {row["verdict"] for row in group}
    of_supervisors = [row for row in group if row["role"] == "supervisor"]
    if len(verdicts) > 1 and of_supervisors:
        last, verdicts = of_supervisors[-1], {row["verdict"] for row in of_supervisors}
    disputed = len(verdicts) > 1
    return {
        **last,
        "kind": "own_flag" if own else last["kind"],
        "verdict": "unsure" if disputed else last["verdict"],
        "readers": len(group),
        "disputed": disputed,
    }
