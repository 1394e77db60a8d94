"""What a report says, as frozen types: computed once, rendered in any language and format.

Times are seconds of session time unless a name says otherwise; wall-clock times are aware.
``Texts`` holds the same sentence in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from review.words import Language

if TYPE_CHECKING:
    from datetime import datetime

#: Language -> sentence.
Texts = Mapping[Language, str]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who took the exam; ``id_number`` is as it may be shown (masked unless asked otherwise)."""

    candidate_id: str
    name: str
    id_number: str
    masked: bool
    occupation: str
    level: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Exam:
    """Which paper of which session; ``start`` and ``end`` are the schedule."""

    session_id: str
    kind: str
    platform: str
    rulebook: str
    subject_id: str
    subject_name: str
    start: datetime
    end: datetime
    timezone: str
    region: str
    issuer: str
    contact: str


@dataclass(frozen=True, kw_only=True)
class StreamSummary:
    """What of one stream is there, within the judged window.

    Parameters
    ----------
    required
        The session asks for this stream.
    totals_s
        Coverage state -> seconds; states may overlap (a frozen picture is recorded, too).
    stretches
        ``(start_s, end_s, state)`` over the whole recording, window or not, for the picture.
    """

    stream: str
    required: bool
    window_s: float
    totals_s: Mapping[str, float]
    stretches: tuple[tuple[float, float, str], ...]

    @property
    def recorded_share(self) -> float:
        """Share of the window that is recorded (0 to 1)."""
        return self.totals_s.get("recorded", 0.0) / self.window_s if self.window_s else 0.0


@dataclass(frozen=True, kw_only=True)
class ClockSummary:
    """How one stream's clock was put on session time; ``uncertainty_s`` is the worst piece's."""

    stream: str
    device: str
    state: str
    method: str
    offset_s: float
    drift_ppm: float
    uncertainty_s: float | None
    anchors: int
    pieces: int


