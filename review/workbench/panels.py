"""The panels beside the player, and the bar that chooses between them (``panels.js``).

What is not looked at is not made: identity, place, measurements, log and clocks are read and drawn
when their panel is opened for the first time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import traitlets

from review.errors import ReviewError
from review.workbench import assets
from review.workbench.answers import answer
from review.workbench.record import Record, of_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.session import Sitting
    from review.workspace import Workspace


class Panels(anywidget.AnyWidget):
    """Chooses which panel is seen, and fills it when it is seen first.

    Parameters
    ----------
    record
        What the page is told of the sitting.

    Attributes
    ----------
    boxes
        Panel -> the box that will hold it.
    """

    _esm = assets.module("panels")
    _css = assets.style()
    record = of_record()
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(
        self, record: Record, *, sitting: Sitting, workspace: Workspace, language: str = "en"
    ) -> None:
        super().__init__(record=record, words=assets.texts(), language=language)
        self._sitting, self._workspace = sitting, workspace
        self.boxes = {name: ipywidgets.Box([]) for name in _MAKERS}
        self.on_msg(lambda _widget, message, _buffers: self.send(self.handle(message)))

    @property
    def data(self) -> dict[str, Any]:
        """What the page is told of the sitting."""
        told: dict[str, Any] = self.record.data
        return told

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message of the page: ``{"kind": "open", "panel", "language"}``."""
        return answer(message, {"open": self._open})

    def _open(self, message: Mapping[str, Any]) -> dict[str, Any]:
        name = str(message.get("panel"))
        if name not in _MAKERS:
            raise ReviewError("no such panel", expected=", ".join(_MAKERS), found=name)
        language = "zh" if message.get("language") == "zh" else "en"
        made = _made(name, self._sitting, self._workspace, language)
        self.boxes[name].children = [made]
        return {}


def _made(name: str, sitting: Sitting, workspace: Workspace, language: str) -> Any:
    # Maps and figures bring libraries of their own: nobody waits for them before a panel is opened.
    from review.workbench import show
    from review.workbench.plot import Plot

    made = getattr(show, _MAKERS[name])(sitting, workspace=workspace, language=language)
    if not isinstance(made, Plot):
        return made
    # Figures are drawn by the page's own renderer of them.
    shown = {"output_type": "display_data", "data": made.bundle(), "metadata": {}}
    return ipywidgets.Output(outputs=(shown,))


#: Panel -> what of :mod:`review.workbench.show` fills it.
_MAKERS = {
    "identity": "identity",
    "place": "moving_place",
    "signals": "signals",
    "log": "moving_log",
    "clocks": "clocks",
}
