"""What pictures, logs and satellites tie without any sound; truth is a lag that was put in."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from review import tables
from review.timeline.clocks import to_session_s
from review.timeline.sync import synchronise
from review.timeline.sync.sights import sights
from review.timeline.sync.votes import Marks, agreement

LENGTH_S = 1800.0


def looked_at(sitting, stream, *, offset_s, lights=(), moves=(), people=(), seed=0, glow=0.0):
    """Signals of a camera whose clock shows session time less ``offset_s``, one look a second."""
    rng = np.random.default_rng(seed)
    device = np.arange(0.0, LENGTH_S) - offset_s + rng.uniform(0, 1)
    session = device + offset_s
    level = np.zeros(len(session))
    for at, by in lights:
        level += np.where(session >= at, by * (glow or 1.0), 0.0)
    luma = 90.0 + seed + level + rng.normal(0, 0.05, len(session))
    moving = np.zeros(len(session))
    for at in moves:
        moving += np.where((session >= at) & (session < at + 2.5), 9.0, 0.0)
    change = (
        1.2 + moving + np.abs(np.diff(luma, prepend=luma[0])) + rng.normal(0, 0.1, len(session))
    )
    persons = np.ones(len(session))
    for at, by in people:
        persons += np.where(session >= at, by, 0)
    parts = {"luma": luma, "change": change, "persons": persons}
    if stream == "screen":
        parts = {"luma": luma, "change": np.abs(np.diff(luma, prepend=luma[0]))}
    rows = [
        pd.DataFrame({"stream": stream, "device_s": device, "signal": name, "value": values})
        for name, values in parts.items()
    ]
    keys = dict(zip(tables.KEYS, sitting.key, strict=True))
    return tables.conform(pd.concat(rows).assign(**keys), "signals")


def lamps(seed, count, *, size=30.0):
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(60, LENGTH_S - 60, count))
    return [(float(t), size if n % 2 else -size) for n, t in enumerate(times)]


@pytest.fixture
def mute(sitting_of):
    """``mute({stream: offset_s}, ...)``: a record of views without any sound."""

    def make(offsets, *, events=(), source="recordings_csv", **more):
        quiet = np.zeros(round(LENGTH_S) * 8000, np.float32)
        parts = [(s, -offset, quiet) for s, offset in offsets.items()]
        record, _ = sitting_of(parts, events=events, source=source, **more)

        def deaf(*_args, **_more):
            return iter(())

        return record, deaf

    return make


def row_of(made, stream):
    return made.clocks[made.clocks["stream"] == stream].iloc[0]


def apart_s(made, stream, device_s, *, front="front"):
    """Session time of a device time of one stream, told on the front camera's clock."""
    return float(to_session_s(made.clocks, stream, [device_s])[0])


def tied(made, stream, offset_s, *, within):
    row = row_of(made, stream)
    assert row["state"] == "synchronised"
    off = abs(apart_s(made, stream, 900.0 - offset_s) - 900.0)
    assert off < within
    assert off < row["uncertainty_s"]
    # Coarser than sound, and it says so.
    assert row["uncertainty_s"] > 0.2
    return row


def test_lamps_tie_two_cameras_that_heard_nothing(sitting, mute):
    switched = lamps(1, 8)
    record, sound = mute({"front": 0.0, "right_rear": 312.0})
    signals = pd.concat([
        looked_at(sitting, "front", offset_s=0.0, lights=switched, seed=1),
        looked_at(sitting, "right_rear", offset_s=312.0, lights=switched, seed=2),
    ])  # fmt: skip
    made = synchronise(record, signals=signals, sound=sound)
    row = tied(made, "right_rear", 312.0, within=0.5)
    assert row["method"] == "light"
    assert set(made.anchors["kind"]) == {"light"}


def test_somebody_who_moves_and_people_who_come_and_go_tie_two_views(sitting, mute):
    rng = np.random.default_rng(4)
    moves = np.sort(rng.uniform(30, LENGTH_S - 30, 14)).tolist()
    people = [(t, 1 if n % 2 == 0 else -1) for n, t in enumerate([200.0, 245.0, 870.0, 911.0,
                                                                  1402.0, 1500.0])]  # fmt: skip
    for shown, kind in (({"moves": moves}, "motion"), ({"people": people}, "crossing")):
        record, sound = mute({"front": 0.0, "left_front": -95.0})
        signals = pd.concat([
            looked_at(sitting, "front", offset_s=0.0, seed=1, **shown),
            looked_at(sitting, "left_front", offset_s=-95.0, seed=2, **shown),
        ])  # fmt: skip
        made = synchronise(record, signals=signals, sound=sound)
        assert tied(made, "left_front", -95.0, within=1.0)["method"] == kind


