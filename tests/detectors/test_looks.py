"""Where the candidate looks, what hides the face, bad pictures, cameras out of place, objects."""

import numpy as np
import pandas as pd
import pytest

SECONDS = np.arange(0.0, 600.0)


def during(start_s, end_s, inside, outside=0.0):
    return np.where((start_s <= SECONDS) & (end_s > SECONDS), inside, outside)


@pytest.fixture
def looking(case):
    """Make a sitting of somebody who looks ahead, trembling; ``signals`` replaces what is said."""

    def make(*, persons=False, **signals):
        rng = np.random.default_rng(7)
        made = case().view("front", persons=persons)
        usual = {"turn": 0.05, "gaze": 0.45, "like_eyes": 0.95, "like_mouth": 0.92, "shade": 0.8}
        for name, value in usual.items():
            values = np.asarray(signals.get(name, np.full(600, value)), float)
            made.signal("front", name, SECONDS, values + rng.normal(0, 0.01, 600))
        return made

    return make


def test_who_looks_ahead_raises_nothing(looking):
    made = looking()
    assert made.spans("looking_away") == []
    assert made.spans("face_hidden") == []


@pytest.mark.parametrize(
    ("signals", "key"),
    [
        ({"turn": during(100, 110, -0.45, 0.05)}, "looking_away_head_left"),
        ({"turn": during(100, 110, 0.55, 0.05)}, "looking_away_head_right"),
        ({"gaze": during(100, 110, 0.22, 0.45)}, "looking_away_eyes_left"),
        ({"gaze": during(100, 110, 0.68, 0.45)}, "looking_away_eyes_right"),
    ],
)
def test_head_and_eyes_that_point_elsewhere(looking, signals, key):
    flags = looking(**signals).flags("looking_away")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[100.0, 110.0]]
    assert flags["reason_key"].tolist() == [key]


def test_a_glance_is_none_and_a_camera_beside_the_screen_does_not_matter(looking):
    assert looking(gaze=during(100, 103, 0.2, 0.45)).spans("looking_away") == []
    assert looking(turn=np.full(600, 0.4), gaze=np.full(600, 0.3)).spans("looking_away") == []


def test_eyes_of_a_turned_head_are_not_judged(looking):
    turned = during(100, 110, 0.25, 0.05)
    assert looking(turn=turned, gaze=during(100, 110, 0.7, 0.45)).spans("looking_away") == []


@pytest.mark.parametrize(
    ("signals", "key"),
    [
        ({"like_mouth": during(100, 130, 0.1, 0.92)}, "face_hidden_mouth"),
        ({"shade": during(100, 130, 0.3, 0.8)}, "face_hidden_eyes"),
        ({"like_eyes": during(100, 130, 0.1, 0.95)}, "face_hidden_eyes"),
        (
            {"like_eyes": during(100, 130, 0.1, 0.95), "like_mouth": during(100, 130, 0, 0.9)},
            "face_hidden",
        ),
    ],
)
def test_a_covered_face_is_found_with_its_part(looking, signals, key):
    flags = looking(**signals).flags("face_hidden")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[100.0, 130.0]]
    assert flags["reason_key"].tolist() == [key]


def test_a_turned_face_and_somebody_elses_are_not_covered_ones(looking):
    odd = during(100, 130, 0.1, 0.92)
    assert looking(like_mouth=odd, turn=during(100, 130, 0.4, 0.05)).spans("face_hidden") == []
    others = {"like_mouth": odd, "like_eyes": during(100, 130, 0.4, 0.95)}
    assert looking(**others).spans("face_hidden") == [[100.0, 130.0]]
    made = looking(**others)
    made.signal(
        "front", "identity_distance_self", [90.0, 101.0, 110.0, 125.0], [0.1, 0.1, 0.7, 0.7]
    )
    assert made.spans("face_hidden") == []


def test_a_mask_over_ones_own_eyes_is_one_however_far_the_face_is_found(looking):
    made = looking(like_mouth=during(100, 130, 0.1, 0.92))
    made.signal("front", "identity_distance_self", [101.0, 110.0, 125.0], 0.5)
    assert made.spans("face_hidden") == [[100.0, 130.0]]


