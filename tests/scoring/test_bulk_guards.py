"""Guard rails of bulk dismissal."""

import numpy as np
import pandas as pd
import pytest

from review.errors import ReviewError
from review.scoring.bulk import MAX_SCORE, checked, needed, plan
from review.scoring.sampling import most_cases

NOBODY = pd.DataFrame(
    columns=["session_id", "candidate_id", "subject_id", "flag_id", "kind", "verdict"]
)


@pytest.fixture
def weak(made):
    count = 400
    flags = made.flags([f"c{n % 50}" for n in range(count)], np.arange(count), label="looking_away")
    return flags.assign(score=0.2)


def a_plan(flags, decided=NOBODY, **options):
    wanted = {"label": "looking_away", "below_score": 0.3, "weight": 13.0, "seed": "s"}
    return plan(flags, decided, **{**wanted, **options})


def said(flags, verdict="dismissed", kind="decision"):
    return flags[list(NOBODY.columns[:4])].assign(kind=kind, verdict=verdict)


def test_the_sample_is_large_enough_to_say_something():
    for count in (1, 5, 40, 400, 5000):
        size = needed(count)
        assert most_cases(count, size, 0) <= 0.05 * count
        assert size == 1 or most_cases(count, size - 1, 0) > 0.05 * count


def test_only_the_named_label_under_the_named_score_after_a_sample(weak, made):
    others = made.flags(["c1"], [9.0], label="speech").assign(score=0.1)
    surer = made.flags(["c1"], [9.0], label="looking_away").assign(score=0.3)
    found = a_plan(pd.concat([weak, others, surer], ignore_index=True))
    assert set(found.flags["flag_id"]) == set(weak["flag_id"])
    assert len(found.sample) == needed(400)
    verdicts = dict.fromkeys(found.sample["flag_id"], "dismissed")
    made_of = checked(found, verdicts)
    assert made_of["count"] == 400
    assert made_of["real_at_most"] <= 20
    assert set(made_of["sample"]) == set(verdicts)
    for language in ("en", "zh"):
        assert str(made_of["real_at_most"]) in checked(found, verdicts, language)["text"]


def test_looking_at_the_sample_does_not_change_it(weak):
    before = a_plan(weak)
    half = before.sample.iloc[:20]
    after = a_plan(weak, said(half))
    assert list(after.sample["flag_id"]) == list(before.sample["flag_id"])
    assert set(after.flags["flag_id"]) == set(weak["flag_id"]) - set(half["flag_id"])
    assert after.left_to_read(dict.fromkeys(half["flag_id"], "dismissed")) == list(
        before.sample["flag_id"].iloc[20:]
    )


def test_what_was_dismissed_in_bulk_is_gone(weak):
    gone = weak.iloc[:100]
    found = a_plan(weak, said(gone, kind="bulk"))
    assert not set(gone["flag_id"]) & {*found.flags["flag_id"], *found.sample["flag_id"]}


def test_a_sample_that_was_not_looked_at_is_refused(weak):
    found = a_plan(weak)
    verdicts = dict.fromkeys(found.sample["flag_id"].iloc[1:], "dismissed")
    with pytest.raises(ReviewError, match=r"not looked at.*1 without"):
        checked(found, verdicts)


@pytest.mark.parametrize("verdict", ["confirmed", "unsure"])
def test_one_flag_that_is_not_nothing_stops_it(weak, verdict):
    found = a_plan(weak)
    verdicts = dict.fromkeys(found.sample["flag_id"], "dismissed")
    verdicts[found.sample["flag_id"].iloc[0]] = verdict
    with pytest.raises(ReviewError, match="not nothing"):
        checked(found, verdicts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"below_score": MAX_SCORE + 0.01}, "this sure"),
        ({"below_score": 0.0}, "this sure"),
        ({"weight": 70.0}, "this grave"),
        ({"label": "unheard_of"}, "nothing is left"),
        ({"below_score": 0.1}, "nothing is left"),
    ],
)
def test_guard_rails_say_what_stands_in_the_way(weak, options, message):
    with pytest.raises(ReviewError, match=message):
        a_plan(weak, **options)
