"""Risk and what could not be seen."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review import tables
from review.rules import load_rulebook
from review.scoring import risk

BOOK = load_rulebook("itmc-2022")
KEY = ("s", "c", "theory")
WINDOW = (0.0, 5400.0)
STREAMS = ("front", "screen")


def flags(*rows):
    return pd.DataFrame(rows, columns=["label", "score"])


def coverage(*rows):
    made = [dict(zip(("stream", "start_s", "end_s", "state"), row, strict=True)) for row in rows]
    return tables.build("coverage", made, key=KEY)


WHOLE = coverage(("front", 0.0, 5400.0, "recorded"), ("screen", 0.0, 5400.0, "recorded"))


def score(found, *, window=WINDOW, covered=WHOLE):
    made = risk.score(
        found, covered, window=window, required_streams=STREAMS, rulebook=BOOK, key=KEY
    )
    assert len(made) == 1
    return made.iloc[0]


def total(found, window=WINDOW):
    return sum(risk.label_points(found, window=window, rulebook=BOOK).values())


def test_nothing_found_is_no_risk():
    row = score(flags())
    assert (row["risk"], row["unseen"], list(row["reasons"])) == (0.0, 0.0, [])


def test_one_certain_flag_has_the_points_of_its_label():
    row = score(flags(("extra_person", 1.0)))
    assert row["risk"] == pytest.approx(BOOK.label_weight("extra_person"))
    assert list(row["reasons"]) == ["extra_person 70.0"]


def test_reasons_add_up_to_the_risk_and_come_heaviest_first():
    row = score(flags(("absent", 0.9), ("extra_person", 0.8), ("speech", 0.5), ("speech", 0.5)))
    points = [float(reason.split()[1]) for reason in row["reasons"]]
    assert sum(points) == pytest.approx(row["risk"], abs=0.2)
    assert points == sorted(points, reverse=True)
    assert row["reasons"][0].startswith("extra_person")


def test_a_label_without_a_clause_gives_no_points():
    row = score(flags(("clock_unsynchronised", 1.0)))
    assert (row["risk"], list(row["reasons"])) == (0.0, [])


def test_repetition_counts_by_rate_and_the_strongest_in_full():
    few = flags(*[("looking_away", 0.6)] * 4)
    # One strongest and three more, against one and six more in twice the time.
    long = flags(*[("looking_away", 0.6)] * 7)
    assert total(few) == pytest.approx(total(long, (0.0, 10800.0)))
    assert total(few) > total(flags(("looking_away", 0.6)))


def test_what_happened_once_weighs_the_same_in_a_short_and_a_long_sitting():
    once = flags(("different_person", 0.9))
    assert total(once, (0.0, 120.0)) == total(once, (0.0, 16200.0))


def test_one_displaced_phone_seen_in_three_ways_weighs_less_than_another_person():
    ways = flags(("location_outside", 0.9), ("location_drift", 0.9), ("phones_apart", 0.9))
    assert total(flags(("location_outside", 0.9))) < total(ways)
    assert total(ways) < total(flags(("extra_person", 0.9)))


def test_labels_of_different_clauses_are_independent_grounds():
    both = flags(("extra_person", 1.0), ("off_screen", 1.0))
    apart = [BOOK.label_weight(label) / 100 for label in ("extra_person", "off_screen")]
    assert total(both) == pytest.approx(100 * (1 - (1 - apart[0]) * (1 - apart[1])))


labels = st.sampled_from(
    [
        "absent",
        "extra_person",
        "speech",
        "location_drift",
        "location_outside",
        "clock_unsynchronised",
    ]
)
some_flags = st.lists(st.tuples(labels, st.floats(0.0, 1.0)), max_size=12)
lengths = st.floats(1.0, 20_000.0)


@settings(max_examples=150, deadline=None)
@given(some_flags, st.tuples(labels, st.floats(0.0, 1.0)), lengths)
def test_adding_a_flag_never_lowers_the_risk(rows, one, length_s):
    window = (0.0, length_s)
    assert total(flags(*rows, one), window) >= total(flags(*rows), window) - 1e-9


@settings(max_examples=100, deadline=None)
@given(some_flags, lengths, st.randoms(use_true_random=False))
def test_risk_stays_within_bounds_and_knows_no_order(rows, length_s, random):
    mixed = list(rows)
    random.shuffle(mixed)
    value = total(flags(*rows), (0.0, length_s))
    assert 0.0 <= value <= 100.0
    assert total(flags(*mixed), (0.0, length_s)) == pytest.approx(value)


@settings(max_examples=50, deadline=None)
@given(some_flags.filter(bool), st.integers(0, 11), st.floats(0.0, 1.0))
def test_a_surer_flag_never_lowers_the_risk(rows, index, higher):
    index %= len(rows)
    raised = list(rows)
    raised[index] = (rows[index][0], max(rows[index][1], higher))
    assert total(flags(*raised)) >= total(flags(*rows)) - 1e-9


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], 1.0),
        ([("front", 0.0, 5400.0, "recorded")], 0.5),
        (
            [("front", 0.0, 5400.0, "recorded"), ("screen", 0.0, 2700.0, "recorded")],
            0.25,
        ),
        # Recorded, but black for half of it.
        (
            [
                ("front", 0.0, 5400.0, "recorded"),
                ("front", 0.0, 2700.0, "black"),
                ("screen", 0.0, 5400.0, "recorded"),
            ],
            0.25,
        ),
        # Before and after the window nothing counts; overlapping pieces count once.
        (
            [
                ("front", -900.0, 3000.0, "recorded"),
                ("front", 2000.0, 9000.0, "recorded"),
                ("screen", 5400.0, 9000.0, "recorded"),
            ],
            0.5,
        ),
        # A muted microphone hides no picture; a stream nobody asked for fills no gap.
        (
            [
                ("front", 0.0, 5400.0, "recorded"),
                ("front", 0.0, 5400.0, "muted"),
                ("left_front", 0.0, 5400.0, "recorded"),
            ],
            0.5,
        ),
    ],
)
def test_unseen_is_the_share_that_is_not_there_or_shows_nothing(rows, expected):
    row = score(flags(), covered=coverage(*rows))
    assert row["unseen"] == pytest.approx(expected)


def test_a_window_without_length_was_not_seen_and_without_requirements_nothing_is_missing():
    assert score(flags(), window=(10.0, 10.0))["unseen"] == 1.0
    assert risk.unseen(coverage(), window=WINDOW, required_streams=()) == 0.0


def test_a_rulebook_with_the_highest_weight_stays_finite():
    found = flags(*[("platform_attack", 1.0)] * 50, *[("different_person", 1.0)] * 50)
    assert 99.0 < total(found) <= 100.0
