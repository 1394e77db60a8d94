"""Heads, eyes and faces that are drawn, so that where they point is known."""

import cv2
import numpy as np
import pytest

from review.signals.appearance import appearances
from review.signals.faces import Face
from review.signals.heads import PATCH_PX, HeadReader, iris, likeness, usual_face
from review.signals.samples import Samples


def face_at(points, *, x=60.0, y=40.0, w=120.0, h=150.0):
    return Face(x_px=x, y_px=y, w_px=w, h_px=h, score=0.9, landmarks=np.array(points, float))


#: Eyes 60 px apart, the nose between them, the mouth below.
STRAIGHT = [(90, 90), (150, 90), (120, 120), (95, 155), (145, 155)]


@pytest.fixture
def picture():
    return np.random.default_rng(2).integers(60, 200, (240, 240, 3), np.uint8)


def read(picture, points):
    return HeadReader(None).read(picture, face_at(points))


def test_a_head_from_the_front_and_turned(picture):
    straight = read(picture, STRAIGHT)
    assert straight.turn == pytest.approx(0.0, abs=1e-6)
    assert straight.nod == pytest.approx(30 / 65, abs=1e-6)
    right = [*STRAIGHT[:2], (138, 120), *STRAIGHT[3:]]
    assert read(picture, right).turn == pytest.approx(18 / 60)
    down = [*STRAIGHT[:2], (120, 140), *STRAIGHT[3:]]
    assert read(picture, down).nod == pytest.approx(50 / 65)


@pytest.mark.parametrize("degrees", [-25, 10, 30])
def test_a_tilted_head_is_not_a_turned_one(picture, degrees):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (np.array(STRAIGHT, float) - 120) @ turn.T + 120
    assert read(picture, points).turn == pytest.approx(0.0, abs=1e-6)


def test_landmarks_that_make_no_face_say_nothing(picture):
    assert read(picture, [(90, 90)] * 5) is None
    upside_down = [*STRAIGHT[3:], (120, 120), *STRAIGHT[:2]]
    assert read(picture, upside_down) is None


def eye(at, *, width=60, shut=False):
    """Draw an eye from (20, 40) to (20 + width, 40) with its iris at a part of the way."""
    made = np.full((80, 40 + width), 170, np.uint8)
    cv2.ellipse(made, (20 + width // 2, 40), (width // 2, width // 5), 0, 0, 360, 235, -1)
    if not shut:
        cv2.circle(made, (round(20 + at * width), 40), round(0.17 * width), 40, -1)
    return cv2.GaussianBlur(made, (0, 0), 1.0)


@pytest.mark.parametrize("width", [24, 40, 80])
def test_the_iris_is_found_between_the_corners(width):
    found = [
        iris(eye(at, width=width), np.array([20.0, 40]), np.array([20.0 + width, 40]))
        for at in (0.25, 0.5, 0.75)
    ]
    assert found == pytest.approx([0.25, 0.5, 0.75], abs=0.06)


def test_small_and_shut_eyes_say_nothing():
    assert iris(eye(0.5, width=12), np.array([20.0, 40]), np.array([32.0, 40])) is None
    plain = np.full((80, 100), 170, np.uint8)
    assert iris(plain, np.array([20.0, 40]), np.array([80.0, 40])) is None


@pytest.fixture
def looks():
    """Faces of two persons as patches, and a mask over the lower half."""
    rng = np.random.default_rng(4)
    persons = cv2.resize(rng.integers(0, 255, (8, 16), np.uint8), (2 * PATCH_PX, PATCH_PX))

    def make(person, count, *, mask=False):
        own = persons[:, person * PATCH_PX : (person + 1) * PATCH_PX].astype(float)
        made = np.stack([own + rng.normal(0, 4, own.shape) for _ in range(count)])
        if mask:
            made[:, 13:] = 205 + rng.normal(0, 4, made[:, 13:].shape)
        return np.clip(made, 0, 255).astype(np.uint8)

    return make


def test_a_covered_part_does_not_look_like_the_usual_face(looks):
    usual = usual_face(np.concatenate([looks(0, 70), looks(0, 30, mask=True)]))
    assert likeness(looks(0, 20), usual).min() > 0.9
    covered = likeness(looks(0, 20, mask=True), usual)
    assert covered[:, 0].min() > 0.9
    assert np.abs(covered[:, 1]).max() < 0.5


def test_each_person_is_compared_with_themselves(looks):
    front = Samples(stream="front")
    vectors = {0: np.eye(128, dtype=np.float32)[0], 1: np.eye(128, dtype=np.float32)[1]}
    for person, start in ((0, 0), (1, 100)):
        for n, patch in enumerate(looks(person, 80 if person else 40)):
            row = {"kind": "face", "track": person, "embedding": vectors[person] if not n else None}
            front.detections.append(row)
            front.patches.append((float(start + n), patch, row))
    (made,) = appearances([front])
    table = made.signals(("s", "c", "t"))
    assert table.loc[table["signal"] == "like_mouth", "value"].min() > 0.8
    assert appearances([Samples(stream="front")]) == []
