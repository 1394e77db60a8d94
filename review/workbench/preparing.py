"""Light copies of whole sessions, made before anybody waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from review.errors import LoadError
from review.playback import make_copy
from review.workbench.data import file_items
from review.workbench.selection import as_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from review.workspace import Workspace


def prepare(
    session_id: str,
    *,
    workspace: Workspace | Path | str | None = None,
    candidates: Iterable[str] | None = None,
    needed_only: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> pd.DataFrame:
    """Make the playable copies of a session's sittings; those that are there are kept.

    Parameters
    ----------
    session_id
        Id of a session of the workspace.
    candidates
        Only these.
    needed_only
        Only of files that a browser does not play as they are; else light copies of all.
    progress
        Called with a file and how much of it is done, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        candidate_id, subject_id, file, state (``made``, ``there``, ``failed``), reason.

    Raises
    ------
    SessionError
        If there is no such session in the workspace.
    """
    from review.loaders import load_session

    space = as_workspace(workspace)
    session, _ = load_session(space.session_folder(session_id))
    wanted = None if candidates is None else set(candidates)
    rows = []
    for sitting in session.sittings():
        if wanted is not None and sitting.candidate.id not in wanted:
            continue
        segments = space.read_sitting("segments", sitting)
        turns = segments.set_index("file")["rotation_deg"].to_dict()
        items = file_items(sitting, segments, workspace=space, light=not needed_only)
        for file, item in items.items():
            state, reason = "there", ""
            if not item.ready:
                try:
                    make_copy(
                        item,
                        folder=session.folder,
                        rotation_deg=turns[file],
                        progress=None if progress is None else _of(file, progress),
                    )
                    state = "made"
                except LoadError as error:  # one bad file keeps nobody else waiting
                    state, reason = "failed", str(error)
            rows.append((sitting.candidate.id, sitting.subject.id, file, state, reason))
    columns = ["candidate_id", "subject_id", "file", "state", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _of(file: str, progress: Callable[[str, float], None]) -> Callable[[float], None]:
    return lambda share: progress(file, share)
