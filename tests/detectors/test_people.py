"""Absence, other people, another person."""

import numpy as np
import pytest

SECONDS = np.arange(0.0, 600.0)


def test_an_absence_is_found_where_it_is(case):
    made = case().view("front", empty=[(100, 140), (300, 302)])
    assert made.spans("absent") == [[100.0, 140.0]]
    assert made.spans("absent", min_s=1.0) == [[100.0, 140.0], [300.0, 302.0]]


def test_a_person_without_a_face_is_not_absent(case):
    made = case().view("front", persons=True, without="faces")
    assert made.spans("absent") == []


def test_what_is_not_seen_is_not_absence(case):
    made = case().view("front", empty=[(100, 140)])
    made.cover("front", "black", 90, 120).cover("front", "frozen", 130, 150)
    assert made.spans("absent") == [[120.0, 130.0]]


def test_one_false_face_does_not_split_an_absence(case):
    made = case().view("front", empty=[(100, 120), (121, 140)])
    assert made.spans("absent") == [[100.0, 140.0]]


def test_other_views_bear_an_absence_out_or_deny_it(case):
    made = case().view("front", empty=[(100, 140), (200, 240)])
    made.view("left_front", empty=[(100, 140)]).view("right_rear", empty=[(0, 600)])
    flags = made.flags("absent")
    # Bending down, seen from the left: no absence. The rear view never shows a face: no witness.
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[100.0, 140.0]]
    assert flags["supports"].iloc[0] == ["front", "left_front"]


def test_faces_alone_make_a_less_certain_absence(case):
    alone = case().view("front", empty=[(100, 140)]).flags("absent")
    both = case().view("front", empty=[(100, 140)], persons=True).flags("absent")
    assert alone["score"].iloc[0] < both["score"].iloc[0]
    assert alone["reason"].iloc[0] != both["reason"].iloc[0]


@pytest.fixture
def alone(case, person):
    def make(**keywords):
        return (
            case(**keywords)
            .view("front")
            .face("front", SECONDS, vector=person(0), x=100 + 40 * np.sin(SECONDS / 5))
        )

    return make


def test_a_second_face_for_a_while_is_another_person(alone, person):
    made = alone().face("front", np.arange(50.0, 60.0), track=1, vector=person(50), x=400, w=70)
    assert made.spans("extra_person") == [[50.0, 60.0]]
    # One picture is not a while.
    made = alone().face("front", [50.0], track=1, vector=person(50), x=400)
    assert made.spans("extra_person") == []


def test_a_mirror_is_no_other_person(alone, person):
    made = alone().face("front", np.arange(50.0, 90.0), track=1, vector=person(10), x=400, w=50)
    assert made.spans("extra_person") == []


def test_a_poster_is_no_other_person_but_somebody_who_moves_is(alone, person):
    trembling = 400 + np.random.default_rng(1).normal(0, 1.0, 600)
    made = alone().face("front", SECONDS, track=1, vector=person(50), x=trembling, w=50)
    assert made.spans("extra_person") == []
    moving = 400 + 20 * np.sin(SECONDS / 9)
    made = alone().face("front", SECONDS, track=1, vector=person(50), x=moving, w=50)
    assert made.spans("extra_person") == [[0.0, 600.0]]


def test_a_face_that_could_not_be_compared_counts_in_front_only(alone, person):
    made = alone().face("front", np.arange(50.0, 60.0), track=1, x=400, w=30)
    assert made.spans("extra_person") == [[50.0, 60.0]]
    made = alone().view("right_rear").face("right_rear", SECONDS, track=0, vector=person(0), w=60)
    made.face("right_rear", np.arange(50.0, 60.0), track=1, x=400, w=20)
    assert made.spans("extra_person") == []


def test_a_second_person_is_found_from_behind(alone):
    made = alone().view("right_rear", persons=True)
    there = np.arange(50.0, 80.0)
    made.face("right_rear", SECONDS, kind="person", x=100 + 30 * np.sin(SECONDS))
    made.face("right_rear", there, kind="person", track=1, x=400.0, score=0.7)
    flags = made.flags("extra_person")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[50.0, 80.0]]
    assert flags["streams"].iloc[0] == ["right_rear"]
    assert flags["contradicts"].iloc[0] == ["front"]
    # A coat on a chair scores less than a person.
    made = alone().view("right_rear", persons=True)
    made.face("right_rear", SECONDS, kind="person", x=100 + 30 * np.sin(SECONDS))
    made.face("right_rear", there, kind="person", track=1, x=400.0, score=0.5)
    assert made.spans("extra_person") == []


