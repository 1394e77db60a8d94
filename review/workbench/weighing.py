"""What the rulebook's engine says of a sitting, and what it would say with one signature more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from review.ledger.bans import sign_off_of
from review.ledger.circumstances import case_in
from review.ledger.late import files_of
from review.rules import load_rulebook
from review.rules.case import Signature
from review.rules.engine import assess, assess_candidate

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import pandas as pd

    from review.ledger import Author
    from review.ledger.payloads import SignOff
    from review.rules import Clause, Rulebook
    from review.rules.case import Case
    from review.rules.engine import Assessment, Standing
    from review.session import Sitting

#: What a clause leads to where it is only recorded for the organiser.
_NOTE: Final = "note"


@cache
def _rulebook(name: str, folder: Path) -> Rulebook:
    return load_rulebook(name, folder=folder)


def rulebook_of(sitting: Sitting) -> Rulebook:
    """Return the rulebook of a sitting's session.

    Raises
    ------
    RulebookError
        If it cannot be read.
    """
    return _rulebook(sitting.session.rulebook, sitting.session.folder)


def clauses(rulebook: Rulebook) -> list[dict[str, Any]]:
    """Return the clauses that an outcome may rest on, the gravest first, ready for JSON."""
    found = [
        clause
        for clause in rulebook.clauses
        if clause.penalty is not None or clause.organiser_decides
    ]
    return [_as_json(clause) for clause in sorted(found, key=lambda c: (-c.weight, c.id))]


def case(
    entries: pd.DataFrame, *, sitting: Sitting, events: pd.DataFrame, flags: pd.DataFrame
) -> Case:
    """Return the case of a sitting: the ledger's entries, and what the analysis adds."""
    return case_in(entries, sitting, flags=flags, events=events)


def closing(
    entries: pd.DataFrame,
    *,
    sitting: Sitting,
    events: pd.DataFrame,
    flags: pd.DataFrame,
    segments: pd.DataFrame,
    note: str,
) -> SignOff:
    """Return the sign-off of a sitting: what was concluded, what it costs, which files were there.

    Parameters
    ----------
    segments
        Table ``segments`` of the sitting: what is not in it when it is signed off came late.
    """
    known = case(entries, sitting=sitting, events=events, flags=flags)
    candidacy = assess_candidate(rulebook_of(sitting), [known], on=_today(sitting))
    return sign_off_of(candidacy, sitting.subject.id, note=note, files=files_of(segments))


def _today(sitting: Sitting) -> date:
    return datetime.now(ZoneInfo(sitting.session.timezone)).date()


def with_word(known: Case, *, author: Author, outcome: str, words: list[str], note: str) -> Case:
    """Return the case as it would be if somebody now recorded an outcome."""
    said = Signature(
        person=author.person,
        role=author.role,
        key_id=author.key_id,
        signed_on=datetime.now(ZoneInfo("UTC")).date(),
        outcome=outcome,
        clauses=frozenset(words),
        note=note,
    )
    others = frozenset(s for s in known.signatures if s.person != author.person)
    return replace(known, signatures=others | {said})


def assessed(known: Case, *, sitting: Sitting) -> Assessment:
    """Assess a case as of today."""
    return assess(rulebook_of(sitting), known, on=_today(sitting))


def as_json(found: Assessment) -> dict[str, Any]:
    """Return an assessment as the page takes it: codes whose words stand in the words table."""
    return {
        "outcome": found.outcome,
        "lacking": list(found.lacking),
        "recorded": list(found.recorded),
        "standings": [_standing(one) for one in found.standings],
        "sanctions": [sanction.kind for sanction in found.sanctions],
    }


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "clause": one.clause.id,
        "flags": sorted(one.flags),
        "lacking": list(one.lacking),
        "penalty_lacking": list(one.penalty_lacking),
        "penalty": None if one.sanction is None else one.sanction.kind,
    }


def _as_json(clause: Clause) -> dict[str, Any]:
    outcome = _NOTE if clause.organiser_decides else clause.outcome
    return {
        "id": clause.id,
        "number": {"en": clause.number["en"], "zh": clause.number["zh"]},
        "summary": {"en": clause.summary["en"], "zh": clause.summary["zh"]},
        "outcome": outcome,
        "labels": sorted(clause.labels),
        "penalty": None if clause.penalty is None else clause.penalty.kind,
    }
