"""Brightness read from the picture itself is what the library's own conversion gives."""

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from review.loaders.upright import pixels_of


def frame_of(kind, width, height=60):
    rows = height * 3 // 2 if kind in {"yuv420p", "nv12"} else height
    noise = np.random.default_rng(width).integers(0, 256, (rows, width), dtype=np.uint8)
    return av.VideoFrame.from_ndarray(noise, format=kind)


@pytest.mark.parametrize("width", [62, 64, 100])
@pytest.mark.parametrize("kind", ["yuv420p", "nv12", "gray"])
def test_brightness_is_the_librarys(kind, width):
    frame = frame_of(kind, width)
    grey = pixels_of(frame, None, None, gray=True)
    assert grey.shape == (60, width)
    assert np.array_equal(grey, frame.to_ndarray(format="gray"))


def test_a_picture_of_full_range_is_not_stretched():
    frame = frame_of("yuv420p", 64)
    frame.color_range = ColorRange.JPEG
    assert np.array_equal(pixels_of(frame, None, None, gray=True), frame.to_ndarray()[:60])


def test_brightness_is_turned_as_the_colours_are():
    frame = frame_of("yuv420p", 64)
    quarter = ((0, 1), (-1, 0))
    grey = pixels_of(frame, quarter, None, gray=True)
    assert grey.shape == pixels_of(frame, quarter, None, gray=False).shape[:2] == (64, 60)
    assert np.array_equal(
        np.sort(grey, axis=None), np.sort(frame.to_ndarray(format="gray"), axis=None)
    )
