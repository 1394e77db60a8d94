"""Clauses of an outcome are checked at the door: a wrong one would stand in the way for good."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from review.errors import LedgerError, RulebookError
from review.rules import load_rulebook, shipped_rulebooks
from review.rules.citations import check_cited

if TYPE_CHECKING:
    from review.ledger.payloads import Outcome
    from review.rules import Rulebook


def check_citations(outcome: Outcome) -> None:
    """Refuse an outcome under an unknown clause, or without the note that its clause asks for.

    A rulebook of an institution's own is known to its session and not to the ledger; whoever
    records an outcome under it calls :func:`review.rules.citations.check_cited`.

    Raises
    ------
    LedgerError
        Naming the clause.
    """
    rulebook = _shipped(outcome.rulebook)
    if rulebook is None:
        return
    try:
        check_cited(rulebook, outcome.clauses, note=outcome.note)
    except RulebookError as error:
        raise LedgerError(
            error.what,
            where=f"entry 'outcome', {error.where}",
            expected=error.expected,
            todo=error.todo,
        ) from error


@functools.cache
def _shipped(name: str) -> Rulebook | None:
    return load_rulebook(name) if name in shipped_rulebooks() else None
