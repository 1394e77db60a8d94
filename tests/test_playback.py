"""What a browser plays as it is, and copies of the rest."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest

from review.errors import LoadError
from review.playback import make_copy, plan

MS = Fraction(1, 1000)


def write(path, *, codec="libx264", times_ms=range(0, 2000, 40), options=None, sound=None, size=64):
    """Pictures whose brightness says their number, at the given time stamps."""
    with av.open(str(path), "w", options=options or {}) as out:
        video = out.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = size, 48, "yuv420p"
        video.codec_context.time_base = MS
        audio = out.add_stream(sound, rate=48000, layout="mono") if sound else None
        for n, time_ms in enumerate(times_ms):
            picture = np.full((48, size, 3), 20 + 4 * (n % 50), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time_ms, MS
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            length = audio.codec_context.frame_size or 1024
            kind = audio.codec_context.format.name
            for n in range(2 * 48000 // length):
                block = np.zeros((1, length), np.int16 if kind.startswith("s16") else np.float32)
                frame = av.AudioFrame.from_ndarray(block, format=kind, layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = (
                    48000,
                    n * length,
                    Fraction(1, 48000),
                )
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return path


def row(path, folder, **changes):
    """The row of ``segments`` for a file, as a loader would fill it."""
    with av.open(str(path)) as source:
        video = next(iter(source.streams.video), None)
        audio = next(iter(source.streams.audio), None)
        first = (
            min(float(s.start_time * s.time_base) for s in source.streams if s.start_time)
            if any(s.start_time for s in source.streams)
            else 0.0
        )
        known = {
            "stream": "front",
            "file": str(path.relative_to(folder)),
            "device_start_s": 0.0,
            "duration_s": 2.0,
            "video_codec": video.codec_context.name if video else None,
            "audio_codec": audio.codec_context.name if audio else None,
            "container": source.format.name,
            "origin_pts_s": first,
            "sha256": None,
            "size_bytes": path.stat().st_size,
        }
    return {**known, **changes}


def planned(path, folder, *, light=False, **changes):
    (item,) = plan(
        pd.DataFrame([row(path, folder, **changes)]),
        folder=folder, copies=folder / "copies", light=light,
    )  # fmt: skip
    return item


def pictures(path):
    with av.open(str(path)) as source:
        return [
            (float(f.pts * f.time_base), f.key_frame, float(f.to_ndarray(format="gray").mean()))
            for f in source.decode(video=0)
        ]


FASTSTART = {"movflags": "+faststart"}


@pytest.mark.parametrize(
    ("name", "made", "way"),
    [
        ("front.mp4", {"options": FASTSTART, "sound": "aac"}, "original"),
        ("front.webm", {"codec": "libvpx", "sound": "libopus"}, "original"),
        ("end.mp4", {}, "remux"),
        ("parts.mp4", {"options": {"movflags": "frag_keyframe+empty_moov"}}, "remux"),
        ("front.mkv", {}, "remux"),
        ("front.avi", {"codec": "mpeg4"}, "encode"),
    ],
)
def test_what_plays_as_it_is_and_what_needs_a_copy(tmp_path, name, made, way):
    item = planned(write(tmp_path / name, **made), tmp_path)
    assert item.way == way
    assert item.ready == (way == "original")
    assert bool(item.reason) == (way != "original")


def test_a_recording_of_a_browser_without_length_gets_an_index(tmp_path):
    path = write(tmp_path / "front.webm", codec="libvpx", options={"live": "1"})
    assert planned(path, tmp_path, duration_s=None).way == "encode"
    path = write(tmp_path / "vp9.webm", codec="libvpx-vp9", options={"live": "1"})
    item = planned(path, tmp_path)
    assert item.way == "remux"
    make_copy(item, folder=tmp_path)
    assert [round(t, 3) for t, _, _ in pictures(item.path)][:3] == [0.0, 0.04, 0.08]


def test_a_remuxed_copy_holds_the_same_pictures_from_zero(tmp_path):
    path = write(tmp_path / "front.mkv", times_ms=range(5000, 7000, 40))
    item = planned(path, tmp_path)
    assert item.origin_pts_s == item.zero_pts_s == 5.0
    make_copy(item, folder=tmp_path)
    before, after = pictures(path), pictures(item.path)
    assert [round(t - 5.0, 3) for t, _, _ in before] == [round(t, 3) for t, _, _ in after]
    assert [m for *_, m in before] == [m for *_, m in after]
    assert planned(item.path, tmp_path).way == "original"


def test_a_light_copy_keeps_every_time_stamp_of_an_uneven_recording(tmp_path):
    times = [0, 30, 35, 400, 1310, 1311, 1990, 3200]
    path = write(tmp_path / "front.mkv", times_ms=[t + 700 for t in times], size=1280)
    item = planned(path, tmp_path, light=True)
    make_copy(item, folder=tmp_path)
    after = pictures(item.path)
    assert [round(t * 1000) for t, _, _ in after] == times
    # A key frame a second: the first picture of each second.
    assert [round(t * 1000) for t, key, _ in after if key] == [0, 1310, 3200]
    with av.open(str(item.path)) as copy:
        assert copy.streams.video[0].width == 640


@pytest.mark.parametrize(("turn", "sides"), [(0, (64, 48)), (90, (48, 64)), (270, (48, 64))])
def test_an_encoded_copy_stands_upright(tmp_path, turn, sides):
    path = write(tmp_path / "front.avi", codec="mpeg4")
    item = planned(path, tmp_path)
    make_copy(item, folder=tmp_path, rotation_deg=turn)
    with av.open(str(item.path)) as copy:
        assert (copy.streams.video[0].width, copy.streams.video[0].height) == sides


def test_sound_that_mp4_cannot_hold_is_made_anew_at_its_time(tmp_path):
    path = write(tmp_path / "front.mkv", codec="mpeg4", sound="pcm_s16le")
    item = planned(path, tmp_path)
    make_copy(item, folder=tmp_path)
    with av.open(str(item.path)) as copy:
        sound = copy.streams.audio[0]
        assert sound.codec_context.name == "aac"
        assert float(sound.duration * sound.time_base) == pytest.approx(2.0, abs=0.06)


def test_progress_rises_to_the_end(tmp_path):
    path = write(tmp_path / "front.avi", codec="mpeg4")
    told = []
    make_copy(planned(path, tmp_path), folder=tmp_path, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 10


def test_a_copy_that_cannot_be_made_leaves_nothing_behind(tmp_path):
    path = write(tmp_path / "front.avi", codec="mpeg4")
    item = planned(path, tmp_path)
    path.write_bytes(b"\0" * 500)
    with pytest.raises(LoadError, match=r"front\.avi: no playable copy"):
        make_copy(item, folder=tmp_path)
    assert list((tmp_path / "copies").iterdir()) == []


def test_another_file_gets_another_address(tmp_path):
    path = write(tmp_path / "front.mp4", options=FASTSTART)
    first = planned(path, tmp_path)
    write(path, options=FASTSTART, times_ms=range(0, 3000, 40))
    assert planned(path, tmp_path).version != first.version
    assert planned(path, tmp_path, sha256="ab" * 32).version == "ab" * 6


def test_numbers_follow_device_time_not_the_order_of_rows(tmp_path):
    a = row(write(tmp_path / "a.mp4", options=FASTSTART), tmp_path, device_start_s=9.0)
    b = row(write(tmp_path / "b.mp4", options=FASTSTART), tmp_path, device_start_s=1.0)
    c = row(write(tmp_path / "c.mp4", options=FASTSTART), tmp_path, device_start_s=None)
    for rows in ([a, b, c], [c, a, b]):
        items = plan(pd.DataFrame(rows), folder=tmp_path, copies=tmp_path / "copies")
        assert [(Path(i.file).stem, i.number) for i in items] == [("b", 0), ("a", 1), ("c", 2)]
