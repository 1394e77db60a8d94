import numpy as np
import pytest

from review.timeline.clocks import to_session_s
from review.timeline.sync import synchronise


def parts_of(three, *streams):
    return [(s, three[s][0].device_start_s, three[s][1]) for s in streams or three]


def error_s(made, three, stream, device_s, *, front="front"):
    """How far a stream is off the front camera, whose clock is session time here."""
    found = to_session_s(made.clocks, stream, device_s)
    reference = to_session_s(made.clocks, front, [0.0])[0]
    return found - reference - three[stream][0].to_session_s(np.asarray(device_s))


def state(made, stream):
    rows = made.clocks[made.clocks["stream"] == stream]
    return set(rows["state"])


def codes(made):
    return set(made.problems["code"])


@pytest.fixture(scope="module")
def all_three(three):
    return parts_of(three)


def test_three_devices_in_a_room_without_a_word_are_brought_together(sitting_of, three, all_three):
    record, sound = sitting_of(all_three)
    made = synchronise(record, sound=sound)
    for stream in ("right_rear", "left_front"):
        recorder = three[stream][0]
        ends = [recorder.device_start_s, recorder.device_end_s]
        row = made.clocks[made.clocks["stream"] == stream].iloc[0]
        assert row["state"] == "synchronised"
        assert row["piece"] == 0
        off = np.abs(error_s(made, three, stream, ends)).max()
        assert off < 0.010
        assert off < row["uncertainty_s"] < 0.015
        assert row["drift_ppm"] == pytest.approx(recorder.drift_ppm, abs=15)
    assert codes(made) == {"clock_no_server"}


def test_logs_and_positions_take_the_clock_of_their_device(sitting_of, all_three):
    record, sound = sitting_of(all_three)
    clocks = synchronise(record, sound=sound).clocks.set_index("stream")
    for follower, leader in (("gps_phone1", "right_rear"), ("events_phone2", "left_front")):
        assert clocks.loc[follower, "offset_s"] == clocks.loc[leader, "offset_s"]
        assert clocks.loc[follower, "state"] == "synchronised"
    assert clocks.loc["events_proctor", "offset_s"] == 0.0


def test_anchors_lie_about_the_clocks_they_made(sitting_of, all_three):
    record, sound = sitting_of(all_three)
    anchors = synchronise(record, sound=sound).anchors
    assert {"front", "right_rear", "left_front"} == set(anchors["stream"])
    assert anchors["residual_s"].abs().median() < 0.003
    seen = anchors[(anchors["stream"] == "front") & (anchors["other"] == "right_rear")]
    assert len(seen) >= 5


def test_the_same_sound_gives_the_same_clocks(sitting_of, all_three):
    record, sound = sitting_of(all_three)
    first, second = (synchronise(record, sound=sound).clocks for _ in range(2))
    assert first.equals(second)


def test_a_screen_without_sound_shares_the_clock_of_the_front_camera(sitting_of, three):
    silent = np.zeros_like(three["front"][1])
    record, sound = sitting_of([*parts_of(three, "front", "right_rear"), ("screen", 1.0, silent)])
    made = synchronise(record, sound=sound)
    assert state(made, "screen") == {"synchronised"}
    assert to_session_s(made.clocks, "screen", [150.0])[0] == pytest.approx(150.0, abs=1e-3)
    row = made.clocks[made.clocks["stream"] == "screen"].iloc[0]
    assert row["method"] == "device"


def test_a_screen_whose_start_is_only_known_to_the_second_says_so(sitting_of, three):
    silent = np.zeros_like(three["front"][1])
    parts = [*parts_of(three, "front", "right_rear"), ("screen", 1.0, silent)]
    record, sound = sitting_of(parts, source="file_name")
    made = synchronise(record, sound=sound)
    row = made.clocks[made.clocks["stream"] == "screen"].iloc[0]
    assert row["uncertainty_s"] > 0.5


def test_a_screen_that_contradicts_its_device_gets_a_clock_of_its_own(sitting_of, three):
    front = three["front"][1]
    rng = np.random.default_rng(0)
    own = front + rng.standard_normal(len(front)).astype(np.float32) * 0.02
    record, sound = sitting_of([*parts_of(three, "front", "right_rear"), ("screen", 2.5, own)])
    made = synchronise(record, sound=sound)
    assert to_session_s(made.clocks, "screen", [152.5])[0] == pytest.approx(150.0, abs=0.01)
    assert "clock_contradiction" in codes(made)


def test_a_recording_of_another_candidate_is_refused(sitting_of, three, heard):
    stranger = heard(8, three["left_front"][0])
    parts = [*parts_of(three, "front", "right_rear"), ("left_front", -430.0, stranger)]
    record, sound = sitting_of(parts)
    made = synchronise(record, sound=sound)
    assert state(made, "right_rear") == {"synchronised"}
    for stream in ("left_front", "gps_phone2", "events_phone2"):
        row = made.clocks[made.clocks["stream"] == stream].iloc[0]
        assert (row["state"], row["offset_s"], row["method"]) == ("unsynchronised", 0.0, "declared")
    said = made.problems[made.problems["stream"] == "left_front"]
    assert "does not fit" in said["message"].iloc[0]


