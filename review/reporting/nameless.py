"""The people of the institution as a candidate may know them: a role and a number.

A copy for an appeal says what was decided, in which role and by how many different people, so that
it can be answered; who they are the board of appeal reads in its own copy. Numbers count within
one copy. The keys that signed are left out as well: by them people could be told apart from case
to case, and one who is named elsewhere be recognised here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from review.reporting.model import (
        ClauseSummary,
        Conclusion,
        DecisionSummary,
        FlagSummary,
        SignatureSummary,
        SittingSummary,
    )

#: Kinds of entries whose text is about the one who wrote it: working notes, why somebody steps
#: aside. What is said about the candidate stays.
_PRIVATE: Final = ("decision", "own_flag", "recusal")


def without_names(summary: SittingSummary) -> SittingSummary:
    """Return a summary that names nobody but the candidate.

    Readers and signers have numbers, in the order in which they first wrote; their keys and the
    readers' notes are left out. Reasons of outcomes, statements and what else is on the
    candidate's record stay.
    """
    numbers = _numbers(summary)
    conclusion = summary.conclusion
    return replace(
        summary,
        flags=tuple(_flag(flag, numbers) for flag in summary.flags),
        outcomes=tuple(_decision(one, numbers) for one in summary.outcomes),
        orphans=tuple(_decision(one, numbers) for one in summary.orphans),
        conclusion=None if conclusion is None else _conclusion(conclusion, numbers),
    )


def _numbers(summary: SittingSummary) -> dict[str, int]:
    said = [one for flag in summary.flags for one in flag.decisions]
    said = sorted([*said, *summary.orphans, *summary.outcomes], key=lambda one: one.seq)
    signed = () if summary.conclusion is None else _signatures(summary.conclusion)
    names = dict.fromkeys([one.who for one in said] + [_name(one.who) for one in signed])
    return {name: number for number, name in enumerate(names, start=1)}


def _signatures(conclusion: Conclusion) -> Iterable[SignatureSummary]:
    clauses = (*conclusion.clauses, *conclusion.follows)
    return (*conclusion.signatures, *(one for clause in clauses for one in clause.signatures))


def _name(person: str) -> str:
    """Return the name of a person that is given with who vouches for it (``source:name``)."""
    return person.partition(":")[2] or person


def _flag(flag: FlagSummary, numbers: Mapping[str, int]) -> FlagSummary:
    return replace(flag, decisions=tuple(_decision(one, numbers) for one in flag.decisions))


def _decision(one: DecisionSummary, numbers: Mapping[str, int]) -> DecisionSummary:
    note = "" if one.kind in _PRIVATE else one.note
    return replace(one, who=_said(numbers[one.who]), note=note, key_id="")


def _conclusion(conclusion: Conclusion, numbers: Mapping[str, int]) -> Conclusion:
    def signed(many: Iterable[SignatureSummary]) -> tuple[SignatureSummary, ...]:
        return tuple(replace(s, who=_said(numbers[_name(s.who)]), key_id="") for s in many)

    def clause(one: ClauseSummary) -> ClauseSummary:
        return replace(one, signatures=signed(one.signatures))

    return replace(
        conclusion,
        clauses=tuple(clause(one) for one in conclusion.clauses),
        follows=tuple(clause(one) for one in conclusion.follows),
        signatures=signed(conclusion.signatures),
    )


def _said(number: int) -> str:
    # A sign that both languages read.
    return f"\u2116 {number}"
