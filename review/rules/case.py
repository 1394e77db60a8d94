"""What is on record about one sitting, as the engine reads it: sets, so that no order matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

#: What an appeal can come to.
APPEAL_RESULTS: Final = ("upheld", "lowered", "lifted")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A flag that stands confirmed, found by a machine or marked by a person."""

    flag_id: str
    label: str


@dataclass(frozen=True, kw_only=True)
class WarningOnRecord:
    """A warning that was given during the exam.

    Parameters
    ----------
    id
        Tells two warnings apart.
    clause
        Under which clause it was given; None for a warning in general, which counts for any.
    corrected
        Whether it was heeded; None where nobody knows.
    """

    id: str
    clause: str | None = None
    corrected: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Signature:
    """The last word of one person on the outcome of a sitting.

    Parameters
    ----------
    person, key_id
        Who, and with which key: two names with one key are one signature.
    outcome
        ``cleared`` or an outcome class.
    clauses
        Ids of the clauses that it rests on.
    note
        What the person wrote about it.
    """

    person: str
    role: str
    key_id: str
    signed_on: date
    outcome: str
    clauses: frozenset[str] = frozenset()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """The candidate's side.

    Parameters
    ----------
    deadline
        Until when a statement may come; None where the candidate was not invited.
    answered
        A statement was received, or waived.
    heard
        The candidate was heard, or waived it.
    """

    deadline: date | None = None
    answered: bool = False
    heard: bool = False


@dataclass(frozen=True, kw_only=True)
class AppealDecision:
    """What one person decided on an appeal; ``outcome`` and ``clauses`` are what remains."""

    signature: Signature
    result: str


@dataclass(frozen=True, kw_only=True)
class Appeal:
    """An appeal of the candidate against the outcome."""

    filed_on: date
    decisions: frozenset[AppealDecision] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Case:
    """All that is on record about one sitting.

    Parameters
    ----------
    kind
        ``exam``, ``mock`` or ``debug``: only an exam accepts outcomes.
    exam_on
        Day of the exam, in the session's time zone.
    findings
        Confirmed flags.
    evidence
        Ids of the flags whose evidence was preserved; ``None`` in it stands for evidence of the
        sitting in general.
    permitted
        A staff member gave permission to leave the picture.
    away_total_s, away_longest_s
        Time out of the picture in seconds, added up, and its longest stretch.
    sign_offs
        Supervisors who closed the sitting: their word on the penalty, not on the facts.
    involved
        Persons and key ids that have read or decided anything about this sitting; the signers
        are added to them.
    """

    subject_id: str
    exam_on: date
    kind: str = "exam"
    findings: frozenset[Finding] = frozenset()
    warnings: frozenset[WarningOnRecord] = frozenset()
    evidence: frozenset[str | None] = frozenset()
    permitted: bool = False
    away_total_s: float = 0.0
    away_longest_s: float = 0.0
    signatures: frozenset[Signature] = frozenset()
    sign_offs: frozenset[Signature] = frozenset()
    procedure: Procedure = Procedure()
    appeal: Appeal | None = None
    involved: frozenset[str] = frozenset()
