"""What may be concluded on a sitting, what is still lacking, and what it costs.

Pure functions: the engine proposes, people decide. It reads sets, so that the order in which
things were recorded makes an outcome neither harsher nor milder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from review.rules.appeals import after_appeal
from review.rules.citations import check_cited
from review.rules.dates import Ban, ban
from review.rules.model import OUTCOMES, PENALTIES, Clause, Rulebook
from review.rules.signers import suffice, sufficed_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from review.rules.case import Case, Signature

#: What can stand in the way of an outcome, in the order in which it is told.
LACKS: Final = (
    "exam",
    "permission",
    "finding",
    "limit",
    "warning",
    "evidence",
    "note",
    "signature",
    "dispute",
    "appeal",
)
#: What can stand in the way of a penalty beyond that.
PENALTY_LACKS: Final = ("warning", "penalty_signature", "invitation", "statement", "hearing")


@dataclass(frozen=True, kw_only=True)
class Sanction:
    """A penalty with what it covers.

    Parameters
    ----------
    kind
        One of :data:`review.rules.model.PENALTIES`.
    scope
        ``subject`` (this paper) or ``session`` (all papers of the round).
    ban
        The ban that comes with it, or None.
    """

    kind: str
    scope: str
    ban: Ban | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far one clause has come.

    Parameters
    ----------
    clause
        The clause.
    flags
        Ids of the confirmed flags that support it.
    lacking
        Codes out of :data:`LACKS`: what an outcome under it still needs.
    penalty_lacking
        Codes out of :data:`PENALTY_LACKS`: what its penalty needs besides.
    sanction
        What it would cost. A ban has dates once the signatures are there.
    decided_on
        Day on which the signatures were complete; None before.
    """

    clause: Clause
    flags: frozenset[str]
    lacking: tuple[str, ...]
    penalty_lacking: tuple[str, ...]
    sanction: Sanction | None
    decided_on: date | None = None

    @property
    def complete(self) -> bool:
        """Whether an outcome may be concluded under it."""
        return not self.lacking

    @property
    def punishable(self) -> bool:
        """Whether its penalty may be given."""
        return not self.lacking and not self.penalty_lacking


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
        (_standing(rulebook, clause, case, on=on, appealed=appealed) for clause in punishable),
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


# One clause


def _standing(
    rulebook: Rulebook, clause: Clause, case: Case, *, on: date, appealed: tuple[str, ...]
) -> Standing:
    signed = [s for s in case.signatures if clause.id in s.clauses]
    flags = frozenset(f.flag_id for f in case.findings if clause.labels.get(f.label, 0) > 0)
    unwarned = clause.warning_first and not _unheeded(clause, case)
    lacking = {
        "exam": case.kind != "exam",
        "permission": clause.permission_excuses and case.permitted,
        "finding": not flags and not _known_otherwise(clause, signed),
        "limit": not _limit_reached(rulebook, clause, case),
        "warning": unwarned and clause.warning_in_act,
        "evidence": clause.evidence_kept and not case.evidence & {None, *flags},
        "note": clause.note_required and not any(s.note.strip() for s in signed),
        "signature": not suffice(signed, clause.signers),
        "dispute": _disputed(clause, case),
        "appeal": bool(appealed),
    }
    penalty_lacking = {
        "warning": unwarned and not clause.warning_in_act,
        **_penalty_signature(rulebook, signed, case),
        **_procedure_lacks(case, on=on),
    }
    decided_on = _later(
        sufficed_on(signed, clause.signers),
        sufficed_on([*signed, *case.sign_offs], _penalty_signers(rulebook)),
    )
    return Standing(
        clause=clause,
        flags=flags,
        lacking=tuple(code for code in LACKS if lacking[code]),
        penalty_lacking=tuple(code for code in PENALTY_LACKS if penalty_lacking[code]),
        sanction=_sanction(rulebook, clause, case, decided_on),
        decided_on=decided_on,
    )


def _later(one: date | None, other: date | None) -> date | None:
    return None if one is None or other is None else max(one, other)


def _penalty_signature(
    rulebook: Rulebook, signed: Iterable[Signature], case: Case
) -> dict[str, bool]:
    return {
        "penalty_signature": not suffice([*signed, *case.sign_offs], _penalty_signers(rulebook))
    }


def _known_otherwise(clause: Clause, signed: Iterable[Signature]) -> bool:
    """Say whether somebody has written what no recording shows, where a clause allows for that."""
    return "other" in clause.labels and any(s.note.strip() for s in signed)


def _limit_reached(rulebook: Rulebook, clause: Clause, case: Case) -> bool:
    """Say whether one of the clause's limits on the candidate's conduct is reached."""
    reached = []
    if "warnings" in clause.limits:
        count = sum(w.clause == clause.id for w in case.warnings)
        reached.append(count >= clause.limits["warnings"])
    if "away_s" in clause.limits:
        total = rulebook.parameter("away_measure") == "total"
        away_s = case.away_total_s if total else case.away_longest_s
        reached.append(away_s > clause.limits["away_s"])
    return any(reached) or not reached


def _unheeded(clause: Clause, case: Case) -> bool:
    return any(w.clause in (None, clause.id) and w.corrected is False for w in case.warnings)


def _disputed(clause: Clause, case: Case) -> bool:
    """Say whether those whose word counts differ about the clause.

    Supervisors settle what reviewers differ about; among supervisors nobody does.
    """
    supervisors = [s for s in case.signatures if s.role == "supervisor"]
    cited = any(clause.id in s.clauses for s in case.signatures)
    return cited and not all(clause.id in s.clauses for s in supervisors or case.signatures)


def _procedure_lacks(case: Case, *, on: date) -> dict[str, bool]:
    procedure = case.procedure
    over = procedure.deadline is not None and on > procedure.deadline
    return {
        "invitation": procedure.deadline is None and not procedure.answered,
        "statement": procedure.deadline is not None and not procedure.answered and not over,
        "hearing": not procedure.heard and not (over and not procedure.answered),
    }


def _penalty_signers(rulebook: Rulebook) -> tuple[tuple[str, ...], ...]:
    if "penalty_signed_by" not in rulebook.parameters:
        return ((),)
    return ((str(rulebook.parameter("penalty_signed_by")),),)


def _sanction(
    rulebook: Rulebook, clause: Clause, case: Case, decided_on: date | None
) -> Sanction | None:
    penalty = clause.penalty
    if penalty is None:
        return None
    scope = "session" if penalty.kind == "cancel_batch_and_ban" else "subject"
    if penalty.kind == "cancel_result":
        scope = _parameter(rulebook, "cancelled_scope", "subject")
    starts = _parameter(rulebook, "ban_starts", "decision_date")
    start = case.exam_on if starts == "exam_date" else decided_on
    banned = ban(start, years=penalty.ban_years) if start and penalty.ban_years else None
    return Sanction(kind=penalty.kind, scope=scope, ban=banned)


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


def _parameter(rulebook: Rulebook, name: str, default: str) -> str:
    known = rulebook.parameters.get(name)
    return default if known is None else str(known.value)


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
    needs = (clause.signers, _penalty_signers(rulebook))
    decided_on = _later(sufficed_on(signed, needs[0]), sufficed_on(signed, needs[1]))
    return Standing(
        clause=clause,
        flags=frozenset(),
        lacking=() if suffice(signed, needs[0]) else ("signature",),
        penalty_lacking=() if suffice(signed, needs[1]) else ("penalty_signature",),
        sanction=_sanction(rulebook, clause, cases[min(hit)], decided_on),
        decided_on=decided_on,
    )