def test_the_glow_of_the_screen_ties_a_phone_to_the_computer(sitting, mute):
    pages = lamps(7, 10, size=120.0)
    record, sound = mute({"screen": 0.0, "left_front": 47.5})
    signals = pd.concat([
        looked_at(sitting, "screen", offset_s=0.0, lights=pages, seed=1),
        looked_at(sitting, "left_front", offset_s=47.5, lights=pages, seed=2, glow=0.02),
    ])  # fmt: skip
    made = synchronise(record, signals=signals, sound=sound)
    assert tied(made, "left_front", 47.5, within=0.6)["method"] == "glow"


@pytest.mark.parametrize("seed", range(6))
def test_views_of_different_rooms_are_refused(sitting, mute, seed):
    record, sound = mute({"front": 0.0, "right_rear": 0.0})
    signals = pd.concat([
        looked_at(sitting, stream, offset_s=0.0, lights=lamps(100 + 2 * seed + n, 9), seed=n,
                  moves=np.random.default_rng(seed * 2 + n).uniform(0, LENGTH_S, 40).tolist())
        for n, stream in enumerate(("front", "right_rear"))
    ])  # fmt: skip
    made = synchronise(record, signals=signals, sound=sound)
    assert row_of(made, "right_rear")["state"] == "unsynchronised"


def test_a_lamp_that_blinks_evenly_is_refused(sitting, mute):
    blinks = [(60.0 + 45.0 * n, 30.0 if n % 2 else -30.0) for n in range(36)]
    record, sound = mute({"front": 0.0, "right_rear": 0.0})
    signals = pd.concat([
        looked_at(sitting, stream, offset_s=0.0, lights=blinks, seed=n)
        for n, stream in enumerate(("front", "right_rear"))
    ])  # fmt: skip
    made = synchronise(record, signals=signals, sound=sound)
    assert row_of(made, "right_rear")["state"] == "unsynchronised"


def test_one_picture_for_two_views_ties_nothing(sitting, mute):
    record, sound = mute({"front": 0.0, "right_rear": 0.0})
    one = looked_at(sitting, "front", offset_s=0.0, lights=lamps(1, 8), seed=1)
    made = synchronise(
        record, signals=pd.concat([one, one.assign(stream="right_rear")]), sound=sound
    )
    assert row_of(made, "right_rear")["state"] == "unsynchronised"
    assert "same_recording" in set(made.problems["code"])


def test_pictures_say_nothing_where_sound_has_spoken(sitting, sitting_of, three):
    parts = [(s, three[s][0].device_start_s, three[s][1]) for s in ("front", "right_rear")]
    record, sound = sitting_of(parts)
    wrong = lamps(1, 8)
    signals = pd.concat([
        looked_at(sitting, "front", offset_s=0.0, lights=wrong, seed=1),
        looked_at(sitting, "right_rear", offset_s=0.0, lights=wrong, seed=2),
    ])  # fmt: skip
    made = synchronise(record, signals=signals, sound=sound)
    assert set(made.anchors["kind"]) == {"sound"}


def logged(sitting, stream, session_s, *, offset_s, kinds, server=False, detail="{}"):
    start = sitting.subject.start
    return [
        {
            "stream": stream,
            "device_s": t - offset_s,
            "device_time": (start + timedelta(seconds=t - offset_s)).isoformat(),
            "server_time": (start + timedelta(seconds=t + 0.05)).isoformat() if server else None,
            "type": kind,
            "detail": detail,
        }
        for t, kind in zip(session_s, kinds, strict=True)
    ]


def test_the_screen_changes_when_the_log_says_that_the_page_was_left(sitting, mute):
    """A screen whose start was written down to the second takes the client log's clock."""
    left = [(310.0, 100.0), (325.5, -100.0), (900.3, 100.0), (941.0, -100.0), (1500.0, 100.0)]
    kinds = ["focus_lost", "focus_gained"] * 2 + ["focus_lost"]
    events = logged(
        sitting, "events_client", [t for t, _ in left], offset_s=20.0, kinds=kinds, server=True
    )
    record, sound = mute({"screen": 12.0}, events=events, source="file_name")
    signals = looked_at(sitting, "screen", offset_s=12.0, lights=left, seed=3)
    made = synchronise(record, signals=signals, sound=sound)
    assert "screen" in row_of(made, "screen")["method"].split("+")
    assert abs(apart_s(made, "screen", 900.0 - 12.0) - 900.0) < 0.7
    # 8 s between two streams of one device: what was written down gives way to what is seen.
    assert "clock_contradiction" in set(made.problems["code"])


def test_what_two_logs_write_down_ties_a_phone_to_the_proctors(sitting, sitting_of):
    times = [250.0, 430.0, 1201.0, 1533.0]
    kinds = ["voice_call", "warning", "hand_raise", "warning"]
    events = logged(sitting, "events_proctor", times, offset_s=0.0, kinds=kinds)
    events += logged(sitting, "events_phone1", times, offset_s=-71.0, kinds=kinds)
    record, sound = sitting_of([], events=events)
    made = synchronise(record, sound=sound)
    row = row_of(made, "events_phone1")
    assert (row["state"], row["method"]) == ("synchronised", "events")
    assert abs(apart_s(made, "events_phone1", 900.0 + 71.0) - 900.0) < row["uncertainty_s"] < 1.5


