"""What each kind of entry says, as frozen types that are checked at the door."""

from __future__ import annotations

import dataclasses
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from review.errors import LedgerError
from review.ledger.fields import Payload, filled, one_of, time

if TYPE_CHECKING:
    from collections.abc import Mapping

VERDICTS: Final = ("confirmed", "dismissed", "unsure")
OUTCOMES: Final = ("cleared", "violation", "cheating", "serious_cheating")
#: Forms of a statement: the candidate is invited to make one by a deadline, makes it, waives it,
#: is heard, or appeals.
FORMS: Final = ("invited", "received", "waived", "hearing", "appeal")
#: Why a sitting was assigned, where it matters later: because of its risk, as part of a random
#: sample of the rest, or to be read a second time. A case whose answer is known is ``second``, too:
#: who reads it must not be able to tell.
PURPOSES: Final = ("risk", "sample", "second")
APPEAL_RESULTS: Final = ("upheld", "lowered", "lifted")


@dataclass(frozen=True, kw_only=True)
class Decision(Payload):
    """What one person thinks of one flag.

    Parameters
    ----------
    stream, device_start_s, device_end_s
        The flag's leading stream and its interval on that stream's device clock: by these the
        decision follows the flag through another analysis.
    blind
        Whether the person saw neither other people's decisions nor machine scores.
    """

    KIND: ClassVar[str] = "decision"
    flag_id: str = filled()
    label: str = filled()
    stream: str = filled()
    device_start_s: float
    device_end_s: float
    verdict: str = one_of(*VERDICTS)
    note: str = ""
    blind: bool = False


@dataclass(frozen=True, kw_only=True)
class OwnFlag(Payload):
    """What a person marked that no detector did; ``flag_id`` is the marker's own."""

    KIND: ClassVar[str] = "own_flag"
    flag_id: str = filled()
    label: str = filled()
    stream: str = filled()
    device_start_s: float
    device_end_s: float
    note: str = ""
    blind: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome(Payload):
    """What one person concludes on a sitting; the same by another person is a second signature.

    Parameters
    ----------
    clauses
        Ids of the clauses of ``rulebook`` that it rests on; none for ``cleared``.
    appeal
        Set where it decides an appeal: what becomes of the outcome before.
    """

    KIND: ClassVar[str] = "outcome"
    outcome: str = one_of(*OUTCOMES)
    rulebook: str = filled()
    clauses: tuple[str, ...] = ()
    note: str = ""
    appeal: str | None = dataclasses.field(default=None, metadata={"one_of": APPEAL_RESULTS})

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.outcome == "cleared") == bool(self.clauses):
            raise LedgerError(
                "an outcome rests on clauses, and clearing on none",
                where="entry 'outcome'",
                found=f"{self.outcome} under {', '.join(self.clauses) or 'no clause'}",
            )


@dataclass(frozen=True, kw_only=True)
class WarningGiven(Payload):
    """A warning on record: that it was given, and whether it was heeded.

    Parameters
    ----------
    given_at
        ISO 8601 with offset.
    corrected
        None where it is not known.
    """

    KIND: ClassVar[str] = "warning"
    reason: str = filled()
    clause: str | None = None
    given_at: str | None = time()
    answered: bool | None = None
    corrected: bool | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class EvidenceKept(Payload):
    """A piece of evidence that was chosen and preserved."""

    KIND: ClassVar[str] = "evidence"
    stream: str = filled()
    device_start_s: float
    device_end_s: float
    flag_id: str | None = None
    file: str | None = None
    sha256: str | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Retraction(Payload):
    """Taking back an entry, by its number."""

    KIND: ClassVar[str] = "retraction"
    seq: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Statement(Payload):
    """The candidate's side of the procedure.

    Parameters
    ----------
    deadline
        For ``invited``: until when the statement may come (ISO 8601).
    held_at
        When it was received, held or waived (ISO 8601).
    """

    KIND: ClassVar[str] = "statement"
    form: str = one_of(*FORMS)
    text: str = ""
    deadline: str | None = time()
    held_at: str | None = time()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.form == "invited" and self.deadline is None:
            raise LedgerError("an invitation without a deadline", where="entry 'statement'")


@dataclass(frozen=True, kw_only=True)
class Assignment(Payload):
    """Who shall review a sitting (``person`` as source:name), and why (one of :data:`PURPOSES`)."""

    KIND: ClassVar[str] = "assignment"
    person: str = filled()
    blind: bool = False
    note: str = ""
    purpose: str | None = dataclasses.field(default=None, metadata={"one_of": PURPOSES})


@dataclass(frozen=True, kw_only=True)
class Recusal(Payload):
    """The author steps aside from this candidate."""

    KIND: ClassVar[str] = "recusal"
    reason: str = filled()


