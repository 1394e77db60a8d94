"""The timeline under the player (``timeline.js``)."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from review.workbench import assets
from review.workbench.record import Record, of_record


class Timeline(anywidget.AnyWidget):
    """Shows coverage, flags and events of one sitting; a click goes there.

    Parameters
    ----------
    record
        What the page is told of the sitting.
    """

    _esm = assets.module("timeline")
    _css = assets.style()
    record = of_record()
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(self, record: Record, *, language: str = "en") -> None:
        super().__init__(record=record, words=assets.texts(), language=language)

    @property
    def data(self) -> dict[str, Any]:
        """What the page is told of the sitting."""
        told: dict[str, Any] = self.record.data
        return told
