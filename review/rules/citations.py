"""Whether the clauses that an outcome rests on can be cited at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.errors import RulebookError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from review.rules.model import Rulebook


def check_cited(rulebook: Rulebook, clauses: Iterable[str], *, note: str | None = None) -> None:
    """Refuse clauses that the rulebook does not have, or that carry no penalty of their own.

    Parameters
    ----------
    note
        What was written about it: a clause may ask for it. Not looked at if None.

    Raises
    ------
    RulebookError
        Naming the clause and the ones that could be cited instead.
    """
    for clause_id in sorted(clauses):
        clause = rulebook.clause(clause_id)
        if clause.penalty is None and not clause.organiser_decides:
            raise RulebookError(
                f"clause {clause_id!r} carries no penalty of its own",
                where=f"rulebook {rulebook.id}",
                expected=f"one of {', '.join(clause.sanctioned_by) or 'the penal clauses'}",
            )
        if clause.note_required and note is not None and not note.strip():
            raise RulebookError(
                f"clause {clause_id!r} asks for a note on what was done",
                where=f"rulebook {rulebook.id}",
                todo="write what was seen, then record the outcome again",
            )
