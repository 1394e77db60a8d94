"""The decision form: flags, verdicts, notes, undo (``decisions.js``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from review.workbench import assets, readings
from review.workbench.answers import answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from review.ledger import Author, Ledger
    from review.session import Sitting


class Decisions(anywidget.AnyWidget):
    """Lists the flags of one sitting and writes what a person says of them to the ledger.

    Parameters
    ----------
    data
        From :func:`review.workbench.data.sitting_data`.
    flags
        Table ``flags`` of the sitting.
    author
        Whose decisions they are; the ledger checks the role.
    """

    _esm = assets.module("decisions")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)
    decisions = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        data: dict[str, Any],
        *,
        sitting: Sitting,
        flags: pd.DataFrame,
        ledger: Ledger,
        author: Author,
        language: str = "en",
    ) -> None:
        super().__init__(data=data, words=assets.texts(), language=language)
        self._sitting, self._flags = sitting, flags
        self._ledger, self._author = ledger, author
        self.decisions = self._standing()
        self.on_msg(lambda _widget, message, _buffers: self.send(self.handle(message)))

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message of the page.

        ``{"kind": "decide", "flag_id", "verdict", "note"}`` or ``{"kind": "undo", "flag_id"}``.
        When the answer is ``ok``, the entry is on disk.
        """
        return answer(message, {"decide": self._decide, "undo": self._undo})

    def _decide(self, message: Mapping[str, Any]) -> dict[str, Any]:
        readings.decide(
            self._ledger,
            self._sitting,
            self._flags,
            flag_id=str(message.get("flag_id")),
            verdict=str(message.get("verdict")),
            note=str(message.get("note") or ""),
            author=self._author,
        )
        self.decisions = self._standing()
        return {}

    def _undo(self, message: Mapping[str, Any]) -> dict[str, Any]:
        readings.undo(
            self._ledger,
            self._sitting,
            self._flags,
            flag_id=str(message.get("flag_id")),
            author=self._author,
        )
        self.decisions = self._standing()
        return {}

    def _standing(self) -> dict[str, Any]:
        return readings.standing(self._ledger, self._sitting, self._flags, self._author)
