"""Counting what could not be read of a text file, so that it becomes one row, not a thousand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from review.loaders.problems import Problem

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

#: Line numbers that a message names before it says "and so on".
_NAMED: Final = 5


@dataclass
class Tally:
    """Lines that could not be used, by what is wrong with them."""

    code: str
    lines: list[int] = field(default_factory=list)
    first: str = ""

    def add(self, line: int, reason: str) -> None:
        """Count one line."""
        self.lines.append(line)
        self.first = self.first or reason

    def problems(self, what: str, *, unit: str = "line") -> list[Problem]:
        """Return one problem for all of them, or none; ``unit`` is what was counted through."""
        if not self.lines:
            return []
        named = ", ".join(str(n) for n in self.lines[:_NAMED])
        more = ", ..." if len(self.lines) > _NAMED else ""
        message = f"{len(self.lines)} {what} ({unit} {named}{more}); the first: {self.first}"
        return [Problem(code=self.code, message=message)]

    def __len__(self) -> int:
        return len(self.lines)


def text_problems(
    *,
    bad: Tally,
    encoding: str | None,
    naive: int,
    timezone: ZoneInfo,
    what: str = "lines cannot be read",
) -> list[Problem]:
    """Return what is to be said of any text file: bad lines, its encoding, its naive times."""
    problems = bad.problems(what, unit="line" if what.startswith("lines") else "number")
    if encoding is not None:
        problems.append(Problem(code="encoding", message=f"not UTF-8; read as {encoding}"))
    if naive:
        message = f"{naive} times without an offset, taken as {timezone.key}"
        problems.append(Problem(code="time_naive", message=message))
    return problems