def test_two_entries_that_might_be_chance_tie_nothing(sitting, sitting_of):
    events = logged(sitting, "events_proctor", [250.0, 430.0], offset_s=0.0, kinds=["warning"] * 2)
    events += logged(sitting, "events_phone1", [250.0, 430.0], offset_s=9.0, kinds=["warning"] * 2)
    record, sound = sitting_of([], events=events)
    assert row_of(synchronise(record, sound=sound), "events_phone1")["offset_s"] == 0.0


def fixes(sitting, stream, device_s, gnss_s, *, mock=False):
    return tables.build(
        "positions",
        [
            {"stream": stream, "device_s": d, "lat_deg": 39.9, "lon_deg": 116.4, "mock": mock,
             "crs": "wgs84", "gnss_s": g}
            for d, g in zip(device_s, gnss_s, strict=True)
        ],
        key=sitting.key,
    )  # fmt: skip


def with_positions(record, positions):
    from dataclasses import replace

    return replace(record, positions=positions)


def test_satellite_time_beside_the_phones_maps_the_phones_clock(sitting, mute):
    rng = np.random.default_rng(2)
    session = np.arange(0.0, 1800.0, 5.0)
    device = session - 6.5 + 0.1 + rng.exponential(0.3, len(session))
    record, sound = mute({"right_rear": 6.5})
    record = with_positions(record, fixes(sitting, "gps_phone1", device, session))
    made = synchronise(record, sound=sound)
    for stream in ("gps_phone1", "right_rear", "events_phone1"):
        row = row_of(made, stream)
        assert row["state"] == "synchronised"
        assert abs(apart_s(made, stream, 900.0 - 6.5) - 900.0) < row["uncertainty_s"] < 1.0
    assert row_of(made, "gps_phone1")["method"] == "device+gnss"


def test_a_log_on_satellite_time_alone_does_not_set_the_phones_clock(sitting, mute):
    times = np.arange(0.0, 1800.0, 5.0)
    record, sound = mute({"right_rear": 240.0})
    record = with_positions(record, fixes(sitting, "gps_phone1", times, times))
    made = synchronise(record, sound=sound)
    assert row_of(made, "gps_phone1")["method"] == "gnss"
    assert apart_s(made, "gps_phone1", 900.0) == pytest.approx(900.0, abs=1e-3)
    assert row_of(made, "right_rear")["method"] == "declared"
    assert row_of(made, "events_phone1")["method"] == "declared"


def test_made_up_fixes_tell_no_time(sitting, mute):
    times = np.arange(0.0, 600.0, 5.0)
    record, sound = mute({"right_rear": 0.0})
    record = with_positions(record, fixes(sitting, "gps_phone1", times, times + 50, mock=True))
    made = synchronise(record, sound=sound)
    assert row_of(made, "gps_phone1")["method"] == "declared"


def marks(stream, times, *, wide=1.0, kinds=None):
    times = np.asarray(times, float)
    return Marks(
        stream=stream, from_s=times - wide / 2, to_s=times + wide / 2,
        kinds=tuple(kinds or ["motion"] * len(times)),
    )  # fmt: skip


def test_agreement_finds_the_lag_that_was_put_in_and_pairs_each_mark_once():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 3600, 20))
    other = np.sort(np.concatenate([times[3:] + 55.0, rng.uniform(0, 3600, 10)]))
    found = agreement(marks("a", times), marks("b", other), search_s=1260.0, least=4)
    assert found.lag_s == pytest.approx(55.0, abs=0.7)
    assert len(set(found.first)) == len(found.first) == len(set(found.second)) >= 17


def test_chance_seldom_agrees():
    rng = np.random.default_rng(5)
    for _ in range(40):
        sides = [marks(s, np.sort(rng.uniform(0, 5400, 60))) for s in "ab"]
        assert agreement(*sides, search_s=1260.0, least=4) is None


def test_happenings_of_different_kinds_do_not_meet():
    times = [10.0, 120.0, 260.0, 700.0, 1000.0]
    up, down = (marks(s, times, kinds=[k] * 5) for s, k in (("a", "up"), ("b", "down")))
    assert agreement(up, down, search_s=60.0, least=3) is None


def test_sights_name_light_movement_and_people_apart(sitting):
    signals = looked_at(
        sitting, "front", offset_s=0.0, lights=[(300.2, -40.0)], moves=[700.4],
        people=[(1000.6, 1)], seed=9,
    )  # fmt: skip
    seen = sights(signals, "front")
    assert seen.kinds == ("light_down", "motion", "more_people")
    for at, from_s, to_s in zip((300.2, 700.4, 1000.6), seen.from_s, seen.to_s, strict=True):
        assert from_s < at <= to_s


def test_a_view_that_was_not_looked_at_shows_nothing(sitting):
    assert len(sights(tables.empty("signals"), "front")) == 0
