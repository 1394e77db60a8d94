"""What stands of the decisions on flags, and how they follow their flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.ledger.store import Ledger

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

_READ: Final = ("decision", "own_flag")
_OUTCOME_COLUMNS: Final = [*KEYS, "outcome", "rulebook", "clauses", "note", "appeal"]
_WHO: Final = ("author", "source", "role", "at", "seq")
_SIGNED: Final = ["author", "source", "role", "key_id", "at", "seq"]
_FLAG: Final = [*KEYS, "flag_id"]


def readings(ledger: Ledger, key: Sequence[str | None]) -> pd.DataFrame:
    """Return the last word of each person on each flag, taken-back ones left out.

    A flag of a person's own is a reading with the verdict ``confirmed``.

    Parameters
    ----------
    key
        session_id, candidate_id, subject_id; fewer for a whole candidate or session.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`READING_COLUMNS`, in the order of writing.
    """
    where = dict(zip(KEYS, key, strict=False))
    return readings_of(ledger.entries(**where, kinds=(*_READ, "retraction")))


def readings_of(entries: pd.DataFrame) -> pd.DataFrame:
    """Return the readings that some entries hold; see :func:`readings`."""
    # Plain rows: one data frame per flag would take a tenth of a second for one candidate.
    last: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in sorted(_rows(standing(entries)), key=lambda row: row["seq"]):
        if row["kind"] in _READ:
            reading = _reading(row)
            who = tuple(reading[name] for name in (*_FLAG, "source", "author"))
            last.pop(who, None)
            last[who] = reading
    return pd.DataFrame(list(last.values()), columns=list(READING_COLUMNS))


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

    One reader's verdict stands alone. Where readers differ, the last supervisor's stands if
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
    return settle(readings(ledger, key))


def settle(read: pd.DataFrame) -> pd.DataFrame:
    """Return one row per flag from the readings of one or more people; see :func:`decisions`."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in _rows(read):
        groups.setdefault(tuple(row[name] for name in _FLAG), []).append(row)
    rows = [_settled(sorted(group, key=lambda row: row["seq"])) for group in groups.values()]
    return pd.DataFrame(rows, columns=list(DECISION_COLUMNS)).astype(
        {"device_start_s": float, "device_end_s": float, "readers": int, "disputed": bool}
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
    rows = [
        {"appeal": None, **row[_OUTCOME_COLUMNS[:3] + _SIGNED].to_dict(), **row["payload"]}
        for _, row in kept[kept["kind"] == "outcome"].iterrows()
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


def match_decisions(
    decided: pd.DataFrame, flags: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Carry decisions over to the flags of another analysis.

    A decision goes to the flag of the same sitting, label and (leading) stream that overlaps the
    decided interval by at least half of it on device time; of several, to the one that overlaps it
    most. A decision on an instant goes to a flag that holds this instant. Several decisions may
    come to one flag where analysis has merged what it saw apart.

    Parameters
    ----------
    decided
        From :func:`decisions`. Flags that people marked themselves are left alone.
    flags
        Table ``flags``.

    Returns
    -------
    matched, orphaned : pandas.DataFrame
        Both with the columns of ``decided``; ``matched`` has the new ``flag_id``, and in addition
        ``decided_flag_id`` (the old one) and ``share`` (how much of the flag's interval was
        decided on, 0 to 1). ``orphaned`` are those whose flag is no longer there.
    """
    machine = decided[decided["kind"] == "decision"] if "kind" in decided else decided
    leading = flags.assign(stream=[streams[0] for streams in flags["streams"]])
    groups = dict(list(leading.groupby([*KEYS, "label", "stream"])))
    rows, left = [], []
    for index, one in machine.iterrows():
        candidates = groups.get((*(one[k] for k in KEYS), one["label"], one["stream"]))
        best = None if candidates is None else _best(one, candidates)
        if best is None:
            left.append(index)
        else:
            rows.append({**one, "decided_flag_id": one["flag_id"], **best})
    matched = pd.DataFrame(rows, columns=[*decided.columns, "decided_flag_id", "share"])
    return matched, machine.loc[left].reset_index(drop=True)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    columns = [frame[name].tolist() for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _best(one: pd.Series, flags: pd.DataFrame) -> dict[str, Any] | None:
    start, end = flags["device_start_s"], flags["device_end_s"]
    length = one["device_end_s"] - one["device_start_s"]
    overlap = end.clip(upper=one["device_end_s"]) - start.clip(lower=one["device_start_s"])
    good = overlap[overlap >= length / 2]
    if good.empty:
        return None
    index = good.idxmax()
    whole = end[index] - start[index]
    share = min(float(good[index] / whole), 1.0) if whole > 0 else 1.0
    return {"flag_id": flags.loc[index, "flag_id"], "share": share}


def _reading(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in (*KEYS, "kind", *_WHO)}
    return {"verdict": "confirmed", **said, **row["payload"]}


def _settled(group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what stands of the readings of one flag, given in the order of writing."""
    last, verdicts = group[-1], {row["verdict"] for row in group}
    of_supervisors = [row for row in group if row["role"] == "supervisor"]
    if len(verdicts) > 1 and of_supervisors:
        last, verdicts = of_supervisors[-1], {row["verdict"] for row in of_supervisors}
    disputed = len(verdicts) > 1
    own = any(row["kind"] == "own_flag" for row in group)
    return {
        **last,
        "kind": "own_flag" if own else "decision",
        "verdict": "unsure" if disputed else last["verdict"],
        "readers": len(group),
        "disputed": disputed,
    }
