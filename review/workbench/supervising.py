"""The sittings of a session as the page takes them: columns, not rows, for they are many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.scoring import progress
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.batch.session_results import SessionResults
    from review.ledger import Author

_KEYS: Final = list(KEYS)


def sittings_data(
    found: SessionResults, *, author: Author, readers: Sequence[str]
) -> dict[str, Any]:
    """Return the sittings in the order of work, ready for JSON.

    A sitting that the author is to read blind shows neither risk nor what others decided.

    Returns
    -------
    dict
        ``session_id``, ``me``, ``readers``, ``subjects`` (id -> name), ``labels`` (in use), and
        ``columns``: candidate_id, name, subject_id, risk, unseen, state, analysis, reason,
        flags, open, reasons, labels, incidents, assigned, mine, blind, outcome, closed, disputed:
        one list each, all of the same length.
    """
    work = found.ordered
    session = found.session
    names = {c.id: c.name for c in session.candidates} if session else {}
    keys = list(work[_KEYS].itertuples(index=False, name=None))
    people = _people(found)
    blind = _blind(found, author)
    outcomes = _last_outcomes(found)
    closed = _closed(found)
    disputed = found.decided[found.decided["disputed"].astype(bool)].groupby(_KEYS).size().to_dict()
    hidden = [key in blind for key in keys]
    own = _own_readings(found, author)
    columns: dict[str, list[Any]] = {
        "candidate_id": [key[1] for key in keys],
        "name": [names.get(key[1], "") for key in keys],
        "subject_id": [key[2] for key in keys],
        "risk": _numbers(work["risk"], 1, hidden),
        "unseen": _numbers(work["unseen"], 3),
        "state": [
            said if not away else ("in_progress" if own.get(key) else "undecided")
            for key, said, away in zip(keys, work["state"], hidden, strict=True)
        ],
        "analysis": work["analysis"].tolist(),
        "reason": [None if pd.isna(text) else str(text) for text in work["reason"]],
        "flags": work["flags"].astype(int).tolist(),
        "open": [
            int(left) if not away else max(0, int(flags) - own.get(key, 0))
            for key, left, flags, away in zip(
                keys, work["open_flags"], work["flags"], hidden, strict=True
            )
        ],
        "reasons": [
            [] if away else list(text) for text, away in zip(work["reasons"], hidden, strict=True)
        ],
        "labels": [sorted(labels) for labels in work["labels"]],
        "incidents": work["incidents"].tolist(),
        "assigned": [people.get(key, []) for key in keys],
        "mine": [author.person in people.get(key, ()) for key in keys],
        "blind": hidden,
        "outcome": [
            None if away else outcomes.get(key) for key, away in zip(keys, hidden, strict=True)
        ],
        "closed": [key in closed for key in keys],
        "disputed": [
            0 if away else int(disputed.get(key, 0)) for key, away in zip(keys, hidden, strict=True)
        ],
    }
    return {
        "session_id": found.session_id,
        "me": {"person": author.person, "role": author.role},
        "readers": list(readers),
        "subjects": {s.id: s.name for s in session.subjects} if session else {},
        "labels": sorted({label for labels in columns["labels"] for label in labels}),
        "columns": columns,
    }


def unusual_column(found: SessionResults, *, author: Author) -> list[float | None]:
    """Return how unusual each sitting is, in the order of :func:`sittings_data`."""
    blind = _blind(found, author)
    keys = list(found.ordered[_KEYS].itertuples(index=False, name=None))
    return _numbers(found.worklist["unusual"], 3, [key in blind for key in keys])


def _numbers(
    column: pd.Series[Any], digits: int, hidden: Sequence[bool] | None = None
) -> list[float | None]:
    """Return numbers as short as a page needs them, None where there is none or it is hidden."""
    away = hidden or [False] * len(column)
    return [
        None if gone or pd.isna(value) else round(float(value), digits)
        for value, gone in zip(column, away, strict=True)
    ]


def _people(found: SessionResults) -> Mapping[tuple[Any, ...], list[str]]:
    held = found.assignments[found.assignments["state"] == "assigned"]
    made: dict[tuple[Any, ...], list[str]] = {}
    for *key, person in held[[*_KEYS, "person"]].itertuples(index=False, name=None):
        made.setdefault(tuple(key), []).append(person)
    return made


def _blind(found: SessionResults, author: Author) -> set[tuple[str, ...]]:
    """Return what the author reads blind: assigned so, and no outcome of theirs yet."""
    mine = found.assignments
    mine = mine[(mine["person"] == author.person) & mine["blind"].astype(bool)]
    said = found.outcomes
    own = said[(said["author"] == author.name) & (said["source"] == author.source)]
    return progress.keys_of(mine) - progress.keys_of(own)


def _own_readings(found: SessionResults, author: Author) -> dict[tuple[Any, ...], int]:
    """Return how many flags of each sitting the author has read."""
    read = found.readings
    mine = read[(read["author"] == author.name) & (read["source"] == author.source)]
    counts = mine.groupby(_KEYS)["flag_id"].nunique()
    return dict(zip(counts.index.to_flat_index(), counts.astype(int), strict=True))


def _last_outcomes(found: SessionResults) -> dict[tuple[Any, ...], str]:
    last = found.outcomes.sort_values("seq").drop_duplicates(_KEYS, keep="last")
    rows = last[[*_KEYS, "outcome"]].itertuples(index=False, name=None)
    return {tuple(key): str(said) for *key, said in rows}


def _closed(found: SessionResults) -> set[tuple[str, ...]]:
    locks = found.entries[found.entries["kind"].isin(["sign_off", "reopen"])]
    last = locks.sort_values("seq").drop_duplicates(_KEYS, keep="last")
    return progress.keys_of(last[last["kind"] == "sign_off"])
