"""Fixtures that every part's tests share."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from review.session import Candidate, Session, Sitting, Subject

START = datetime(2022, 12, 10, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


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
def simulated(tmp_path_factory) -> Path:
    """A small simulated session: two candidates, one minute, seed 7 (read-only for tests)."""
    from review.simulate import simulate

    out = tmp_path_factory.mktemp("simulated") / "session"
    return simulate(out, candidates=2, minutes=1, seed=7)
