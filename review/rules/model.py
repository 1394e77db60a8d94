"""A rulebook as frozen types: clauses, penalties, parameters, and what they leave open."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from review.errors import RulebookError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.words import Language

#: Outcome classes a clause can lead to, mildest first. A ``note`` is recorded and judged by no
#: penalty of its own.
OUTCOME_CLASSES: Final = ("note", "violation", "cheating", "serious_cheating")
#: What can be concluded on a sitting.
OUTCOMES: Final = ("cleared", "violation", "cheating", "serious_cheating")
#: Roles that a clause may ask for; a supervisor may stand where a reviewer is asked for.
SIGNER_ROLES: Final = ("reviewer", "supervisor")
PENALTIES: Final = (
    "cancel_subject",
    "cancel_batch_and_ban",
    "cancel_result",
    "refuse_entry",
    "revoke_certificate",
)


@dataclass(frozen=True, kw_only=True)
class Text:
    """The same said in Chinese and in English."""

    zh: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, kw_only=True)
class Penalty:
    """What an outcome under a clause costs.

    Parameters
    ----------
    kind
        One of :data:`PENALTIES`.
    ban_years
        Years without exams that come with it.
    """

    kind: str
    ban_years: int = 0


@dataclass(frozen=True, kw_only=True)
class Follows:
    """A clause that applies by itself once other penalties have been given.

    Parameters
    ----------
    penalty
        Kind of penalty that is counted, over the subjects of one candidate in one session.
    count
        How many different subjects make the clause apply.
    """

    penalty: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """Something that a rulebook leaves to the institution, or fixes with a number.

    Parameters
    ----------
    value
        What holds.
    assumed
        True where the notice is silent or contradicts itself and ``value`` is our default.
    choices
        Values that are possible; empty for a free number.
    unit
        Unit of a number, or empty.
    summary
        What it decides, and for an assumed one why this default.
    """

    name: str
    value: Any
    assumed: bool
    summary: Text
    choices: tuple[Any, ...] = ()
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Two places of the source that do not agree; both are kept."""

    id: str
    clauses: tuple[str, ...]
    summary: Text
    parameter: str | None = None


@dataclass(frozen=True, kw_only=True)
class Omitted:
    """A part of the source that does not bear on review, and why."""

    number: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One rule.

    Parameters
    ----------
    id
        Our own, unique in the rulebook.
    number
        Its place in the source.
    outcome
        One of :data:`OUTCOME_CLASSES`.
    summary
        What it says, in our words.
    labels
        Flag label -> how strongly such a flag supports it (0 to 1).
    weight
        Severity for scoring: the risk points (0 to 100) of one certain, fully supporting flag.
    penalty
        None for a note.
    signers
        Alternatives, each the roles that must sign together: ``(("supervisor",), ("reviewer",
        "reviewer"))`` is one supervisor, or two people jointly.
    warning_first
        A recorded warning that was not heeded must have come before a penalty.
    warning_in_act
        Not heeding a warning is part of the act itself: without it there is no violation at all.
    evidence_kept
        Evidence must be preserved before a penalty.
    note_required
        Whoever cites the clause says in writing what was done.
    permission_excuses
        Granted permission takes the act out of the clause.
    organiser_decides
        It is only recorded; the organiser judges after the exam.
    limits
        Name -> number in the unit of the name, e.g. ``warnings``, ``away_s``: reaching any one of
        them is what the clause asks for.
    sanctioned_by
        For a note: the clauses under which breaking it is punished.
    follows
        Set where the clause applies by itself.
    """

    id: str
    number: Text
    outcome: str
    summary: Text
    labels: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    weight: float = 0.0
    penalty: Penalty | None = None
    signers: tuple[tuple[str, ...], ...] = ()
    warning_first: bool = False
    warning_in_act: bool = False
    evidence_kept: bool = False
    note_required: bool = False
    permission_excuses: bool = False
    organiser_decides: bool = False
    limits: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    sanctioned_by: tuple[str, ...] = ()
    follows: Follows | None = None


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """The rules of one exam, as data.

    Parameters
    ----------
    thresholds
        Detector -> option -> value, for :func:`review.detectors.registry.resolve`.
    required_streams
        Streams that a sitting must have under these rules.
    """

    id: str
    platform: str
    name: Text
    source: Text
    clauses: tuple[Clause, ...]
    required_streams: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: MappingProxyType({}))
    thresholds: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    conflicts: tuple[Conflict, ...] = ()
    omitted: tuple[Omitted, ...] = ()
    #: Label -> its clauses, remembered: a session asks for the same ones thousands of times.
    _of_label: dict[str, tuple[Clause, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def clause(self, clause_id: str) -> Clause:
        """Return a clause by our id.

        Raises
        ------
        RulebookError
            Naming the known ones.
        """
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        raise RulebookError(
            f"no clause {clause_id!r}",
            where=f"rulebook {self.id}",
            expected=f"one of {', '.join(c.id for c in self.clauses)}",
        )

    def clauses_for(self, label: str) -> tuple[Clause, ...]:
        """Return the clauses that a flag of this label can support, the strongest first."""
        if label not in self._of_label:
            found = [c for c in self.clauses if c.labels.get(label, 0.0) > 0]
            strongest = sorted(found, key=lambda c: -c.weight * c.labels[label])
            self._of_label[label] = tuple(strongest)
        return self._of_label[label]

    def label_weight(self, label: str) -> float:
        """Return the risk points (0 to 100) of one certain flag: its best clause's."""
        return max((c.weight * c.labels[label] for c in self.clauses_for(label)), default=0.0)

    def parameter(self, name: str) -> Any:
        """Return the value of a parameter; RulebookError names the known ones."""
        try:
            return self.parameters[name].value
        except KeyError:
            raise RulebookError(
                f"no parameter {name!r}",
                where=f"rulebook {self.id}",
                expected=f"one of {', '.join(self.parameters) or 'none at all'}",
            ) from None
