"""What the timeline draws of measurements, and what playback may skip."""

import numpy as np
import pandas as pd
import pytest

from review import tables
from review.workbench import lanes

KEY = ("s", "c", "t")


def clocks(offset_s=0.0):
    rows = [
        {
            "stream": stream, "device": "computer", "piece": 0, "from_device_s": -1e9,
            "to_device_s": 1e9, "offset_s": offset_s, "drift_ppm": 0.0,
            "reference_device_s": 0.0, "method": "by hand", "anchors": 0, "state": "by_hand",
        }
        for stream in ("front", "screen", "gps_phone1")
    ]  # fmt: skip
    return tables.build("clocks", rows, key=KEY)


def measured(*, until_s=100, change=None, speech=(), views=("front", "screen")):
    """Change of 4 twice a second in every view, other values and speech where told."""
    rows = []
    for view in views:
        for t in np.arange(0, until_s, 0.5):
            value = 4.0 + 0.1 * np.sin(t)
            if change and view == "front" and change[0] <= t < change[1]:
                value = 20.0
            rows.append(("front" if view == "front" else view, float(t), "change", value))
            spoken = any(a <= t < b for a, b in speech)
            rows.append((view, float(t), "speech", 0.9 if spoken else 0.01))
    frame = pd.DataFrame(rows, columns=["stream", "device_s", "signal", "value"])
    return frame.assign(session_id="s", candidate_id="c", subject_id="t")


def recorded(*missing, until_s=100.0):
    rows = [
        {"stream": v, "start_s": 0.0, "end_s": until_s, "state": "recorded"}
        for v in ("front", "screen")
    ]
    rows += [{"stream": "front", "start_s": a, "end_s": b, "state": "covered"} for a, b in missing]
    return tables.build("coverage", rows, key=KEY)


def quiet(signals, coverage=None, busy=(), window=(0.0, 100.0)):
    found = lanes.quiet(
        lanes.Measured(signals, clocks()),
        recorded() if coverage is None else coverage,
        np.array(busy, dtype=float).reshape(-1, 2),
        window=window,
    )
    return [[round(a, 3), round(b, 3)] for a, b in found]


def test_where_nothing_happens_all_is_quiet_and_only_within_the_window():
    assert quiet(measured()) == [[0.0, 100.0]]
    assert quiet(measured(), window=(20.0, 60.0)) == [[20.0, 60.0]]


def test_around_a_flag_nothing_is_skipped():
    assert quiet(measured(), busy=[(40.0, 50.0)]) == [[0.0, 37.0], [53.0, 100.0]]


def test_movement_in_one_view_is_not_quiet():
    assert quiet(measured(change=(40.0, 41.0))) == [[0.0, 37.0], [44.0, 100.0]]


def test_speech_is_not_quiet():
    assert quiet(measured(speech=[(60.0, 62.0)])) == [[0.0, 57.0], [65.5, 100.0]]


def test_a_covered_view_shows_nothing_and_so_is_not_quiet():
    assert quiet(measured(), recorded((10.0, 90.0))) == []


def test_what_was_not_recorded_is_not_quiet():
    coverage = recorded(until_s=60.0)
    assert quiet(measured(), coverage) == [[0.0, 60.0]]


def test_short_rests_are_not_worth_a_jump():
    busy = [(t, t + 1.0) for t in range(0, 100, 14)]
    assert quiet(measured(), busy=busy) == []


def test_without_measurements_nothing_is_called_quiet():
    assert quiet(measured().iloc[:0]) == []


def test_the_waveform_is_the_loudest_of_each_step_on_session_time():
    rows = [("front", t / 4, "level_db", -60.0 if t != 12 else -30.0) for t in range(80)]
    rows += [("front", t / 8, "speech", 0.9 if 40 <= t < 48 else 0.0) for t in range(160)]
    frame = pd.DataFrame(rows, columns=["stream", "device_s", "signal", "value"])
    wave = lanes.waveform(lanes.Measured(frame, clocks(2.0)), "front")
    assert (wave["start_s"], wave["step_s"]) == (2.0, 0.25)
    assert [n for n, level in enumerate(wave["level"]) if level] == [12]
    assert wave["level"][12] == 50
    ((start_s, end_s),) = wave["speech"]
    assert start_s == pytest.approx(7.0)
    assert end_s == pytest.approx(8.0, abs=0.3)
    assert lanes.waveform(lanes.Measured(frame, clocks()), "screen") is None


def test_a_long_waveform_is_thinned_without_losing_its_loudest():
    rows = [("front", t / 10, "level_db", -60.0) for t in range(54_000)]
    rows[31_234] = ("front", 3123.4, "level_db", 0.0)
    frame = pd.DataFrame(rows, columns=["stream", "device_s", "signal", "value"])
    wave = lanes.waveform(lanes.Measured(frame, clocks()), "front")
    assert len(wave["level"]) <= 8001
    loudest = int(np.argmax(wave["level"]))
    assert wave["level"][loudest] == 100
    assert loudest * wave["step_s"] == pytest.approx(3123.4, abs=wave["step_s"])
