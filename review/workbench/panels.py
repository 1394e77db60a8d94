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
from review.workbench import assets, show
from review.workbench.answers import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from review.session import Sitting
    from review.workspace import Workspace


class Panels(anywidget.AnyWidget):
    """Chooses which panel is seen, and fills it when it is seen first.

    Parameters
    ----------
    data
        From :func:`review.workbench.data.sitting_data`.

    Attributes
    ----------
    boxes
        Panel -> the box that will hold it.
    """

    _esm = assets.module("panels")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(
        self, data: dict[str, Any], *, sitting: Sitting, workspace: Workspace, language: str = "en"
    ) -> None:
        super().__init__(
            data={name: data[name] for name in ("key", "extent")},
            words=assets.texts(),
            language=language,
        )
        self._sitting, self._workspace = sitting, workspace
        self.boxes = {name: ipywidgets.Box([]) for name in _MAKERS}
        self.on_msg(lambda _widget, message, _buffers: self.send(self.handle(message)))

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer one message of the page: ``{"kind": "open", "panel", "language"}``."""
        return answer(message, {"open": self._open})

    def _open(self, message: Mapping[str, Any]) -> dict[str, Any]:
        name = str(message.get("panel"))
        if name not in _MAKERS:
            raise ReviewError("no such panel", expected=", ".join(_MAKERS), found=name)
        language = "zh" if message.get("language") == "zh" else "en"
        made = _MAKERS[name](self._sitting, self._workspace, language)
        self.boxes[name].children = [made]
        return {}


def _figure(make: Callable[..., Any]) -> Callable[[Sitting, Workspace, str], Any]:
    """Show a Plotly figure by the page's own renderer of it."""

    def made(sitting: Sitting, workspace: Workspace, language: str) -> Any:
        plot = make(sitting, workspace=workspace, language=language)
        shown = {"output_type": "display_data", "data": plot.bundle(), "metadata": {}}
        return ipywidgets.Output(outputs=(shown,))

    return made


def _widget(make: Callable[..., Any]) -> Callable[[Sitting, Workspace, str], Any]:
    return lambda sitting, workspace, language: make(
        sitting, workspace=workspace, language=language
    )


_MAKERS = {
    "identity": _widget(show.identity),
    "place": _widget(show.moving_place),
    "signals": _figure(show.signals),
    "log": _widget(show.moving_log),
    "clocks": _figure(show.clocks),
}
