"""A camera that stays, and one that is moved."""

import numpy as np
import pytest

from review.loaders.media import Picture
from review.signals.scenery import Scenery
from review.signals.sights import sight


@pytest.fixture(scope="module")
def wall():
    """A room three times as wide as a picture: boxes of all sizes."""
    rng = np.random.default_rng(5)
    made = np.full((360, 1920, 3), 130, np.uint8)
    for _ in range(140):
        x, y = rng.integers(0, 1900), rng.integers(0, 340)
        w, h = rng.integers(15, 120, 2)
        made[y : y + h, x : x + w] = rng.integers(30, 240, 3)
    return made


def seen(time_s, pixels):
    grey = pixels.mean(axis=2).astype(np.uint8)
    return sight(time_s, Picture(lambda gray: grey if gray else pixels, pts_s=time_s, is_key=True))


def watch(wall, at, *, people=lambda _: (), seconds=60, light=lambda _: 1.0):
    scenery, found = Scenery(), {}
    for second in range(seconds):
        x = at(second)
        picture = wall[:, x : x + 640].astype(float) * light(second)
        noise = np.random.default_rng(second).normal(0, 2, picture.shape)
        boxes = []
        for left, top, w, h in people(second):
            picture[top : top + h, left : left + w] = 40
            boxes.append((left, top, w, h))
        shown = np.clip(picture + noise, 0, 255).astype(np.uint8)
        for time_s, values in scenery.see(seen(float(second), shown), boxes).items():
            found.setdefault(time_s, {}).update(values)
    return found


def moves(found):
    return [time_s for time_s, values in sorted(found.items()) if "camera_moved" in values]


def test_a_camera_that_stays_is_not_moved_whoever_walks_and_whatever_the_light(wall):
    found = watch(
        wall,
        lambda _: 300,
        people=lambda second: [(40 + 8 * second, 100, 120, 260)],
        light=lambda second: 1.0 if second < 30 else 0.7,
    )
    assert moves(found) == []
    assert min(values["scene"] for values in found.values()) > 0.75


def test_a_turned_camera_is_found_once_and_when(wall):
    found = watch(wall, lambda second: 300 if second < 30 else 420)
    assert moves(found) == [pytest.approx(30.0, abs=2.0)]


def test_a_camera_that_is_pushed_and_put_back_was_not_moved(wall):
    found = watch(wall, lambda second: 420 if 30 <= second < 34 else 300)
    assert moves(found) == []
