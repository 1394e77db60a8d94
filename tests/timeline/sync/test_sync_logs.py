from datetime import timedelta

import numpy as np
import pytest

from review import tables
from review.timeline.clocks import to_session_s
from review.timeline.sync import synchronise
from review.timeline.sync.logs import server_anchors


def log(sitting, stream, session_s, *, offset_s, drift_ppm=0.0, delay_s=None, whole=False):
    """Entries of one log: a device clock that is off, a server that stamps them on arrival."""
    start = sitting.subject.start
    delay = np.zeros(len(session_s)) if delay_s is None else delay_s
    rows = []
    for t, late in zip(session_s, delay, strict=True):
        device_s = (t - offset_s) / (1 + drift_ppm * 1e-6)
        stamp = start + timedelta(seconds=float(t + late))
        if whole:
            stamp = stamp.replace(microsecond=0)
        rows.append(
            {
                "stream": stream,
                "device_s": device_s,
                "device_time": (start + timedelta(seconds=device_s)).isoformat(),
                "server_time": stamp.isoformat(),
                "type": "process",
                "detail": "{}",
            }
        )
    return rows


@pytest.fixture
def times():
    return np.sort(np.random.default_rng(3).uniform(0, 5400, 80))


def test_a_log_with_server_time_gives_the_servers_clock(sitting, sitting_of, times):
    delay = 0.02 + np.random.default_rng(4).exponential(0.05, len(times))
    rows = log(sitting, "events_client", times, offset_s=312.5, drift_ppm=40, delay_s=delay)
    record, sound = sitting_of([], events=rows)
    made = synchronise(record, sound=sound)
    row = made.clocks[made.clocks["stream"] == "events_client"].iloc[0]
    at = np.array([0.0, 2700.0, 5400.0])
    found = to_session_s(made.clocks, "events_client", (at - 312.5) / (1 + 40e-6))
    assert row["state"] == "synchronised"
    assert np.abs(found - at).max() < row["uncertainty_s"] < 0.1
    assert row["drift_ppm"] == pytest.approx(40, abs=8)


def test_slow_messages_do_not_make_a_clock_late(sitting, times):
    delay = np.where(np.arange(len(times)) % 3 == 0, 0.02, 4.0)
    rows = log(sitting, "events_client", times, offset_s=0.0, delay_s=delay)
    events = tables.build("events", rows, key=sitting.key)
    (found,) = server_anchors(events, sitting)
    assert np.median(found.session_s - found.device_s) == pytest.approx(0.02, abs=0.01)


def test_server_times_in_whole_seconds_say_how_coarse_they_are(sitting, sitting_of, times):
    rows = log(sitting, "events_client", times, offset_s=-20.25, whole=True)
    record, sound = sitting_of([], events=rows)
    made = synchronise(record, sound=sound)
    row = made.clocks[made.clocks["stream"] == "events_client"].iloc[0]
    found = to_session_s(made.clocks, "events_client", [2700.0 + 20.25])[0]
    assert abs(found - 2700.0) < row["uncertainty_s"]
    assert row["uncertainty_s"] > 0.3


def test_a_clock_that_is_set_in_mid_exam_gives_two_pieces(sitting, sitting_of, times):
    early, late = times[times < 2400], times[times >= 2400]
    rows = log(sitting, "events_client", early, offset_s=95.0)
    rows += log(sitting, "events_client", late, offset_s=0.0)
    record, sound = sitting_of([], events=rows)
    made = synchronise(record, sound=sound)
    rows = made.clocks[made.clocks["stream"] == "events_client"]
    assert rows["offset_s"].round(1).tolist() == [95.0, 0.0]
    assert rows["from_device_s"].iloc[1] == pytest.approx(late[0], abs=0.1)


def test_sound_carries_the_servers_clock_to_a_phone_without_a_log(sitting, sitting_of, three):
    seen = np.linspace(5, 290, 40)
    rows = log(sitting, "events_client", seen, offset_s=-66.0)
    parts = [(s, three[s][0].device_start_s + (66.0 if s == "front" else 0.0), three[s][1])
             for s in three]  # fmt: skip
    record, sound = sitting_of(parts, events=rows)
    made = synchronise(record, sound=sound)
    recorder = three["right_rear"][0]
    at = recorder.device_start_s + 150.0
    found = to_session_s(made.clocks, "right_rear", [at])[0]
    row = made.clocks[made.clocks["stream"] == "right_rear"].iloc[0]
    assert row["state"] == "synchronised"
    assert abs(found - recorder.to_session_s(np.array([at]))[0]) < row["uncertainty_s"] < 0.2
    assert "clock_no_server" not in set(made.problems["code"])


def test_a_log_ties_a_phone_that_heard_nothing(sitting, sitting_of, three):
    seen = np.linspace(5, 290, 40)
    rows = log(sitting, "events_client", seen, offset_s=0.0)
    rows += log(sitting, "events_phone1", seen, offset_s=-12.0)
    silent = np.zeros(300 * 8000, np.float32)
    front = ("front", 0.0, three["front"][1])
    record, sound = sitting_of([front, ("right_rear", 12.0, silent)], events=rows)
    made = synchronise(record, sound=sound)
    row = made.clocks[made.clocks["stream"] == "right_rear"].iloc[0]
    assert row["state"] == "synchronised"
    assert to_session_s(made.clocks, "right_rear", [100.0])[0] == pytest.approx(88.0, abs=0.1)
    assert row["method"] == "device"
