"""What may be concluded on a sitting, what is still lacking, and what it costs.

Pure functions: the engine proposes, people decide. It reads sets, so that the order in which
things were recorded makes an outcome neither harsher nor milder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from review.rules.appeals import after_appeal
from review.rules.citations import check_cited
from review.rules.model import OUTCOMES, PENALTIES, Clause, Rulebook
from review.rules.signers import suffice, sufficed_on
from review.rules.standing import (
    LACKS,
    PENALTY_LACKS,
    Sanction,
    Standing,
    later,
    penalty_signers,
    sanction_of,
    standing_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from review.rules.case import Case

__all__ = [
    "LACKS",
    "PENALTY_LACKS",
    "Assessment",
    "Candidacy",
    "Sanction",
    "Standing",
    "assess",
    "assess_candidate",
]


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What may be concluded on one sitting.

    Parameters
    ----------
    outcome
        One of :data:`review.rules.model.OUTCOMES`; None while nothing can be concluded.
    standings
        Every clause that was found or cited, the gravest first.
    sanctions
        Penalties that may be given, without repetition.
    recorded
        Ids of clauses that only record, for the organiser to judge.
    lacking
        What stands in the way of clearing, or of an outcome altogether (``signature``,
        ``dispute``, ``appeal``, ``exam``).
    """

    subject_id: str
    outcome: str | None
    standings: tuple[Standing, ...]
    sanctions: tuple[Sanction, ...]
    recorded: tuple[str, ...]
    lacking: tuple[str, ...] = ()


def assess(rulebook: Rulebook, case: Case, *, on: date) -> Assessment:
    """Assess one sitting as of a day.

    Parameters
    ----------
    on
        Today: deadlines are held against it.

    Raises
    ------
    RulebookError
        If somebody cited a clause that the rulebook does not have.
    """
    case, appealed = after_appeal(case)
    cited = {c for signature in case.signatures for c in signature.clauses}
    labels = {finding.label for finding in case.findings}
    clauses = [
        clause
        for clause in rulebook.clauses
        if not clause.follows and (clause.id in cited or clause.labels.keys() & labels)
    ]
    check_cited(rulebook, cited)
    punishable = [c for c in clauses if c.penalty is not None and not c.organiser_decides]
    standings = sorted(
        (standing_of(rulebook, clause, case, on=on, appealed=appealed) for clause in punishable),
        key=lambda s: (-OUTCOMES.index(_outcome(s.clause)), -s.clause.weight, s.clause.id),
    )
    complete = [s for s in standings if s.complete]
    outcome, lacking = _concluded(case, complete, appealed=appealed)
    return Assessment(
        subject_id=case.subject_id,
        outcome=outcome,
        standings=tuple(standings),
        sanctions=_sanctions(s.sanction for s in standings if s.punishable),
        recorded=tuple(c.id for c in clauses if c.organiser_decides),
        lacking=lacking,
    )


@dataclass(frozen=True, kw_only=True)
class Candidacy:
    """What may be concluded on one candidate over all sittings of a session.

    Parameters
    ----------
    sittings
        Subject id -> assessment.
    follows
        Clauses that apply by themselves, given the sanctions of the sittings.
    sanctions
        Of sittings and of what follows, without repetition.
    """

    sittings: Mapping[str, Assessment]
    follows: tuple[Standing, ...]
    sanctions: tuple[Sanction, ...]


def assess_candidate(rulebook: Rulebook, cases: Iterable[Case], *, on: date) -> Candidacy:
    """Assess all sittings of one candidate in one session, and what follows from them together."""
    known = {case.subject_id: case for case in cases}
    sittings = {name: assess(rulebook, case, on=on) for name, case in known.items()}
    follows = tuple(
        standing
        for clause in rulebook.clauses
        if clause.follows is not None
        and (standing := _following(rulebook, clause, known, sittings)) is not None
    )
    given = [s for a in sittings.values() for s in a.sanctions]
    given += [s.sanction for s in follows if s.punishable and s.sanction is not None]
    return Candidacy(sittings=sittings, follows=follows, sanctions=_sanctions(given))


# A sitting


def _concluded(
    case: Case, complete: list[Standing], *, appealed: tuple[str, ...]
) -> tuple[str | None, tuple[str, ...]]:
    if case.kind != "exam":
        return None, ("exam",)
    if appealed:
        return None, appealed
    grave = [_outcome(s.clause) for s in complete if s.clause.outcome != "note"]
    if grave:
        return max(grave, key=OUTCOMES.index), ()
    supervisors = [s for s in case.signatures if s.role == "supervisor"]
    words = {s.outcome for s in supervisors or case.signatures}
    if not words:
        return None, ("signature",)
    if words == {"cleared"}:
        return "cleared", ()
    return None, ("dispute",) if "cleared" in words else ()


def _outcome(clause: Clause) -> str:
    return "cleared" if clause.outcome == "note" else clause.outcome


def _sanctions(found: Iterable[Sanction | None]) -> tuple[Sanction, ...]:
    order = {kind: n for n, kind in enumerate(PENALTIES)}

    def rank(s: Sanction) -> tuple[Any, ...]:
        return order[s.kind], s.scope, s.ban.last_day.isoformat() if s.ban else ""

    return tuple(sorted({s for s in found if s is not None}, key=rank))


# A candidate


def _following(
    rulebook: Rulebook,
    clause: Clause,
    cases: Mapping[str, Case],
    sittings: Mapping[str, Assessment],
) -> Standing | None:
    follows = clause.follows
    if follows is None:
        return None
    hit = [
        name
        for name, assessment in sittings.items()
        if any(s.kind == follows.penalty for s in assessment.sanctions)
    ]
    if len(hit) < follows.count:
        return None
    signed = [s for name in hit for s in cases[name].signatures if clause.id in s.clauses]
    needs = (clause.signers, penalty_signers(rulebook))
    decided_on = later(sufficed_on(signed, needs[0]), sufficed_on(signed, needs[1]))
    return Standing(
        clause=clause,
        flags=frozenset(),
        lacking=() if suffice(signed, needs[0]) else ("signature",),
        penalty_lacking=() if suffice(signed, needs[1]) else ("penalty_signature",),
        sanction=sanction_of(rulebook, clause, cases[min(hit)], decided_on),
        decided_on=decided_on,
    )