def test_a_mask_from_the_start_shows_against_the_photographs(looking):
    made = looking().signal("front", "like_photo_eyes", SECONDS, 0.8)
    made.signal("front", "like_photo_mouth", SECONDS, 0.05)
    flags = made.flags("face_hidden")
    assert flags["reason_key"].tolist() == ["face_hidden_throughout"]
    # Nothing is alike: another camera, another light. That says nothing.
    made = looking().signal("front", "like_photo_eyes", SECONDS, 0.3)
    made.signal("front", "like_photo_mouth", SECONDS, 0.05)
    assert made.spans("face_hidden") == []


def test_a_person_without_a_face_for_long(case):
    made = case().view("front", persons=True)
    for row in made.rows["signals"]:
        if row["signal"] == "faces" and 200 <= row["time_s"] < 230:
            row["value"] = 0.0
        if row["signal"] == "faces" and 300 <= row["time_s"] < 306:
            row["value"] = 0.0
    flags = made.flags("face_hidden")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[200.0, 230.0]]
    assert made.spans("absent") == []


@pytest.fixture
def pictured(case):
    """Make a sitting with one view of given brightness, contrast, sharpness."""

    def make(view="left_front", **signals):
        made = case().view(view)
        usual = {"luma": 130.0, "contrast": 30.0, "sharpness": 300.0}
        for name, value in {**usual, **signals}.items():
            made.signal(view, name, SECONDS, value)
        return made

    return make


def test_good_pictures_are_not_poor(pictured):
    assert pictured().spans("poor_picture") == []
    # A soft picture of little contrast, as many cameras make it.
    assert pictured(contrast=12.0, sharpness=37.0).spans("poor_picture") == []


@pytest.mark.parametrize(
    ("view", "signals", "key"),
    [
        ("left_front", {"luma": during(100, 160, 25.0, 130.0)}, "dark"),
        ("right_rear", {"sharpness": during(100, 160, 8.0, 300.0)}, "blurred"),
        ("front", {"luma": 150.0, "face_luma": during(100, 160, 45.0, 120.0)}, "backlight"),
    ],
)
def test_poor_pictures_are_found_and_called_by_what_they_are(pictured, view, signals, key):
    flags = pictured(view, **signals).flags("poor_picture")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[100.0, 160.0]]
    assert flags["reason_key"].tolist() == [f"poor_picture_{key}"]
    assert flags["streams"].iloc[0] == [view]


def test_a_covered_camera_and_a_dark_room_are_no_poor_picture(pictured):
    made = pictured(luma=during(100, 160, 3.0, 130.0)).cover("left_front", "black", 100, 160)
    assert made.spans("poor_picture") == []
    assert pictured(luma=during(100, 105, 20.0, 130.0)).spans("poor_picture") == []


@pytest.fixture
def placed(case):
    """Make a sitting whose front view shows a face of a given width at a given height."""

    def make(width_px=200.0, y_px=200.0, *, platform="itmc"):
        made = case(platform=platform).view("front").face("front", SECONDS, w=width_px)
        for row in made.rows["detections"]:
            row["y_px"] = y_px
        return made

    def judged(made):
        from review import detectors, tables

        evidence = made.evidence
        key = evidence.sitting.key
        rows = [
            {
                "stream": view, "device": "computer", "file": view, "device_start_s": 0.0,
                "duration_s": 600.0, "start_source": "x", "width_px": 1280, "height_px": 720,
                "origin_pts_s": 0.0, "rotation_deg": 0, "size_bytes": 1, "container": "mp4",
            }
            for view in ("front", "right_rear", "left_front")
        ]  # fmt: skip
        from dataclasses import replace

        evidence = replace(evidence, segments=tables.build("segments", rows, key=key))
        platform = evidence.sitting.session.platform
        known = {d.name: d for d in detectors.detectors(platform)}
        if "placement" not in known:
            return pd.DataFrame({"reason_key": [], "start_s": []})
        return known["placement"].function(evidence)

    return make, judged


