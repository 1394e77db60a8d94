import numpy as np
import pandas as pd
import pytest

from review import tables
from review.timeline.clocks import declared_clocks
from review.timeline.coverage import Placed, coverage

WINDOW = (0.0, 600.0)


def segment(stream, start, duration, audio="aac"):
    return {
        "stream": stream, "device": "computer", "file": f"{stream}{start}.mp4",
        "device_start_s": start, "duration_s": duration, "start_source": "file_name",
        "audio_codec": audio, "origin_pts_s": 0.0, "rotation_deg": 0, "size_bytes": 1,
        "container": "mp4",
    }  # fmt: skip


def signal(stream, name, times, values):
    return pd.DataFrame({"stream": stream, "signal": name, "time_s": times, "value": values})


@pytest.fixture
def cover(sitting):
    def call(segments=(), signals=(), positions=(), events=(), window=WINDOW, clocks=None):
        placed = Placed(
            segments=tables.build("segments", segments, key=sitting.key),
            clocks=declared_clocks(sitting) if clocks is None else clocks,
            events=pd.DataFrame(events, columns=["stream", "time_s", "type"]),
            positions=pd.DataFrame(positions, columns=["stream", "time_s"]),
            signals=pd.concat([signal("none", "luma", [], []), *signals]),
        )
        table = coverage(sitting, placed, window=window)

        def spans(stream, state):
            rows = table[(table["stream"] == stream) & (table["state"] == state)]
            return rows[["start_s", "end_s"]].to_numpy().tolist()

        return spans

    return call


def test_segments_with_a_gap_and_an_overlap(cover):
    spans = cover([segment("front", -5.0, 100.0), segment("front", 90.0, 10.0),
                   segment("front", 120.0, 500.0)])  # fmt: skip
    assert spans("front", "recorded") == [[-5.0, 100.0], [120.0, 620.0]]
    assert spans("front", "missing") == [[100.0, 120.0]]


def test_a_required_stream_without_files_is_missing_throughout_others_are_not_named(cover):
    spans = cover()
    assert spans("right_rear", "missing") == [[0.0, 600.0]]
    assert spans("left_front", "missing") == []


def test_a_segment_that_nothing_places_covers_nothing(cover):
    spans = cover([segment("front", None, 600.0)])
    assert spans("front", "recorded") == []
    assert spans("front", "missing") == [[0.0, 600.0]]


def test_the_clock_moves_what_is_covered(cover, sitting):
    clocks = declared_clocks(sitting).assign(offset_s=10.0)
    spans = cover([segment("front", 0.0, 600.0)], clocks=clocks)
    assert spans("front", "recorded") == [[10.0, 610.0]]
    assert spans("front", "missing") == [[0.0, 10.0]]


def test_black_covered_and_frozen_are_told_apart(cover):
    times = np.arange(0.0, 100.0)
    black, covered, frozen = (
        (times < 20),
        (times >= 30) & (times < 50),
        (times >= 60) & (times < 80),
    )
    spans = cover(
        [segment("front", 0.0, 100.0)],
        [
            signal("front", "luma", times, np.where(black, 2.0, 90.0)),
            signal("front", "contrast", times, np.where(black | covered, 1.0, 40.0)),
            signal("front", "change", times, np.where(black | covered | frozen, 0.0, 1.5)),
        ],
    )
    assert spans("front", "black") == [[0.0, 20.0]]
    assert spans("front", "covered") == [[30.0, 50.0]]
    assert spans("front", "frozen") == [[60.0, 80.0]]


def test_a_screen_that_does_not_change_is_not_frozen(cover):
    times = np.arange(0.0, 100.0)
    spans = cover([segment("screen", 0.0, 100.0)], [signal("screen", "change", times, times * 0)])
    assert spans("screen", "frozen") == []


def test_a_short_standstill_is_not_frozen(cover):
    times = np.arange(0.0, 100.0)
    change = np.where((times >= 40) & (times < 48), 0.0, 1.0)
    spans = cover([segment("front", 0.0, 100.0)], [signal("front", "change", times, change)])
    assert spans("front", "frozen") == []


def test_no_sound_track_and_no_sound(cover):
    times = np.arange(0.0, 100.0, 0.5)
    level = np.where(times < 30, -95.0, -40.0)
    spans = cover(
        [segment("right_rear", 0.0, 100.0), segment("right_rear", 150.0, 50.0, audio=None)],
        [signal("right_rear", "level_db", times, level)],
    )
    assert spans("right_rear", "silent") == [[0.0, 30.0]]
    assert spans("right_rear", "muted") == [[150.0, 200.0]]


def test_positions_cover_as_long_as_a_fix_stands(cover):
    fixes = [("gps_phone1", t) for t in (0.0, 30.0, 60.0, 300.0)]
    assert cover(positions=fixes)("gps_phone1", "recorded") == [[0.0, 120.0], [300.0, 360.0]]


def test_nothing_is_missing_where_nothing_is_judged(cover):
    assert cover(window=(0.0, 0.0))("front", "missing") == []


def test_segments_that_overlap_and_come_in_any_order_count_once(cover):
    spans = cover([segment("front", 400.0, 200.0), segment("front", 100.0, 150.0),
                   segment("front", -20.0, 200.0), segment("front", 120.0, 40.0)])  # fmt: skip
    assert spans("front", "recorded") == [[-20.0, 250.0], [400.0, 600.0]]
    assert spans("front", "missing") == [[250.0, 400.0]]
