"""The player: four views that play as one (``player.js``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from review.errors import ReviewError
from review.playback import make_copy
from review.workbench import assets
from review.workbench.answers import answer
from review.workbench.beside import beside, seldom
from review.workbench.data import file_items
from review.workbench.record import Record, of_record
from review.workbench.spans import address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from review.session import Sitting
    from review.workspace import Workspace


class Player(anywidget.AnyWidget):
    """Plays the views of one sitting; asks the kernel for nothing but playable copies.

    Parameters
    ----------
    record
        What the page is told of the sitting.
    """

    _esm = assets.module("player")
    _css = assets.style()
    record = of_record()
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(
        self,
        record: Record,
        *,
        sitting: Sitting,
        segments: pd.DataFrame,
        workspace: Workspace,
        language: str = "en",
    ) -> None:
        super().__init__(record=record, words=assets.texts(), language=language)
        self._sitting, self._segments, self._workspace = sitting, segments, workspace
        self.on_msg(self._receive)

    @property
    def data(self) -> dict[str, Any]:
        """What the page is told of the sitting."""
        told: dict[str, Any] = self.record.data
        return told

    def _receive(self, _widget: Any, message: Any, _buffers: Any) -> None:
        """Make copies beside the kernel's own work: they can take minutes."""
        beside(lambda tell: self.handle(message, progress=tell), self.send)

    def handle(
        self, message: Any, *, progress: Callable[[dict[str, Any]], None] | None = None
    ) -> dict[str, Any]:
        """Answer one message of the page: ``{"kind": "copy", "file", "light"}``."""
        return answer(message, {"copy": lambda m: self._copy(m, progress or (lambda _: None))})

    def _copy(
        self, message: Mapping[str, Any], tell: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        file = str(message.get("file"))
        known = {
            light: file_items(self._sitting, self._segments, workspace=self._workspace, light=light)
            for light in (False, True)
        }
        before = known[False].get(file)
        if before is None:
            raise ReviewError("no such file of this sitting", where=file)
        # What does not play although it should, or was asked for small, is encoded.
        light = bool(message.get("light")) or before.way == "original"
        item = known[light][file]
        rotations = self._segments.set_index("file")["rotation_deg"].to_dict()
        folder = self._sitting.session.folder
        progress = seldom(tell, kind="copying", file=file)
        make_copy(item, folder=folder, rotation_deg=rotations[file], progress=progress)
        return {
            "url": address(item, self._sitting.key, light=light),
            "media_shift_s": before.zero_pts_s - item.zero_pts_s,
        }
