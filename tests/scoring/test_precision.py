"""How often detectors are right, and thresholds that follow."""

import decided as made
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from review.scoring.precision import decided_flags, precision, thresholds
from review.scoring.proportions import wilson


@pytest.mark.parametrize(("k", "n"), [(0, 5), (1, 1), (7, 20), (500, 1000)])
def test_the_interval_is_wilsons(k, n):
    known = binomtest(k, n).proportion_ci(method="wilson")
    low, high = wilson(k, n)
    assert (float(low), float(high)) == pytest.approx((known.low, known.high))


def test_nothing_of_nothing_could_be_anything():
    assert tuple(map(float, wilson(0, 0))) == (0.0, 1.0)


def rows(*counts):
    """(label, verdict, how many)."""
    made_rows = [
        {"label": label, "detector": label, "verdict": v, "confirmed": v == "confirmed", "score": s}
        for label, v, n, s in counts
        for _ in range(n)
    ]
    return pd.DataFrame(made_rows)


def test_precision_counts_what_is_clear_and_tells_what_is_not():
    found = precision(
        rows(("a", "confirmed", 40, 0.5), ("a", "dismissed", 10, 0.5), ("a", "unsure", 9, 0.5),
             ("b", "unsure", 2, 0.5))
    ).set_index("label")  # fmt: skip
    a = found.loc["a"]
    assert (a["confirmed"], a["dismissed"], a["unsure"], a["precision"]) == (40, 10, 9, 0.8)
    assert a["low"] < 0.8 < a["high"]
    assert a["enough"]
    assert pd.isna(found.loc["b", "precision"])
    assert not found.loc["b", "enough"]


def test_only_what_somebody_looked_at_counts():
    names = ["session_id", "candidate_id", "subject_id", "flag_id"]
    flags, _ = made.decisions(np.random.default_rng(0), 1, each=4)
    flags = flags.drop(columns=["verdict", "confirmed", "disputed", "decided_at"])
    said = flags[names].assign(
        kind=["decision", "bulk", "decision", "own_flag"], verdict="dismissed", disputed=False,
        at=["2026-01-01T08:00:00+00:00", "x", "2026-01-01T08:00:00.5+00:00", "x"],
    )  # fmt: skip
    assert list(decided_flags(flags, said)["flag_id"]) == ["f0", "f2"]


def test_a_threshold_is_proposed_where_what_lies_above_is_right_often_enough():
    found = thresholds(
        rows(
            *[("steep", "confirmed", 30, s) for s in (0.7, 0.8, 0.9)],
            *[("steep", "dismissed", 60, s) for s in (0.1, 0.2, 0.3)],
            *[("good", "confirmed", 30, s) for s in (0.2, 0.9)],
            *[("hopeless", "dismissed", 30, s) for s in (0.2, 0.9)],
            ("few", "confirmed", 5, 0.9),
        )
    ).set_index("label")
    assert found["state"].to_dict() == {
        "steep": "proposed", "good": "as_it_is", "hopeless": "none", "few": "too_few",
    }  # fmt: skip
    steep = found.loc["steep"]
    assert 0.1 < steep["score"] <= 0.7
    assert steep["kept"] == 1.0
    assert steep["low"] >= 0.5


def test_no_decisions_are_empty_tables():
    flags, _ = made.decisions(np.random.default_rng(0), 1)
    none = decided_flags(
        flags.drop(columns=["verdict", "confirmed", "disputed", "decided_at"]),
        pd.DataFrame(columns=["session_id", "candidate_id", "subject_id", "flag_id", "kind",
                              "verdict", "disputed", "at"]),
    )  # fmt: skip
    assert precision(none).empty
    assert thresholds(none).empty
