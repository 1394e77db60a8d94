"""The player: four views that play as one (``player.js``)."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets

from review.errors import ReviewError
from review.playback import make_copy
from review.workbench import assets
from review.workbench.answers import answer
from review.workbench.data import file_items
from review.workbench.spans import address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from review.session import Sitting
    from review.workspace import Workspace

#: A page is told of progress this often at most.
_EVERY_S: Final = 0.5


class Player(anywidget.AnyWidget):
    """Plays the views of one sitting; asks the kernel for nothing but playable copies.

    Parameters
    ----------
    data
        From :func:`review.workbench.data.sitting_data`.
    """

    _esm = assets.module("player")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(
        self,
        data: dict[str, Any],
        *,
        sitting: Sitting,
        segments: pd.DataFrame,
        workspace: Workspace,
        language: str = "en",
    ) -> None:
        super().__init__(data=data, words=assets.texts(), language=language)
        self._sitting, self._segments, self._workspace = sitting, segments, workspace
        self.on_msg(self._receive)

    def _receive(self, _widget: Any, message: Any, _buffers: Any) -> None:
        """Make copies beside the kernel's own work: they can take minutes."""
        loop = _running_loop()
        send = self.send if loop is None else _from_thread(loop, self.send)
        thread = threading.Thread(
            target=lambda: send(self.handle(message, progress=send)), daemon=True
        )
        thread.start()

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
        make_copy(item, folder=folder, rotation_deg=rotations[file], progress=_seldom(file, tell))
        return {
            "url": address(item, self._sitting.key, light=light),
            "media_shift_s": before.zero_pts_s - item.zero_pts_s,
        }


def _seldom(file: str, tell: Callable[[dict[str, Any]], None]) -> Callable[[float], None]:
    last = [0.0]

    def progress(share: float) -> None:
        if time.monotonic() - last[0] >= _EVERY_S:
            last[0] = time.monotonic()
            tell({"kind": "copying", "file": file, "share": share})

    return progress


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _from_thread(
    loop: asyncio.AbstractEventLoop, send: Callable[[dict[str, Any]], None]
) -> Callable[[dict[str, Any]], None]:
    """Messages leave from the kernel's own loop: its sockets belong to that thread."""

    def later(content: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(send, content)

    return later
