from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import av
import numpy as np
import pytest

from review import tables
from review.errors import RenderError
from review.reporting.clips import flag_clip, write_clip
from review.reporting.model import FlagSummary
from review.session import Candidate, Session, Subject
from review.simulate import timecode
from review.timeline.clocks import declared_clocks, to_session_s
from review.workspace import Workspace

START = datetime(2022, 12, 10, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
WIDTH, HEIGHT, RATE = 320, 180, 48_000
FPS = 25
#: Device times of the pictures of each file: an even rate, and a phone's uneven one with a gap.
RNG = np.random.default_rng(5)
FRONT = np.arange(0, 12, 0.1)
PHONE_1 = np.cumsum(RNG.uniform(0.03, 0.25, 40))
PHONE_2 = 8.0 + np.cumsum(RNG.uniform(0.03, 0.25, 30))
#: Device time of the beep in the front view's sound.
BEEP_S = 4.0


def picture(time_s):
    pixels = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    timecode.draw(pixels, time_s)
    return pixels


def write_video(path, device_s, session_s, *, beep=False):
    """A video of which each picture says its own session time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"crf": "10", "g": "15", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        sound = out.add_stream("aac", rate=RATE, layout="mono") if beep else None
        for t, shown in zip(device_s, session_s, strict=True):
            frame = av.VideoFrame.from_ndarray(picture(shown), format="bgr24")
            frame.pts, frame.time_base = round((t - device_s[0]) * 1000), Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound is not None:
            times = np.arange(int(12 * RATE)) / RATE
            wave = 0.5 * np.sin(2 * np.pi * 1000 * times) * (np.abs(times - BEEP_S) < 0.05)
            frame = av.AudioFrame.from_ndarray(
                wave.astype(np.float32)[None], format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
            out.mux(sound.encode(frame))
            out.mux(sound.encode(None))
    return device_s


class Made:
    def __init__(self, folder):
        subject = Subject(id="t", name="T", start=START, end=START + timedelta(seconds=12))
        candidate = Candidate(id="A1", name="张", id_number="1", occupation="", level="",
                              subjects=("t",))  # fmt: skip
        self.session = Session(
            id="s", kind="exam", platform="itmc", rulebook="itmc-2022", timezone="Asia/Shanghai",
            required_streams=(), subjects=(subject,), candidates=(candidate,),
            folder=folder / "session",
        )  # fmt: skip
        self.sitting = self.session.sitting("A1", "t")
        self.workspace = Workspace(folder / "workspace")
        self.clocks = declared_clocks(self.sitting)
        self.clocks.loc[self.clocks["device"] == "computer", "offset_s"] = 0.5
        phone = self.clocks["device"] == "phone1"
        self.clocks.loc[phone, ["offset_s", "drift_ppm"]] = [-1.25, 300.0]
        self.shown = {}
        rows = [
            self.segment("front", "one.mp4", np.round(FRONT, 3), beep=True),
            self.segment("right_rear", "one.mp4", np.round(PHONE_1, 3)),
            self.segment("right_rear", "two.mp4", np.round(PHONE_2, 3)),
        ]
        segments = tables.build("segments", rows, key=self.sitting.key)
        marker = {"state": "done", "key": "", "elapsed_s": 0.0, "analysed_at": "", "version": ""}
        self.workspace.write_sitting(
            self.sitting,
            {
                "segments": segments,
                "clocks": self.clocks,
                "sittings": tables.build("sittings", [marker], key=self.sitting.key),
            },
        )
        self.gap = (float(PHONE_1[-1]) + 0.04, float(np.round(PHONE_2, 3)[0]))

    def segment(self, stream, name, device_s, **more):
        session_s = to_session_s(self.clocks, stream, device_s)
        file = f"recordings/A1/t/{stream}/{name}"
        write_video(self.session.folder / file, device_s, session_s, **more)
        self.shown.setdefault(stream, []).extend(session_s)
        length = 12.0 if more else float(device_s[-1] - device_s[0]) + 0.04
        return {
            "stream": stream, "device": "computer" if stream == "front" else "phone1",
            "file": file, "device_start_s": float(device_s[0]), "duration_s": length,
            "start_source": "file_name", "video_codec": "h264", "width_px": WIDTH,
            "height_px": HEIGHT, "audio_codec": "aac" if more else None, "origin_pts_s": 0.0,
            "rotation_deg": 0, "size_bytes": 1, "container": "mp4",
        }  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("clips"))


def frames_of(path):
    with av.open(str(path)) as container:
        return [(float(f.pts * f.time_base), f.to_ndarray(format="bgr24"))
                for f in container.decode(video=0)]  # fmt: skip


def view(frame, column):
    """The picture of one of two views side by side: 640 wide each, under 36 pixels of words."""
    room_height = 720 - 36 - 24
    height = round(640 * HEIGHT / WIDTH)
    top = 36 + (room_height - height) // 2
    return frame[top : top + height, column * 640 : (column + 1) * 640]


def test_every_frame_shows_what_each_view_showed_at_that_instant(made, tmp_path):
    start_s, end_s = 1.003, 11.003
    clip = write_clip(
        made.sitting,
        made.workspace,
        tmp_path / "c.mp4",
        start_s=start_s,
        end_s=end_s,
        streams=("front", "right_rear"),
        sound=None,
        fps=FPS,
    )
    frames = frames_of(clip.path)
    assert len(frames) == clip.frames == 250
    gap = to_session_s(made.clocks, "right_rear", made.gap)
    compared = 0
    for n, (pts_s, frame) in enumerate(frames):
        assert pts_s == pytest.approx(n / FPS, abs=1e-4)
        now = start_s + n / FPS
        for column, stream in enumerate(("front", "right_rear")):
            read = timecode.read(np.ascontiguousarray(view(frame, column)))
            if stream == "right_rear" and gap[0] <= now < gap[1]:
                assert read is None
                continue
            times = np.array(made.shown[stream])
            expected = times[times <= now + 1e-6].max()
            assert read == pytest.approx(expected, abs=0.006), f"{stream} at {now:.3f}"
            compared += 1
    assert compared > 400


def test_the_sound_is_heard_when_it_was_made(made, tmp_path):
    clip = write_clip(made.sitting, made.workspace, tmp_path / "c.mp4", start_s=2.0, end_s=7.0,
                      streams=("front",), sound="front")  # fmt: skip
    assert clip.sound == "front"
    with av.open(str(clip.path)) as container:
        parts = [(float(f.pts * f.time_base), f.to_ndarray()[0], f.sample_rate)
                 for f in container.decode(audio=0)]  # fmt: skip
    rate = parts[0][2]
    wave = np.concatenate([samples for _, samples, _ in parts])
    loud = np.flatnonzero(np.abs(wave) > 0.25)
    middle = parts[0][0] + (loud[0] + loud[-1]) / 2 / rate
    # On session time the computer is half a second later; the clip starts at 2.0.
    assert middle == pytest.approx(BEEP_S + 0.5 - 2.0, abs=0.03)


def test_a_view_without_anything_is_a_slate_and_without_sound_silent(made, tmp_path):
    clip = write_clip(made.sitting, made.workspace, tmp_path / "c.mp4", start_s=2.0, end_s=2.4,
                      sound="screen", fps=10)  # fmt: skip
    assert clip.sound is None
    (_, first), *_ = frames_of(clip.path)
    assert first.shape == (720, 1280, 3)
    with av.open(str(clip.path)) as container:
        assert not container.streams.audio
        assert container.streams.video[0].codec_context.name == "h264"


def test_a_long_flag_is_shown_around_its_evidence(made, tmp_path):
    flag = FlagSummary(number=1, flag_id="f", label="absent", streams=("front",), start_s=0.5,
                       end_s=11.0, score=1.0, detector="d", reason={}, supports=(),
                       contradicts=(), evidence_s=6.0)  # fmt: skip
    clip = flag_clip(
        flag,
        made.sitting,
        made.workspace,
        tmp_path / "f.mp4",
        before_s=0.5,
        after_s=0.2,
        longest_s=1.0,
        fps=10,
        sound=None,
        streams=("front",),
    )
    assert (clip.start_s, clip.end_s) == pytest.approx((5.0, 6.7))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"end_s": 2.0}, "no such stretch"),
        ({"end_s": 9999.0}, "no such stretch"),
        ({"streams": ("gps_phone1",)}, "no such choice of views"),
        ({"streams": ()}, "no such choice of views"),
        ({"sound": "events_client"}, "no such choice of views"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_written(made, tmp_path, wrong, said):
    given = {"start_s": 2.0, "end_s": 3.0, **wrong}
    with pytest.raises(RenderError, match=said):
        write_clip(made.sitting, made.workspace, tmp_path / "c.mp4", **given)
    assert list(tmp_path.iterdir()) == []


def test_a_clip_that_cannot_be_written_leaves_nothing(made, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(RenderError, match="cannot be written"):
        write_clip(made.sitting, made.workspace, blocked / "c.mp4", start_s=2.0, end_s=3.0)
