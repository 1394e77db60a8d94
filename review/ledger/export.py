"""The ledger as a file that strangers can verify, and a copy of it to restore from."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from review.errors import LedgerError
from review.ledger.chain import FORMAT, Anchor
from review.ledger.engine import file_of
from review.ledger.payloads import Exported
from review.workspace import atomic_path

if TYPE_CHECKING:
    from review.ledger.identity import Author
    from review.ledger.store import Ledger


def export(ledger: Ledger, path: Path | str, *, author: Author) -> Anchor:
    """Write the whole ledger as JSON Lines: one entry a line, and the anchor in the last.

    That it was exported, and by whom, is the last entry of the export itself.

    Returns
    -------
    Anchor
        Number and hash of that entry: kept elsewhere, it proves later that nothing before it was
        changed or cut off.

    Raises
    ------
    LedgerError
        If the author may not export, or the file cannot be written.
    """
    target = Path(path)
    entry = ledger.record(Exported(what="ledger", file=target.name), author=author)
    anchor = Anchor(seq=entry.seq, hash=entry.hash)
    try:
        with atomic_path(target) as part:
            write_lines(ledger, anchor, part)
    except OSError as error:
        raise LedgerError(
            "the export cannot be written", where=target, found=error.strerror
        ) from error
    return anchor


def write_lines(ledger: Ledger, anchor: Anchor, path: Path) -> None:
    """Write the entries up to an anchor as JSON Lines, and the anchor in the last line."""
    with path.open("w", encoding="utf-8") as file:
        for fields in ledger.walk(1, anchor.seq):
            file.write(_line(fields))
        file.write(_line({"format": FORMAT, "anchor": [anchor.seq, anchor.hash]}))


def copy(ledger: Ledger, path: Path | str) -> None:
    """Write a whole copy of a ledger file while others go on writing.

    Raises
    ------
    LedgerError
        If the ledger is not a file (a server has its own means), the copy is there already, or
        cannot be written.
    """
    target = Path(path)
    source = file_of(ledger.url)
    if source is None:
        raise LedgerError(
            "a ledger on a server is not copied as a file",
            where=ledger.where,
            todo="use the server's own backup (pg_dump)",
        )
    if target.exists():
        raise LedgerError("there is a file already", where=target, todo="choose another name")
    if not source.exists():
        raise LedgerError("there is no ledger yet", where=source)
    with atomic_path(target) as part:
        try:
            with (
                closing(sqlite3.connect(source)) as live,
                closing(sqlite3.connect(part)) as made,
            ):
                live.backup(made)
                # One file, without a log beside it.
                made.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise LedgerError("the copy cannot be made", where=target, found=str(error)) from error


def _line(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
