"""What may follow what: the rules that an entry is held against when it is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from review.errors import LedgerError
from review.ledger.chain import Entry
from review.ledger.schema import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.ledger.fields import Payload
    from review.ledger.identity import Author

#: session_id, candidate_id, subject_id; the later ones may be None.
Key = tuple[str | None, str | None, str | None]

#: Kinds that change what is known or concluded of a sitting: a sign-off stops them.
_LOCKED: Final = (
    "decision",
    "own_flag",
    "outcome",
    "warning",
    "evidence",
    "statement",
    "retraction",
    "offset_set",
    "bulk",
)
#: Kinds that are about one sitting and mean nothing without it.
_OF_SITTING: Final = ("decision", "own_flag", "outcome", "warning", "evidence", "offset_set")
#: Kinds that someone who stepped aside from a candidate no longer writes.
_RECUSED: Final = ("decision", "own_flag", "outcome", "sign_off", "bulk")
#: Kinds that cannot be taken back: what happened, happened, and a lock has its own key.
_FINAL: Final = ("staff", "watched", "exported", "retained", "sign_off", "reopen", "retraction")


_BY_NUMBER: Final = sa.select(ENTRIES).where(ENTRIES.c.seq == sa.bindparam("number"))


def check(
    connection: sa.Connection,
    payload: Payload,
    weighty: Sequence[Any],
    *,
    key: Key,
    author: Author,
) -> None:
    """Refuse an entry that may not follow the ones before it.

    Parameters
    ----------
    weighty
        What is on record about the candidate (:class:`review.ledger.queries.Before`).

    Raises
    ------
    LedgerError
        Saying which entry stands in its way.
    """
    kind = payload.KIND
    if kind in _OF_SITTING and None in key:
        raise LedgerError(f"{kind!r} belongs to a sitting", expected="a full sitting_key")
    if key[1] is not None:
        if kind in _LOCKED:
            _check_open(weighty, key, where=f"entry {kind!r}")
        if kind in _RECUSED:
            _check_not_recused(weighty, author.person)
        if kind == "assignment":
            _check_not_recused(weighty, payload.as_payload()["person"])
    if kind == "retraction":
        _check_retraction(connection, payload, key, author)
    if kind == "reopen" and not may_reopen(author.role, payload.as_payload()):
        raise LedgerError(
            f"a {author.role} reopens for recordings that came late, naming them",
            where=f"author {author.person}",
            todo="have a supervisor reopen the sitting",
        )


def may_reopen(role: str, content: Mapping[str, Any]) -> bool:
    """Say whether somebody in this role may reopen a sitting for this reason."""
    return role == "supervisor" or bool(content.get("late_files"))


def _check_open(rows: Sequence[Any], key: Key, *, where: str) -> None:
    last = None
    for row in rows:
        if row.kind in ("sign_off", "reopen") and row.subject_id == key[2]:
            last = row
    if last is not None and last.kind == "sign_off":
        raise LedgerError(
            "the sitting is signed off",
            where=where,
            found=f"entry {last.seq} by {last.source}:{last.author}",
            todo="a supervisor reopens it, saying why",
        )


def _check_not_recused(rows: Sequence[Any], person: str) -> None:
    taken_back = {json.loads(row.payload)["seq"] for row in rows if row.kind == "retraction"}
    for row in rows:
        own = person == f"{row.source}:{row.author}"
        if row.kind == "recusal" and own and row.seq not in taken_back:
            raise LedgerError(
                f"{person} has stepped aside from this candidate",
                where=f"author {person}",
                found=f"entry {row.seq}",
                todo="have the sitting assigned to somebody else",
            )


def _check_retraction(
    connection: sa.Connection, payload: Payload, key: Key, author: Author
) -> None:
    seq = payload.as_payload()["seq"]
    row = connection.execute(_BY_NUMBER, {"number": seq}).mappings().first()
    where = f"retraction of entry {seq}"
    if row is None:
        raise LedgerError("no such entry", where=where)
    entry = Entry(**row)
    if entry.kind in _FINAL:
        raise LedgerError(f"an entry of kind {entry.kind!r} is not taken back", where=where)
    if (entry.session_id, entry.candidate_id, entry.subject_id) != key:
        raise LedgerError("the entry is about something else", where=where)
    own = (entry.source, entry.author) == (author.source, author.name)
    if not own and author.role != "supervisor":
        raise LedgerError(
            "only its author or a supervisor takes an entry back",
            where=where,
            found=f"written by {entry.source}:{entry.author}",
        )
