"""Flags against truth, counted by hand and against brute force."""

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.errors import TableError
from review.scoring.evaluation import evaluate_flags

WINDOWS = pd.DataFrame(
    [("c1", "theory", 0.0, 5400.0), ("c2", "theory", 0.0, 1800.0)],
    columns=["candidate_id", "subject_id", "window_start_s", "window_end_s"],
)


def flags(*rows):
    made = pd.DataFrame(rows, columns=["candidate_id", "label", "start_s", "end_s"])
    return made.assign(subject_id="theory", flag_id=[f"f{n}" for n in range(len(made))])


def truth(*rows):
    made = pd.DataFrame(rows, columns=["candidate_id", "label", "start_s", "end_s"])
    return made.assign(subject_id="theory", stream="front")


def counts(evaluation):
    total = evaluation.total
    return total.matched, total.missed, total.false


@pytest.mark.parametrize(
    ("flag", "planted", "expected"),
    [
        (("c1", "absent", 10, 20), ("c1", "absent", 15, 30), (1, 0, 0)),
        (("c1", "absent", 10, 20), ("c1", "absent", 22, 30), (1, 0, 0)),  # 2 s after its end
        (("c1", "absent", 10, 20), ("c1", "absent", 22.1, 30), (0, 1, 1)),
        (("c1", "absent", 32, 40), ("c1", "absent", 22, 30), (1, 0, 0)),  # 2 s before its start
        (("c1", "absent", 10, 20), ("c2", "absent", 10, 20), (0, 1, 1)),
        (("c1", "absent", 10, 20), ("c1", "speech", 10, 20), (0, 1, 1)),
        (("c1", "late_login", 5, 5), ("c1", "late_login", 6, 6), (1, 0, 0)),  # instants
    ],
)
def test_a_flag_matches_what_it_overlaps_or_comes_near(flag, planted, expected):
    assert counts(evaluate_flags(flags(flag), truth(planted), WINDOWS)) == expected


def test_one_truth_row_takes_one_flag_and_the_second_is_false():
    found = evaluate_flags(
        flags(("c1", "absent", 10, 20), ("c1", "absent", 25, 30)),
        truth(("c1", "absent", 10, 30)),
        WINDOWS,
    )
    assert counts(found) == (1, 0, 1)
    assert found.total.onset_s == 0.0
    assert list(found.false["flag_id"]) == ["f1"]


def test_as_many_as_possible_match_even_if_a_nearer_pair_must_part():
    # f0 is nearest to the second truth row, which is the only one that f1 can have.
    found = evaluate_flags(
        flags(("c1", "absent", 20, 21), ("c1", "absent", 25, 26)),
        truth(("c1", "absent", 10, 18.5), ("c1", "absent", 20, 30)),
        WINDOWS,
    )
    assert counts(found) == (2, 0, 0)


def test_json_has_exactly_the_fields_of_the_command():
    found = evaluate_flags(
        flags(("c1", "absent", 11, 20), ("c2", "speech", 0, 5)),
        truth(("c1", "absent", 10, 20), ("c1", "off_screen", 50, 60)),
        WINDOWS,
    ).as_json()
    assert found == {
        "total": {
            "matched": 1,
            "missed": 1,
            "false": 1,
            "precision": 0.5,
            "recall": 0.5,
            "hours": 2.0,
            "onset_s": 1.0,
        },
        "labels": {
            "absent": {
                "matched": 1,
                "missed": 0,
                "false": 0,
                "precision": 1.0,
                "recall": 1.0,
                "hours": 2.0,
                "onset_s": 1.0,
            },
            "off_screen": {
                "matched": 0,
                "missed": 1,
                "false": 0,
                "precision": None,
                "recall": 0.0,
                "hours": 2.0,
                "onset_s": None,
            },
            "speech": {
                "matched": 0,
                "missed": 0,
                "false": 1,
                "precision": 0.0,
                "recall": None,
                "hours": 2.0,
                "onset_s": None,
            },
        },
    }


def test_onset_is_the_median_of_the_matches():
    planted = [("c1", "absent", start, start + 5) for start in (0, 100, 200)]
    found = [("c1", "absent", start, start + 5) for start in (1.5, 100.5, 204)]
    assert evaluate_flags(flags(*found), truth(*planted), WINDOWS).total.onset_s == 1.5


def test_what_follows_from_a_planted_anomaly_is_not_false():
    found = evaluate_flags(
        flags(
            ("c1", "absent", 100, 800),
            ("c1", "away_total", 5000, 5001),
            ("c1", "phones_apart", 2000, 2010),
            ("c1", "phones_apart", 3000, 3010),
        ),
        truth(("c1", "absent", 100, 800), ("c1", "location_drift", 1990, 2100)),
        WINDOWS,
    )
    # The second phones_apart lies where nothing was planted; a total may lie anywhere.
    assert counts(found) == (1, 1, 1)
    assert set(found.explained["label"]) == {"away_total", "phones_apart"}
    assert list(found.false["start_s"]) == [3000]


def test_a_consequence_of_another_candidate_excuses_nothing():
    found = evaluate_flags(
        flags(("c1", "away_total", 0, 10)), truth(("c2", "absent", 0, 10)), WINDOWS
    )
    assert counts(found) == (0, 1, 1)


def test_without_anything_nothing_is_claimed():
    found = evaluate_flags(flags(), truth(), WINDOWS.iloc[:0])
    assert found.as_json()["labels"] == {}
    assert found.total.precision is None
    assert found.total.recall is None
    assert found.total.hours == 0.0


def test_absent_columns_are_named():
    with pytest.raises(TableError, match=r"truth.*no stream"):
        evaluate_flags(flags(), truth().drop(columns="stream"), WINDOWS)


spans = st.tuples(st.integers(0, 30), st.integers(0, 6)).map(lambda p: (p[0], p[0] + p[1]))


def best_by_trying(found, planted, tolerance=2.0):
    """Most matches, then least onset distance, over every assignment."""
    small, large = sorted((found, planted), key=len)
    best = (0, 0.0)
    for chosen in itertools.permutations(range(len(large)), len(small)):
        for kept in itertools.product([False, True], repeat=len(small)):
            pairs = [(small[n], large[c]) for n, c in enumerate(chosen) if kept[n]]
            if all(a[0] <= b[1] + tolerance and a[1] >= b[0] - tolerance for a, b in pairs):
                best = min(best, (-len(pairs), sum(abs(a[0] - b[0]) for a, b in pairs)))
    return -best[0], best[1]


@settings(max_examples=60, deadline=None)
@given(st.lists(spans, max_size=4), st.lists(spans, max_size=4))
def test_the_assignment_is_the_best_there_is(found, planted):
    evaluation = evaluate_flags(
        flags(*[("c1", "absent", *span) for span in found]),
        truth(*[("c1", "absent", *span) for span in planted]),
        WINDOWS,
    )
    matched, onset_s = best_by_trying(found, planted)
    assert evaluation.total.matched == matched
    assert evaluation.pairs["onset_s"].sum() == pytest.approx(onset_s)
    assert evaluation.total.matched + evaluation.total.missed == len(planted)
    assert evaluation.total.matched + evaluation.total.false == len(found)
