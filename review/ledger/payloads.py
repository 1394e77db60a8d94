"""What each kind of entry says, as frozen types that are checked at the door."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from review.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERDICTS: Final = ("confirmed", "dismissed", "unsure")
OUTCOMES: Final = ("cleared", "violation", "cheating", "serious_cheating")
#: Forms of a statement: the candidate is invited to make one by a deadline, makes it, waives it,
#: is heard, or appeals.
FORMS: Final = ("invited", "received", "waived", "hearing", "appeal")
APPEAL_RESULTS: Final = ("upheld", "lowered", "lifted")


@dataclass(frozen=True, kw_only=True)
class Payload:
    """One level above every kind: how it becomes an object for JSON."""

    KIND: ClassVar[str]

    def as_payload(self) -> dict[str, Any]:
        """Return the fields as JSON knows them; those that are None are left out."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in ((f.name, getattr(self, f.name)) for f in dataclasses.fields(self))
            if value is not None
        }

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            if not _fits(value, hints[f.name]):
                raise LedgerError(
                    f"{f.name} is not of the right type",
                    where=f"entry {self.KIND!r}",
                    expected=str(f.type),
                    found=repr(value),
                )
            if isinstance(value, int) and hints[f.name] in (float, float | None):
                # One spelling for one number: the hash depends on it.
                object.__setattr__(self, f.name, float(value))
            known = f.metadata.get("one_of")
            if known and value is not None and value not in known:
                raise LedgerError(
                    f"unknown {f.name}",
                    where=f"entry {self.KIND!r}",
                    expected=f"one of {', '.join(known)}",
                    found=repr(value),
                )
            if f.metadata.get("filled") and not str(value).strip():
                raise LedgerError(f"{f.name} is empty", where=f"entry {self.KIND!r}")
            if f.metadata.get("time") and value is not None:
                _check_time(self.KIND, f.name, value)
        start = getattr(self, "device_start_s", None)
        end = getattr(self, "device_end_s", None)
        if start is not None and end is not None and not start <= end:
            raise LedgerError(
                "the interval ends before it starts",
                where=f"entry {self.KIND!r}",
                found=f"{start} to {end}",
            )


def _one_of(*known: str) -> Any:
    return dataclasses.field(metadata={"one_of": known})


def _filled() -> Any:
    return dataclasses.field(metadata={"filled": True})


def _time() -> Any:
    return dataclasses.field(default=None, metadata={"time": True})


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
    flag_id: str = _filled()
    label: str = _filled()
    stream: str = _filled()
    device_start_s: float
    device_end_s: float
    verdict: str = _one_of(*VERDICTS)
    note: str = ""
    blind: bool = False


@dataclass(frozen=True, kw_only=True)
class OwnFlag(Payload):
    """What a person marked that no detector did; ``flag_id`` is the marker's own."""

    KIND: ClassVar[str] = "own_flag"
    flag_id: str = _filled()
    label: str = _filled()
    stream: str = _filled()
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
    outcome: str = _one_of(*OUTCOMES)
    rulebook: str = _filled()
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
    reason: str = _filled()
    clause: str | None = None
    given_at: str | None = _time()
    answered: bool | None = None
    corrected: bool | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class EvidenceKept(Payload):
    """A piece of evidence that was chosen and preserved."""

    KIND: ClassVar[str] = "evidence"
    stream: str = _filled()
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
    form: str = _one_of(*FORMS)
    text: str = ""
    deadline: str | None = _time()
    held_at: str | None = _time()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.form == "invited" and self.deadline is None:
            raise LedgerError("an invitation without a deadline", where="entry 'statement'")


@dataclass(frozen=True, kw_only=True)
class Assignment(Payload):
    """Who shall review a sitting (``person`` as source:name)."""

    KIND: ClassVar[str] = "assignment"
    person: str = _filled()
    blind: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Recusal(Payload):
    """The author steps aside from this candidate."""

    KIND: ClassVar[str] = "recusal"
    reason: str = _filled()


@dataclass(frozen=True, kw_only=True)
class SignOff(Payload):
    """The sitting is closed: nothing about it changes until it is reopened."""

    KIND: ClassVar[str] = "sign_off"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Reopen(Payload):
    """The sitting is open again, and why."""

    KIND: ClassVar[str] = "reopen"
    reason: str = _filled()


@dataclass(frozen=True, kw_only=True)
class OffsetSet(Payload):
    """A clock that a person set by hand."""

    KIND: ClassVar[str] = "offset_set"
    stream: str = _filled()
    offset_s: float
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
    what: str = _filled()
    file: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Retained(Payload):
    """What is kept until when, or was removed after its time."""

    KIND: ClassVar[str] = "retained"
    what: str = _filled()
    until: str | None = _time()
    removed: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Bulk(Payload):
    """A bulk dismissal: one label, under one score, after a sample was looked at."""

    KIND: ClassVar[str] = "bulk"
    label: str = _filled()
    below_score: float
    flag_ids: tuple[str, ...]
    sample: tuple[str, ...]
    note: str = ""


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


def _fits(value: Any, hint: Any) -> bool:
    if isinstance(hint, types.UnionType):
        return any(_fits(value, part) for part in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        part = typing.get_args(hint)[0]
        return isinstance(value, tuple) and all(_fits(v, part) for v in value)
    if hint is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and abs(value) < float("inf")
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _check_time(kind: str, name: str, value: str) -> None:
    try:
        if "T" in value or " " in value:
            if datetime.fromisoformat(value).tzinfo is not None:
                return
        else:
            date.fromisoformat(value)
            return
    except ValueError:
        pass
    raise LedgerError(
        f"{name} is no time",
        where=f"entry {kind!r}",
        expected="a date, or a time with its offset from UTC (ISO 8601)",
        found=repr(value),
    )
