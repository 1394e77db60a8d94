import json
import os
from datetime import timedelta

import numpy as np
import pytest
from made import START, at, write_video
from PIL import Image

from review.errors import SessionError
from review.loaders import load_session, load_sitting
from review.loaders.streams import pictures
from review.tables import SCHEMAS, to_arrow


def codes(record, *, but=("photo_missing",)):
    return sorted(c for c in record.problems["code"] if c not in but)


def jsonl(*entries):
    return "".join(json.dumps({"time": at(s), "type": kind, **more}, ensure_ascii=False) + "\n"
                   for s, kind, more in entries)  # fmt: skip


def fixes(*seconds):
    return "time,lat_deg,lon_deg,accuracy_m\n" + "".join(
        f"{at(s)},39.9{n:03d},116.4,5\n" for n, s in enumerate(seconds)
    )


def named(seconds, more=""):
    moment = START + timedelta(seconds=seconds)
    return f"{moment:%Y%m%dT%H%M%S%z}{more}.mp4"


def test_a_complete_sitting(session_folder, place):
    folder = session_folder / "recordings" / "C1" / "theory"
    write_video(folder / "front" / named(-10), seconds=4, sound_s=4)
    write_video(folder / "view4" / named(0), seconds=2)
    place("theory/gps/phone1.csv", fixes(0, 1, 2))
    place(
        "theory/events/client.jsonl", jsonl((-60, "login", {}), (5, "submit", {"detail": {"n": 1}}))
    )
    photo = folder / "identity" / "id_photo.jpg"
    photo.parent.mkdir()
    Image.new("RGB", (8, 8), "red").save(photo)
    record = load_sitting(folder)
    assert record.sitting.key == ("S1", "C1", "theory")
    assert record.problems.empty
    assert list(record.segments["stream"]) == ["front", "screen"]
    front = record.segments.iloc[0]
    assert front["file"] == f"recordings/C1/theory/front/{named(-10)}"
    assert front["device_start_s"] == -10
    assert front["duration_s"] == pytest.approx(4, abs=0.1)
    assert (front["device"], front["start_source"]) == ("computer", "file_name")
    assert len(front["sha256"]) == 64
    assert list(record.events["device_s"]) == [-60, 5]
    assert json.loads(record.events.loc[1, "detail"]) == {"n": 1}
    assert record.events["time_s"].isna().all()
    assert list(record.positions["device_s"]) == [0, 1, 2]
    assert dict(record.photos) == {"id_photo": photo}
    for name in ("segments", "events", "positions", "problems"):
        assert to_arrow(getattr(record, name), name).schema == SCHEMAS[name]


def test_hashing_is_left_out_on_demand(session_folder):
    folder = session_folder / "recordings" / "C1" / "theory"
    write_video(folder / "front" / named(0), seconds=1)
    assert load_sitting(folder, hash_files=False).segments["sha256"].isna().all()


def test_the_session_may_be_given_and_paths_are_checked(session_folder, tmp_path):
    session, _ = load_session(session_folder)
    sitting = session.sitting("C1", "skills")
    assert load_sitting(sitting).sitting is sitting
    assert load_sitting(sitting.folder, session=session).sitting == sitting
    for path in (tmp_path, session_folder / "recordings" / "C1", sitting.folder / "front"):
        with pytest.raises(SessionError):
            load_sitting(path)
    with pytest.raises(SessionError, match="no candidate 'C7'"):
        load_sitting(session_folder / "recordings" / "C7" / "theory")


def test_an_empty_sitting_and_a_missing_stream(session_folder, place):
    record = load_sitting(session_folder / "recordings" / "C1" / "theory")
    assert codes(record) == ["sitting_empty"]
    assert record.problems.loc[0, "severity"] == "error"
    place("theory/events/client.jsonl", jsonl((0, "login", {})))
    record = load_sitting(session_folder / "recordings" / "C1" / "theory")
    assert codes(record) == ["stream_missing"]
    assert "front" in record.problems.loc[0, "message"]