def test_views_that_see_the_same_visitor_make_one_flag(alone, person):
    made = alone().face("front", np.arange(52.0, 60.0), track=1, vector=person(50), x=400)
    made.view("left_front").face("left_front", SECONDS, vector=person(0))
    made.face("left_front", np.arange(50.0, 62.0), track=1, vector=person(50), x=400)
    flags = made.flags("extra_person")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[50.0, 62.0]]
    assert flags["streams"].iloc[0] == ["front", "left_front"]


def seated(case, person, first, second, change_s, until_s=600.0):
    """The candidate, then somebody in the same seat, then the candidate again."""
    made = case().view("front")
    own = SECONDS[(change_s > SECONDS) | (until_s <= SECONDS)]
    made.face("front", own, track=0, vector=person(first))
    other = SECONDS[(change_s <= SECONDS) & (until_s > SECONDS)]
    return made.face("front", other, track=1, vector=person(second))


def test_somebody_else_sits_down(case, person):
    made = seated(case, person, 0, 60, 400).photo("login_photo_client", person(5))
    flags = made.flags("different_person")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[400.0, 600.0]]
    assert flags["reason_key"].iloc[0] == "different_person"
    assert 400.0 <= flags["evidence_s"].iloc[0] < 600.0


def test_a_substitute_who_sits_there_for_longer_is_still_the_substitute(case, person):
    made = seated(case, person, 0, 60, 150).photo("login_photo_client", person(5))
    assert made.spans("different_person") == [[150.0, 600.0]]
    # With nothing but an old registered photograph as well.
    made = seated(case, person, 0, 60, 150).photo("id_photo", person(18))
    assert made.spans("different_person") == [[150.0, 600.0]]


def test_without_photographs_the_person_seen_most_is_the_candidate(case, person):
    made = seated(case, person, 0, 60, 100, 200)
    assert made.spans("different_person") == [[100.0, 200.0]]


@pytest.mark.parametrize(("degrees", "flagged"), [(20, False), (23, False), (26, True), (35, True)])
def test_the_threshold_lies_between_one_person_and_two(case, person, degrees, flagged):
    # Distances 0.35, 0.40, 0.45 and 0.60: 2 sin(half the angle).
    made = seated(case, person, 0, degrees, 400).photo("id_photo", person(0))
    assert bool(made.spans("different_person")) is flagged


def test_new_glasses_look_like_the_photograph_and_are_the_candidate(case, person):
    made = seated(case, person, 0, 30, 400).photo("id_photo", person(0))
    made.photo("login_photo_client", person(32))
    assert made.spans("different_person") == []


def test_one_odd_face_is_nobody_else(case, person):
    made = case().view("front").face("front", SECONDS, track=0, vector=person(0))
    made.rows["detections"][300]["embedding"] = person(60)
    assert made.spans("different_person") == []
    made.rows["detections"][300]["track"] = 1
    assert made.spans("different_person") == []


def test_an_impostor_from_the_start_is_held_against_the_photographs(case, person):
    made = case().view("front").face("front", SECONDS, vector=person(0))
    made.photo("login_photo_client", person(40)).photo("id_photo", person(41))
    flags = made.flags("different_person")
    assert flags["reason_key"].tolist() == ["different_person_throughout"]
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[0.0, 600.0]]


def test_the_registered_photograph_is_held_against_more_leniently(case, person):
    def flags(degrees):
        made = case().view("front").face("front", SECONDS, vector=person(0))
        made.photo("login_photo_client", person(2)).photo("id_photo", person(degrees))
        return made.flags("different_person")["reason_key"].tolist()

    assert flags(27) == []  # 0.47: older than the exam, the same person
    assert flags(40) == ["different_person_registered"]  # 0.68


def test_a_visitor_beside_the_candidate_is_not_another_candidate(alone, person):
    made = alone().face("front", np.arange(50.0, 90.0), track=1, vector=person(60), x=400, w=50)
    assert made.spans("different_person") == []


def test_the_left_view_bears_out_or_denies(case, person):
    def flags(seen):
        made = seated(case, person, 0, 60, 400).photo("id_photo", person(0))
        made.view("left_front").face("left_front", SECONDS[SECONDS >= 400], vector=person(seen))
        return made.flags("different_person").iloc[0]

    assert "left_front" in flags(62)["supports"]
    assert flags(3)["contradicts"] == ["left_front"]
    assert flags(3)["score"] < flags(62)["score"]
