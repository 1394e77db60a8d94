import csv
import hashlib
import json
from datetime import datetime

import numpy as np
import pytest

from review.errors import SessionError
from review.loaders import load_session, load_sitting
from review.loaders.streams import pictures
from review.session import DEVICE_OF, VIEWS
from review.simulate import simulate, timecode
from review.simulate.clocks import Clock


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def clock_of(folder, stream, subject="theory"):
    (row,) = [
        r
        for r in rows(folder / "truth_clocks.csv")
        if r["device"] == DEVICE_OF[stream] and r["subject_id"] == subject
    ]
    return Clock(offset_s=float(row["offset_s"]), drift_ppm=float(row["drift_ppm"]))


@pytest.fixture(scope="module")
def record(itmc):
    session, problems = load_session(itmc)
    assert problems.empty
    (sitting,) = session.sittings()
    return load_sitting(sitting)


def test_it_is_a_whole_session_folder(itmc, record):
    assert set(record.segments["stream"]) == set(VIEWS)
    assert set(record.positions["stream"]) == {"gps_phone1", "gps_phone2"}
    assert len(set(record.events["stream"])) == 4
    assert len(record.photos) == 4
    assert (record.segments["start_source"] == "file_name").all()
    assert record.problems[record.problems["severity"] != "info"].empty


def test_times_of_pictures_are_what_the_clocks_say(itmc, record):
    for view in VIEWS:
        clock, read = clock_of(itmc, view), []
        for device_s, picture in ((p.device_s, p.pixels) for p in pictures(record, view)):
            code = timecode.read(picture)
            assert code is not None
            read.append(code - clock.to_session(device_s))
        assert len(read) > 100
        assert np.abs(read).max() <= 0.0051


def test_the_truth_tells_what_was_planted(itmc):
    planted = rows(itmc / "truth.csv")
    assert [row["label"] for row in planted] == ["off_screen", "recording_gap"]
    assert {row["candidate_id"] for row in planted} == {"202212100001"}


def test_log_times_are_on_the_devices_clocks(itmc, record):
    # The server's time is that of the session, a little later.
    seen = record.events.dropna(subset=["server_time"])
    start = record.sitting.subject.start
    for stream, part in seen.groupby("stream"):
        clock = clock_of(itmc, stream)
        session_s = clock.to_session(part["device_s"].to_numpy())
        server_s = [
            (datetime.fromisoformat(text) - start).total_seconds() for text in part["server_time"]
        ]
        latency = np.array(server_s) - session_s
        assert latency.min() > 0.01
        assert latency.max() < 0.09


def test_the_same_arguments_give_the_same_files(tmp_path):
    arguments = {"candidates": 1, "minutes": 0.25, "seed": 4, "subjects": 2, "sound_only": True}
    first, second = (simulate(tmp_path / n / "one", **arguments) for n in "ab")
    other = simulate(tmp_path / "c" / "one", **{**arguments, "seed": 5})

    def digest(folder):
        return {
            p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(folder.rglob("*"))
            if p.is_file()
        }

    assert digest(first) == digest(second)
    assert digest(first).keys() != digest(other).keys() or digest(first) != digest(other)
    assert len(list(first.rglob("*.m4a"))) == 2 * 4


def test_eztest_has_its_own_streams_and_names_its_files_in_a_table(tmp_path):
    folder = simulate(tmp_path / "e", minutes=0.25, platform="eztest", sound_only=True)
    session, _ = load_session(folder)
    record = load_sitting(next(session.sittings()))
    assert set(record.segments["stream"]) == {"front", "right_rear", "screen"}
    assert (record.segments["start_source"] == "recordings_csv").all()
    assert record.positions.empty
    assert set(record.events["stream"]) == {"events_client", "events_phone1"}


def test_clean_plants_nothing(tmp_path):
    folder = simulate(tmp_path / "clean", candidates=2, minutes=0.25, clean=True, sound_only=True)
    assert rows(folder / "truth.csv") == []
    types = {
        json.loads(line)["type"]
        for path in folder.rglob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert not types & {"focus_lost", "network_down", "client_exit", "warning", "app_launch"}


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SessionError, match="not empty"):
        simulate(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    "arguments", [{"minutes": 0.1}, {"candidates": 0}, {"platform": "other"}, {"subjects": 0}]
)
def test_impossible_arguments_are_refused_before_anything_is_written(tmp_path, arguments):
    with pytest.raises(SessionError):
        simulate(tmp_path / "new", **arguments)
    assert not (tmp_path / "new").exists()