@pytest.mark.parametrize("content", [b"", b"no video", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"])
def test_a_recording_that_does_not_open_is_one_row(session_folder, place, content):
    path = place(f"theory/front/{named(0)}", content)
    record = load_sitting(path.parents[1])
    assert codes(record) == ["media_unreadable", "stream_missing"]
    row = record.problems[record.problems["code"] == "media_unreadable"].iloc[0]
    assert row["file"] == f"recordings/C1/theory/front/{named(0)}"
    assert "\n" not in row["message"]
    assert record.segments.empty


def test_a_cut_off_recording_says_what_is_missing(session_folder):
    folder = session_folder / "recordings" / "C1" / "theory"
    path = write_video(
        folder / "front" / named(100), seconds=60, fps=2, size=(320, 240),
        options={"movflags": "faststart"},
    )  # fmt: skip
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    record = load_sitting(folder)
    assert codes(record) == ["duration_contradicted"]
    row = record.problems.iloc[0]
    assert row["end_s"] == pytest.approx(160, abs=0.6)
    assert row["start_s"] == pytest.approx(100 + record.segments.loc[0, "duration_s"])
    assert 5 < record.segments.loc[0, "duration_s"] < 55


def test_nothing_is_written_into_the_session_folder(session_folder, place):
    folder = session_folder / "recordings" / "C1" / "theory"
    write_video(folder / "front" / named(0), seconds=1)
    place("theory/gps/phone1.csv", fixes(0, 1))
    before = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in session_folder.rglob("*")}
    load_sitting(folder)
    assert {
        p: (p.stat().st_mtime_ns, p.stat().st_size) for p in session_folder.rglob("*")
    } == before


class TestStarts:
    """Where a segment's start comes from, in order."""

    def load(self, folder):
        record = load_sitting(folder)
        return record.segments.iloc[0], codes(record)

    def test_recordings_csv_goes_first(self, session_folder, place):
        folder = session_folder / "recordings" / "C1" / "theory"
        write_video(folder / "front" / named(0), seconds=1)
        place("theory/recordings.csv", f"stream,file,start\nfront,{named(0)},{at(7.5)}\n")
        row, found = self.load(folder)
        assert (row["device_start_s"], row["start_source"]) == (7.5, "recordings_csv")
        assert found == []

    @pytest.mark.parametrize("written", ["view1", "front"])
    @pytest.mark.parametrize("prefix", ["", "view1/"])
    def test_names_of_views_are_understood(self, session_folder, place, written, prefix):
        folder = session_folder / "recordings" / "C1" / "theory"
        write_video(folder / "view1" / "a b.mp4", seconds=1)
        place("theory/recordings.csv", f"stream,file,start\n{written},{prefix}a b.mp4,{at(3)}\n")
        row, found = self.load(folder)
        assert row["device_start_s"] == 3
        assert found == []

    def test_then_the_file_name_then_the_container_then_nothing(self, session_folder):
        folder = session_folder / "recordings" / "C1" / "theory"
        made = {"creation_time": (START + timedelta(seconds=30)).isoformat()}
        write_video(folder / "front" / named(5, "_x"), seconds=1, metadata=made)
        row, found = self.load(folder)
        assert (row["device_start_s"], row["start_source"], found) == (5, "file_name", [])
        (folder / "front" / named(5, "_x")).rename(folder / "front" / "x.mp4")
        row, found = self.load(folder)
        assert (row["device_start_s"], row["start_source"]) == (30, "container")
        assert found == ["start_assumed"]
        (folder / "front" / "x.mp4").unlink()
        write_video(folder / "front" / "x.mkv", seconds=1)
        row, found = self.load(folder)
        assert np.isnan(row["device_start_s"])
        assert (row["start_source"], found) == ("none", ["start_unknown"])

    @pytest.mark.parametrize(
        ("name", "device_s"),
        [
            ("20221210T003007Z.mp4", 7),
            ("cam_20221210T093007+0900_1.mp4", 7),
            ("20221210T083007.250+0800.mp4", 7.25),
        ],
    )
    def test_time_zones_in_names_are_explicit(self, session_folder, name, device_s):
        folder = session_folder / "recordings" / "C1" / "theory"
        write_video(folder / "front" / name, seconds=1)
        row, found = self.load(folder)
        assert (row["device_start_s"], found) == (device_s, [])

    def test_a_name_without_an_offset_is_in_the_sessions_time_zone_and_says_so(
        self, session_folder
    ):
        folder = session_folder / "recordings" / "C1" / "theory"
        write_video(folder / "front" / "20221210T083007.mp4", seconds=1)
        row, found = self.load(folder)
        assert (row["device_start_s"], found) == (7, ["start_assumed"])

    def test_a_start_on_another_day_is_not_believed_in_silence(self, session_folder):
        folder = session_folder / "recordings" / "C1" / "theory"
        write_video(folder / "front" / named(-8 * 3600), seconds=1)
        row, found = self.load(folder)
        assert (row["device_start_s"], found) == (-8 * 3600, ["start_unlikely"])

    def test_a_bad_row_of_recordings_csv(self, session_folder, place):
        folder = session_folder / "recordings" / "C1" / "theory"
        write_video(folder / "front" / named(0), seconds=1)
        place("theory/recordings.csv", "stream,file,start\nfront,a.mp4,soon\nfront,b.mp4,"
              f"{at(0)}\nrear,c.mp4,{at(0)}\n")  # fmt: skip
        row, found = self.load(folder)
        assert row["start_source"] == "file_name"
        assert found == ["recordings_csv"] * 3


class TestShared:
    """Files of ``all`` serve every subject, each taking its part."""

    @pytest.fixture
    def day(self, session_folder, place):
        """From 7:45 to 12:30 one screen recording; theory is 8:30-10:00, skills 10:15-12:15."""
        folder = session_folder / "recordings" / "C1" / "all"
        minutes = list(range(285))
        write_video(
            folder / "front" / named(-45 * 60), times_ms=[60_000 * n for n in minutes], key_every=10
        )
        place("all/gps/phone1.csv", fixes(*range(-3600, 4 * 3600, 30)))
        place("all/events/phone1.jsonl", jsonl((-2000, "identity_check", {})))
        place(
            "all/events/client.jsonl",
            jsonl(
                (-2400, "login", {}), (10, "answer_start", {}), (5000, "submit", {}),
                (6400, "answer_start", {}), (13000, "submit", {}),
            ),
        )  # fmt: skip
        return session_folder / "recordings" / "C1"

    def test_each_subject_takes_its_part_of_the_recording(self, day):
        # Skills start 6300 s after theory; log-in opens 1800 s before, what comes up to 600 s
        # after the end still belongs to the subject.
        for subject, length_s, opens_at in (("theory", 5400, -1800), ("skills", 7200, -1800)):
            record = load_sitting(day / subject)
            assert codes(record) == []
            (row,) = record.segments.to_dict("records")
            assert row["device_start_s"] == opens_at
            end_s = row["device_start_s"] + row["duration_s"]
            assert end_s == pytest.approx(length_s + 600, abs=61)
            shown = [p.device_s for p in pictures(record, "front")]
            assert shown == [float(s) for s in range(-1800, round(end_s), 60)]

    def test_each_subject_takes_its_part_of_logs_and_positions(self, day):
        theory, skills = load_sitting(day / "theory"), load_sitting(day / "skills")
        assert list(theory.events["type"]) == ["login", "answer_start", "submit", "identity_check"]
        client = skills.events[skills.events["stream"] == "events_client"]
        # The log-in of the morning counts; the answers of the other subject do not belong here.
        assert list(client["type"]) == ["login", "submit", "answer_start", "submit"]
        assert list(client["device_s"]) == [-8700, -1300, 100, 6700]
        times = skills.positions["device_s"].to_numpy()
        check_in = times[times < -1800]
        # The identity check was 2000 s before the first subject: its place is kept.
        assert list(check_in) == [-8340, -8310, -8280, -8250] or len(check_in) == 4
        assert np.abs(check_in + 8300).max() <= 60
        assert times.max() < 7200 + 600

    def test_a_log_in_of_an_earlier_subjects_own_folder_counts(self, session_folder, place):
        place("theory/events/client.jsonl", jsonl((-600, "login", {}), (5, "answer_start", {})))
        place("skills/events/client.jsonl", jsonl((6310, "answer_start", {})))
        record = load_sitting(session_folder / "recordings" / "C1" / "skills")
        assert list(record.events["type"]) == ["login", "answer_start"]
        assert list(record.events["device_s"]) == [-6900, 10]
        # A log-in of the morning alone is no log of the second subject.
        (session_folder / "recordings/C1/skills/events/client.jsonl").unlink()
        manifest = session_folder / "session.toml"
        text = manifest.read_text(encoding="utf-8").replace('["front"]', '["events_client"]')
        manifest.write_text(text, encoding="utf-8")
        place("skills/events/phone1.jsonl", jsonl((6310, "login", {})))
        lacking = load_sitting(session_folder / "recordings" / "C1" / "skills")
        assert codes(lacking) == ["stream_missing"]
        assert list(lacking.events["device_s"]) == [-6900, 10]
        # ... but a later subject's does not count for an earlier one.
        place("skills/events/client.jsonl", jsonl((6200, "login", {})))
        theory = load_sitting(session_folder / "recordings" / "C1" / "theory")
        assert list(theory.events["device_s"]) == [-600, 5]

    def test_a_file_of_another_subject_alone_is_not_this_ones(self, session_folder):
        folder = session_folder / "recordings" / "C1"
        write_video(folder / "all" / "front" / named(0), seconds=4)
        assert len(load_sitting(folder / "theory").segments) == 1
        assert codes(load_sitting(folder / "skills")) == ["stream_missing"]

    def test_own_files_and_shared_ones_go_together(self, session_folder, place):
        folder = session_folder / "recordings" / "C1"
        write_video(folder / "all" / "front" / named(0), seconds=4)
        write_video(folder / "theory" / "front" / named(10), seconds=4)
        place("all/identity/id_photo.png", b"not a photo")
        record = load_sitting(folder / "theory")
        assert list(record.segments["device_start_s"]) == [0, 10]
        assert codes(record) == ["photo_unreadable"]


def test_files_that_belong_nowhere_are_named(session_folder, place):
    for name in ("notes.txt", "gps/phone12.csv", "events/boss.jsonl", "kitchen/a.mp4",
                 "identity/dog.jpg"):  # fmt: skip
        place(f"theory/{name}", "x")
    for name in (".DS_Store", "front/Thumbs.db", "gps/._phone1.csv"):
        place(f"theory/{name}", "x")
    record = load_sitting(session_folder / "recordings" / "C1" / "theory")
    found = record.problems[record.problems["code"] == "file_unexpected"]["file"]
    assert sorted(f.partition("theory/")[2] for f in found) == [
        "events/boss.jsonl", "gps/phone12.csv", "identity/dog.jpg", "kitchen", "notes.txt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "more", ["_a'b\"c", "_50% %03d", "_正面 摄像头", "_🎥é", "_#1?&x=y", "_[1] (2)*"]
)
def test_file_names_as_people_write_them(session_folder, place, more):
    folder = session_folder / "recordings" / "C1" / "theory"
    write_video(folder / "front" / named(3, more), seconds=1, sound_s=1)
    list_path = folder / "screen" / f"20221210T083005+0800{more}.m3u8"
    write_video(list_path, seconds=2, container="hls", options={
        "hls_segment_filename": str(list_path.parent / "part%d.ts"), "hls_time": "1",
    })  # fmt: skip
    parts = sorted(list_path.parent.glob("part*.ts"))
    text = list_path.read_text(encoding="utf-8")
    for part in parts:
        # A line that starts with # would be a comment; no part can be called that.
        renamed = part.with_name(f"{part.stem}{more}.ts")
        part.rename(renamed)
        text = text.replace(part.name, renamed.name)
    list_path.write_text(text, encoding="utf-8")
    place(f"theory/gps/phone1{more}.csv", fixes(0, 1))
    place(f"theory/events/client{more}.jsonl", jsonl((0, "login", {})))
    record = load_sitting(folder)
    assert codes(record) == []
    assert list(record.segments["device_start_s"]) == [3, 5]
    assert len(list(pictures(record, "front"))) == 5
    assert len(list(pictures(record, "screen"))) == 10
    assert (len(record.positions), len(record.events)) == (2, 1)


def test_a_name_that_is_no_text_is_refused_and_shown_with_escapes(session_folder, place):
    path = place("theory/gps/phone1.csv", fixes(0, 1))
    for odd in (b"phone1_\xd5\xfd.csv", b"..\xff"):
        try:
            (path.parent / os.fsdecode(odd)).write_bytes(b"x")
        except OSError:
            pytest.skip("this file system has no such names")
    record = load_sitting(path.parents[1])
    found = record.problems[record.problems["code"] == "file_refused"]
    assert sorted(found["file"]) == ["..\\udcff", "phone1_\\udcd5\\udcfd.csv"]
    assert len(record.positions) == 2


def test_a_playlist_is_one_segment_and_its_parts_are_none(session_folder):
    folder = session_folder / "recordings" / "C1" / "theory"
    path = folder / "front" / named(0).replace(".mp4", ".m3u8")
    write_video(path, seconds=8, sound_s=8, container="hls", options={"hls_time": "2"})
    record = load_sitting(folder)
    assert len(record.segments) == 1
    assert record.segments.loc[0, "duration_s"] == pytest.approx(8, abs=0.1)
    assert len(list(pictures(record, "front"))) == 40
    whole = record.segments.loc[0, "sha256"]
    parts = sorted(path.parent.glob("*.ts"))
    assert record.segments.loc[0, "size_bytes"] > sum(p.stat().st_size for p in parts)
    parts[1].unlink()
    record = load_sitting(folder)
    assert "playlist_part" in codes(record)
    assert record.segments.loc[0, "sha256"] != whole
    assert 25 <= len(list(pictures(record, "front"))) <= 31


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("http://example.org/a.ts", "network address"),
        ("https://example.org/a.ts", "network address"),
        ("//example.org/a.ts", "network address"),
        ("data:video/mp2t;base64,AAAA", "network address"),
        ("file:///etc/passwd", "network address"),
        ("/etc/passwd", "outside of the session folder"),
        ("../../../../../outside.ts", "outside of the session folder"),
        ("..%2F..%2F..%2F..%2F..%2Foutside.ts", "outside of the session folder"),
        ("none.ts", "none of the parts is there"),
    ],
)
@pytest.mark.parametrize(
    "line", ["#EXTINF:2,\n{}", '#EXT-X-MAP:URI="{}"\n#EXTINF:2,\nok.ts', "#EXT-X-STREAM-INF:\n{}"]
)
def test_a_playlist_that_leads_elsewhere_is_refused(session_folder, place, part, words, line):
    write_video(session_folder.parent / "outside.ts", seconds=1)
    write_video(session_folder / "recordings/C1/theory/front/ok.ts", seconds=1)
    text = line.format(part)
    path = place("theory/front/a.m3u8", f"#EXTM3U\n{text}\n#EXT-X-ENDLIST\n")
    record = load_sitting(path.parents[1])
    rows = record.problems[record.problems["file"].eq("recordings/C1/theory/front/a.m3u8")]
    if words == "none of the parts is there" and "MAP" in line:
        return
    assert list(rows["code"]) == ["media_unreadable"]
    if "STREAM" not in line or "none" not in part:
        assert words in rows.iloc[0]["message"]


def test_playlists_that_name_each_other_end(session_folder, place):
    place("theory/front/a.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nb.m3u8\n")
    path = place("theory/front/b.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n")
    record = load_sitting(path.parents[1])
    assert record.segments.empty


def test_a_playlist_without_an_end_does_not_wait_for_more(session_folder):
    folder = session_folder / "recordings" / "C1" / "theory"
    path = folder / "front" / named(0).replace(".mp4", ".m3u8")
    write_video(path, seconds=6, container="hls", options={"hls_time": "2"})
    text = path.read_text(encoding="utf-8").replace("#EXT-X-ENDLIST", "")
    path.write_text(text, encoding="utf-8")
    assert len(list(pictures(load_sitting(folder), "front"))) == 30
