"""The few exceptions that the library raises.

Every message says where (session, sitting, stream, file), what was expected, what was found and
what to do, on one line, so that a command can print it as it is and a batch can keep it as a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class ReviewError(Exception):
    """An error that a user can act on.

    Parameters
    ----------
    what
        What is wrong, in a few words.
    where
        Session, sitting, stream or file that it concerns.
    expected, found
        What should have been there, and what was.
    todo
        What the reader of the message should do.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | Path | None = None,
        expected: str | None = None,
        found: str | None = None,
        todo: str | None = None,
    ) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.expected = expected
        self.found = found
        self.todo = todo
        parts = [what if self.where is None else f"{self.where}: {what}"]
        parts += [
            f"{name} {text}"
            for name, text in (("expected", expected), ("found", found), ("to do:", todo))
            if text
        ]
        super().__init__("; ".join(" ".join(part.split()) for part in parts))


class SessionError(ReviewError):
    """A session folder, its manifest or its list of candidates cannot be used."""


class LoadError(ReviewError):
    """A file cannot be loaded: no loader takes it, two do, or it holds nothing usable."""


class TableError(ReviewError):
    """A table does not keep its contract."""


class ModelError(ReviewError):
    """A model file is absent, damaged or of another version."""


class DetectorError(ReviewError):
    """A detector or one of its options is unknown or unusable."""


class RulebookError(ReviewError):
    """A rulebook, or a clause that was cited, is not valid."""


class LedgerError(ReviewError):
    """An entry was refused, or the ledger cannot be reached or does not hold."""


class RenderError(ReviewError):
    """A report or clip could not be made."""


def reason_of(error: Exception) -> str:
    """Return what a row says about what failed it: the library's own errors explain themselves."""
    return str(error) if isinstance(error, ReviewError) else f"{type(error).__name__}: {error}"
