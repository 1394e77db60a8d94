"""The statements that the ledger runs, built once: building one costs more than running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from review.ledger.chain import COLUMNS, GENESIS, Anchor
from review.ledger.schema import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_HEAD: Final = sa.select(ENTRIES.c.seq, ENTRIES.c.hash).order_by(ENTRIES.c.seq.desc()).limit(1)
_STAFF: Final = (
    sa.select(ENTRIES.c.seq, ENTRIES.c.payload)
    .where(ENTRIES.c.kind == "staff", ENTRIES.c.seq > sa.bindparam("known"))
    .order_by(ENTRIES.c.seq)
)
_INSERT: Final = sa.insert(ENTRIES)
_WHOLE: Final = sa.select(*(ENTRIES.c[name] for name in COLUMNS)).order_by(ENTRIES.c.seq)
#: Kinds of entries of one candidate that others are held against (:mod:`review.ledger.admission`).
_WEIGHTY: Final = ("sign_off", "reopen", "recusal", "retraction")


def _part(name: str) -> sa.Select[Any]:
    columns = ("seq", "kind", "author", "source", "subject_id", "payload", "hash")
    return sa.select(sa.literal(name).label("part"), *(ENTRIES.c[column] for column in columns))


#: All that must be known before an entry is written, in one question: between the first and the
#: last answer nobody else writes.
_BEFORE: Final = sa.union_all(
    sa.select(_part("head").order_by(ENTRIES.c.seq.desc()).limit(1).subquery()),
    _part("staff").where(ENTRIES.c.kind == "staff", ENTRIES.c.seq > sa.bindparam("known")),
    _part("weighty").where(
        ENTRIES.c.session_id == sa.bindparam("session", type_=sa.Text),
        ENTRIES.c.candidate_id == sa.bindparam("candidate", type_=sa.Text),
        ENTRIES.c.kind.in_(_WEIGHTY),
    ),
)
#: Entries that are held in memory at once when a ledger is walked.
_BATCH: Final = 2_000


def head(connection: sa.Connection) -> Anchor:
    """Return number and hash of the last entry; number 0 and the first hash if there is none."""
    row = connection.execute(_HEAD).first()
    return Anchor(seq=0, hash=GENESIS) if row is None else Anchor(seq=row[0], hash=row[1])


def staff_after(connection: sa.Connection, known: int) -> list[tuple[int, str]]:
    """Return number and payload of the staff entries after a number, in their order."""
    return [(seq, payload) for seq, payload in connection.execute(_STAFF, {"known": known})]


@dataclass(frozen=True, kw_only=True)
class Before:
    """What is there before an entry is written.

    Parameters
    ----------
    staff
        Number and payload of the staff entries after the known one.
    weighty
        Sign-offs, reopenings, recusals and retractions about the candidate, in their order.
    """

    head: Anchor
    staff: list[tuple[int, str]]
    weighty: list[Any]


def before(
    connection: sa.Connection, *, known: int, session_id: str | None, candidate_id: str | None
) -> Before:
    """Ask for everything that an entry about a candidate is held against."""
    wanted = {"known": known, "session": session_id, "candidate": candidate_id}
    found = sorted(connection.execute(_BEFORE, wanted), key=lambda row: row.seq)
    heads = [Anchor(seq=row.seq, hash=row.hash) for row in found if row.part == "head"]
    return Before(
        head=heads[0] if heads else Anchor(seq=0, hash=GENESIS),
        staff=[(row.seq, row.payload) for row in found if row.part == "staff"],
        weighty=[row for row in found if row.part == "weighty"],
    )


def insert(
    connection: sa.Connection, fields: Mapping[str, Any] | Sequence[Mapping[str, Any]]
) -> None:
    """Write one entry, or several in their order."""
    connection.execute(_INSERT, fields)


def rows(connection: sa.Connection, first: int, last: int | None) -> Iterator[Sequence[Any]]:
    """Give the entries from one number to another as values in the order of ``COLUMNS``."""
    query = _WHOLE.where(ENTRIES.c.seq >= first)
    if last is not None:
        query = query.where(ENTRIES.c.seq <= last)
    with connection.execute(query.execution_options(yield_per=_BATCH)) as found:
        for batch in found.partitions():
            yield from batch


def select(
    connection: sa.Connection,
    wanted: Mapping[str, str | None],
    kinds: Iterable[str] | None,
    *,
    last: int | None = None,
) -> list[dict[str, Any]]:
    """Return entries in their order.

    Parameters
    ----------
    wanted
        Column -> value, for those that are not None.
    kinds
        Only these; all if None.
    last
        Only so many of the end.
    """
    query = sa.select(*(ENTRIES.c[name] for name in COLUMNS))
    for column, value in wanted.items():
        if value is not None:
            query = query.where(ENTRIES.c[column] == value)
    if kinds is not None:
        query = query.where(ENTRIES.c.kind.in_(tuple(kinds)))
    if last is not None:
        latest = query.order_by(ENTRIES.c.seq.desc()).limit(last)
        found = list(reversed(connection.execute(latest).all()))
    else:
        found = list(connection.execute(query.order_by(ENTRIES.c.seq)))
    return [dict(zip(COLUMNS, row, strict=True)) for row in found]