@dataclass(frozen=True, kw_only=True)
class DecisionSummary:
    """What one person recorded, about a flag or about the sitting as a whole.

    Parameters
    ----------
    kind
        Kind of the ledger's entry.
    at
        When, in the session's time zone.
    verdict, flag_id, label
        About a flag: ``confirmed``, ``dismissed`` or ``unsure``; which flag, and its label.
    outcome, clauses
        About the sitting: outcome class, and ``(number, summary)`` of the clauses that were cited.
    detail
        Form of a statement, or what became of an appeal.
    orphaned
        The flag that it was about is no longer found.
    seq, key_id
        Number of the ledger's entry, and the key that signed it (empty where it is not asked for).
    """

    kind: str
    who: str
    role: str
    at: str
    verdict: str = ""
    flag_id: str = ""
    label: str = ""
    outcome: str = ""
    clauses: tuple[tuple[Texts, Texts], ...] = ()
    detail: str = ""
    note: str = ""
    orphaned: bool = False
    seq: int = 0
    key_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands of all readings of one flag; ``disputed`` where readers differ."""

    verdict: str
    disputed: bool


@dataclass(frozen=True, kw_only=True)
class OwnFlag:
    """What a person marked that no detector did, on the device clock of its stream."""

    stream: str
    device_start_s: float
    device_end_s: float
    decision: DecisionSummary


@dataclass(frozen=True, kw_only=True)
class FlagSummary:
    """One flag with what speaks for and against it, and what people said about it.

    Parameters
    ----------
    score, detector
        None and empty where a person marked it.
    decisions
        Every person's last word, in the order of writing.
    standing
        What stands of these; None where nobody decided.
    """

    number: int
    flag_id: str
    label: str
    streams: tuple[str, ...]
    start_s: float
    end_s: float
    score: float | None
    detector: str
    reason: Texts
    supports: tuple[str, ...]
    contradicts: tuple[str, ...]
    evidence_s: float
    could_not_see: tuple[str, ...] = ()
    decisions: tuple[DecisionSummary, ...] = ()
    standing: Standing | None = None


@dataclass(frozen=True, kw_only=True)
class PenaltySummary:
    """What an outcome costs: a kind of :data:`review.rules.model.PENALTIES` and its scope.

    Parameters
    ----------
    scope
        ``subject`` (this paper) or ``session`` (all papers of the round).
    banned_after, banned_until
        Days (ISO 8601) between which no exam may be taken, the last one included; empty without a
        ban.
    """

    kind: str
    scope: str
    banned_after: str = ""
    banned_until: str = ""


@dataclass(frozen=True, kw_only=True)
class SignatureSummary:
    """One person's signature under an outcome or under the closing of the sitting.

    Parameters
    ----------
    who
        The person, with who vouches for the name (``source:name``).
    signed_on
        Day in the session's time zone, ISO 8601.
    outcome
        What the person concluded; empty for a sign-off.
    """

    who: str
    role: str
    signed_on: str
    key_id: str
    outcome: str = ""


@dataclass(frozen=True, kw_only=True)
class ClauseSummary:
    """One clause that was found or cited: what it rests on, what it still lacks, what it costs.

    Parameters
    ----------
    flags
        Numbers of the confirmed flags that support it, as this report counts them.
    lacking, penalty_lacking
        Codes of :mod:`review.rules.engine`.
    subject_id
        For what follows from several subjects together: empty.
    """

    clause_id: str
    number: Texts
    text: Texts
    outcome: str
    flags: tuple[int, ...]
    lacking: tuple[str, ...]
    penalty_lacking: tuple[str, ...]
    penalty: PenaltySummary | None
    signatures: tuple[SignatureSummary, ...]


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """What the rulebook's engine makes of what is on record.

    Parameters
    ----------
    as_of
        Day on which deadlines were looked at, ISO 8601.
    outcome
        Outcome class; empty while nothing can be concluded, ``lacking`` then says why.
    clauses
        The gravest first.
    penalties
        Those that may be given: every signature and step is there.
    follows
        Clauses that apply to the candidate over all subjects of the round.
    statement_until, appeal_until
        Last days (ISO 8601) of a statement and of an appeal; empty where none runs.
    decided_on
        Day on which the signatures were complete; empty before.
    failed
        Why the rulebook could not be asked; empty where it could.
    """

    as_of: str
    outcome: str = ""
    lacking: tuple[str, ...] = ()
    clauses: tuple[ClauseSummary, ...] = ()
    penalties: tuple[PenaltySummary, ...] = ()
    follows: tuple[ClauseSummary, ...] = ()
    signatures: tuple[SignatureSummary, ...] = ()
    statement_until: str = ""
    appeal_until: str = ""
    decided_on: str = ""
    failed: str = ""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """An event of a log, as it stands on the timeline."""

    stream: str
    time_s: float
    type: str


@dataclass(frozen=True, kw_only=True)
class ProblemSummary:
    """What was dropped, assumed or found wrong with the evidence."""

    severity: str
    code: str
    stream: str
    file: str
    message: str


@dataclass(frozen=True, kw_only=True)
class FileSummary:
    """One original file; ``sha256`` is empty where it was not hashed."""

    stream: str
    file: str
    duration_s: float | None
    size_bytes: int
    picture: str
    sound: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class SittingSummary:
    """Everything that a report of one sitting says.

    Parameters
    ----------
    window
        ``(start_s, end_s)`` that is judged; None where nothing is.
    risk, unseen, risk_reasons
        As in the table ``scores``; None where it was not scored.
    outcomes
        Decisions about the sitting as a whole.
    conclusion
        What follows from them under the rulebook; None where nobody decided anything.
    orphans
        Decisions whose flag the last analysis did not find again.
    limits
        What the system cannot tell, for this sitting.
    originals_sha256
        SHA-256 over the sorted lines ``<sha256>  <file>`` of all originals, empty if one of them
        was not hashed.
    analysed_at, version
        When and by which version of the code the tables were made.
    """

    person: Person
    exam: Exam
    window: tuple[float, float] | None
    streams: tuple[StreamSummary, ...]
    clocks: tuple[ClockSummary, ...]
    flags: tuple[FlagSummary, ...]
    outcomes: tuple[DecisionSummary, ...]
    orphans: tuple[DecisionSummary, ...]
    marks: tuple[Mark, ...]
    problems: tuple[ProblemSummary, ...]
    limits: tuple[Texts, ...]
    files: tuple[FileSummary, ...]
    originals_sha256: str
    risk: float | None
    unseen: float | None
    risk_reasons: tuple[str, ...]
    analysed_at: str
    version: str
    ledger_anchor: str = ""
    conclusion: Conclusion | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """session_id, candidate_id, subject_id."""
        return (self.exam.session_id, self.person.candidate_id, self.exam.subject_id)

    @property
    def clean(self) -> bool:
        """Nothing was flagged and nobody decided anything."""
        return not (self.flags or self.outcomes or self.orphans)
