"""Which sitting a notebook is about; a session that is new to the workspace is analysed first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from review.errors import SessionError
from review.loaders import load_session
from review.workspace import Workspace

if TYPE_CHECKING:
    from review.session import Session, Sitting

#: Where a checkout keeps its sample sessions.
_SAMPLES = Path(__file__).parents[2] / "data" / "sample_sessions"


def as_workspace(workspace: Workspace | Path | str | None) -> Workspace:
    """Return the workspace of a path, ``REVIEW_WORKSPACE`` or the current folder."""
    return workspace if isinstance(workspace, Workspace) else Workspace(workspace)


def choose_session(
    session: Path | str | None = None, *, workspace: Workspace | Path | str | None = None
) -> Session:
    """Return a session, analysed.

    Parameters
    ----------
    session
        Id of a session of the workspace, or a session folder; without it, the workspace's first
        session, else the first sample session.

    Raises
    ------
    SessionError
        If there is no such session, or none at all.
    """
    space = as_workspace(workspace)
    folder = _folder(session or None, space)
    loaded, _ = load_session(folder)
    if space.read("sittings", loaded.id).empty:
        from review import batch  # with all its models; not needed to look at results

        batch.analyze(folder, workspace=space, progress=True)
    elif loaded.id not in space.sessions():
        space.register(loaded)
    return loaded


def choose(
    session: Path | str | None = None,
    candidate: str | None = None,
    subject: str | None = None,
    *,
    workspace: Workspace | Path | str | None = None,
) -> Sitting:
    """Return a sitting, analysed; what is left out is the first there is.

    Raises
    ------
    SessionError
        If there is no such session, candidate or subject.
    """
    loaded = choose_session(session, workspace=workspace)
    if not loaded.candidates:
        raise SessionError("no candidate", where=loaded.folder, todo="see candidates.csv")
    chosen = loaded.candidate(candidate) if candidate else loaded.candidates[0]
    return loaded.sitting(chosen.id, subject or chosen.subjects[0])


def _folder(session: Path | str | None, space: Workspace) -> Path:
    if session is not None:
        return space.folder_of(session)
    if known := space.sessions():
        return space.session_folder(known[0])
    samples = sorted(path.parent for path in _SAMPLES.glob("*/session.toml"))
    if samples:
        return samples[0]
    raise SessionError(
        "no session has been analysed yet",
        where=space.folder,
        todo="run `review analyze <session folder>` with this workspace",
    )
