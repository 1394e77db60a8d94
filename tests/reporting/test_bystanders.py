"""Who is hidden: against boxes that are known because they were drawn."""

import numpy as np
import pandas as pd
import pytest

from review.reporting.bystanders import people_of
from review.reporting.masking import hide_people
from review.signals.faces import CenterFace, YuNet
from review.signals.models import find_models
from review.simulate import people, room
from review.simulate.clocks import rng
from review.simulate.moment import CANDIDATE, VISITOR, Actor, Moment, Pose
from review.simulate.scene import Camera

SIZE = (640, 480)
OWN, OTHER = np.eye(4)[0], np.eye(4)[1]


def row(time_s, track, x, y=100.0, *, w=60.0, stream="front", vector=None, kind="face"):
    return {"stream": stream, "device_s": time_s, "kind": kind, "label": kind, "track": track,
            "x_px": x, "y_px": y, "w_px": w, "h_px": 1.3 * w, "score": 0.9,
            "embedding": vector}  # fmt: skip


def table(rows):
    return pd.DataFrame(rows)


def seated(until=20, **more):
    return [row(float(t), 0, 300.0, vector=OWN if t % 5 == 0 else None, **more)
            for t in range(until)]  # fmt: skip


def test_the_visitor_is_hidden_and_the_candidate_is_not():
    visits = [row(float(t), 1, 450.0, vector=OTHER if t == 9 else None) for t in range(8, 12)]
    found = people_of(table([*seated(), *visits]), "front")
    assert len(found.faces_at(5.0)) == 0
    for time_s in (8.0, 8.5, 9.99, 11.0):
        (box,) = found.faces_at(time_s)
        assert box[0] < 450.0
        assert box[0] + box[2] > 510.0
        assert box[0] > 360.0
    # A little before and after as well: somebody was there between two looks.
    assert len(found.faces_at(7.2)) == len(found.faces_at(11.8)) == 1


def test_a_gap_in_a_track_does_not_flicker():
    visits = [row(t, 1, 450.0 + 10 * t) for t in (8.0, 9.0, 12.0, 13.0)]
    found = people_of(table([*seated(), *visits]), "front")
    boxes = [found.faces_at(t) for t in np.arange(8.0, 13.0, 0.04)]
    assert all(len(b) == 1 for b in boxes)
    moved = np.abs(np.diff([b[0][0] for b in boxes]))
    assert moved.max() < 1.0


def test_without_any_embedding_whoever_sits_in_the_usual_place_is_the_candidate():
    visits = [row(float(t), 1, 520.0, w=40.0) for t in range(8, 12)]
    plain = [{**r, "embedding": None} for r in [*seated(), *visits]]
    found = people_of(table(plain), "front")
    assert len(found.faces_at(5.0)) == 0
    (box,) = found.faces_at(9.0)
    assert box[0] > 400.0


def test_somebody_else_in_the_seat_is_hidden_unless_the_flag_says_so():
    taken = [row(float(t), 2, 300.0, vector=OTHER) for t in range(70, 76)]
    found = people_of(table([*seated(60), *taken]), "front")
    assert len(found.faces_at(72.0)) == 1
    assert len(found.without_largest(72.0).faces_at(72.0)) == 0


def test_only_the_hidden_part_of_a_picture_changes():
    rng_ = np.random.default_rng(1)
    pixels = rng_.integers(0, 255, (480, 640, 3), dtype=np.uint8)
    before = pixels.copy()
    visits = [row(float(t), 1, 450.0) for t in range(8, 12)]
    found = people_of(table([*seated(), *visits]), "front")
    hidden = hide_people(pixels, found, 9.0)
    assert (pixels == before).all()
    (x, y, w, h) = found.faces_at(9.0)[0]
    same = (hidden == pixels).all(axis=2)
    inside = np.zeros(same.shape, bool)
    inside[int(y) : int(np.ceil(y + h)), int(x) : int(np.ceil(x + w))] = True
    assert same[~inside].all()
    assert same[inside].mean() < 0.05


@pytest.fixture(scope="module")
def camera():
    return Camera("front", size=SIZE, furniture=room.furnish(rng(3, "room")),
                  looks=people.cast(0), seed=3)  # fmt: skip


def draw(camera, *actors):
    return camera.draw(Moment(time_s=0.0, actors=actors, pose=Pose()))


def test_no_network_finds_a_hidden_visitor_and_every_true_pixel_of_the_face_is_covered(camera):
    candidate = Actor(who=CANDIDATE)
    looks, truth = [], []
    for out in (0.0, 0.2, 0.4):
        both = draw(camera, Actor(who=VISITOR, seated=False, out=out), candidate)
        alone = draw(camera, candidate)
        looks.append(both)
        truth.append(np.abs(both.astype(int) - alone).max(axis=2) > 40)
    models = find_models()
    first = CenterFace(models.path("centerface"), long_side_px=416)
    seen = [(float(n), [np.array([f.x_px, f.y_px, f.w_px, f.h_px]) for f in first.detect(p)])
            for n, p in enumerate(looks)]  # fmt: skip
    own = max(seen[0][1], key=lambda box: box[2])
    known = [row(float(n), 0, own[0], own[1], w=own[2], vector=OWN) for n in range(3)]
    found = people_of(table(known), "front", more=seen)
    second = YuNet(models.path("yunet")) if "yunet" in models else first
    for n, pixels in enumerate(looks):
        hidden = hide_people(pixels, found, float(n))
        faces = second.detect(hidden)
        assert len(faces) == 1, f"look {n}"
        assert abs(faces[0].x_px - own[0]) < own[2]
        if n == 0:
            # The upper part of what the visitor adds to the picture is the head.
            rows_, columns = np.nonzero(truth[n])
            top, bottom = rows_.min(), rows_.min() + int(own[3] * 0.85)
            head = (rows_ >= top + 0.3 * (bottom - top)) & (rows_ < bottom)
            changed = (hidden != pixels).any(axis=2)
            assert changed[rows_[head], columns[head]].mean() > 0.85
