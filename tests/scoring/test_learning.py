"""What decisions teach, and what too few do not."""

from itertools import pairwise

import decided as made
import numpy as np
import pandas as pd
import pytest

from review.scoring import card, learning
from review.scoring.learning import MIN_DECISIONS, calibration, calibration_error, learn


@pytest.fixture(scope="module")
def learned():
    random = np.random.default_rng(7)
    known, _ = made.decisions(random, 500)
    return learn(known)


def test_the_learned_probability_is_calibrated_on_what_comes_later(learned):
    flags, probability = made.decisions(np.random.default_rng(99), 625)
    said = learned.predict(flags)
    assert len(flags) == 5000
    table = calibration(said["probability"], flags["confirmed"])
    assert calibration_error(table) <= 0.05
    # It has learned the truth itself, not only its mean.
    assert np.corrcoef(said["probability"], probability)[0, 1] > 0.9
    assert (said["low"] <= said["high"]).all()


def test_learning_calibrating_and_measuring_follow_each_other_in_time(learned):
    parts = learned.card["parts"]
    assert [round(p["decisions"] / 4000, 1) for p in parts] == [0.6, 0.2, 0.2]
    for earlier, later in pairwise(parts):
        assert earlier["to"] < later["from"]


def test_no_sitting_is_on_two_sides():
    known, _ = made.decisions(np.random.default_rng(1), 100)
    # Somebody decides on one flag of every sitting again, much later.
    known.loc[known.groupby("candidate_id").head(1).index, "decided_at"] += pd.Timedelta(days=90)
    parts = learning._by_time(known)
    people = [set(part["candidate_id"]) for part in parts]
    assert sum(len(part) for part in people) == len(set.union(*people)) == 100


@pytest.mark.parametrize(
    ("sittings", "verdict", "why"),
    [
        (0, None, "0 clear decisions"),
        (10, None, f"a model wants {MIN_DECISIONS}"),
        (100, "confirmed", "only 0 confirmed or dismissed"),
        (100, "dismissed", "only 0 confirmed or dismissed"),
        (100, "unsure", "0 clear decisions"),
    ],
)
def test_too_few_decisions_or_one_class_only_are_said_and_nothing_is_learned(
    sittings, verdict, why
):
    known, _ = made.decisions(np.random.default_rng(1), sittings)
    if verdict:
        known = known.assign(verdict=verdict, confirmed=verdict == "confirmed")
    found = learn(known)
    assert found.model is None
    assert why in found.why_not
    flags, _ = made.decisions(np.random.default_rng(2), 2)
    assert found.predict(flags).isna().all().all()
    assert any(why in line for line in card.lines(found.card))


def test_a_label_of_which_too_little_is_known_gets_no_probability(learned):
    flags, _ = made.decisions(np.random.default_rng(2), 20)
    flags.loc[flags.index[:5], "label"] = "somebody_elses"
    said = learned.predict(flags)["probability"]
    assert said.iloc[:5].isna().all()
    assert said.iloc[5:].notna().all()


def test_a_rare_label_is_left_out_and_the_card_says_so():
    known, _ = made.decisions(np.random.default_rng(3), 200)
    rare = known.index[::160]
    known.loc[rare, "label"] = "phones_apart"
    found = learn(known)
    assert "phones_apart" not in found.labels
    assert found.card["labels_left_out"] == ["phones_apart"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card_says_on_what_it_was_trained_and_how_good_it_is(learned, language):
    text = "\n".join(card.lines(learned.card, language))
    for fact in ("4000", "500", f"{learned.card['calibration_error']:.3f}", "2026-01-01"):
        assert fact in text
    assert ("decides nothing" if language == "en" else "不作任何判定") in text


def test_disputed_and_unsure_flags_teach_nothing():
    known, _ = made.decisions(np.random.default_rng(1), 200)
    disputed = known.assign(disputed=True, verdict="unsure", confirmed=False, session_id="z")
    both = learn(pd.concat([known, disputed], ignore_index=True))
    alone = learn(known)
    assert both.card["clear"] == alone.card["clear"]
    assert both.card["weights"] == alone.card["weights"]


def test_calibration_counts_bin_by_bin():
    said = calibration([0.05, 0.05, 0.95, 1.0, np.nan], [0, 1, 1, 1, 0])
    table = said.set_index("bin")
    assert list(table.index) == [0, 9]
    assert list(table["decisions"]) == [2, 2]
    assert list(table["confirmed"]) == [0.5, 1.0]
    assert calibration_error(table) == pytest.approx((2 * 0.45 + 2 * 0.025) / 4)
