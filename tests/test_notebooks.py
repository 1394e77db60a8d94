"""The notebooks are thin, stored clean, and run from top to bottom."""

import ast
import shutil
from pathlib import Path

import nbformat
import pytest

from review.workbench.notebooks import TEMPLATES, shared_notebooks, sitting_notebook
from review.workspace import Workspace

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def code_cells(path):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def test_there_are_the_three():
    assert {path.stem for path in NOTEBOOKS} == set(TEMPLATES)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_thin_and_stored_without_output(path):
    nbformat.validate(nbformat.read(path, as_version=4))
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None
        kinds = {type(node).__name__ for node in ast.walk(ast.parse(cell.source))}
        assert not kinds & {"FunctionDef", "AsyncFunctionDef", "ClassDef", "Lambda", "For"}
        assert len(cell.source.splitlines()) <= 6


@pytest.fixture(scope="module")
def analysed(simulated, tmp_path_factory):
    """The first candidate's sitting of the simulated session, analysed once."""
    import review

    workspace = Workspace(tmp_path_factory.mktemp("notebooks") / "workspace")
    first = min(path.name for path in (simulated / "recordings").iterdir())
    review.analyze(simulated, workspace=workspace, candidates=[first], workers=0)
    return workspace


def execute(path, workspace, tmp_path, monkeypatch):
    """Run a notebook in a kernel of its own, warnings of the project's own code as errors."""
    from nbclient import NotebookClient

    for name, value in {
        "REVIEW_WORKSPACE": workspace.folder,
        "REVIEW_LEDGER": tmp_path / "ledger.sqlite",
        "XDG_CONFIG_HOME": tmp_path / "config",
        "IPYTHONDIR": tmp_path / "ipython",
        "JUPYTER_RUNTIME_DIR": tmp_path / "runtime",
        "REVIEW_USER": "rita",
        "PYTHONWARNINGS": "error:::review",
    }.items():
        monkeypatch.setenv(name, str(value))
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=600, resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    return notebook


def shown(notebook):
    return [
        kind
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        for kind in output.get("data", {})
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the client, not of the notebook
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_notebook_runs_from_top_to_bottom(name, analysed, tmp_path, monkeypatch):
    (tmp_path / f"{name}.ipynb").write_bytes((FOLDER / f"{name}.ipynb").read_bytes())
    done = execute(tmp_path / f"{name}.ipynb", analysed, tmp_path, monkeypatch)
    kinds = shown(done)
    wanted = {
        "candidate_review": "application/vnd.jupyter.widget-view+json",
        "session_scoring": "application/vnd.jupyter.widget-view+json",
        "violation_trends": "application/vnd.plotly.v1+json",
    }
    assert wanted[name] in kinds
    assert nbformat.writes(done).find("data:video") == -1


def test_a_sittings_own_notebook_is_made_once_and_never_written_again(hand_sitting):
    workspace, sitting = hand_sitting
    path = sitting_notebook(workspace, sitting)
    first = [c.source for c in code_cells(path)]
    assert "candidate = 'C1'" in first[1]
    path.write_text("the reviewer's own", encoding="utf-8")
    assert sitting_notebook(workspace, sitting) == path
    assert path.read_text(encoding="utf-8") == "the reviewer's own"


def test_the_worklist_of_a_session_says_which(hand_sitting):
    workspace, sitting = hand_sitting
    path = shared_notebooks(workspace, sitting.session.id)
    assert "session = 'S1'" in [c.source for c in code_cells(path)]
    assert (path.parent / "violation_trends.ipynb").exists()
    assert not (path.parent / "candidate_review.ipynb").exists()
    shutil.rmtree(path.parent)


@pytest.fixture
def hand_sitting(sitting, tmp_path):
    return Workspace(tmp_path / "workspace"), sitting
