"""In which role somebody works, and whether they may watch."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from review.errors import LedgerError
from review.ledger import current_author

if TYPE_CHECKING:
    from review.ledger import Author, Ledger

#: Of several roles the one that may do most in the workbench comes first.
_ORDER: Final = ("supervisor", "reviewer", "analyst", "administrator")


def working_author(ledger: Ledger, *, role: str | None = None) -> Author:
    """Return the user of this process in the role in which they work.

    Parameters
    ----------
    role
        ``REVIEW_ROLE`` if not given; else of the roles that the ledger's staff list gives them
        the one that may do most here, and reviewer for somebody whom it does not know.

    Raises
    ------
    LedgerError
        If nobody knows who you are.
    """
    author = current_author(role=role, database_user=ledger.database_user)
    if role is not None or os.environ.get("REVIEW_ROLE"):
        return author
    given = ledger.staff().roles.get(author.person, frozenset())
    best = next((known for known in _ORDER if known in given), author.role)
    if best == author.role:
        return author
    return current_author(role=best, database_user=ledger.database_user)


def may_watch(ledger: Ledger, author: Author) -> str:
    """Say why somebody may not watch recordings; empty if they may."""
    try:
        ledger.staff().wants(author, "watched")
    except LedgerError as error:
        return str(error)
    return ""
