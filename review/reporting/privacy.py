"""What of a case may be seen by whom: masks by default, the whole by right of role."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from review.errors import RenderError

if TYPE_CHECKING:
    from review.ledger import Author, Ledger

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
        Name nobody of the institution: see :mod:`review.reporting.nameless`.
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
