import numpy as np
import pytest

from review.session import CAMERAS
from review.signals.faces import CenterFace
from review.signals.models import find_models
from review.signals.people import PeopleDetector
from review.simulate import people, room
from review.simulate.moment import Actor, Moment, Page, Pose
from review.simulate.scene import Camera
from review.simulate.screen import Screen

SIZE = (320, 240)
CANDIDATE = Actor(who="candidate")
VISITOR = Actor(who="visitor", seated=False)


def camera(view, index=0, noise=1.6):
    return Camera(
        view,
        size=SIZE,
        furniture=room.furnish(np.random.default_rng(index)),
        looks=people.cast(index),
        noise=noise,
    )


@pytest.fixture(scope="module")
def faces():
    detector = CenterFace(find_models().path("centerface"))
    return lambda picture: len(detector.detect(picture))


@pytest.mark.parametrize("index", [0, 4, 8, 12])
def test_faces_are_seen_where_they_are(faces, index):
    for view, expected in (("front", 1), ("left_front", 1), ("right_rear", 0)):
        made = camera(view, index)
        for pose in (Pose(), Pose(down=1.0), Pose(lids="shut", x=0.05, tilt_deg=4)):
            moment = Moment(time_s=0, actors=(CANDIDATE,), pose=pose)
            assert faces(made.draw(moment)) == expected, (view, pose)
        gone = Moment(time_s=0, actors=(Actor(who="candidate", out=1.0),))
        assert faces(made.draw(gone)) == 0


@pytest.mark.parametrize("index", [3, 10])
def test_a_visitor_is_seen_beside_the_candidate(faces, index):
    moment = Moment(time_s=0, actors=(CANDIDATE, VISITOR))
    assert faces(camera("front", index).draw(moment)) == 2
    assert faces(camera("left_front", index).draw(moment)) == 2


def test_the_person_detector_sees_the_body_in_every_view():
    models = find_models()
    if "yolox_nano" not in models:
        pytest.skip("no model file yolox_nano in REVIEW_MODELS_DIR")
    detector = PeopleDetector(models)
    for view in CAMERAS:
        found = detector.detect(camera(view).draw(Moment(time_s=0, actors=(CANDIDATE,))))
        assert [t.label for t in found].count("person") == 1, view


def test_a_covered_lens_shows_nothing_and_no_picture_is_frozen():
    made = camera("left_front")
    covered = Moment(time_s=0, covered=frozenset({"left_front"}))
    assert made.draw(covered).std() < 8
    empty = Moment(time_s=0)
    change = np.abs(made.draw(empty, index=0).astype(int) - made.draw(empty, index=1))
    assert change.mean() > 0.5


def test_the_screen_shows_which_window_is_in_front():
    screen = Screen(size=(480, 270), title="考试", candidate="某某")
    pictures = {
        kind: screen.draw(Page(kind=kind)).astype(int)
        for kind in ("exam", "chat", "search", "office", "desktop", "wait", "done")
    }
    kinds = list(pictures)
    for n, one in enumerate(kinds):
        for two in kinds[n + 1 :]:
            assert np.abs(pictures[one] - pictures[two]).mean() > 2, (one, two)


def test_the_timer_runs():
    screen = Screen(size=(480, 270), title="考试", candidate="某某")
    first, second = (screen.draw(Page(remaining_s=s)).astype(int) for s in (61, 60))
    rows, columns = np.nonzero(np.abs(first - second).max(axis=2) > 40)
    assert rows.max() < 0.1 * 270
    assert columns.min() > 0.8 * 480
