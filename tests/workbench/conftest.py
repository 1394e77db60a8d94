"""The hand-made session and a server over it, once for all tests of the workbench."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest


def load(name):
    """Import a helper that stands beside this file (the tests are no package)."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


handmade, servers, forty = load("handmade"), load("serving"), load("forty")


@pytest.fixture(scope="session")
def hand(tmp_path_factory):
    """The hand-made session, its workspace and its first sitting; only read."""
    from review.loaders import load_session

    base = tmp_path_factory.mktemp("hand")
    session, _ = load_session(handmade.make_session(base / "session"))
    workspace = handmade.make_workspace(base / "workspace", session)
    sitting = session.sitting(*handmade.KEY[1:])
    return SimpleNamespace(session=session, workspace=workspace, sitting=sitting)


@pytest.fixture
def own_ledger(tmp_path, monkeypatch):
    """A ledger and signing keys of this test's own."""
    monkeypatch.setenv("REVIEW_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("REVIEW_USER", "rita")
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def desk_of(hand, own_ledger, monkeypatch):
    """Open the sitting as somebody in a role."""
    from review.workbench.candidate import open_candidate

    def opened(name="rita", role="reviewer", **options):
        monkeypatch.setenv("REVIEW_USER", name)
        return open_candidate(*handmade.KEY, workspace=hand.workspace, role=role, **options)

    return opened
