"""Views as they come in: missing, black, slow, huge, upright, with one key frame, of two sizes."""

from fractions import Fraction

import av
import numpy as np
import pytest

from review import detectors
from review.signals.measure import measure
from review.timeline.assemble import assemble
from review.timeline.clocks import declared_clocks


def scene(second, height=240, width=320):
    """A room in which a box moves."""
    rng = np.random.default_rng(3)
    made = rng.integers(60, 200, (height // 20, width // 20, 3), dtype=np.uint8)
    made = np.kron(made, np.ones((20, 20, 1), np.uint8))[:height, :width].copy()
    x = (second * 17) % (width - 40)
    made[height // 2 : height // 2 + 40, x : x + 40] = (30, 30, 220)
    return made


def judged(record, models):
    measured = measure(record, models=models)
    assert "not_measured" not in set(measured.problems["code"])
    evidence = assemble(record, measured, declared_clocks(record.sitting))
    flags, problems = detectors.run(evidence)
    assert not len(problems), problems["message"].tolist()
    return measured, flags


def seconds_of(measured, stream="front", signal="luma"):
    rows = measured.signals
    return rows.loc[(rows["stream"] == stream) & (rows["signal"] == signal), "device_s"].to_numpy()


def test_a_view_that_is_missing_raises_only_that_it_is_missing(make_record, make_video, embedded):
    path = make_video([scene(n // 5) for n in range(100)])
    record = make_record(
        [("left_front", path, 0.0)], minutes=1 / 3, required_streams=("front", "left_front")
    )
    measured, flags = judged(record, embedded)
    assert len(seconds_of(measured, "left_front")) >= 20
    rows = flags[flags["streams"].map(list).map(lambda streams: "front" in streams)]
    assert set(rows["label"]) == {"recording_gap"}


def test_black_from_start_to_end_is_a_covered_camera_and_no_absence(
    make_record, make_video, embedded
):
    path = make_video([np.zeros((240, 320, 3), np.uint8)] * 150)
    record = make_record([("front", path, 0.0)], minutes=0.5)
    _, flags = judged(record, embedded)
    assert set(flags["label"]) - {"audio_gap"} == {"camera_covered"}
    row = flags[flags["label"] == "camera_covered"].iloc[0]
    assert (row["start_s"], row["end_s"]) == (0.0, pytest.approx(30.0, abs=0.5))


@pytest.mark.parametrize("gop", [1, 250])
def test_one_picture_a_second(make_record, make_video, embedded, gop):
    path = make_video([scene(n) for n in range(20)], fps=1, gop=gop)
    measured, _ = judged(make_record([("front", path, 0.0)], minutes=1 / 3), embedded)
    assert seconds_of(measured).tolist() == [float(n) for n in range(20)]


def test_pictures_of_4k_are_measured_in_their_own_pixels(make_record, make_video, models):
    if "yolox_nano" not in models:
        pytest.skip("no model file yolox_nano")
    import cv2
    from skimage.data import astronaut

    picture = np.full((2160, 3840, 3), 90, np.uint8)
    person = cv2.resize(np.ascontiguousarray(astronaut()[..., ::-1]), (1536, 1536))
    picture[300:1836, 2000:3536] = person
    record = make_record([("front", make_video([picture] * 6, fps=2, gop=2), 0.0)], minutes=0.05)
    measured, _ = judged(record, models)
    faces = measured.detections[measured.detections["kind"] == "face"]
    # The face's middle is at about (224, 110) of the 512 px of the portrait.
    middle = (faces["x_px"] + faces["w_px"] / 2, faces["y_px"] + faces["h_px"] / 2)
    assert middle[0].to_numpy() == pytest.approx(2000 + 3 * 224, abs=60)
    assert middle[1].to_numpy() == pytest.approx(300 + 3 * 110, abs=60)


def test_upright_pictures_and_a_single_key_frame(make_record, make_video, embedded):
    path = make_video([scene(n // 5, 480, 270) for n in range(75)], gop=250)
    measured, _ = judged(make_record([("front", path, 0.0)], minutes=0.25), embedded)
    seen = seconds_of(measured)
    assert np.diff(seen).max() <= 1.0 + 1e-6
    assert seen[-1] >= 13.0


def transport(path, parts, fps=5):
    """Write pictures of several sizes, one after the other, into one transport stream."""
    start = 0
    content = b""
    for number, pictures in enumerate(parts):
        piece = path.with_name(f"{number}.ts")
        with av.open(str(piece), "w", format="mpegts") as out:
            track = out.add_stream("libx264", rate=fps)
            track.height, track.width = pictures[0].shape[:2]
            track.pix_fmt = "yuv420p"
            track.codec_context.gop_size = fps
            track.options = {"preset": "ultrafast", "tune": "zerolatency"}
            for picture in pictures:
                frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
                frame.pts, frame.time_base = start, Fraction(1, fps)
                start += 1
                out.mux(track.encode(frame))
            out.mux(track.encode(None))
        content += piece.read_bytes()
    path.write_bytes(content)
    return path


def test_a_size_that_changes_on_the_way(make_record, tmp_path, embedded):
    small = [scene(n // 5, 240, 320) for n in range(50)]
    large = [scene(n // 5, 480, 640) for n in range(50, 100)]
    path = transport(tmp_path / "two.ts", [small, large])
    measured, _ = judged(make_record([("front", path, 0.0)], minutes=1 / 3), embedded)
    seen = seconds_of(measured)
    assert seen[-1] - seen[0] >= 17.0
    assert np.diff(seen).max() < 3.0
