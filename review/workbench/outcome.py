"""The outcome of a sitting: clauses, what is lacking, warnings, sign-off (``outcome.js``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from review.errors import RulebookError
from review.workbench import assets, weighing
from review.workbench.record import Record, of_record

if TYPE_CHECKING:
    from review.workbench.book import Book


class Conclusion(anywidget.AnyWidget):
    """Shows what the rulebook asks for and takes the outcome of a sitting.

    Parameters
    ----------
    record
        What the page is told of the sitting.
    book
        The sitting's part of the ledger.
    """

    _esm = assets.module("outcome")
    _css = assets.style()
    record = of_record()
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    clauses: Any = traitlets.List().tag(sync=True)
    #: Why there is no rulebook; empty where there is one.
    problem = traitlets.Unicode().tag(sync=True)

    def __init__(self, record: Record, *, book: Book, language: str = "en") -> None:
        try:
            found, problem = weighing.clauses(weighing.rulebook_of(book.sitting)), ""
        except RulebookError as error:
            found, problem = [], str(error)
        super().__init__(
            record=record,
            words=assets.texts(),
            language=language,
            clauses=found,
            problem=problem,
        )
        self._book = book
        book.subscribe(self._show)
        self.on_msg(lambda _widget, message, _buffers: self.send(self.handle(message)))

    @property
    def data(self) -> dict[str, Any]:
        """What the page is told of the sitting."""
        told: dict[str, Any] = self.record.data
        return told

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message of the page; see :meth:`review.workbench.book.Book.handle`."""
        return self._book.handle(message)

    def _show(self, state: dict[str, Any]) -> None:
        self.state = state
