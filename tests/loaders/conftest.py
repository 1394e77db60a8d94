import importlib.util
import sys
from pathlib import Path

import pytest


def _load(name):
    """Import a helper that stands beside this file (the tests are no package)."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


made = _load("made")


@pytest.fixture
def session_folder(tmp_path) -> Path:
    """A session folder with one candidate and two subjects, without recordings."""
    folder = tmp_path / "session"
    folder.mkdir()
    (folder / "session.toml").write_text(made.MANIFEST, encoding="utf-8")
    (folder / "candidates.csv").write_text(made.CANDIDATES, encoding="utf-8")
    return folder


@pytest.fixture
def place(session_folder):
    """Write a file of candidate C1: ``place("theory/gps/phone1.csv", text)`` -> its path."""

    def write(name: str, content: str | bytes = b"", *, candidate: str = "C1") -> Path:
        path = session_folder / "recordings" / candidate / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
