"""Fixtures that every part's tests share."""

import fcntl
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from review.session import Candidate, Session, Sitting, Subject

START = datetime(2022, 12, 10, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="session", autouse=True)
def _own_keys(tmp_path_factory):
    """No test signs with the keys of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The folder of real test data; the test is skipped where there is none."""
    folder = Path(os.environ.get("REVIEW_TESTDATA", ""))
    if not os.environ.get("REVIEW_TESTDATA") or not folder.is_dir():
        pytest.skip("REVIEW_TESTDATA names no folder of real test data")
    return folder


@pytest.fixture
def make_sitting(tmp_path):
    """Make a sitting of a session in a temporary folder; keywords go to the session."""

    def make(*, minutes=10.0, allowed_apps=(), **session):
        subject = Subject(
            id="theory",
            name="Theory",
            start=START,
            end=START + timedelta(minutes=minutes),
            allowed_apps=tuple(allowed_apps),
        )
        candidate = Candidate(
            id="C1",
            name="王小明",
            id_number="110101199001011234",
            occupation="电子商务师",
            level="三级",
            subjects=("theory",),
        )
        defaults = {
            "id": "S1",
            "kind": "exam",
            "platform": "itmc",
            "rulebook": "itmc-2022",
            "timezone": "Asia/Shanghai",
            "required_streams": ("front", "right_rear"),
            "subjects": (subject,),
            "candidates": (candidate,),
            "folder": tmp_path,
        }
        made = Session(**{**defaults, **session})
        return Sitting(session=made, candidate=candidate, subject=subject)

    return make


@pytest.fixture
def sitting(make_sitting) -> Sitting:
    return make_sitting()


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Make something costly once for all processes of a test run: ``once(name, make)``.

    ``make(folder)`` fills a folder that does not exist yet; everybody gets its path.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def call(name, make):
        folder, done = root / name, root / f"{name}.done"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                make(folder)
                done.touch()
        return folder

    return call


@pytest.fixture(scope="session")
def simulated(once) -> Path:
    """A small simulated session: two candidates, one minute, seed 7 (read-only for tests)."""
    from review.simulate import simulate

    return once("simulated", lambda out: simulate(out, candidates=2, minutes=1, seed=7))


@pytest.fixture(scope="session")
def simulated_workspace(once, simulated) -> Path:
    """The workspace of the simulated session after its analysis (read-only for tests)."""
    from review import batch

    return once("simulated-workspace", lambda out: batch.analyze(simulated, workspace=out))


@pytest.fixture
def own_workspace(simulated_workspace, tmp_path) -> Path:
    """A copy of that workspace which a test may write to."""
    return shutil.copytree(simulated_workspace, tmp_path / "workspace")