@dataclass(frozen=True, kw_only=True)
class SignOff(Payload):
    """The sitting is closed: nothing about it changes until it is reopened.

    Parameters
    ----------
    outcome, clauses, penalties
        What was concluded, and what it costs (kinds of :data:`review.rules.model.PENALTIES`);
        :func:`review.ledger.bans.sign_off_of` takes them from the engine.
    banned_from, banned_until
        Day with which a ban begins, and its last day.
    files
        The recordings that were there, each as ``<sha256>  <file>``: a file that is not among
        them came late (:mod:`review.ledger.late`).
    """

    KIND: ClassVar[str] = "sign_off"
    note: str = ""
    outcome: str | None = dataclasses.field(default=None, metadata={"one_of": OUTCOMES})
    clauses: tuple[str, ...] = ()
    penalties: tuple[str, ...] = ()
    banned_from: str | None = time()
    banned_until: str | None = time()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reopen(Payload):
    """The sitting is open again, and why.

    Parameters
    ----------
    late_files
        Recordings that came after it was closed: whoever finds them reopens it, while reopening
        for any other reason is a supervisor's.
    """

    KIND: ClassVar[str] = "reopen"
    reason: str = filled()
    late_files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OffsetSet(Payload):
    """A clock that a person set by hand.

    Parameters
    ----------
    offset_s, old_offset_s
        What is added to the stream's device time from now on, and what was added before.
    device_s
        Moment (device time) that the person looked at, where the stream's clock has pieces.
    alone
        Whether the other streams of the device stay where they are.
    """

    KIND: ClassVar[str] = "offset_set"
    stream: str = filled()
    offset_s: float
    old_offset_s: float | None = None
    device_s: float | None = None
    alone: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Watched(Payload):
    """What the author opened, and which part of it was played."""

    KIND: ClassVar[str] = "watched"
    streams: tuple[str, ...] = ()
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Exported(Payload):
    """What left the workspace: a report, a clip, the ledger itself."""

    KIND: ClassVar[str] = "exported"
    what: str = filled()
    file: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Retained(Payload):
    """What is kept until when, or was removed after its time."""

    KIND: ClassVar[str] = "retained"
    what: str = filled()
    until: str | None = time()
    removed: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Bulk(Payload):
    """A bulk dismissal: one label, under one score, after a sample was looked at.

    Parameters
    ----------
    below_score
        Every flag that is dismissed has a lower score than this.
    flag_ids
        The flags that are dismissed.
    sample
        Flags that were looked at one by one before.
    sample_confirmed
        Those of the sample that turned out to be real; they are not dismissed.
    streams, device_starts_s, device_ends_s
        For each of ``flag_ids`` its leading stream and interval on that device's clock, by which
        the decision follows the flag through another analysis.
    """

    KIND: ClassVar[str] = "bulk"
    label: str = filled()
    below_score: float
    flag_ids: tuple[str, ...]
    sample: tuple[str, ...]
    note: str = ""
    sample_confirmed: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    device_starts_s: tuple[float, ...] = ()
    device_ends_s: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        where = f"entry {self.KIND!r}"
        if not self.sample:
            raise LedgerError("nothing was looked at", where=where, expected="a sample of flags")
        if not set(self.sample_confirmed) <= set(self.sample):
            raise LedgerError("confirmed flags that are not in the sample", where=where)
        real = set(self.sample_confirmed) & set(self.flag_ids)
        if real:
            raise LedgerError(
                "a flag that the sample confirmed is not dismissed",
                where=where,
                found=", ".join(sorted(real)),
            )
        places = (self.streams, self.device_starts_s, self.device_ends_s)
        if any(len(place) not in (0, len(self.flag_ids)) for place in places):
            raise LedgerError("a place for some of the flags only", where=where)


_TYPES: Final[Mapping[str, type[Payload]]] = types.MappingProxyType(
    {
        kind.KIND: kind
        for kind in (
            Decision,
            OwnFlag,
            Outcome,
            WarningGiven,
            EvidenceKept,
            Retraction,
            Statement,
            Assignment,
            Recusal,
            SignOff,
            Reopen,
            OffsetSet,
            Watched,
            Exported,
            Retained,
            Bulk,
        )
    }
)
#: Every kind of entry. ``staff`` is checked against the staff itself (:mod:`review.ledger.staff`).
KINDS: Final = (*_TYPES, "staff")


def payload_of(kind: str, content: Mapping[str, Any]) -> Payload:
    """Return the typed payload of an entry of any kind but ``staff``.

    Raises
    ------
    LedgerError
        If the kind is unknown, a field is absent or unknown, or a value is not possible.
    """
    if kind not in _TYPES:
        raise LedgerError(
            "no such kind of entry", expected=f"one of {', '.join(KINDS)}", found=repr(kind)
        )
    made = _TYPES[kind]
    names = {f.name: f for f in dataclasses.fields(made)}
    unknown = sorted(set(content) - set(names))
    absent = [n for n, f in names.items() if n not in content and f.default is dataclasses.MISSING]
    if unknown or absent:
        raise LedgerError(
            "wrong fields",
            where=f"entry {kind!r}",
            expected=", ".join(names),
            found=f"unknown: {', '.join(unknown) or 'none'}, absent: {', '.join(absent) or 'none'}",
        )
    return made(**{name: tuple(v) if isinstance(v, list) else v for name, v in content.items()})
