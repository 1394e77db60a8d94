"""Every file of the real test data goes in; what its README states must come out.

Each file is loaded in a program of its own that is given a bounded time.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path
from queue import Empty, Queue
from zoneinfo import ZoneInfo

import pytest
from made import CANDIDATES, MANIFEST

from review.errors import LoadError
from review.loaders import Context, find
from review.loaders.deep import deep_check
from review.loaders.media import open_video, probe
from review.loaders.sitting import load_sitting
from review.loaders.streams import pictures

DATA = Path(os.environ.get("REVIEW_TESTDATA") or "none")
#: Seconds after which a file is said to hang: the slowest takes about one.
PATIENCE_S = 120
CONTEXT = Context(timezone=ZoneInfo("Asia/Shanghai"))


def listed(*folders):
    found = [p for f in folders for p in sorted((DATA / f).rglob("*")) if p.is_file()]
    marks = () if found else (pytest.mark.skip(reason="REVIEW_TESTDATA is not there"),)
    return [pytest.param(p, id=p.relative_to(DATA).as_posix()) for p in found] or [
        pytest.param(None, marks=marks)
    ]


PROGRAM = """
import json, shutil, sys
from pathlib import Path
from review.loaders import load_session, load_sitting
from review.loaders.deep import deep_check
from review.loaders.streams import pictures, sound
session, _ = load_session(sys.argv[1])
sitting = session.sitting("C1", "theory")
front = sitting.folder / "front"
for line in sys.stdin:
    path = Path(line.rstrip("\\n"))
    front.mkdir(parents=True)
    (front / f"20221210T083000+0800_{path.name}").symlink_to(path)
    record = load_sitting(sitting)
    shown = sum(1 for _ in pictures(record, "front", width_px=64))
    heard = sum(len(b.samples) for b in sound(record, "front"))
    deep_check(record)
    codes = sorted(set(record.problems["code"]))
    print(json.dumps([shown, heard, len(record.segments), codes]), flush=True)
    shutil.rmtree(front)
"""


class Worker:
    """Loads one file after the other in a program of its own, which is replaced when it dies."""

    def __init__(self, folder):
        self.folder, self.process, self.lines = folder, None, None

    def load(self, path):
        if self.process is None:
            command = [sys.executable, "-W", "error", "-c", PROGRAM, str(self.folder)]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            self.lines = Queue()
            threading.Thread(target=self.read, args=(self.process, self.lines), daemon=True).start()
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        try:
            line = self.lines.get(timeout=PATIENCE_S)
        except Empty:
            line = None
        if line is None:
            self.close()
            pytest.fail(f"{path} hangs, or brings the program down")
        return json.loads(line)

    @staticmethod
    def read(process, lines):
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None
            shutil.rmtree(self.folder / "recordings", ignore_errors=True)


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("session")
    (folder / "session.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "candidates.csv").write_text(CANDIDATES, encoding="utf-8")
    worker = Worker(folder)
    yield worker
    worker.close()


@pytest.mark.parametrize("path", listed("damaged", "webcam"))
def test_a_recording_neither_crashes_nor_hangs(worker, path):
    shown, heard, segments, codes = worker.load(path)
    # What shows and sounds nothing has a row that says why.
    assert shown + heard > 0 or {"media_unreadable", "media_empty", "media_encrypted"} & set(codes)
    assert segments == (0 if "media_unreadable" in codes else 1)


@pytest.fixture
def session_of(session_folder):
    """Put one file into a sitting's front camera."""

    def put(path):
        front = session_folder / "recordings" / "C1" / "theory" / "front"
        front.mkdir(parents=True, exist_ok=True)
        (front / f"20221210T083000+0800_{path.name}").symlink_to(path)
        return session_folder

    return put


@pytest.fixture
def loaded(session_of):
    """Load one file of the test data as a front camera: record and its notable codes."""

    def load(name):
        if not (DATA / name).is_file():
            pytest.skip("REVIEW_TESTDATA is not there")
        folder = session_of(DATA / name)
        record = load_sitting(folder / "recordings" / "C1" / "theory")
        return record, set(record.problems["code"]) - {"photo_missing", "stream_missing"}

    return load


@pytest.mark.parametrize(
    ("name", "last_s", "gap_s"),
    [("chrome57", 7.55, 0.30), ("firefox53", 9.97, 0.95), ("firefox55nightly", 8.59, 0.70),
     ("firefox55nightly.refined.seekhead", 8.59, 0.70)],
)  # fmt: skip
def test_browser_recordings_really_last(loaded, name, last_s, gap_s):
    record, codes = loaded(f"damaged/recorder/{name}.webm")
    assert codes == (set() if "refined" in name else {"duration_measured"})
    assert record.segments.loc[0, "duration_s"] == pytest.approx(last_s, abs=0.3)
    times = [p.device_s for p in pictures(record, "front", width_px=64)]
    assert times[-1] == pytest.approx(last_s, abs=0.01)
    assert max(b - a for a, b in pairwise(times)) == pytest.approx(gap_s, abs=0.02)
    assert deep_check(record).empty