def refused(made, streams=("front", "right_rear")):
    return all(state(made, stream) == {"unsynchronised"} for stream in streams)


def test_silence_noise_hum_and_ticking_are_refused(sitting_of):
    rng = np.random.default_rng(1)
    count = 180 * 8000
    t = np.arange(count) / 8000
    noise = [0.01 * rng.standard_normal(count) for _ in range(4)]
    hum = sum(0.1 * np.sin(2 * np.pi * 50 * k * t + k) / k for k in (1, 2, 3, 5))
    tick = np.zeros(count)
    tick[(np.arange(179)[:, None] * 8000 + np.arange(40)).ravel()] = np.tile(
        0.3 * rng.standard_normal(40), 179
    )
    nothing = np.zeros(count)
    offers = {
        "silence": (nothing, nothing),
        "noise": (noise[0], noise[1]),
        "hum": (hum, hum),
        "hum and noise": (hum + noise[0], hum + noise[1]),
        "ticking": (tick + noise[2], tick + noise[3]),
    }
    for name, sides in offers.items():
        record, sound = sitting_of(
            [
                (s, 0.0, x.astype(np.float32))
                for s, x in zip(("front", "right_rear"), sides, strict=True)
            ]
        )
        assert refused(synchronise(record, sound=sound)), name


def test_ticking_is_named_as_ambiguous(sitting_of):
    rng = np.random.default_rng(1)
    tick = np.zeros(180 * 8000, np.float32)
    tick[(np.arange(179)[:, None] * 8000 + np.arange(40)).ravel()] = 0.3
    sides = [tick + 0.003 * rng.standard_normal(len(tick)).astype(np.float32) for _ in range(2)]
    record, sound = sitting_of([("front", 0.0, sides[0]), ("right_rear", 0.0, sides[1])])
    made = synchronise(record, sound=sound)
    assert "several ways" in made.problems["message"].iloc[0]


def test_one_file_for_all_views_ties_nothing(sitting_of, three):
    same = three["front"][1]
    parts = [(s, 0.0, same) for s in ("front", "right_rear", "left_front", "screen")]
    record, sound = sitting_of(parts)
    made = synchronise(record, sound=sound)
    assert "same_recording" in codes(made)
    assert refused(made, ("right_rear", "left_front"))


def test_sound_that_is_clipped_in_part_still_ties(sitting_of, three):
    parts = [(s, at, np.clip(x * 8, -1, 1)) for s, at, x in parts_of(three, "front", "right_rear")]
    assert np.mean(np.abs(parts[1][2]) >= 1) > 0.001
    record, sound = sitting_of(parts)
    made = synchronise(record, sound=sound)
    assert state(made, "right_rear") == {"synchronised"}
    middle = three["right_rear"][0].device_start_s + 150
    assert np.abs(error_s(made, three, "right_rear", [middle])).max() < 0.01


def test_sound_that_ends_before_the_picture_ties_what_it_can(sitting_of, three):
    parts = parts_of(three, "front", "right_rear")
    parts[1] = (*parts[1][:2], parts[1][2][: 200 * 8000])
    record, sound = sitting_of(parts)
    record.segments.loc[record.segments["stream"] == "right_rear", "duration_s"] = 300.0
    made = synchronise(record, sound=sound)
    recorder = three["right_rear"][0]
    row = made.clocks[made.clocks["stream"] == "right_rear"].iloc[0]
    off = np.abs(error_s(made, three, "right_rear", [recorder.device_end_s])).max()
    assert row["state"] == "synchronised"
    assert off < row["uncertainty_s"]


def test_two_seconds_of_sound_alone_are_refused(sitting_of, three):
    parts = parts_of(three, "front", "right_rear")
    parts[1] = (*parts[1][:2], parts[1][2][:16000])
    record, sound = sitting_of(parts)
    assert refused(synchronise(record, sound=sound))


def test_a_view_without_a_sound_track_is_refused_and_named(sitting_of, three):
    record, sound = sitting_of(parts_of(three))
    record.segments.loc[record.segments["stream"] == "left_front", "audio_codec"] = None

    def deaf(record, stream, **options):
        return iter(()) if stream == "left_front" else sound(record, stream, **options)

    made = synchronise(record, sound=deaf)
    assert state(made, "left_front") == {"unsynchronised"}
    assert state(made, "right_rear") == {"synchronised"}
    message = made.problems.loc[made.problems["stream"] == "left_front", "message"].iloc[0]
    assert "no sound" in message


def test_one_device_alone_keeps_its_declared_clock_without_a_flag(sitting_of, three):
    record, sound = sitting_of(parts_of(three, "front"))
    made = synchronise(record, sound=sound)
    assert state(made, "front") == {"declared"}


def test_a_sitting_without_recordings_has_declared_clocks(sitting_of):
    record, sound = sitting_of([])
    made = synchronise(record, sound=sound)
    assert set(made.clocks["state"]) == {"declared", "synchronised"}
    assert made.clocks.loc[made.clocks["state"] == "synchronised", "stream"].tolist() == [
        "events_proctor"
    ]
    assert made.anchors.empty
