"""What follows from what people decided: outcome, clauses, penalties, by the rulebook."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from review import words
from review.errors import ReviewError
from review.ledger.circumstances import case_for
from review.reporting.model import ClauseSummary, Conclusion, PenaltySummary, SignatureSummary
from review.rules import load_rulebook
from review.rules.appeals import appeal_deadline
from review.rules.engine import assess_candidate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from review.ledger import Ledger
    from review.reporting.model import FlagSummary
    from review.reporting.stored import SittingTables
    from review.rules import Rulebook
    from review.rules.case import Case, Signature
    from review.rules.engine import Sanction, Standing
    from review.session import Sitting
    from review.workspace import Workspace

#: Kinds of entries from which something can follow.
_DECIDING = ("decision", "own_flag", "outcome", "warning", "statement", "sign_off")


def conclusion_of(
    ledger: Ledger,
    sitting: Sitting,
    parts: SittingTables,
    workspace: Workspace,
    flags: Iterable[FlagSummary],
    *,
    on: date | None = None,
) -> Conclusion | None:
    """Return what may be concluded on a sitting; None where nobody decided anything.

    The other subjects of the same candidate are looked at as well, where somebody has concluded
    something on one of them: two cancelled subjects can cost more than each alone.

    Parameters
    ----------
    flags
        The report's flags: clauses name them by their numbers.
    on
        The day on which deadlines are looked at; today in the session's time zone if not given.
    """
    session_id, candidate_id, subject_id = sitting.key
    entries = ledger.records(session_id, candidate_id, kinds=_DECIDING)
    if not entries:
        return None
    today = on or datetime.now(UTC).astimezone(ZoneInfo(sitting.session.timezone)).date()
    try:
        book = load_rulebook(sitting.session.rulebook, folder=sitting.session.folder)
        cases = {
            subject_id: case_for(ledger, sitting, flags=parts.flags, events=parts.events),
            **{
                other: _other_case(ledger, sitting, other, workspace)
                for other in dict.fromkeys(
                    e["subject_id"] for e in entries if e["kind"] == "outcome"
                )
                if other in sitting.candidate.subjects and other != subject_id
            },
        }
        return _concluded(book, cases, subject_id, flags, today=today)
    except ReviewError as error:
        # A rulebook that changed under its decisions must not keep the report from being read.
        return Conclusion(as_of=today.isoformat(), failed=str(error))


def _other_case(ledger: Ledger, sitting: Sitting, subject_id: str, workspace: Workspace) -> Case:
    other = sitting.session.sitting(sitting.candidate.id, subject_id)
    return case_for(
        ledger,
        other,
        flags=workspace.read_sitting("flags", other),
        events=workspace.read_sitting("events", other),
    )


def _concluded(
    book: Rulebook,
    cases: Mapping[str, Case],
    subject_id: str,
    flags: Iterable[FlagSummary],
    *,
    today: date,
) -> Conclusion:
    candidacy = assess_candidate(book, cases.values(), on=today)
    found = candidacy.sittings[subject_id]
    case = cases[subject_id]
    numbers = {flag.flag_id: flag.number for flag in flags}
    numbers |= {d.flag_id: f.number for f in flags for d in f.decisions}
    decided = max((s.decided_on for s in found.standings if s.decided_on), default=None)
    appeal = ""
    if decided is not None and found.sanctions and "appeal_days" in book.parameters:
        appeal = appeal_deadline(book, decided).isoformat()
    deadline = case.procedure.deadline
    return Conclusion(
        as_of=today.isoformat(),
        outcome=found.outcome or "",
        lacking=found.lacking,
        clauses=tuple(_clause(s, case.signatures, numbers) for s in found.standings),
        penalties=tuple(_penalty(s) for s in found.sanctions),
        follows=tuple(
            _clause(s, (x for one in cases.values() for x in one.signatures), {})
            for s in candidacy.follows
        ),
        signatures=tuple(_signatures([*case.signatures, *case.sign_offs])),
        statement_until="" if deadline is None else deadline.isoformat(),
        appeal_until=appeal,
        decided_on="" if decided is None else decided.isoformat(),
    )


def _clause(
    standing: Standing, signatures: Iterable[Signature], numbers: Mapping[str, int]
) -> ClauseSummary:
    clause = standing.clause
    return ClauseSummary(
        clause_id=clause.id,
        number={one: clause.number[one] for one in words.LANGUAGES},
        text={one: clause.summary[one] for one in words.LANGUAGES},
        outcome=clause.outcome,
        flags=tuple(sorted({numbers[f] for f in standing.flags if f in numbers})),
        lacking=standing.lacking,
        penalty_lacking=standing.penalty_lacking,
        penalty=None if standing.sanction is None else _penalty(standing.sanction),
        signatures=tuple(_signatures(s for s in signatures if clause.id in s.clauses)),
    )


def _penalty(sanction: Sanction) -> PenaltySummary:
    ban = sanction.ban
    return PenaltySummary(
        kind=sanction.kind,
        scope=sanction.scope,
        banned_after="" if ban is None else ban.starts_on.isoformat(),
        banned_until="" if ban is None else ban.last_day.isoformat(),
    )


def _signatures(signatures: Iterable[Signature]) -> list[SignatureSummary]:
    made = [
        SignatureSummary(
            who=one.person,
            role=one.role,
            signed_on=one.signed_on.isoformat(),
            key_id=one.key_id,
            outcome=one.outcome,
        )
        for one in signatures
    ]
    return sorted(made, key=lambda s: (s.signed_on, s.who, s.outcome))
