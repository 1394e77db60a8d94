"""The lock file, the conda environment and pyproject.toml say the same."""

import importlib.metadata
import re
import runpy
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
ASKED_FOR = (
    "jupyterlab", "ipywidgets", "pandas", "opencv-python", "moviepy", "plotly", "duckdb",
    "scikit-learn",
)  # fmt: skip


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements):
    return {plain(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in requirements}


@pytest.fixture(scope="module")
def locked():
    module = runpy.run_path(str(ROOT / "scripts" / "environment.py"))
    return module["locked"]((ROOT / "requirements.lock").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_conda_users_get_the_locked_releases(locked):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    pip = next(d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
    assert pip == [*locked, "--editable ."]


def test_everything_that_the_project_declares_is_locked(locked, project):
    declared = project["dependencies"] + [
        line for extra in project["optional-dependencies"].values() for line in extra
    ]
    assert names(declared) <= names(locked)


def test_the_packages_that_the_user_asked_for_are_declared(project):
    assert set(ASKED_FOR) <= names(project["dependencies"])


@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.name)
def test_a_lock_file_names_no_host_and_hashes_everything(lock):
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|--index-url|--find-links", text)
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)


def test_exactly_one_opencv_is_installed():
    found = {plain(d.metadata["Name"]) for d in importlib.metadata.distributions()}
    assert len({name for name in found if name.startswith("opencv-")}) == 1
