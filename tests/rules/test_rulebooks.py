"""The shipped rulebooks against the numbers and the order of the two notices."""

import pytest

from review import words
from review.detectors import registry
from review.rules import load_rulebook, shipped_rulebooks

ALL_LABELS = {key.removeprefix("label.") for key in words.table() if key.startswith("label.")}


@pytest.fixture(scope="module")
def itmc():
    return load_rulebook("itmc-2022")


@pytest.fixture(scope="module")
def eztest():
    return load_rulebook("eztest-2023")


@pytest.fixture(scope="module", params=["itmc-2022", "eztest-2023"])
def book(request):
    return load_rulebook(request.param)


def test_both_are_shipped():
    assert shipped_rulebooks() == ("eztest-2023", "itmc-2022")


def test_itmc_has_every_rule_violation_and_cheating_clause_of_its_notice(itmc):
    ids = {clause.id for clause in itmc.clauses}
    assert {f"rule-{n}" for n in range(1, 27)} <= ids
    assert {f"1-{n}" for n in range(1, 11)} <= ids
    assert {f"2-{n}" for n in range(1, 6)} <= ids
    assert {f"3-{n}" for n in range(1, 8)} <= ids
    assert "4" in ids


@pytest.mark.parametrize(
    ("part", "numbers", "outcome", "penalty", "ban_years"),
    [
        ("1", range(1, 11), "violation", "cancel_subject", 0),
        ("2", range(1, 6), "cheating", "cancel_subject", 0),
        ("3", range(1, 8), "serious_cheating", "cancel_batch_and_ban", 1),
    ],
)
def test_itmc_parts_have_their_outcome_and_penalty(
    itmc, part, numbers, outcome, penalty, ban_years
):
    for n in numbers:
        clause = itmc.clause(f"{part}-{n}")
        assert clause.outcome == outcome
        assert (clause.penalty.kind, clause.penalty.ban_years) == (penalty, ban_years)
        assert clause.number.en == f"Annex 2, {part}({n})"
        assert clause.warning_first == (part == "1")
        assert clause.evidence_kept == (part in "23" and clause.id != "3-6")


def test_itmc_other_cheating_needs_a_supervisor_or_two_people(itmc):
    joint = {c.id for c in itmc.clauses if c.signers == (("supervisor",), ("reviewer", "reviewer"))}
    assert joint == {"2-5", "3-7"}


def test_itmc_leaving_counts_three_warnings_or_ten_minutes(itmc):
    assert dict(itmc.clause("1-4").limits) == {"warnings": 3, "away_s": 600}
    assert itmc.parameters["away_measure"].assumed
    assert itmc.parameters["away_measure"].choices == ("total", "longest")


def test_itmc_two_cancelled_papers_make_a_serious_case(itmc):
    follows = itmc.clause("3-6").follows
    assert (follows.penalty, follows.count) == ("cancel_subject", 2)
    assert [c.id for c in itmc.clauses if c.follows] == ["3-6"]


def test_itmc_special_conditions_stand_where_the_notice_has_them(itmc):
    assert [c.id for c in itmc.clauses if c.permission_excuses] == ["1-7"]
    assert itmc.clause("1-9").note_required
    assert itmc.clause("4").penalty.kind == "revoke_certificate"
    assert dict(itmc.clause("rule-7").limits) == {"paper_sheets": 1, "pens": 1}
    assert dict(itmc.clause("rule-14").limits) == {"late_login_s": 1800}


def test_eztest_has_one_penalty_whose_scope_is_marked_as_assumed(eztest):
    kinds = {c.penalty.kind for c in eztest.clauses if c.outcome != "note"}
    assert kinds == {"cancel_result"}
    assert eztest.parameters["cancelled_scope"].assumed


def test_eztest_limits(eztest):
    assert eztest.clause("2-3").limits["late_login_s"] == 30 * 60
    assert eztest.clause("2-4").limits["earliest_submit_s"] == 60 * 60
    assert eztest.parameters["off_screen_limit"].assumed


def test_eztest_keeps_both_paper_clauses_and_marks_the_conflict(eztest):
    conflict = next(c for c in eztest.conflicts if c.id == "paper")
    assert set(conflict.clauses) == {"2-7", "4-10-paper"}
    assert eztest.parameters[conflict.parameter].assumed


def test_eztest_asks_for_no_placement_and_no_location(eztest):
    assert not any("gps" in stream for stream in eztest.required_streams)
    location = {label for label in ALL_LABELS if label.startswith("location")}
    assert not any(eztest.clauses_for(label) for label in location)


def test_eztest_leaves_what_is_only_recorded_to_the_organiser(eztest):
    assert {"4-7", "4-9"} <= {c.id for c in eztest.clauses if c.organiser_decides}


def test_a_label_that_a_platform_can_judge_has_a_clause(itmc):
    without = {label for label in ALL_LABELS if not itmc.label_weight(label)}
    # Evidence about the recording, not about the candidate.
    assert without == {"clock_unsynchronised"}


def test_clauses_for_a_label_come_strongest_first(book):
    for label in ALL_LABELS:
        found = book.clauses_for(label)
        points = [c.weight * c.labels[label] for c in found]
        assert points == sorted(points, reverse=True)
        assert book.label_weight(label) == max(points, default=0.0)


def test_every_sanction_and_conflict_leads_to_a_clause_with_a_penalty_somewhere(book):
    for clause in book.clauses:
        for other in clause.sanctioned_by:
            sanction = book.clause(other)
            assert sanction.penalty or sanction.organiser_decides


def test_what_settles_a_conflict_is_marked_as_assumed(book):
    settled = [book.parameters[c.parameter] for c in book.conflicts if c.parameter]
    assert settled
    assert all(parameter.assumed for parameter in settled)


def test_chinese_summaries_are_chinese_and_english_ones_are_not(book):
    for clause in book.clauses:
        assert any("\u4e00" <= c <= "\u9fff" for c in clause.summary.zh)
        assert not any("\u4e00" <= c <= "\u9fff" for c in clause.summary.en)


def test_thresholds_name_detectors_and_options_that_exist(book):
    assert book.thresholds
    resolved = registry.resolve(book.thresholds, platform=book.platform)
    for detector, options in book.thresholds.items():
        # A threshold for a detector that this platform does not run would say nothing.
        assert options.items() <= resolved[detector].items()
