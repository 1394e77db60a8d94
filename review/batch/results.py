"""What a session's results say: the worklist, and the flags held against a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from review.batch.analysis import analyze
from review.batch.session_results import results_of
from review.loaders import load_session
from review.loaders.truth import load_truth
from review.scoring.evaluation import Evaluation, evaluate_flags
from review.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


def score(session: Path | str, *, workspace: Workspace | Path | str | None = None) -> pd.DataFrame:
    """Return the session's worklist: every sitting with risk, unseen, flags and state of work.

    What befell many at once is taken out of each one's risk; :func:`review.batch.quality.table`
    returns it, and the other tables about the session.

    Parameters
    ----------
    session
        Session folder, or the id of a session of the workspace.

    Returns
    -------
    pandas.DataFrame
        Columns of :func:`review.scoring.worklist.worklist`, those of
        :func:`review.scoring.unusual.unusual`, and ``incidents`` (ids).
    """
    return results_of(session, workspace=workspace).worklist


def resolve_session_id(session: Path | str, space: Workspace) -> str:
    """Return the id of a session that is named by its folder or by its id."""
    if str(session) in space.sessions():
        return str(session)
    loaded, _ = load_session(session)
    return loaded.id


def evaluate(
    folder: Path | str,
    *,
    truth: Path | str | None = None,
    workspace: Workspace | Path | str | None = None,
    progress: bool = False,
) -> Evaluation:
    """Hold the flags of a session against its truth; analyses what is not analysed yet.

    Parameters
    ----------
    truth
        Truth file; ``truth.csv`` of the session folder if not given.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    session, _ = load_session(folder)
    known = load_truth(Path(truth) if truth is not None else session.folder / "truth.csv")
    windows = analyze(folder, workspace=space, progress=progress)
    return evaluate_flags(space.read("flags", session.id), known, windows)
