"""What a workspace has of a session or a sitting that was analysed, or why it has nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.errors import SessionError
from review.workspace import MARKER

if TYPE_CHECKING:
    import pandas as pd

    from review.session import Sitting
    from review.workspace import Workspace


def analysed_session(space: Workspace, session_id: str) -> pd.DataFrame:
    """Return a session's rows of ``sittings``.

    Raises
    ------
    SessionError
        If nothing of it has been analysed into this workspace.
    """
    rows = space.read(MARKER, session_id)
    if rows.empty:
        raise _missing("session", f"session {session_id}", space)
    return rows


def analysed_sitting(space: Workspace, sitting: Sitting) -> pd.Series:
    """Return a sitting's row of ``sittings``.

    Raises
    ------
    SessionError
        If it has not been analysed into this workspace, or its analysis failed.
    """
    rows = space.read_sitting(MARKER, sitting)
    if rows.empty or rows["state"].iloc[0] != "done":
        raise _missing("sitting", "/".join(sitting.key), space)
    return rows.iloc[0]


def _missing(what: str, where: str, space: Workspace) -> SessionError:
    return SessionError(
        f"this {what} has not been analysed into this workspace",
        where=where,
        found=f"no results in {space.folder}",
        todo="run `review analyze <session folder>` first",
    )
