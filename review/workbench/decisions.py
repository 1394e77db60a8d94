"""The decision form: flags, verdicts, own flags, notes, undo (``decisions.js``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from review.workbench import assets
from review.workbench.answers import answer
from review.workbench.beside import beside
from review.workbench.record import Record, of_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from review.workbench.book import Book
    from review.workbench.clips import Clips


class Decisions(anywidget.AnyWidget):
    """Lists the flags of one sitting and passes on what a person says of them.

    Parameters
    ----------
    record
        What the page is told of the sitting.
    book
        The sitting's part of the ledger.
    clips
        Makes clips of the sitting.
    """

    _esm = assets.module("decisions")
    _css = assets.style()
    record = of_record()
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, record: Record, *, book: Book, clips: Clips, language: str = "en") -> None:
        super().__init__(record=record, words=assets.texts(), language=language)
        self._book, self._clips = book, clips
        book.subscribe(self._show)
        self.on_msg(self._receive)

    def _receive(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if isinstance(message, dict) and message.get("kind") == "clip":
            beside(lambda tell: self.clip(message, tell), self.send)
        else:
            self.send(self.handle(message))

    @property
    def data(self) -> dict[str, Any]:
        """What the page is told of the sitting."""
        told: dict[str, Any] = self.record.data
        return told

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message of the page; see :meth:`review.workbench.book.Book.handle`."""
        return self._book.handle(message)

    def clip(
        self, message: Any, tell: Callable[[dict[str, Any]], None] | None = None
    ) -> dict[str, Any]:
        """Answer the page's message that asks for a clip; see :meth:`Clips.make`."""
        return answer(message, {"clip": lambda m: self._clips.make(m, tell or (lambda _: None))})

    def _show(self, state: dict[str, Any]) -> None:
        self.state = state
