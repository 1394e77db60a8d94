"""What befalls many at once is found, and little else."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from review import tables
from review.scoring.incidents import FALSE_ALARM, at_least, find_incidents


def test_a_platforms_incident_is_listed_once_with_those_whom_it_befell(made):
    random = np.random.default_rng(3)
    sittings = made.sittings(500)
    usual = made.by_chance(random, sittings)
    hit = [f"c{n:05d}" for n in range(100, 220)]
    lost = made.flags(hit, 2000.0 + random.uniform(0, 25, len(hit)))
    stopped = made.flags(hit[:110], np.full(110, 2040.0), label="recording_gap")
    found = find_incidents(pd.concat([usual, lost, stopped], ignore_index=True), sittings)
    (row,) = found.table.to_dict("records")
    assert row["labels"] == ["network_gap", "recording_gap"]
    assert row["present"] == 500
    assert 120 <= row["candidates"] <= 135
    assert row["expected"] < 10
    assert row["p_value"] < 1e-12
    assert 1930 <= row["starts_at_s"] <= 2025
    explained = set(found.flags["flag_id"])
    assert set(lost["flag_id"]) | set(stopped["flag_id"]) <= explained
    assert len(explained & set(usual["flag_id"])) < 20


def test_without_a_common_cause_hardly_any_session_has_an_incident(made):
    random = np.random.default_rng(11)
    sessions = 150
    false = 0
    for _ in range(sessions):
        sittings = made.sittings(int(random.choice([8, 40, 200])))
        flags = made.by_chance(random, sittings, each=float(random.choice([0.1, 0.7, 3.0])))
        false += len(find_incidents(flags, sittings).table) > 0
    # At the bound itself 6 or more of 150 have a chance of one in two hundred.
    assert false <= 5
    assert FALSE_ALARM == 0.01


def test_a_rush_that_lasts_is_no_incident(made):
    random = np.random.default_rng(5)
    sittings = made.sittings(1000)
    early = made.flags(sittings["candidate_id"][:300], random.uniform(60, 1500, 300))
    assert find_incidents(early, sittings).table.empty


@pytest.mark.parametrize("trials", [1, 7, 400])
@pytest.mark.parametrize("rate", [Fraction(1, 1000), Fraction(1, 3), Fraction(9, 10)])
def test_the_chance_of_so_many_is_the_binomial_one(trials, rate):
    for count in {1, trials // 3, trials // 2, trials}:
        exact = sum(
            math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k)
            for k in range(count, trials + 1)
        )
        assert at_least(count, trials, float(rate)) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize(
    ("count", "trials", "rate", "chance"),
    [(0, 5, 0.0, 1.0), (1, 5, 0.0, 0.0), (5, 5, 1.0, 1.0), (6, 5, 0.5, 0.0)],
)
def test_the_chance_of_what_is_certain_or_cannot_be(count, trials, rate, chance):
    assert at_least(count, trials, rate) == chance


@pytest.mark.parametrize(("many", "incidents"), [(2, 0), (6, 1)])
def test_two_are_no_crowd(made, many, incidents):
    sittings = made.sittings(8)
    flags = made.flags([f"c{n:05d}" for n in range(many)], np.full(many, 900.0))
    assert len(find_incidents(flags, sittings).table) == incidents


def test_one_candidate_with_many_flags_is_one(made):
    sittings = made.sittings(8)
    flags = made.flags(["c00001"] * 20, 900.0 + np.arange(20))
    assert find_incidents(flags, sittings).table.empty


def test_what_is_missing_from_the_start_did_not_begin_then(made):
    sittings = made.sittings(200)
    flags = made.flags(sittings["candidate_id"][:100], np.zeros(100), label="recording_gap")
    assert find_incidents(flags, sittings).table.empty


def test_what_people_do_is_no_common_cause(made):
    sittings = made.sittings(200)
    flags = made.flags(sittings["candidate_id"], np.full(200, 900.0), label="off_screen")
    assert find_incidents(flags, sittings).table.empty


def test_papers_at_the_same_time_are_seen_together(made):
    first = made.sittings(100)
    second = made.sittings(100, subject="u").assign(candidate_id=lambda t: "d" + t["candidate_id"])
    sittings = pd.concat([first, second], ignore_index=True)
    # The second paper starts half an hour later: its minute 20 is the first one's minute 50.
    flags = pd.concat(
        [
            made.flags(first["candidate_id"][:30], np.full(30, 3000.0)),
            made.flags(second["candidate_id"][:30], np.full(30, 1200.0), subject="u"),
        ],
        ignore_index=True,
    )
    found = find_incidents(flags, sittings, origins={"t": 10_000.0, "u": 11_800.0})
    (row,) = found.table.to_dict("records")
    assert (row["candidates"], row["present"], row["starts_at_s"]) == (60, 200, 13_000.0)


@pytest.mark.parametrize("failed", [0, 1, 5])
def test_few_or_failed_sittings_have_no_incident(made, failed):
    sittings = made.sittings(max(failed, 1), failed=failed)
    flags = made.flags(["c00000"], [100.0]) if not failed else tables.empty("flags")
    found = find_incidents(flags, sittings)
    assert found.table.empty
    assert not found.explained(flags).any()
