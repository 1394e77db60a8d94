"""From the sample sessions to their reports, and ten lines about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from review import batch
from review.errors import SessionError
from review.reporting import report
from review.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


def sample_sessions() -> list[Path]:
    """Return the folders of the sample sessions that are committed beside the package.

    Raises
    ------
    SessionError
        If they are not there (the package alone was installed).
    """
    root = Path(__file__).parents[1] / "data" / "sample_sessions"
    found = sorted(path.parent for path in root.glob("*/session.toml"))
    if not found:
        raise SessionError(
            "no sample sessions",
            where=root,
            todo="run this from a checkout, or make one with `review simulate OUT`",
        )
    return found


def demo(
    *,
    workspace: Workspace | Path | str | None = None,
    out: Path | str = "reports",
    progress: bool = False,
) -> list[str]:
    """Analyse every sample session, write the reports, and say what was found.

    Returns
    -------
    list of str
        Lines to print.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    lines: list[str] = []
    for folder in sample_sessions():
        rows = batch.analyze(folder, workspace=space, progress=progress)
        for language in ("en", "zh"):
            report(folder, workspace=space, out=out, language=language, progress=progress)
        lines += _found(space, str(rows.loc[0, "session_id"]), rows)
    lines += [
        f"Reports: open {Path(out) / 'index.html'}",
        "Workbench: make lab (opens JupyterLab on the worklist)",
    ]
    return lines


def _found(space: Workspace, session_id: str, rows: pd.DataFrame) -> list[str]:
    flags = space.read("flags", session_id)
    failed = int((rows["state"] == "failed").sum())
    lines = [f"{session_id}: {len(rows)} sittings, {len(flags)} flags, {failed} failed"]
    for (candidate, subject), own in flags.groupby(["candidate_id", "subject_id"]):
        counts = own["label"].value_counts()
        found = ", ".join(f"{label} {n}" if n > 1 else f"{label}" for label, n in counts.items())
        lines.append(f"  {candidate} {subject}: {found}")
    return lines
