"""What may follow what: the rules that an entry is held against when it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from review.errors import LedgerError
from review.ledger.chain import Entry
from review.ledger.schema import ENTRIES

if TYPE_CHECKING:
    from review.ledger.identity import Author
    from review.ledger.payloads import Payload

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


def check(connection: sa.Connection, payload: Payload, *, key: Key, author: Author) -> None:
    """Refuse an entry that may not follow the ones before it.

    Raises
    ------
    LedgerError
        Saying which entry stands in its way.
    """
    kind = payload.KIND
    if kind in _OF_SITTING and None in key:
        raise LedgerError(f"{kind!r} belongs to a sitting", expected="a full sitting_key")
    if kind in _LOCKED:
        _check_open(connection, key, where=f"entry {kind!r}")
    if kind in _RECUSED:
        _check_not_recused(connection, key, author)
    if kind == "retraction":
        _check_retraction(connection, payload, key, author)


def _check_open(connection: sa.Connection, key: Key, *, where: str) -> None:
    if None in key:
        return
    last = connection.execute(
        _of(key)
        .where(ENTRIES.c.kind.in_(("sign_off", "reopen")))
        .order_by(ENTRIES.c.seq.desc())
        .limit(1)
    ).first()
    if last is not None and last.kind == "sign_off":
        raise LedgerError(
            "the sitting is signed off",
            where=where,
            found=f"entry {last.seq} by {last.source}:{last.author}",
            todo="a supervisor reopens it, saying why",
        )


def _check_not_recused(connection: sa.Connection, key: Key, author: Author) -> None:
    rows = connection.execute(
        sa.select(ENTRIES).where(
            ENTRIES.c.kind == "recusal",
            ENTRIES.c.session_id == key[0],
            ENTRIES.c.candidate_id == key[1],
            ENTRIES.c.author == author.name,
            ENTRIES.c.source == author.source,
        )
    ).all()
    for row in rows:
        if not _taken_back(connection, row):
            raise LedgerError(
                "the author has stepped aside from this candidate",
                where=f"author {author.person}",
                found=f"entry {row.seq}",
                todo="have the sitting assigned to somebody else",
            )


def _taken_back(connection: sa.Connection, row: Any) -> bool:
    later = connection.execute(
        sa.select(ENTRIES.c.payload).where(
            ENTRIES.c.kind == "retraction",
            ENTRIES.c.seq > row.seq,
            ENTRIES.c.session_id == row.session_id,
            ENTRIES.c.candidate_id == row.candidate_id,
        )
    )
    return any(f'"seq":{row.seq}}}' in text for (text,) in later)


def _check_retraction(
    connection: sa.Connection, payload: Payload, key: Key, author: Author
) -> None:
    seq = payload.as_payload()["seq"]
    row = connection.execute(sa.select(ENTRIES).where(ENTRIES.c.seq == seq)).mappings().first()
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


def _of(key: Key) -> Any:
    query = sa.select(ENTRIES)
    for column, value in zip(("session_id", "candidate_id", "subject_id"), key, strict=True):
        query = query.where(ENTRIES.c[column] == value)
    return query
