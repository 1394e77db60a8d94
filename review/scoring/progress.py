"""How far the review of a session is: what was looked at, what was found, who did how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    Sitting = tuple[str, ...]

_KEYS = list(KEYS)
#: Kinds of decisions that somebody made who looked: a dismissal in bulk is none.
_LOOKED = ("decision", "own_flag")


def reviewed(flags: pd.DataFrame, decided: pd.DataFrame, outcomes: pd.DataFrame) -> set[Sitting]:
    """Return the sittings that somebody looked at to the end.

    They have an outcome, or flags each of which somebody confirmed or dismissed. What was only
    dismissed in bulk was not looked at.

    Parameters
    ----------
    flags
        Key columns and flag_id of the session's flags.
    decided
        What stands on them (:data:`review.ledger.decisions.DECISION_COLUMNS`).
    outcomes
        Key columns: sittings with an outcome on record.
    """
    clear = decided[
        decided["kind"].isin(_LOOKED) & decided["verdict"].isin(["confirmed", "dismissed"])
    ]
    names = [*_KEYS, "flag_id"]
    closed = pd.MultiIndex.from_frame(clear[names])
    all_closed = (
        pd.Series(pd.MultiIndex.from_frame(flags[names]).isin(closed))
        .groupby(pd.MultiIndex.from_frame(flags[_KEYS]))
        .all()
    )
    return keys_of(outcomes) | {_key(key) for key in all_closed.index[all_closed]}


def cases(decided: pd.DataFrame, outcomes: pd.DataFrame) -> set[Sitting]:
    """Return the sittings that hold a confirmed case.

    Their last outcome is anything but ``cleared``; without an outcome, a flag is confirmed.

    Parameters
    ----------
    decided
        As for :func:`reviewed`.
    outcomes
        Key columns, outcome, seq.
    """
    last = outcomes.sort_values("seq").drop_duplicates(_KEYS, keep="last")
    confirmed = decided[decided["verdict"] == "confirmed"]
    with_outcome = keys_of(last)
    return keys_of(last[last["outcome"] != "cleared"]) | (keys_of(confirmed) - with_outcome)


def reviewers(read: pd.DataFrame, assigned: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return how far each reviewer is.

    Parameters
    ----------
    read
        :data:`review.ledger.decisions.READING_COLUMNS`.
    assigned
        :data:`review.ledger.assignments.ASSIGNMENT_COLUMNS`.
    outcomes
        Key columns, author, source.

    Returns
    -------
    pandas.DataFrame
        person; assigned, finished (sittings assigned and with an outcome of theirs), sittings
        (looked at), flags, confirmed, dismissed, unsure, last_at (UTC, ISO 8601); the busiest
        first.
    """
    looked = read[read["kind"].isin(_LOOKED)]
    looked = looked.assign(person=looked["source"] + ":" + looked["author"])
    concluded = outcomes.assign(person=outcomes["source"] + ":" + outcomes["author"])
    people = sorted({*looked["person"], *assigned["person"], *concluded["person"]})
    rows: list[dict[str, Any]] = []
    for person in people:
        own = looked[looked["person"] == person]
        asked = keys_of(assigned[assigned["person"] == person])
        verdicts = own["verdict"].value_counts()
        rows.append(
            {
                "person": person,
                "assigned": len(asked),
                "finished": len(asked & keys_of(concluded[concluded["person"] == person])),
                "sittings": len(keys_of(own)),
                "flags": len(own),
                **{v: int(verdicts.get(v, 0)) for v in ("confirmed", "dismissed", "unsure")},
                "last_at": own["at"].max() if len(own) else None,
            }
        )
    names = ["person", "assigned", "finished", "sittings", "flags", "confirmed", "dismissed",
             "unsure", "last_at"]  # fmt: skip
    made = pd.DataFrame(rows, columns=names)
    return made.sort_values("flags", ascending=False, kind="stable", ignore_index=True)


def keys_of(rows: pd.DataFrame) -> set[Sitting]:
    """Return the sittings that some rows are about."""
    return {_key(key) for key in rows[_KEYS].drop_duplicates().itertuples(index=False, name=None)}


def _key(parts: Iterable[Any]) -> Sitting:
    return tuple(str(part) for part in parts)
