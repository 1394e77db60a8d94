"""What of a case may be seen by whom: masks by default, the whole by right of role."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from review import words
from review.errors import RenderError

if TYPE_CHECKING:
    from review.ledger import Author, Ledger
    from review.reporting.model import DecisionSummary, FlagSummary, SittingSummary
    from review.words import Language

#: Roles that may make an internal full copy.
MAY_SEE_ALL: Final = ("supervisor", "administrator")


@dataclass(frozen=True, kw_only=True)
class Privacy:
    """What is masked in a copy.

    Parameters
    ----------
    name
        ``default``, ``redacted`` (for the candidate's appeal) or ``full`` (internal).
    mask
        Hide identity numbers but for their ends.
    blur
        Blur people who are not the candidate, in pictures and clips.
    windows
        Hide other windows than the exam's on the recorded screen.
    strangers
        Show whoever sits in the candidate's place in the picture of the very flag that says that
        it is somebody else: blurred, it would show nothing.
    nameless
        Leave out the names of those who read flags; those who signed an outcome stay.
    """

    name: str
    mask: bool = True
    blur: bool = True
    windows: bool = False
    strangers: bool = True
    nameless: bool = False

    @classmethod
    def of(cls, name: str, *, windows: bool = False) -> Privacy:
        """Return the privacy of a name.

        Raises
        ------
        RenderError
            For another name.
        """
        made = LEVELS.get(name)
        if made is None:
            raise RenderError(
                "no such privacy", expected=f"one of {', '.join(LEVELS)}", found=repr(name)
            )
        return replace(made, windows=made.windows or windows)

    def admit(self, author: Author, ledger: Ledger) -> None:
        """Refuse an author who may not make such a copy, before anything is made.

        Raises
        ------
        RenderError
            If the role does not suffice for the internal full copy.
        LedgerError
            If the ledger does not know the author in this role.
        """
        if self.name == "full" and author.role not in MAY_SEE_ALL:
            raise RenderError(
                "the internal full copy is not for this role",
                where=f"author {author.person}",
                expected=f"one of {', '.join(MAY_SEE_ALL)}",
                found=author.role,
                todo="make a default or a redacted copy, or ask a supervisor",
            )
        ledger.staff().wants(author, "exported")


LEVELS: Final = {
    "default": Privacy(name="default"),
    "redacted": Privacy(name="redacted", windows=True, strangers=False, nameless=True),
    "full": Privacy(name="full", mask=False, blur=False),
}


def without_names(summary: SittingSummary) -> SittingSummary:
    """Return a summary whose readers of flags have a role and a number instead of a name.

    Their notes are working notes and are left out; those who signed an outcome, the statements and
    what the sitting's record says stay as they are.
    """
    order: dict[str, int] = {}
    flags = tuple(_nameless_flag(flag, order) for flag in summary.flags)
    orphans = tuple(_nameless(one, order) for one in summary.orphans)
    return replace(summary, flags=flags, orphans=orphans)


def _nameless_flag(flag: FlagSummary, order: dict[str, int]) -> FlagSummary:
    return replace(flag, decisions=tuple(_nameless(one, order) for one in flag.decisions))


def _nameless(one: DecisionSummary, order: dict[str, int]) -> DecisionSummary:
    number = order.setdefault(one.who, len(order) + 1)
    languages: tuple[Language, ...] = ("zh", "en")
    role = one.role if f"role.{one.role}" in words.table() else "reviewer"
    names = [
        words.say("report.somebody", x, role=words.say(f"role.{role}", x), n=number)
        for x in languages
    ]
    return replace(one, who=" / ".join(names), note="")
