"""Pictures whose truth is drawn."""

import numpy as np
import pytest

from review.signals.looks import looks
from review.signals.measure import measure
from review.signals.models import Models
from review.signals.sights import change, statistics


def plain(value, height=120, width=160):
    return np.full((height, width, 3), value, np.uint8)


def noise(seed, height=120, width=160):
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


def test_statistics_of_known_pictures():
    stripes = plain(0)
    stripes[:, (np.arange(160) // 20) % 2 == 1] = 200
    seen = statistics(stripes)
    assert seen.luma == pytest.approx(100, abs=2)
    assert 40 < seen.contrast <= 200
    assert statistics(plain(40)).contrast == pytest.approx(0, abs=1e-3)
    assert statistics(plain(40)).sharpness == 0
    assert statistics(noise(0)).sharpness > statistics(stripes).sharpness


def test_a_covered_lens_has_no_contrast_gradient_and_clock_or_not():
    covered = np.linspace(10, 60, 160)[None, :, None] + np.zeros((120, 1, 3))
    covered = (covered + np.random.default_rng(0).normal(0, 3, (120, 160, 3))).astype(np.uint8)
    covered[112:, ::12] = 235
    assert statistics(covered).contrast < 4
    assert np.std(covered) > 10


def test_change_is_the_mean_difference():
    assert change(plain(10)[..., 0], plain(13)[..., 0]) == 3.0
    assert change(plain(10)[..., 0], plain(10)[..., 0]) == 0.0
    assert change(plain(10)[..., 0], plain(10, 60, 80)[..., 0]) == 255.0


def spans_between(record, every_s):
    times = [
        look.device_s
        for look in looks(record, "front", start_s=-100.0, end_s=1000.0, every_s=every_s)
    ]
    return times, np.diff(times)


@pytest.mark.parametrize("gop", [5, 60])
def test_a_picture_a_second_with_many_key_frames_or_few(make_record, make_video, gop):
    # 12 s at 5 pictures a second; a key frame every second, or one in all.
    path = make_video([noise(n // 5) for n in range(60)], gop=gop)
    times, between = spans_between(make_record([("front", path, 3.0)]), 1.0)
    assert times[0] == pytest.approx(3.0)
    assert times[-1] > 13.5
    assert between.max() <= 1.0 + 1e-6


def test_segments_of_both_kinds_and_the_gap_between(make_record, make_video):
    one = make_video([noise(n // 5) for n in range(30)], gop=5, name="one.mp4")
    two = make_video([noise(n // 5) for n in range(30)], gop=250, name="two.mp4")
    times, between = spans_between(make_record([("front", one, 0.0), ("front", two, 20.0)]), 1.0)
    assert sorted(between)[-2] <= 1.0 + 1e-6
    assert max(between) == pytest.approx(15.0, abs=0.3)
    assert len(times) == 12


@pytest.fixture
def staged(make_record, make_video):
    """Ten seconds each of black, grey and a picture that stands still; noise in between."""
    frames = [[plain(0), noise(1000 + n), plain(90), noise(7)][n // 50] for n in range(200)]
    path = make_video(frames, gop=5)
    return make_record([("front", path, 0.0), ("screen", path, 0.0)])


def test_black_flat_and_still_pictures_show_in_the_signals(staged, embedded, values):
    measured = measure(staged, models=embedded)
    times, luma = values(measured, "front", "luma")
    _, contrast = values(measured, "front", "contrast")
    changed_at, changed = values(measured, "front", "change")
    assert luma[times < 10].max() < 3
    assert contrast[(times >= 20) & (times < 30)].max() < 2
    assert contrast[(times >= 10) & (times < 20)].min() > 20
    moving = (changed_at >= 11) & (changed_at < 20)
    still = (changed_at >= 32) & (changed_at < 40)
    assert changed[still].max() < 0.5
    assert changed[moving].min() > 5
    assert values(measured, "front", "faces")[1].max() == 0
    assert set(measured.signals.loc[measured.signals["stream"] == "screen", "signal"]) == {
        "luma", "change",
    }  # fmt: skip


def test_the_result_does_not_depend_on_threads_or_on_who_listens(staged, embedded):
    told = []
    one = measure(staged, models=embedded, threads=1)
    two = measure(
        staged, models=embedded, threads=2, progress=lambda s, share: told.append((s, share))
    )
    assert one.signals.equals(two.signals)
    assert one.detections.drop(columns="embedding").equals(two.detections.drop(columns="embedding"))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert {stream for stream, _ in told} <= {"front", "screen"}


def test_only_the_wanted_part_is_looked_at(staged, embedded, values):
    spans = {"front": (5.0, 12.0), "screen": (100.0, 200.0)}
    measured = measure(staged, models=embedded, spans=spans)
    times, _ = values(measured, "front", "luma")
    assert times.min() >= 5.0
    assert times.max() < 12.0
    assert not (measured.signals["stream"] == "screen").any()


def test_what_does_not_decode_is_a_problem_and_the_rest_is_measured(
    make_record, make_video, embedded, values
):
    path = make_video([noise(n) for n in range(50)], gop=5)
    record = make_record([("front", path, 0.0), ("screen", path, 0.0)])
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 8] = bytes(len(data) // 8)
    path.write_bytes(data)
    measured = measure(record, models=embedded)
    assert "undecodable" in set(measured.problems["code"])
    assert len(values(measured, "front", "luma")[0]) >= 4


def test_refused_and_missing_models_are_said(make_record, make_video):
    record = make_record([("right_rear", make_video([noise(n) for n in range(10)]), 0.0)])
    problems = measure(record, models=Models(refused={"yunet": "x.onnx: damaged"})).problems
    assert set(problems["code"]) == {"not_measured", "model_refused"}
    assert "centerface" in problems.set_index("code").loc["not_measured", "message"]


def test_photographs_that_cannot_be_used_are_named(make_record, embedded, tmp_path):
    import cv2

    (tmp_path / "a.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "b.png"), plain(90))
    record = make_record(
        photos={"id_photo": tmp_path / "a.jpg", "login_photo_client": tmp_path / "b.png"}
    )
    problems = measure(record, models=embedded).problems.set_index("code")
    assert "a.jpg" in problems.loc["photo_unreadable", "message"]
    assert "b.png" in problems.loc["photo_without_face", "message"]
    assert problems.loc["photo_without_face", "stream"] == "identity/login_photo_client"
