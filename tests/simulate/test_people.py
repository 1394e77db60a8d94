import dataclasses

import cv2
import numpy as np
import pytest

from review.signals.faces import CenterFace, YuNet
from review.signals.identity import Embedder, distance, is_good, is_sharp
from review.signals.models import find_models
from review.simulate import layers, people, portrait

#: Two persons' embeddings are at least this far apart, one person's at most this (measured on real
#: clips: medians of one person up to 0.35, of two from 0.43 on).
APART, ALIKE = 0.5, 0.3


@pytest.fixture(scope="module")
def models():
    return find_models()


@pytest.fixture(scope="module")
def shown():
    """Neutral pictures of everybody in the pool, heads about 200 pixels high."""
    return [picture(look) for look in people.pool()]


@pytest.fixture(scope="module")
def embeddings(models, shown):
    detector, embedder = CenterFace(models.path("centerface")), Embedder(models)
    return [embedder.embed(image, detector.detect(image)[0]) for image in shown]


def picture(look, **pose):
    canvas = np.full((*portrait.SHAPE, 3), 200, np.uint8)
    layers.lay(canvas, portrait.head(look, **pose), np.eye(2, 3))
    return layers.scaled(canvas, 0.3)


def test_the_shipped_detector_finds_each_face_once(models, shown):
    detector = CenterFace(models.path("centerface"))
    found = [detector.detect(image) for image in shown]
    assert [len(faces) for faces in found] == [1] * len(shown)
    assert all(is_good(faces[0]) for faces in found)


def test_the_optional_detector_finds_each_face_once(models, shown):
    if "yunet" not in models:
        pytest.skip("no model file yunet in REVIEW_MODELS_DIR")
    detector = YuNet(models.path("yunet"))
    assert [len(detector.detect(image)) for image in shown] == [1] * len(shown)


def test_two_persons_are_far_apart(embeddings):
    apart = [distance(a, b) for n, a in enumerate(embeddings) for b in embeddings[n + 1 :]]
    assert len(embeddings) >= 8
    assert min(apart) >= APART


@pytest.mark.parametrize("index", [0, 5, 9, 14])
def test_one_person_stays_alike(models, embeddings, index):
    detector, embedder = CenterFace(models.path("centerface")), Embedder(models)
    look = people.pool()[index]
    neutral = picture(look)
    light = np.linspace(0.6, 1.1, neutral.shape[1])[None, :, None]
    small = cv2.resize(neutral, None, fx=0.55, fy=0.55, interpolation=cv2.INTER_AREA)
    variants = {
        "eyes half shut": picture(look, lids=0.6),
        "talking": picture(look, mouth=1.0),
        "turned": picture(look, turn=0.5),
        "lit from one side": (neutral * light).astype(np.uint8),
        "small and lossy": cv2.imdecode(
            cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 35])[1], 1
        ),
    }
    for name, image in variants.items():
        faces = detector.detect(image)
        assert len(faces) == 1, name
        assert is_sharp(embedder.chip(image, faces[0])), name
        assert distance(embedder.embed(image, faces[0]), embeddings[index]) <= ALIKE, name


def test_a_mirrored_head_sits_on_the_same_neck():
    plain = portrait.head(portrait.Look())
    mirrored = portrait.head(portrait.Look(mirrored=True))
    for head in (plain, mirrored):
        row = np.flatnonzero(head[round(portrait.NECK[1]) - 60, :, 3] > 128)
        assert abs((row[0] + row[-1]) / 2 - portrait.NECK[0]) < 25


def test_identity_numbers_are_well_formed_and_of_no_region():
    numbers = set()
    for number in range(30):
        made = people.person(number, source=np.random.default_rng(number), first=3)
        weights = [2 ** (17 - place) % 11 for place in range(18)]
        digits = [10 if c == "X" else int(c) for c in made.id_number]
        # GB 11643: with its check digit the weighted sum leaves 1.
        assert sum(w * d for w, d in zip(weights, digits, strict=True)) % 11 == 1
        assert made.id_number.startswith("9900")
        numbers.add(made.id_number)
    assert len(numbers) == 30


def test_who_plays_whom_differs():
    for index in range(len(people.pool())):
        looks = list(people.cast(index).values())
        assert len({dataclasses.astuple(look) for look in looks}) == 3
