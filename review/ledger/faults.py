"""What a database says when it cannot, in one plain line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from review.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Part of the driver's message -> (what, what to do).
_KNOWN: Final = (
    ("locked", "the ledger is locked by another program", "close it, and record the entry again"),
    ("readonly", "the ledger is read-only", "make the file and its folder writable for you"),
    ("read-only", "the ledger is read-only", "ask for the right to write"),
    ("no space left", "the disk is full: the entry was not recorded", "free some space"),
    ("full", "the disk is full: the entry was not recorded", "free some space and record it again"),
    ("unable to open", "the ledger cannot be opened", "check that its folder is there"),
    ("disk i/o error", "the ledger's disk fails", "check the disk; the entry was not recorded"),
    ("not a database", "the file is no ledger", "restore it from a backup (review backup)"),
    ("malformed", "the ledger's file is damaged", "restore it from a backup (review backup)"),
    ("append-only", "the ledger is append-only", "take an entry back with a new one"),
    ("permission denied", "no right to do this in the ledger", "ask an administrator"),
    ("connect", "the ledger's database cannot be reached", "check it and record the entry again"),
)


@contextmanager
def plain(where: str) -> Iterator[None]:
    """Turn errors of the database into a :class:`LedgerError` that a user can act on."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        for part, what, todo in _KNOWN:
            if part in cause.lower():
                raise LedgerError(what, where=where, found=cause, todo=todo) from error
        raise LedgerError("the ledger's database refused", where=where, found=cause) from error
    except OSError as error:
        raise LedgerError(
            "the ledger's disk fails: whether the entry is kept is not known",
            where=where,
            found=error.strerror or str(error),
            todo="check the disk, then look whether the entry is there (review ledger log)",
        ) from error
