import itertools
import json

import numpy as np
import pytest
from skimage.color import rgb2lab

from review import words
from review.figures import palette
from review.session import STREAMS
from review.tables import CLOCK_STATES, COVERAGE_STATES

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
SIGHT = {
    "full": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}


def linear(colour):
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast_to_white(colour):
    return 1.05 / (linear(colour) @ [0.2126, 0.7152, 0.0722] + 0.05)


def seen(colour, sight):
    c = np.clip(SIGHT[sight] @ linear(colour), 0, 1)
    srgb = np.where(c <= 0.0031308, c * 12.92, 1.055 * c ** (1 / 2.4) - 0.055)
    return rgb2lab(srgb.reshape(1, 1, 3)).ravel()


@pytest.mark.parametrize("sight", SIGHT)
def test_families_stay_apart_for_every_eye(sight):
    for (a, one), (b, other) in itertools.combinations(palette.FAMILIES.items(), 2):
        distance = np.linalg.norm(seen(one, sight) - seen(other, sight))
        assert distance > 12, f"{a} and {b} look alike: {distance:.0f}"


def test_marks_and_text_have_contrast_on_white():
    for colour in (*palette.FAMILIES.values(), *palette.STREAMS.values()):
        assert contrast_to_white(colour) >= 3
    for colour in (palette.INK, palette.QUIET, *palette.VERDICTS.values()):
        assert contrast_to_white(colour) >= (3 if colour == palette.VERDICTS["unsure"] else 4.5)


def test_everything_that_can_be_drawn_has_a_colour():
    labels = {key.removeprefix("label.") for key in words.table() if key.startswith("label.")}
    assert labels == set(palette.FAMILY_OF)
    assert set(palette.FAMILY_OF.values()) == set(palette.FAMILIES)
    assert set(palette.COVERAGE) == set(COVERAGE_STATES)
    assert set(palette.CLOCKS) == set(CLOCK_STATES)
    assert set(palette.STREAMS) == set(STREAMS)


def test_a_browser_gets_it_as_json():
    made = json.loads(json.dumps(palette.as_dict()))
    assert made["labels"]["absent"] == palette.FAMILIES["presence"]
    assert made["coverage"]["missing"]["hatching"]
