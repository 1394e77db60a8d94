"""Decisions follow their flags through another analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Columns by which a place is found again: the same sitting, label and leading stream.
_PLACE = (*KEYS, "label", "stream")


def match_decisions(
    decided: pd.DataFrame, flags: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Carry decisions over to the flags of another analysis.

    A decision goes to the flag of the same sitting, label and (leading) stream that overlaps the
    decided interval by at least half of it on device time; of several, to the one that overlaps it
    most. A decision on an instant goes to a flag that holds this instant. Several decisions may
    come to one flag where analysis has merged what it saw apart. A bulk dismissal that does not
    say where its flags are goes to the flag of the same id.

    Parameters
    ----------
    decided
        From :func:`review.ledger.decisions.decisions`. Flags that people marked themselves are
        left alone.
    flags
        Table ``flags``.

    Returns
    -------
    matched, orphaned : pandas.DataFrame
        Both with the columns of ``decided``; ``matched`` has the new ``flag_id``, and in addition
        ``decided_flag_id`` (the old one) and ``share`` (how much of the flag's interval was
        decided on, 0 to 1). ``orphaned`` are those whose flag is no longer there.
    """
    machine = decided[decided["kind"].isin(["decision", "bulk"])] if "kind" in decided else decided
    leading = flags.assign(stream=[streams[0] for streams in flags["streams"]])
    columns = [*_PLACE, "flag_id", "device_start_s", "device_end_s"]
    places: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in zip(*(leading[name].tolist() for name in columns), strict=True):
        places.setdefault(row[:5], []).append(row[5:])
    ids = {(*row[:3], flag[0]) for row, found in places.items() for flag in found}
    rows: list[dict[Any, Any]] = []
    left = []
    for index, one in zip(machine.index, machine.to_dict("records"), strict=True):
        best = _best(one, places.get(tuple(one[name] for name in _PLACE), []))
        if best is None and not one["stream"] and (*_key(one), one["flag_id"]) in ids:
            best = {"flag_id": one["flag_id"], "share": 1.0}
        if best is None:
            left.append(index)
        else:
            rows.append({**one, "decided_flag_id": one["flag_id"], **best})
    matched = pd.DataFrame(rows, columns=[*decided.columns, "decided_flag_id", "share"])
    return matched, machine.loc[left].reset_index(drop=True)


def _key(one: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(one[name] for name in KEYS)


def _best(one: Mapping[Any, Any], flags: list[tuple[Any, ...]]) -> dict[str, Any] | None:
    """Return the flag that overlaps a decision by half of it or more, and by most."""
    start, end = one["device_start_s"], one["device_end_s"]
    best: dict[str, Any] | None = None
    most = -1.0
    for flag_id, flag_start, flag_end in flags:
        overlap = min(end, flag_end) - max(start, flag_start)
        if overlap >= (end - start) / 2 and overlap > most:
            whole = flag_end - flag_start
            share = min(overlap / whole, 1.0) if whole > 0 else 1.0
            best = {"flag_id": flag_id, "share": share}
            most = overlap
    return best
