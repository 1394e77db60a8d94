"""What an appeal leaves of an outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from review.rules.dates import deadline
from review.rules.model import OUTCOMES

if TYPE_CHECKING:
    from datetime import date

    from review.rules.case import Appeal, Case, Signature
    from review.rules.model import Rulebook


def after_appeal(case: Case) -> tuple[Case, tuple[str, ...]]:
    """Return the case as an appeal leaves it, and what an open appeal still lacks.

    An appeal is decided by a supervisor who has had nothing to do with the sitting; it upholds,
    lowers or lifts, and never makes anything harsher. Deciders who differ settle nothing.
    """
    appeal = case.appeal
    if appeal is None:
        return case, ()
    first = case.signatures
    involved = case.involved | {m for s in first for m in (s.person, s.key_id)}
    valid = [
        d
        for d in appeal.decisions
        if not involved & {d.signature.person, d.signature.key_id}
        and d.signature.role == "supervisor"
        and _not_harsher(d.result, d.signature, first)
    ]
    if len({(d.result, d.signature.clauses) for d in valid}) != 1:
        return case, ("dispute",) if valid else ("appeal",)
    decision = valid[0]
    if decision.result == "upheld":
        return case, ()
    kept, outcome = decision.signature.clauses, decision.signature.outcome
    lowered = frozenset(
        replace(s, clauses=kept, outcome=outcome) for s in first | {d.signature for d in valid}
    )
    return replace(case, signatures=lowered), ()


def _not_harsher(result: str, signature: Signature, first: frozenset[Signature]) -> bool:
    gravest = max((OUTCOMES.index(s.outcome) for s in first), default=0)
    now = OUTCOMES.index(signature.outcome)
    if result == "lifted":
        return signature.outcome == "cleared"
    return now <= gravest


def appeal_deadline(rulebook: Rulebook, decided_on: date) -> date:
    """Return the last day on which an appeal may be filed."""
    return deadline(decided_on, days=int(rulebook.parameter("appeal_days")))


def is_late(rulebook: Rulebook, appeal: Appeal, *, decided_on: date) -> bool:
    """Say whether an appeal came after its time."""
    return appeal.filed_on > appeal_deadline(rulebook, decided_on)
