import numpy as np
import pytest

from review.timeline.clocks import to_session_s
from review.timeline.sync import synchronise
from review.timeline.sync.pieces import Break, attribute, nodes


def cut(three, stream, *spans):
    """Parts of a stream: (first sample, last sample, moved by)."""
    recorder, samples = three[stream]
    return [(stream, recorder.device_start_s + a / 8000 + by, samples[a:b]) for a, b, by in spans]


def whole(three, *streams):
    return [(s, three[s][0].device_start_s, three[s][1]) for s in streams]


HALF = 150 * 8000


def test_a_segment_with_a_wrong_declared_start_gets_a_piece_of_its_own(sitting_of, three):
    parts = whole(three, "front", "left_front")
    parts += cut(three, "right_rear", (0, HALF, 0.0), (HALF + 16000, None, 7.3))
    record, sound = sitting_of(parts)
    made = synchronise(record, sound=sound)
    rows = made.clocks[made.clocks["stream"] == "right_rear"]
    recorder = three["right_rear"][0]
    assert len(rows) == 2
    assert set(rows["state"]) == {"synchronised"}
    border = recorder.device_start_s + (HALF + 16000) / 8000 + 7.3
    assert rows["from_device_s"].iloc[1] == pytest.approx(border, abs=0.01)
    before, after = recorder.device_start_s + 60.0, recorder.device_start_s + 240.0
    truth = recorder.to_session_s(np.array([before, after]))
    found = to_session_s(made.clocks, "right_rear", [before, after + 7.3])
    assert np.abs(found - truth).max() < 0.012
    assert set(made.clocks.loc[made.clocks["stream"] == "left_front", "piece"]) == {0}


@pytest.mark.parametrize("lost", [12000, 800])
def test_sound_that_a_recorder_lost_unnoticed_is_found_as_a_step(sitting_of, three, lost):
    recorder, samples = three["right_rear"]
    hole = np.concatenate([samples[:HALF], samples[HALF + lost :]])
    parts = [*whole(three, "front", "left_front"), ("right_rear", recorder.device_start_s, hole)]
    record, sound = sitting_of(parts)
    made = synchronise(record, sound=sound)
    rows = made.clocks[made.clocks["stream"] == "right_rear"]
    assert len(rows) == 2
    step = rows["offset_s"].iloc[1] - rows["offset_s"].iloc[0]
    # Each offset stands at the middle of its piece; the drift between is part of it.
    drift = rows["drift_ppm"].iloc[0] * 1e-6 * np.diff(rows["reference_device_s"])[0]
    assert step - drift == pytest.approx(lost / 8000, abs=0.012)
    assert rows["from_device_s"].iloc[1] == pytest.approx(recorder.device_start_s + 150, abs=12)


def test_a_restart_on_the_same_clock_is_no_step(sitting_of, three):
    parts = whole(three, "front")
    parts += cut(three, "right_rear", (0, HALF, 0.0), (HALF + 80000, None, 0.0))
    record, sound = sitting_of(parts)
    made = synchronise(record, sound=sound)
    rows = made.clocks[made.clocks["stream"] == "right_rear"]
    assert len(rows) == 1
    assert rows["state"].iloc[0] == "synchronised"


def test_a_segment_of_two_seconds_takes_the_clock_of_its_stream(sitting_of, three):
    parts = whole(three, "front")
    parts += cut(three, "right_rear", (0, HALF, 0.0), (HALF + 8000, HALF + 24000, 0.0),
                 (HALF + 80000, None, 0.0))  # fmt: skip
    record, sound = sitting_of(parts)
    made = synchronise(record, sound=sound)
    assert len(made.clocks[made.clocks["stream"] == "right_rear"]) == 1


def test_the_stream_that_most_pairs_show_to_break_made_the_step():
    found = [
        Break(first="front", second="right_rear", first_s=100.0, second_s=300.0),
        Break(first="right_rear", second="left_front", first_s=301.0, second_s=-50.0),
    ]
    assert attribute(found, {}) == {"right_rear": [300.0]}


def test_two_streams_alone_break_where_a_file_starts():
    found = [Break(first="front", second="right_rear", first_s=100.0, second_s=300.0)]
    assert attribute(found, {"front": [0.0, 97.0], "right_rear": [200.0]}) == {"front": [97.0]}
    assert attribute(found, {}) == {"right_rear": [300.0]}


def test_pieces_cover_all_time():
    made = nodes({"front": (0.0, 100.0)}, {"front": [40.0]})
    assert [(n.from_s, n.to_s) for n in made] == [(-np.inf, 40.0), (40.0, np.inf)]
    assert [n.middle_s for n in made] == [20.0, 70.0]