@pytest.mark.parametrize(
    ("width_px", "y_px", "keys"),
    [
        (260.0, 200.0, []),  # 0.58 m with the lens that is assumed
        (400.0, 150.0, []),  # 0.38 m
        (110.0, 300.0, ["placement_far"]),
        (1000.0, 10.0, ["placement_near"]),
        (200.0, 600.0, ["placement_height"]),
    ],
)
def test_the_front_camera_is_at_the_right_distance_and_height(placed, width_px, y_px, keys):
    make, judged = placed
    assert sorted(judged(make(width_px, y_px))["reason_key"]) == sorted(keys)


def test_eztest_has_no_rule_on_places_of_cameras(placed):
    make, judged = placed
    assert not len(judged(make(80.0, platform="eztest")))


def test_a_moved_camera_is_flagged_where_it_was_moved(placed):
    make, judged = placed
    flags = judged(make(260.0).signal("right_rear", "camera_moved", [222.0], 0.9))
    assert flags["reason_key"].tolist() == ["placement_moved"]
    assert flags["start_s"].tolist() == [222.0]


def test_swapped_views_are_told_by_their_faces(case, placed):
    _, judged = placed
    made = case().view("front", empty=[(0, 600)]).view("right_rear")
    made.face("right_rear", SECONDS, w=250.0)
    assert judged(made)["reason_key"].tolist() == ["placement_swapped"]
    # From behind a face may be seen now and then.
    made = case().view("front").view("right_rear").face("front", SECONDS, w=260.0)
    made.face("right_rear", SECONDS[:100], w=60.0)
    assert not len(judged(made))


def test_the_view_from_behind_must_show_the_candidate(case, placed):
    _, judged = placed
    made = case().view("front", persons=True).face("front", SECONDS, w=260.0)
    assert not len(judged(made.view("right_rear", persons=True, without="faces")))
    made = case().view("front", persons=True).face("front", SECONDS, w=260.0)
    made.view("right_rear", persons=True, empty=[(0, 600)])
    assert judged(made)["reason_key"].tolist() == ["placement_no_body"]


def thing(made, view, times, *, label="cell_phone", x=300.0, score=0.7):
    made.face(view, times, kind="object", x=x, w=40.0, score=score, track=-1)
    for row in made.rows["detections"]:
        if row["kind"] == "object":
            row["label"] = label
    return made


def test_a_phone_in_the_hand_is_found(case):
    made = thing(case().view("front", persons=True), "front", np.arange(100.0, 110.0))
    flags = made.flags("forbidden_object")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[100.0, 110.0]]
    assert flags["reason_key"].tolist() == ["forbidden_object_cell_phone"]


def test_what_stands_there_all_the_time_flickers_or_is_unsure_is_none(case):
    blank = case().view("front", persons=True)
    assert thing(blank, "front", SECONDS).spans("forbidden_object") == []
    blank = case().view("front", persons=True)
    assert thing(blank, "front", [100.0, 300.0]).spans("forbidden_object") == []
    blank = case().view("front", persons=True)
    assert thing(blank, "front", np.arange(100.0, 110.0), score=0.45).spans(
        "forbidden_object"
    ) == []  # fmt: skip


def test_the_computer_itself_is_no_forbidden_object(case):
    made = thing(
        case().view("front", persons=True), "front", np.arange(100.0, 110.0), label="laptop"
    )
    assert made.spans("forbidden_object") == []


def test_another_view_that_shows_the_face_speaks_against_a_hidden_one(case):
    made = case().view("front", persons=True, without=None)
    made.signal("right_rear", "faces", range(600), 0.0)
    made.cover("right_rear").cover("left_front").signal("left_front", "faces", range(600), 1.0)
    made.rows["signals"] = [
        {**row, "value": 0.0}
        if (row["stream"], row["signal"]) == ("front", "faces") and 200 <= row["time_s"] < 230
        else row
        for row in made.rows["signals"]
    ]
    flags = made.flags("face_hidden")
    assert flags["reason_key"].tolist() == ["face_hidden_none"]
    assert list(flags["contradicts"].iloc[0]) == ["left_front"]
