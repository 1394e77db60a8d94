"""What is known of the real pictures, by the signals and detectors that are shipped."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest

from review import detectors
from review.loaders.media import open_video
from review.session import CAMERAS
from review.signals.faces import CenterFace, YuNet
from review.signals.identity import Embedder, distance, is_good
from review.signals.measure import measure
from review.signals.people import PeopleDetector
from review.timeline.assemble import assemble
from review.timeline.clocks import declared_clocks

PERSONS = {
    "A": ("again", "brother", "help", "no", "student", "yes"),
    "B": ("milk", "please", "sorry", "thanks"),
    "C": ("book", "learn", "school", "walk"),
}
WHOSE = {clip: person for person, clips in PERSONS.items() for clip in clips}


def pictures(path, every_s=0.5):
    with open_video(path) as video:
        return [(p.pts_s, p.pixels) for p in video.pictures(every_s=every_s)]


@pytest.fixture(scope="module", params=["centerface", "yunet"])
def faces(request, models):
    """Each of the two face detectors with its shipped threshold."""
    if request.param not in models:
        pytest.skip(f"no model file {request.param}")
    kind = {"centerface": CenterFace, "yunet": YuNet}[request.param]
    return lambda side_px=320: kind(models.path(request.param), long_side_px=side_px)


@pytest.fixture(scope="module")
def people(models):
    if "yolox_nano" not in models:
        pytest.skip("no model file yolox_nano")
    return PeopleDetector(models)


@pytest.fixture(scope="module")
def clips(testdata, models):
    """Clip -> embeddings of its good faces, and how many faces each picture had."""
    finder, embedder = CenterFace(models.path("centerface")), Embedder(models)
    found = {}
    for clip in WHOSE:
        vectors, counts = [], []
        for _, picture in pictures(testdata / "webcam" / f"{clip}.mkv", 0.6):
            seen = finder.detect(picture)
            counts.append(len(seen))
            vectors += [embedder.embed(picture, face) for face in seen if is_good(face)]
        found[clip] = SimpleNamespace(vectors=vectors, counts=counts)
    return found


def test_one_face_in_every_picture_the_skull_is_none(testdata, faces):
    finder = faces()
    for clip in WHOSE:
        for time_s, picture in pictures(testdata / "webcam" / f"{clip}.mkv", 0.5):
            assert len(finder.detect(picture)) == 1, (clip, time_s)


def test_three_persons_are_told_apart_without_error(clips):
    from review.signals.vectors import SAME_PERSON

    medians = {clip: np.median(found.vectors, axis=0) for clip, found in clips.items()}
    for one, two in combinations(medians, 2):
        apart = distance(medians[one], medians[two])
        assert (apart <= SAME_PERSON) == (WHOSE[one] == WHOSE[two]), (one, two, apart)


def test_most_single_faces_suffice(clips):
    from review.signals.vectors import SAME_PERSON, distances

    medians = {clip: np.median(found.vectors, axis=0) for clip, found in clips.items()}
    right = []
    for one, two in combinations(medians, 2):
        near = distances(clips[one].vectors, medians[two]).ravel() <= SAME_PERSON
        right += list(near == (WHOSE[one] == WHOSE[two]))
    assert np.mean(right) > 0.99


@pytest.mark.parametrize(
    ("clip", "count"),
    [
        ("head-pose-face-detection-female", 1),
        ("head-pose-face-detection-male", 1),
        ("head-pose-face-detection-female-and-male", 2),
    ],
)
def test_faces_near_the_camera_are_counted(testdata, faces, clip, count):
    finder = faces(480)
    counts = [len(finder.detect(p)) for _, p in pictures(testdata / "video" / f"{clip}.gif", 0.5)]
    assert set(counts) == {count}


@pytest.mark.parametrize(("clip", "count"), [("classroom", 4), ("face-demographics-walking", 2)])
def test_small_faces_are_counted_by_yunet(testdata, models, clip, count):
    if "yunet" not in models:
        pytest.skip("no model file yunet")
    finder = YuNet(models.path("yunet"), long_side_px=480)
    counts = [len(finder.detect(p)) for _, p in pictures(testdata / "video" / f"{clip}.gif", 0.5)]
    assert set(counts) == {count}


@pytest.mark.parametrize(
    ("clip", "from_s", "to_s", "count"),
    [
        ("classroom", 0, 9, 4),
        ("face-demographics-walking", 0, 9, 2),
        ("head-pose-face-detection-female-and-male", 0, 9, 2),
        ("head-pose-face-detection-male", 0, 9, 1),
        ("head-pose-face-detection-female", 0, 9, 1),
        ("people-detection", 1.4, 9, 0),
        ("store-aisle-detection", 0, 1.4, 2),
        ("store-aisle-detection", 2.0, 3.4, 3),
        ("worker-zone-detection", 0.45, 9, 1),
    ],
)
def test_persons_are_counted(testdata, people, clip, from_s, to_s, count):
    seen = [
        sum(thing.label == "person" for thing in people.detect(picture))
        for time_s, picture in pictures(testdata / "video" / f"{clip}.gif", 0.3)
        if from_s <= time_s < to_s
    ]
    assert set(seen) == {count}


def test_the_empty_room_has_no_face(testdata, faces):
    finder = faces(480)
    for _, picture in pictures(testdata / "video" / "people-detection.gif"):
        assert finder.detect(picture) == []


@pytest.fixture
def judged(make_record, testdata):
    """Take clips, one after the other in the front view, from file to flags."""

    def run(names, models, photo=None):
        folder, start_s, files = testdata / "webcam", 0.0, []
        for name in names:
            path = next(folder.glob(f"{name}.*"))
            with open_video(path) as video:
                length_s = video.info.duration_s
            files.append(("front", path, start_s))
            start_s += length_s
        record = make_record(
            files, minutes=start_s / 60, photos={} if photo is None else {"id_photo": photo}
        )
        measured = measure(record, models=models)
        evidence = assemble(record, measured, declared_clocks(record.sitting))
        flags, problems = detectors.run(evidence)
        assert not len(problems)
        return flags

    return run


def still_of(path, out):
    import cv2

    with open_video(path) as video:
        picture = next(video.pictures(start_pts_s=0.5))
    cv2.imwrite(str(out), picture.pixels)
    return out


@pytest.mark.parametrize("names", [["center_focus"], ["center_left_center"], PERSONS["A"][:3]])
def test_people_who_do_nothing_raise_no_flag(judged, models, embedded, names, testdata, tmp_path):
    photo = still_of(next((testdata / "webcam").glob(f"{names[0]}.*")), tmp_path / "id.png")
    for given in (models, embedded):
        flags = judged(names, given, photo)
        # Moving from one clip to the next is no absence and no jump either.
        assert flags["label"].tolist() == []


def test_somebody_else_in_the_seat_is_flagged_from_the_first_picture(
    judged, models, embedded, testdata, tmp_path
):
    photo = still_of(testdata / "webcam" / "yes.mkv", tmp_path / "id.png")
    for given in (models, embedded):
        flags = judged(["again", "help", "no", "yes", "milk", "thanks"], given, photo)
        rows = flags[flags["label"] == "different_person"]
        assert len(rows) == 1
        start_s = sum(
            open_length(testdata / "webcam" / f"{n}.mkv") for n in ("again", "help", "no", "yes")
        )
        assert rows["start_s"].iloc[0] == pytest.approx(start_s, abs=1.5)


def open_length(path):
    with open_video(path) as video:
        return video.info.duration_s


def test_the_person_at_the_edge_is_found_with_the_person_detector(judged, models, embedded):
    if "yolox_nano" not in models:
        pytest.skip("no model file yolox_nano")
    assert judged(["please"], models)["label"].tolist() == ["extra_person"]
    # A strip of a head has no face: the embedded default cannot see it.
    assert judged(["please"], embedded)["label"].tolist() == []


def test_a_shoulder_at_the_edge_is_no_second_person_by_the_shipped_score(judged, models):
    assert judged(["milk", "sorry"], models)["label"].tolist() == []


def test_cameras_have_a_face_size_each():
    from review.signals.onlooker import FACE_SIDE_PX

    assert set(FACE_SIDE_PX) == set(CAMERAS)
