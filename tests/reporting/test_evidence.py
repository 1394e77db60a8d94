import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from review.figures.palette import label_colour
from review.reporting.evidence import EvidenceReader, draw, views_for
from review.reporting.summary import summarise
from review.reporting.voice import Voice

EN = Voice.of("en")


def flag_of(case, flag_id):
    return next(f for f in summarise(case.sitting, case.workspace).flags if f.flag_id == flag_id)


def pixels_of(shown):
    return np.asarray(Image.open(io.BytesIO(shown.jpeg)).convert("RGB")).astype(int)


def test_the_picture_is_the_one_of_that_moment_on_the_devices_clock(case):
    # Evidence at 12.0 s of session time is 10.0 s on the computer, picture 50 of the video.
    shown = EvidenceReader(case.sitting, case.workspace).show(flag_of(case, "f-person"), EN)
    assert shown.stream == "front"
    assert shown.time_s == pytest.approx(12.0)
    expected = 20 + 14 * (50 % 16)
    assert abs(pixels_of(shown)[100:110, 300:310].mean() - expected) < 4


def test_boxes_of_that_moment_and_kind_are_drawn_at_their_place(case):
    shown = EvidenceReader(case.sitting, case.workspace).show(flag_of(case, "f-person"), EN)
    # Two faces at 10.0 s; the face at 15.0 s and the object belong to another moment or matter.
    assert shown.boxes == 2
    factor = shown.width_px / 160
    pixels = pixels_of(shown)
    wanted = np.array([int(label_colour("extra_person")[i : i + 2], 16) for i in (1, 3, 5)])
    for x, y, _w, h in ((10, 20, 30, 40), (90, 30, 30, 40)):
        left = round(x * factor)
        edge = pixels[round((y + h / 2) * factor), left : left + 3]
        assert np.abs(edge.mean(axis=0) - wanted).max() < 40
    assert ("picture_boxes", {}) in shown.notes


def test_a_flag_whose_view_shows_nothing_takes_another_view_and_says_so(case):
    flag = replace(flag_of(case, "f-gap"), evidence_s=15.0)
    shown = EvidenceReader(case.sitting, case.workspace).show(flag, EN)
    assert shown.stream == "front"
    assert [key for key, _ in shown.notes] == ["picture_other"]


def test_no_view_at_that_moment_is_said(case):
    shown = EvidenceReader(case.sitting, case.workspace).show(flag_of(case, "f-gap"), EN)
    assert not shown.jpeg
    assert shown.notes == (("picture_none", {}),)


def test_a_vanished_file_is_said_with_its_name(make_case):
    case = make_case(video=False)
    shown = EvidenceReader(case.sitting, case.workspace).show(flag_of(case, "f-person"), EN)
    assert not shown.jpeg
    assert shown.notes == (("picture_vanished", {"file": "recordings/A001/theory/front/one.mp4"}),)


def test_a_file_that_has_become_unreadable_is_said(case):
    (case.session.folder / "recordings/A001/theory/front/one.mp4").write_bytes(b"nothing" * 99)
    shown = EvidenceReader(case.sitting, case.workspace).show(flag_of(case, "f-person"), EN)
    assert [key for key, _ in shown.notes] == ["picture_gone"]


def test_a_flag_of_a_log_is_shown_by_the_screen_first(case):
    flag = flag_of(case, "f-person")
    assert views_for(flag)[:2] == ("front", "left_front")
    log = replace(flag, label="off_screen", streams=("events_client",), supports=())
    assert views_for(log) == ("screen", "front")


def test_words_stand_under_the_picture_and_hide_nothing_of_it():
    pixels = np.full((90, 160, 3), 200, np.uint8)
    before = pixels.copy()
    made = draw(
        pixels,
        np.empty((0, 4)),
        names=[],
        colour="#d55e00",
        words=("0:00:01", "屏幕"),
        plain_words=("0:00:01", "screen"),
        width_px=320,
    )
    assert (pixels == before).all()
    shown = np.asarray(made)
    assert made.width == 320
    assert made.height > 180
    assert (shown[:180] == 200).all()
    assert shown[180:].min() < 60
    assert shown[180:].max() > 200
