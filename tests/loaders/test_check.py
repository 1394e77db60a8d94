import pytest
from made import at, write_video

from review.loaders import load_session
from review.loaders.check import COLUMNS, check_sitting


@pytest.fixture
def sitting(session_folder):
    session, _ = load_session(session_folder)
    return session.sitting("C1", "theory")


def test_a_row_per_stream_that_is_required_or_there(sitting, place):
    folder = sitting.folder
    # 5400 s are scheduled: a quarter is in front of the camera, 54 s of the screen.
    write_video(folder / "front" / "20221210T083000+0800.mp4", times_ms=[0, 675_000, 1_349_000])
    write_video(folder / "front" / "20221210T082900+0800.mp4", seconds=30)
    write_video(folder / "screen" / "20221210T083000+0800.mp4", seconds=54, sound_s=54)
    place(
        "theory/gps/phone1.csv",
        "time,lat,lon\n" + "".join(f"{at(s)},39.9,116.4\n" for s in (0, 30, 5000)),
    )
    streams, problems, _ = check_sitting(sitting)
    assert list(streams.columns) == ["session_id", "candidate_id", "subject_id", *COLUMNS]
    rows = streams.set_index("stream").to_dict("index")
    assert list(rows) == ["front", "screen", "gps_phone1"]
    assert rows["front"]["required"]
    assert rows["front"]["segments"] == 2
    assert rows["front"]["coverage_percent"] == pytest.approx(25, abs=0.2)
    assert (rows["front"]["codec"], rows["front"]["start_source"]) == ("h264", "file_name")
    assert rows["screen"]["coverage_percent"] == pytest.approx(1, abs=0.1)
    assert rows["screen"]["audio_codec"] == "aac"
    assert rows["gps_phone1"]["entries"] == 3
    # 30 s until the next fix, then 60 s each.
    assert rows["gps_phone1"]["coverage_percent"] == pytest.approx(100 * 150 / 5400, abs=0.1)
    assert set(problems["code"]) == {"photo_missing"}


def test_what_is_missing_has_a_row_too(sitting):
    streams, problems, _ = check_sitting(sitting)
    assert list(streams["stream"]) == ["front"]
    assert streams.loc[0, "coverage_percent"] == 0
    assert "sitting_empty" in set(problems["code"])


class TestDeep:
    def found(self, sitting):
        _, problems, _ = check_sitting(sitting, deep=True)
        return problems[problems["code"] != "photo_missing"]

    def test_a_sound_recording_stands(self, sitting):
        write_video(sitting.folder / "front" / "20221210T083000+0800.mp4", seconds=5, sound_s=5)
        assert self.found(sitting).empty

    def test_a_hole_in_the_pictures_has_its_times(self, sitting):
        times = [*range(0, 3000, 200), *range(10_000, 12_000, 200)]
        write_video(sitting.folder / "front" / "20221210T083100+0800.mp4", times_ms=times)
        (row,) = self.found(sitting).to_dict("records")
        assert row["code"] == "media_gap"
        assert (row["start_s"], row["end_s"]) == pytest.approx((62.8, 70.0))
        assert "7.2 s" in row["message"]

    def test_a_hole_in_another_subjects_part_is_not_this_ones(self, sitting):
        minutes = [n for n in range(290) if not 15 <= n < 30]
        write_video(
            sitting.shared_folder / "front" / "20221210T083000+0800.mkv",
            times_ms=[n * 60_000 + s for n in minutes for s in range(0, 60_000, 1500)],
            key_every=40,
        )
        (row,) = self.found(sitting).to_dict("records")
        assert (row["start_s"], row["end_s"]) == pytest.approx((898.5, 1800))
        assert self.found(sitting.session.sitting("C1", "skills")).empty

    def test_a_hole_in_the_sound_alone(self, sitting):
        write_video(
            sitting.folder / "front" / "20221210T083000+0800.mkv", seconds=12, sound_s=4,
            sound_gap=(2.0, 6.0),
        )  # fmt: skip
        (row,) = self.found(sitting).to_dict("records")
        assert (row["code"], "sound" in row["message"]) == ("media_gap", True)
        assert (row["start_s"], row["end_s"]) == pytest.approx((2, 8), abs=0.1)

    def test_reordered_pictures_are_no_findings(self, sitting):
        options = {"preset": "medium", "bf": "3", "x264-params": "b-adapt=0"}
        write_video(
            sitting.folder / "front" / "20221210T083000+0800.mp4", seconds=6, fps=10, sound_s=6,
            codec_options=options,
        )  # fmt: skip
        assert self.found(sitting).empty

    def test_key_frames_that_do_not_decode(self, sitting):
        path = write_video(
            sitting.folder / "front" / "20221210T083000+0800.mp4", seconds=10, fps=2, key_every=4,
            size=(320, 240),
            codec_options={"preset": "ultrafast", "x264-params": "keyint=4:min-keyint=4"},
        )  # fmt: skip
        raw = bytearray(path.read_bytes())
        data = raw.find(b"mdat")
        middle = data + (len(raw) - data) // 3
        raw[middle : middle + 4000] = b"\xff" * 4000
        path.write_bytes(raw)
        rows = self.found(sitting)
        assert set(rows["code"]) == {"media_damaged"}
        assert rows["start_s"].between(0, 10).all()
