"""How far one clause has come on one sitting: what it lacks, and what it would cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from review.rules.dates import Ban, ban
from review.rules.signers import suffice, sufficed_on

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from review.rules.case import Case, Signature
    from review.rules.model import Clause, Rulebook

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


def standing_of(
    rulebook: Rulebook, clause: Clause, case: Case, *, on: date, appealed: tuple[str, ...]
) -> Standing:
    """Return how far a clause has come.

    Parameters
    ----------
    on
        Today: deadlines are held against it.
    appealed
        What an open appeal still lacks; empty if there is none.
    """
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
    decided_on = later(
        sufficed_on(signed, clause.signers),
        sufficed_on([*signed, *case.sign_offs], penalty_signers(rulebook)),
    )
    return Standing(
        clause=clause,
        flags=flags,
        lacking=tuple(code for code in LACKS if lacking[code]),
        penalty_lacking=tuple(code for code in PENALTY_LACKS if penalty_lacking[code]),
        sanction=sanction_of(rulebook, clause, case, decided_on),
        decided_on=decided_on,
    )


def later(one: date | None, other: date | None) -> date | None:
    """Return the later of two days; None if either is not known."""
    return None if one is None or other is None else max(one, other)


def _penalty_signature(
    rulebook: Rulebook, signed: Iterable[Signature], case: Case
) -> dict[str, bool]:
    return {"penalty_signature": not suffice([*signed, *case.sign_offs], penalty_signers(rulebook))}


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


def penalty_signers(rulebook: Rulebook) -> tuple[tuple[str, ...], ...]:
    """Return who signs for a penalty: alternatives of roles, an empty one for nobody."""
    if "penalty_signed_by" not in rulebook.parameters:
        return ((),)
    return ((str(rulebook.parameter("penalty_signed_by")),),)


def sanction_of(
    rulebook: Rulebook, clause: Clause, case: Case, decided_on: date | None
) -> Sanction | None:
    """Return what an outcome under a clause costs; a ban has dates once it was decided."""
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


def _parameter(rulebook: Rulebook, name: str, default: str) -> str:
    known = rulebook.parameters.get(name)
    return default if known is None else str(known.value)
