"""Tables of one sitting, made by hand."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from review import tables

KEY = ("s1", "c1", "theory")
START = datetime(2022, 12, 10, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def build():
    """Make a table of the sitting from rows."""

    def make(name, rows, *, key=KEY):
        return tables.build(name, rows, key=key)

    return make


@pytest.fixture
def coverage(build):
    rows = [
        ("front", 0.0, 40.0, "recorded"),
        ("front", 40.0, 100.0, "missing"),
        ("screen", 0.0, 100.0, "recorded"),
        ("screen", 50.0, 75.0, "frozen"),
    ]
    return build(
        "coverage",
        [{"stream": s, "start_s": a, "end_s": b, "state": state} for s, a, b, state in rows],
    )


@pytest.fixture
def flags(build):
    base = {
        "score": 0.5,
        "detector": "d",
        "supports": [],
        "contradicts": [],
        "reason_key": "none",
        "facts": "{}",
    }
    rows = [
        ("f2", "speech", ["front"], 30.0, 31.0),
        ("f1", "absent", ["front"], 10.0, 25.0),
        ("f3", "location_outside", ["gps_phone1"], 20.0, 40.0),
    ]
    return build(
        "flags",
        [
            {**base, "flag_id": i, "label": label, "streams": streams, "start_s": a, "end_s": b,
             "device_start_s": a, "device_end_s": b, "evidence_s": a,
             "reason": f"<i>because</i> {i}"}
            for i, label, streams, a, b in rows
        ],
    )  # fmt: skip


@pytest.fixture
def events(build):
    base = {"device_time": "", "detail": "{}"}
    return build(
        "events",
        [
            {**base, "stream": "events_client", "device_s": 1.0, "time_s": 2.0, "type": "login"},
            {**base, "stream": "events_client", "device_s": 5.0, "time_s": None, "type": "submit"},
        ],
    )


@pytest.fixture
def start():
    return START
