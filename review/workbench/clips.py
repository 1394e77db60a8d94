"""Clips of evidence on request, made beside the kernel's own work and recorded as exports."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

from review.errors import ReviewError
from review.reporting.framing import shown_part
from review.workbench.beside import seldom
from review.workspace import file_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from review.ledger import Author
    from review.session import Sitting
    from review.words import Language
    from review.workspace import Workspace

    Message = Mapping[str, Any]


class Clips:
    """Makes clips of one sitting, one after the other.

    Parameters
    ----------
    flags
        Table ``flags`` of the sitting.
    author
        In whose name the export is recorded.
    """

    def __init__(
        self, sitting: Sitting, *, flags: pd.DataFrame, workspace: Workspace, author: Author
    ) -> None:
        self._sitting, self._workspace, self._author = sitting, workspace, author
        self._evidence_s = dict(zip(flags["flag_id"], flags["evidence_s"], strict=True))
        self._turn = threading.Lock()

    def make(self, message: Message, tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Make a clip of a flag or of a stretch; return its file, its times and its address.

        Parameters
        ----------
        message
            ``start_s``, ``end_s`` (session time), ``flag_id`` of a flag, ``label`` or nothing,
            ``language``.
        tell
            Is told the progress: ``{"kind": "clipping", "of", "share"}``.

        Raises
        ------
        ReviewError
            If the stretch cannot be, or the clip cannot be made or recorded.
        """
        # With everything that draws and encodes: nobody waits for it who makes no clip.
        from review.reporting.moments import clip

        start_s, end_s = self._stretch(message)
        language: Language = "zh" if message.get("language") == "zh" else "en"
        path = self._path(message, start_s, end_s, language)
        progress = seldom(tell, kind="clipping", of=message.get("id"))
        with self._turn:
            if not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                clip(
                    self._sitting.session,
                    candidate=self._sitting.candidate.id,
                    subject=self._sitting.subject.id,
                    workspace=self._workspace,
                    out=path,
                    start=f"{start_s:.3f}",
                    end=f"{end_s:.3f}",
                    language=language,
                    author=self._author,
                    progress=progress,
                )
        parts = [*(file_name(part) for part in self._sitting.key), file_name(path.name)]
        return {
            "file": path.name,
            "url": "/".join(["review", "clip", *parts]),
            "start_s": start_s,
            "end_s": end_s,
        }

    def _stretch(self, message: Message) -> tuple[float, float]:
        start_s, end_s = _seconds(message, "start_s"), _seconds(message, "end_s")
        flag_id = message.get("flag_id")
        if flag_id is None:
            return start_s, end_s
        evidence_s = float(self._evidence_s.get(flag_id, (start_s + end_s) / 2))
        return shown_part(start_s, end_s, evidence_s=evidence_s)

    def _path(self, message: Message, start_s: float, end_s: float, language: str) -> Path:
        label = file_name(str(message.get("label") or "evidence"))[:40]
        name = f"{label} {start_s:.1f}-{end_s:.1f} s.{language}.mp4"
        return clips_folder(self._workspace, self._sitting.key) / name


def clips_folder(workspace: Workspace, key: tuple[str, str, str]) -> Path:
    """Return where the clips of a sitting are: among its media, which retention removes."""
    return workspace.media_of(key) / "clips"


def _seconds(message: Message, name: str) -> float:
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ReviewError(f"{name} is no time", expected="seconds", found=repr(value))
    return float(value)
