"""Statements from samples, exact."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.errors import ReviewError
from review.scoring.sampling import draw, most_cases, sample_size, statement


@pytest.mark.parametrize("population", [1, 2, 5, 9, 14])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_bound_holds_with_its_confidence_for_every_number_of_cases(population, confidence):
    """By enumeration: over all samples of all sizes, whatever the number of cases is."""
    for sampled in range(population + 1):
        bounds = [
            most_cases(population, sampled, x, confidence=confidence) for x in range(sampled + 1)
        ]
        for cases in range(population + 1):
            held = sum(
                Fraction(
                    comb(cases, x) * comb(population - cases, sampled - x),
                    comb(population, sampled),
                )
                for x in range(max(0, sampled - population + cases), min(sampled, cases) + 1)
                if bounds[x] >= cases
            )
            assert held >= Fraction(str(confidence))


@pytest.mark.parametrize("population", [6, 13])
def test_the_bound_is_the_smallest_that_holds(population):
    for sampled in range(population + 1):
        for found in range(sampled + 1):
            most = most_cases(population, sampled, found)
            chance = [
                Fraction(
                    sum(comb(k, x) * comb(population - k, sampled - x) for x in range(found + 1)),
                    comb(population, sampled),
                )
                for k in range(population + 1)
            ]
            possible = [k for k, p in enumerate(chance) if p > Fraction(1, 20) and k >= found]
            assert most == max(k for k in possible if k <= population - sampled + found)


def test_over_many_sessions_the_statement_is_wrong_at_most_as_often_as_it_says():
    random = np.random.default_rng(1)
    held = 0
    for session in range(200):
        keys = [("s", f"c{n}", "t") for n in range(400)]
        cases = {keys[n] for n in random.choice(400, random.integers(0, 60), replace=False)}
        sample = draw(keys, seed=str(session))[:80]
        said = statement(keys, sample, reviewed=sample, cases=cases & set(sample))
        held += len(cases - set(sample)) < said.fewer_than
    assert held >= 0.92 * 200


@given(st.integers(1, 400), st.integers(1, 40), st.integers(0, 3))
def test_the_size_is_the_smallest_that_grants_the_wish(population, fewer_than, expected):
    size = sample_size(population, fewer_than, expected=expected)
    found = min(expected, size)
    assert most_cases(population, size, found) - expected < fewer_than
    if size > min(expected, population):
        assert most_cases(population, size - 1, min(expected, size - 1)) - expected >= fewer_than


def test_a_larger_sample_begins_with_the_smaller_and_knows_no_order():
    keys = [("s", f"c{n}", "t") for n in range(50)]
    assert draw(keys, seed="x") == draw(reversed(keys), seed="x")
    assert draw(keys, seed="x") != draw(keys, seed="y")
    assert sorted(draw(keys, seed="x")) == sorted(keys)


KEYS = [("s", f"c{n}", "t") for n in range(100)]


def test_only_what_is_reviewed_without_a_gap_is_a_sample():
    sample = draw(KEYS, seed="1")[:40]
    reviewed = set(sample) - {sample[10]}
    said = statement(KEYS, sample, reviewed=reviewed, cases=())
    assert (said.sampled, said.unreviewed) == (10, 61)


def test_cases_that_were_found_elsewhere_are_not_missed():
    sample = draw(KEYS, seed="1")[:40]
    others = [key for key in KEYS if key not in sample][:5]
    alone = statement(KEYS, sample, reviewed=sample, cases=sample[:1])
    more = statement(KEYS, sample, reviewed=[*sample, *others], cases=[sample[0], *others])
    assert alone.fewer_than - more.fewer_than == 5
    assert (more.found, more.found_elsewhere) == (1, 5)


def test_the_statement_is_said_in_both_languages():
    sample = draw(KEYS, seed="1")[:40]
    said = statement(KEYS, sample, reviewed=sample, cases=())
    assert said.fewer_than == most_cases(100, 40, 0) + 1
    assert f"fewer than {said.fewer_than} of the 60 unreviewed" in said.text()
    assert f"不足{said.fewer_than}场" in said.text("zh")


def test_what_nothing_was_looked_at_or_everything_says():
    nothing = statement(KEYS, draw(KEYS, seed="1")[:40], reviewed=(), cases=())
    assert nothing.fewer_than == 101
    assert "nothing can be said" in nothing.text()
    everything = statement(KEYS, KEYS, reviewed=KEYS, cases=KEYS[:3])
    assert "Every sitting" in everything.text()
    one = statement(KEYS[:1], KEYS[:1], reviewed=KEYS[:1], cases=())
    assert one.unreviewed == 0


@pytest.mark.parametrize("numbers", [(10, 11, 0), (10, 5, 6), (10, 5, -1)])
def test_numbers_that_cannot_be_are_refused(numbers):
    with pytest.raises(ReviewError, match="no such sample"):
        most_cases(*numbers)


def test_wishes_that_cannot_be_are_refused():
    with pytest.raises(ReviewError, match="no such wish"):
        sample_size(10, 0)
    with pytest.raises(ReviewError, match="not of this population"):
        statement(KEYS[:5], KEYS[6:8], reviewed=(), cases=())
