"""The notebooks of a workspace: one per sitting, made on demand from the one template.

A notebook that is there is its reviewer's: it is opened as it is, never written again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from review.errors import ReviewError
from review.workspace import atomic_path, file_name

if TYPE_CHECKING:
    from review.session import Sitting
    from review.workspace import Workspace

CANDIDATE: Final = "candidate_review"
WORKLIST: Final = "session_scoring"
TEMPLATES: Final = (CANDIDATE, WORKLIST, "violation_trends")
#: The cell that says which sitting or session a notebook is about (the word that papermill and
#: its kin use for the same).
_TAG: Final = "parameters"


def template(name: str) -> dict[str, Any]:
    """Return a notebook as it is shipped, parsed.

    Raises
    ------
    ReviewError
        If it was not installed.
    """
    for folder in (Path(__file__).parent / "notebooks", Path(__file__).parents[2] / "notebooks"):
        path = folder / f"{name}.ipynb"
        if path.is_file():
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return found
    raise ReviewError("a notebook is not installed", where=f"{name}.ipynb", todo="install again")


def sitting_notebook(workspace: Workspace, sitting: Sitting) -> Path:
    """Return the path of a sitting's own notebook, made if it is not there."""
    path = workspace.notebook(sitting)
    session_id, candidate_id, subject_id = sitting.key
    values = {"session": session_id, "candidate": candidate_id, "subject": subject_id}
    _make(path, CANDIDATE, values)
    return path


def shared_notebooks(workspace: Workspace, session: str | None = None) -> Path:
    """Put the notebooks that are not about one sitting into the workspace.

    Parameters
    ----------
    session
        What the worklist is about; None for the workspace's first session.

    Returns
    -------
    Path
        The worklist of the session.
    """
    folder = workspace.folder / "notebooks"
    for name in TEMPLATES:
        if name != CANDIDATE:
            _make(folder / f"{name}.ipynb", name, {})
    if session is None:
        return folder / f"{WORKLIST}.ipynb"
    path = folder / f"{WORKLIST}+{file_name(session)}.ipynb"
    _make(path, WORKLIST, {"session": session})
    return path


def _make(path: Path, name: str, values: dict[str, str]) -> None:
    if path.exists():
        return
    notebook = template(name)
    for cell in notebook["cells"]:
        if values and _TAG in cell["metadata"].get("tags", ()):
            lines = [f"{variable} = {value!r}" for variable, value in values.items()]
            cell["source"] = "\n".join(lines)
    with atomic_path(path) as part:
        part.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")
