"""A ledger of one's own and people to write in it."""

import pytest

from review.ledger import current_author, open_ledger

SITTING = ("s1", "c1", "theory")


@pytest.fixture
def person(tmp_path):
    """Return a function: a named local user in a role, with a key of this test alone."""

    def make(name="ann", role="reviewer"):
        return current_author(
            role=role, environ={"REVIEW_USER": name, "XDG_CONFIG_HOME": str(tmp_path / "config")}
        )

    return make


@pytest.fixture
def ledger(tmp_path):
    opened = open_ledger(tmp_path / "workspace" / "ledger.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def decide(ledger, person):
    """Return a function that records a decision on a flag of one sitting."""

    def make(flag_id="f1", verdict="confirmed", *, author=None, sitting=SITTING, **more):
        payload = {
            "flag_id": flag_id,
            "label": "absent",
            "stream": "front",
            "device_start_s": 10.0,
            "device_end_s": 20.0,
            "verdict": verdict,
            **more,
        }
        return ledger.append("decision", payload, sitting_key=sitting, author=author or person())

    return make
