import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.simulate import timecode


def picture(size=(320, 240), seed=0):
    coarse = np.random.default_rng(seed).integers(60, 200, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)


@given(st.integers(-3_000_000, 30_000_000))
def test_every_time_is_read_as_it_was_drawn(hundredths):
    shown = picture()
    timecode.draw(shown, hundredths / 100)
    assert timecode.read(shown) == pytest.approx(hundredths / 100, abs=1e-9)


@pytest.mark.parametrize("size", [(240, 180), (320, 240), (480, 270), (1280, 720)])
@pytest.mark.parametrize("factor", [0.5, 1.0, 1.7])
def test_it_survives_scaling_and_a_lossy_encoder(size, factor):
    shown = picture(size)
    timecode.draw(shown, -12.34)
    coded = cv2.imdecode(cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], 1)
    scaled = cv2.resize(coded, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    assert timecode.read(scaled) == -12.34


def test_a_picture_without_it_says_nothing():
    assert [timecode.read(picture(seed=seed)) for seed in range(40)] == [None] * 40
    assert timecode.read(np.full((240, 320, 3), 128, np.uint8)) is None


def test_a_damaged_one_says_nothing():
    shown = picture()
    timecode.draw(shown, 100.0)
    # The rightmost block of the lower row is the last bit of the check sum.
    x = round(19.5 * 320 / 40)
    shown[-6:, x - 3 : x + 3] = 255 - shown[-6:, x - 3 : x + 3]
    assert timecode.read(shown) is None


def test_the_face_stays_free():
    before = picture((480, 360))
    after = before.copy()
    timecode.draw(after, 5.0)
    rows, columns = np.nonzero((before != after).any(axis=2))
    assert rows.min() > 0.9 * 360
    assert columns.max() < 0.7 * 480