@pytest.mark.parametrize(
    ("name", "declared"),
    [("init", "3900.0 s"), ("aac_init", "3900.1 s"), ("init_prog", "19.2 s"),
     ("init_with_colr", "30.0 s")],
)  # fmt: skip
def test_a_file_that_declares_an_hour_and_holds_nothing(loaded, name, declared):
    record, codes = loaded(f"damaged/mp4ff/{name}.mp4")
    assert "media_empty" in codes
    row = record.problems[record.problems["code"] == "media_empty"].iloc[0]
    assert declared in row["message"]
    assert list(record.segments["duration_s"]) == [0]


@pytest.mark.parametrize(
    ("name", "declared"), [("invalid_userdata", "231.3"), ("zero_empty_stsc", "41.6")]
)
def test_a_file_of_which_nothing_decodes(loaded, name, declared):
    record, codes = loaded(f"damaged/mp4parse/{name}.mp4")
    assert "media_empty" in codes
    assert any(declared in m for m in record.problems["message"])
    assert list(pictures(record, "front")) == []


@pytest.mark.parametrize(
    "name",
    ["mp4parse/chunk_out_of_range.mp4", "mp4ff/init_truncated.mp4", "mp4ff/1.m4s",
     "mp4ff/aac_1.m4s", "mp4ff/hvc1_seg_1.m4s", "phone/empty.flv"],
)  # fmt: skip
def test_what_does_not_open_is_one_row(loaded, name):
    record, codes = loaded(f"damaged/{name}")
    assert codes == {"media_unreadable"}
    assert record.segments.empty


def test_the_same_eight_seconds_in_three_containers(loaded):
    lengths = {}
    for name in ("prog_8s", "prog_8s_dec_dashinit"):
        record, codes = loaded(f"damaged/mp4ff/{name}.mp4")
        assert codes == set()
        lengths[name] = len(list(pictures(record, "front", width_px=64)))
        record.path(record.segments.loc[0, "file"]).unlink()
    assert set(lengths.values()) == {240}
    record, codes = loaded("damaged/mp4ff/prog_8s_enc_dashinit.mp4")
    assert codes == {"media_encrypted"}
    assert list(pictures(record, "front")) == []


@pytest.mark.parametrize(
    ("name", "size", "turn"),
    [("damaged/phone/sideways movie.mov", (480, 640), 90),
     ("damaged/phone/ios9.mov", (720, 1280), 90),
     ("damaged/phone/horizontal_video_from_iphone.mov", (1920, 1080), 0),
     ("damaged/mp4parse/video_rotation_90.mp4", (60, 100), 90),
     ("webcam/center_focus.mp4", (480, 848), 90)],
)  # fmt: skip
def test_phones_that_were_held_upright(name, size, turn):
    if not (DATA / name).is_file():
        pytest.skip("REVIEW_TESTDATA is not there")
    info = probe(DATA / name)
    assert (info.width_px, info.height_px, info.rotation_deg) == (*size, turn)
    with open_video(DATA / name) as video:
        assert next(video.pictures()).pixels.shape == (size[1], size[0], 3)


def test_the_phones_own_time_zone_is_kept():
    path = DATA / "damaged/phone/ios9.mov"
    if not path.is_file():
        pytest.skip("REVIEW_TESTDATA is not there")
    created = probe(path).created
    assert created is not None
    assert created.isoformat() == "2016-02-02T10:51:27-07:00"


@pytest.mark.parametrize("path", listed("gps"))
def test_positions_neither_crash_nor_pass_in_silence(path):
    rows, refusal = [], ""
    try:
        rows = find(path, "positions").load(path, CONTEXT).rows
    except LoadError as error:
        refusal = str(error)
    assert "\n" not in refusal
    assert all(row["time"].tzinfo is not None and abs(row["lat_deg"]) <= 90 for row in rows)


@pytest.mark.parametrize(
    ("name", "rows", "codes"),
    [
        ("gpx/cerknicko-jezero.gpx", 297, []),
        ("gpx/cerknicko-without-times.gpx", 5, ["line_bad"]),
        ("gpx/gpx1.0_with_all_fields.gpx", 2, ["time_naive"]),
        ("gpx/unicode_with_bom.gpx", 1, []),
        ("gpx/track_with_speed.gpx", 3, []),
        ("nmea/pygpsdata-nmeabadck.log", 1, ["checksum_bad"]),
        ("nmea/pygpsdata-nmeabadck2.log", 1, ["checksum_bad"]),
        ("nmea/pygpsdata-badeof.log", 1, []),
        ("nmea/pygpsdata-BADHDR.log", 2, []),
        ("nmea/pygpsdata-um981.log", 2, []),
        ("nmea/pygpsdata-mixed.log", 0, ["line_bad"]),
        ("google_trajectory.csv", 416, []),
        ("posmo_trajectory.csv", 1327, ["time_naive"]),
    ],
)
def test_positions_that_are_known(name, rows, codes):
    path = DATA / "gps" / name
    if not path.is_file():
        pytest.skip("REVIEW_TESTDATA is not there")
    loaded = find(path, "positions").load(path, CONTEXT)
    assert len(loaded.rows) == rows
    assert [p.code for p in loaded.problems] == codes


@pytest.mark.parametrize("path", listed("events"))
def test_dumps_and_settings_are_no_logs(path):
    with pytest.raises(LoadError, match="no loader takes this file") as caught:
        find(path, "events")
    assert "\n" not in str(caught.value)
