"""Following boxes and persons."""

import numpy as np
import pytest

from review.signals.faces import Face
from review.signals.recognition import Recognition
from review.signals.tracks import Tracker
from review.signals.vectors import distances, majority


def box(x):
    return (x, 10.0, 50.0, 60.0)


def test_boxes_that_move_a_little_keep_their_track():
    tracker = Tracker()
    seen = [tracker.update(t, [box(10 * t), box(300 - 10 * t)]) for t in range(5)]
    assert seen == [[0, 1]] * 5
    # In any order.
    assert tracker.update(5, [box(250), box(50)]) == [1, 0]


def test_a_track_that_was_not_seen_for_long_is_over():
    tracker = Tracker(max_gap_s=3.0)
    assert tracker.update(0, [box(0)]) == [0]
    assert tracker.update(3, [box(0)]) == [0]
    assert tracker.update(6.5, [box(0)]) == [1]


def test_far_boxes_are_other_tracks():
    tracker = Tracker()
    tracker.update(0, [box(0)])
    assert tracker.update(1, [box(200), box(5)]) == [1, 0]


class Names:
    """An embedder that reads the person's number from the picture: 10 a network run for each."""

    def __init__(self):
        self.runs = 0

    def chip(self, picture, _face):
        return np.asarray(picture)[:150, :150]

    def embed_chips(self, chips):
        self.runs += len(chips)
        made = np.zeros((len(chips), 128), np.float32)
        for row, chip in zip(made, chips, strict=True):
            row[int(chip[0, 0, 0])] = 1.0
        return list(made)


@pytest.fixture
def watch():
    """Show persons one after the other in one place; return tracks, embedded moments, runs."""

    def run(persons, every_s=5.0):
        names, tracker = Names(), Tracker()
        recognition = Recognition(lambda: names, tracker, every_s=every_s)
        rows = []
        noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
        for second, person in enumerate(persons):
            if person is None:
                tracker.update(float(second), [])
                continue
            picture = noise.copy()
            picture[0, 0, 0] = person
            points = np.array([[20.0, 20], [60, 20], [40, 40], [25, 60], [55, 60]])
            face = Face(x_px=0.0, y_px=0.0, w_px=80.0, h_px=90.0, score=0.9, landmarks=points)
            (track,) = tracker.update(float(second), [(0.0, 0.0, 80.0, 90.0)])
            row = {"track": track, "embedding": None, "second": second, "device_s": float(second)}
            recognition.see(float(second), picture, [face], [row])
            rows.append(row)
        return rows, names.runs

    return run


def test_few_runs_while_nothing_changes(watch):
    rows, runs = watch([1] * 60)
    assert {row["track"] for row in rows} == {0}
    assert runs <= 3 + 60 / 5


def test_the_change_is_found_to_the_picture(watch):
    rows, _ = watch([1] * 28 + [2] * 30)
    tracks = np.array([row["track"] for row in rows])
    assert len(set(tracks[:28])) == 1
    assert len(set(tracks[28:])) == 1
    assert tracks[0] != tracks[-1]
    embedded = [row["second"] for row in rows if row["embedding"] is not None]
    assert 28 in embedded


def test_who_comes_back_gets_the_old_track(watch):
    rows, _ = watch([1] * 20 + [2] * 20 + [None] * 10 + [1] * 20)
    tracks = [row["track"] for row in rows]
    assert tracks[-1] == tracks[0]
    assert tracks[30] not in (tracks[0], tracks[-1])


def test_the_majority_is_the_person_seen_most():
    rng = np.random.default_rng(3)
    one, two = np.zeros(128), np.zeros(128)
    one[0], two[1] = 1.0, 1.0
    faces = [one + rng.normal(0, 0.01, 128) for _ in range(30)]
    faces += [two + rng.normal(0, 0.01, 128) for _ in range(20)]
    middle = majority(faces)
    assert distances(middle, [one, two]).ravel()[0] < 0.1
    assert majority([]) is None
