"""An empty ledger filled from an export: nothing stays in it unless the whole chain holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from review.errors import LedgerError
from review.ledger import queries, verification
from review.ledger.chain import COLUMNS, Anchor
from review.ledger.engine import writing
from review.ledger.faults import plain
from review.ledger.store import open_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import sqlalchemy as sa

_BATCH: Final = 2_000
#: The guard of a server lets nobody write in another's name; its owner lifts it for this alone.
_LIFT: Final = "ALTER TABLE entries DISABLE TRIGGER entries_follow"
_SET: Final = "ALTER TABLE entries ENABLE TRIGGER entries_follow"


def fill(address: str, lines: Path, *, anchor: Anchor) -> None:
    """Write the entries of an export into an empty ledger and verify them before they count.

    Parameters
    ----------
    address
        Of the ledger: a file that is not there yet, or a database of which the user is the owner.
    lines
        JSON Lines, as :func:`review.ledger.export.export` writes them.
    anchor
        What the last entry must be.

    Raises
    ------
    LedgerError
        If there are entries already, or the chain does not hold: then nothing was written.
    """
    ledger = open_ledger(address)
    try:
        if ledger.head() is not None:
            raise LedgerError("there are entries already", where=ledger.where)
        ledger.upgrade()
        with plain(ledger.where), writing(ledger.engine) as connection:
            server = connection.dialect.name == "postgresql"
            if server:
                connection.exec_driver_sql(_LIFT)
            for batch in _batches(lines):
                queries.insert(connection, batch)
            if server:
                connection.exec_driver_sql(_SET)
            _check(connection, anchor, where=ledger.where)
    finally:
        ledger.close()


def _batches(lines: Path) -> Iterator[list[dict[str, Any]]]:
    with lines.open(encoding="utf-8") as file:
        batch: list[dict[str, Any]] = []
        for line in file:
            entry = json.loads(line)
            if "anchor" in entry:
                break
            batch.append({name: entry[name] for name in COLUMNS})
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch


def _check(connection: sa.Connection, anchor: Anchor, *, where: str) -> None:
    found = verification.verify(
        lambda first, last: queries.rows(connection, first, last),
        queries.staff_after(connection, 0),
        last=anchor.seq,
        anchor=anchor,
    )
    if not found.ok or found.head != anchor:
        raise LedgerError(
            "the chain of the backup does not hold",
            where=where,
            found=f"entry {found.first_bad}: {found.reason}" if found.reason else "another end",
            todo="use another backup; nothing was restored",
        )
