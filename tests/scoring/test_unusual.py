"""Unusual against the rest, apart from the rules."""

import numpy as np
import pandas as pd
import pytest

from review import tables
from review.scoring.unusual import MIN_SITTINGS, features, unusual


def scores_of(sittings, random):
    return sittings[["session_id", "candidate_id", "subject_id"]].assign(
        unseen=random.uniform(0, 0.05, len(sittings))
    )


@pytest.fixture
def session(made):
    random = np.random.default_rng(2)
    sittings = made.sittings(300)
    flags = pd.concat(
        [
            made.by_chance(random, sittings, each=1.0, label="looking_away"),
            made.by_chance(random, sittings, each=0.5, label="speech"),
            made.flags(["c00007"] * 40, random.uniform(10, 5000, 40), label="speech"),
        ],
        ignore_index=True,
    )
    return sittings, scores_of(sittings, random), flags


def test_the_one_who_differs_is_the_most_unusual_and_it_is_said_in_what(session):
    found = unusual(*session).set_index("candidate_id")
    assert found["unusual"].idxmax() == "c00007"
    assert any(reason.startswith("speech") for reason in found.loc["c00007", "unusual_reasons"])


def test_the_answer_does_not_depend_on_the_order_of_rows(session):
    sittings, scores, flags = session
    mixed = [table.sample(frac=1, random_state=1) for table in (sittings, scores, flags)]
    pd.testing.assert_frame_equal(unusual(sittings, scores, flags), unusual(*mixed))


def test_length_is_taken_out(made):
    short, long = made.sittings(1, minutes=30), made.sittings(1, minutes=90)
    one = made.flags(["c00000"], [60.0], label="speech", lasts_s=18.0)
    three = made.flags(["c00000"] * 3, [60.0, 700.0, 900.0], label="speech", lasts_s=18.0)
    scores = scores_of(short, np.random.default_rng(0))
    pd.testing.assert_frame_equal(features(short, scores, one), features(long, scores, three))


@pytest.mark.parametrize("count", [1, MIN_SITTINGS - 1])
def test_too_small_a_session_has_nothing_unusual(made, count):
    sittings = made.sittings(count)
    found = unusual(sittings, scores_of(sittings, np.random.default_rng(0)), tables.empty("flags"))
    assert len(found) == count
    assert found["unusual"].isna().all()


def test_failed_sittings_are_left_out(made):
    sittings = made.sittings(30, failed=30)
    scores = scores_of(sittings, np.random.default_rng(0)).iloc[:0]
    assert unusual(sittings, scores, tables.empty("flags")).empty
