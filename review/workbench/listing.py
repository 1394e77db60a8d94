"""The worklist of a session (``listing.js``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import pandas as pd
import traitlets

from review import words
from review.workbench import assets
from review.workbench.language import chosen
from review.workbench.selection import as_workspace, choose_session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from review.session import Session
    from review.words import Language
    from review.workspace import Workspace


class Worklist(anywidget.AnyWidget):
    """Lists the sittings of a session by risk, with a link to the notebook of each."""

    _esm = assets.module("listing")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(self, data: dict[str, Any], *, language: str = "en") -> None:
        super().__init__(data=data, words=assets.texts(), language=language)


def worklist(
    session_id: str | None = None,
    *,
    workspace: Workspace | Path | str | None = None,
    language: Language | None = None,
) -> Worklist:
    """Show the sittings of a session, those first that most need a look.

    Raises
    ------
    SessionError
        If there is no such session.
    """
    from review import batch  # imports every part of the analysis

    space = as_workspace(workspace)
    session = choose_session(session_id, workspace=space)
    rows = batch.score(session.id, workspace=space)
    return Worklist(worklist_data(session, rows), language=chosen(language))


def worklist_data(session: Session, rows: pd.DataFrame) -> dict[str, Any]:
    """Return the worklist as the front end takes it.

    Parameters
    ----------
    rows
        From :func:`review.scoring.worklist.worklist`.
    """
    candidates = {candidate.id: candidate for candidate in session.candidates}
    subjects = {subject.id: subject.name for subject in session.subjects}
    return {
        "session_id": session.id,
        "rows": [
            {
                "candidate_id": row["candidate_id"],
                "subject_id": row["subject_id"],
                "name": candidates[row["candidate_id"]].name,
                "subject": subjects[row["subject_id"]],
                "state": row["analysis"],
                "risk": None if pd.isna(row["risk"]) else float(row["risk"]),
                "unseen": None if pd.isna(row["unseen"]) else float(row["unseen"]),
                "flags": int(row["flags"]),
                "decided": int(row["flags"] - row["open_flags"]),
                "why": {language: _why(row, language) for language in words.LANGUAGES},
            }
            for row in rows.to_dict("records")
            if row["candidate_id"] in candidates and row["subject_id"] in subjects
        ],
    }


def _why(row: Mapping[Any, Any], language: Language) -> str:
    if row["analysis"] == "failed":
        return str(row["reason"])
    counts = sorted(row["labels"].items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{words.label(label, language)}{f' × {n}' if n > 1 else ''}" for label, n in counts]
    return ("、" if language == "zh" else ", ").join(parts)
