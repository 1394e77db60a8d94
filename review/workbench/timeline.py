"""The timeline under the player (``timeline.js``)."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from review.workbench import assets


class Timeline(anywidget.AnyWidget):
    """Shows coverage, flags and events of one sitting; a click goes there.

    Parameters
    ----------
    data
        From :func:`review.workbench.data.sitting_data`.
    """

    _esm = assets.module("timeline")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(self, data: dict[str, Any], *, language: str = "en") -> None:
        super().__init__(data=data, words=assets.texts(), language=language)
