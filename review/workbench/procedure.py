"""The candidate's side: invitation, statement, hearing, appeal, and who may decide an appeal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from review.errors import LedgerError
from review.ledger.decisions import standing
from review.ledger.payloads import Statement
from review.rules.dates import deadline
from review.rules.model import OUTCOMES
from review.workbench.readings import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas as pd

    from review.ledger import Author
    from review.ledger.fields import Payload
    from review.rules import Rulebook
    from review.rules.case import Case
    from review.rules.engine import Assessment
    from review.session import Sitting

    Message = Mapping[str, Any]

#: Parameter of a rulebook: how many days a candidate has for a statement.
_STATEMENT_DAYS: Final = "statement_days"
_APPEAL_DAYS: Final = "appeal_days"


def state(message: Message, mine: pd.DataFrame, *, sitting: Sitting) -> Payload | None:
    """Return a step of the candidate's side, None where the author has just written this one.

    Parameters
    ----------
    message
        ``form``, ``text``, ``deadline`` (a day), ``held_at`` (wall clock of the session, as a page
        writes it: without an offset).
    mine
        The author's own entries of the sitting.

    Raises
    ------
    LedgerError
        If the step or one of its times cannot be.
    """
    said = Statement(
        form=str(message.get("form")),
        text=str(message.get("text") or "").strip(),
        deadline=message.get("deadline") or None,
        held_at=_wall_clock(message.get("held_at"), sitting),
    )
    on_record = [row["payload"] for row in rows_of(standing(mine), ["statement"])]
    return None if said.as_payload() in on_record else said


def _wall_clock(text: Any, sitting: Sitting) -> str | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise LedgerError(
            "held_at is no time",
            where="entry 'statement'",
            expected="a date and time (ISO 8601)",
            found=repr(text),
        ) from error
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(sitting.session.timezone))
    return at.isoformat(timespec="minutes")


def appeal_word(message: Message, known: Case, *, author: Author) -> dict[str, Any]:
    """Return what an outcome says that decides an appeal: ``appeal``, ``outcome``, ``clauses``.

    Empty where the message decides none. Upheld is what was concluded before, lifted is cleared.

    Raises
    ------
    LedgerError
        If there is no appeal, the author is no supervisor or had to do with the sitting before, or
        the outcome would be harsher: the engine would pass over such a word in silence.
    """
    result = message.get("appeal") or None
    if result is None:
        return {}
    _check_decider(known, author)
    before = max(known.signatures, key=lambda s: OUTCOMES.index(s.outcome), default=None)
    if before is None:
        raise LedgerError("there is no outcome that an appeal could be about")
    if result == "upheld":
        return {"appeal": result, "outcome": before.outcome, "clauses": sorted(before.clauses)}
    if result == "lifted":
        return {"appeal": result, "outcome": "cleared", "clauses": []}
    outcome = str(message.get("outcome"))
    if outcome not in OUTCOMES or OUTCOMES.index(outcome) > OUTCOMES.index(before.outcome):
        raise LedgerError(
            "an appeal makes nothing harsher",
            expected=f"{before.outcome} or less",
            found=outcome,
        )
    return {"appeal": result, "outcome": outcome, "clauses": list(message.get("clauses") or ())}


def _check_decider(known: Case, author: Author) -> None:
    if known.appeal is None:
        raise LedgerError("nobody has appealed", todo="write the appeal down first")
    if author.role != "supervisor":
        raise LedgerError(
            "a supervisor decides an appeal", where=f"author {author.person}", found=author.role
        )
    if {author.person, author.key_id} & _involved(known):
        raise LedgerError(
            "whoever had to do with the sitting does not decide its appeal",
            where=f"author {author.person}",
            todo="have another supervisor decide it",
        )


def _involved(known: Case) -> frozenset[str]:
    signed = frozenset(mark for s in known.signatures for mark in (s.person, s.key_id))
    return known.involved | signed


def side(known: Case, found: Assessment, rulebook: Rulebook, *, author: Author) -> dict[str, Any]:
    """Return what the form of the candidate's side starts from, ready for JSON.

    Returns
    -------
    dict
        ``propose``, the last day for a statement if the candidate is invited today, and
        ``appeal_until``, the last day for an appeal, None where the rulebook says nothing or
        nothing is concluded; ``appeal``, None or ``filed_on``, ``late``, ``results`` (what the
        supervisors said so far) and ``mine``, whether the author may decide it.
    """
    decided = max((s.decided_on for s in found.standings if s.decided_on), default=None)
    until = _last_day(rulebook, _APPEAL_DAYS, decided)
    return {
        "propose": _last_day(rulebook, _STATEMENT_DAYS, datetime.now(UTC).date()),
        "appeal_until": until,
        "appeal": None
        if known.appeal is None
        else {
            "filed_on": known.appeal.filed_on.isoformat(),
            "late": until is not None and known.appeal.filed_on.isoformat() > until,
            "results": sorted({decision.result for decision in known.appeal.decisions}),
            "mine": _may_decide(known, author),
        },
    }


def _last_day(rulebook: Rulebook, parameter: str, begins_on: date | None) -> str | None:
    if begins_on is None or parameter not in rulebook.parameters:
        return None
    return deadline(begins_on, days=int(rulebook.parameter(parameter))).isoformat()


def _may_decide(known: Case, author: Author) -> bool:
    try:
        _check_decider(known, author)
    except LedgerError:
        return False
    return True
