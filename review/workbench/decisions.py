"""The decision form: flags, verdicts, own flags, notes, undo (``decisions.js``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from review.workbench import assets

if TYPE_CHECKING:
    from review.workbench.book import Book


class Decisions(anywidget.AnyWidget):
    """Lists the flags of one sitting and passes on what a person says of them.

    Parameters
    ----------
    data
        From :func:`review.workbench.data.sitting_data`.
    book
        The sitting's part of the ledger.
    """

    _esm = assets.module("decisions")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, data: dict[str, Any], *, book: Book, language: str = "en") -> None:
        super().__init__(data=data, words=assets.texts(), language=language)
        self._book = book
        book.subscribe(self._show)
        self.on_msg(lambda _widget, message, _buffers: self.send(self.handle(message)))

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message of the page; see :meth:`review.workbench.book.Book.handle`."""
        return self._book.handle(message)

    def _show(self, state: dict[str, Any]) -> None:
        self.state = state
