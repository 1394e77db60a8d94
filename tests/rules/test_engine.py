"""Every path through the engine, as tables of cases."""

from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review import words as word_table
from review.errors import RulebookError
from review.rules import load_rulebook
from review.rules.appeals import appeal_deadline, is_late
from review.rules.bans import banned_on, register
from review.rules.case import (
    Appeal,
    AppealDecision,
    Case,
    Finding,
    Procedure,
    Signature,
    WarningOnRecord,
)
from review.rules.dates import Ban, ban
from review.rules.engine import LACKS, PENALTY_LACKS, assess, assess_candidate
from review.rules.model import PENALTIES

EXAM = date(2022, 12, 10)
SIGNED = date(2022, 12, 15)
TODAY = date(2022, 12, 20)
ITMC = load_rulebook("itmc-2022")
EZTEST = load_rulebook("eztest-2023")
HEARD = Procedure(deadline=date(2022, 12, 14), answered=True, heard=True)


def signed(person="eva", role="supervisor", *clauses, outcome="violation", **more):
    return Signature(
        person=person,
        role=role,
        key_id=more.pop("key_id", f"key of {person}"),
        signed_on=more.pop("signed_on", SIGNED),
        outcome=outcome if clauses else "cleared",
        clauses=frozenset(clauses),
        note=more.pop("note", "seen in full"),
    )


def whole(clause):
    """Return a case in which nothing stands in the way of one clause."""
    label = max(clause.labels, key=clause.labels.get)
    return Case(
        subject_id="theory",
        exam_on=EXAM,
        findings=frozenset({Finding(flag_id="f1", label=label)}),
        warnings=frozenset(
            WarningOnRecord(id=str(n), clause=clause.id, corrected=False) for n in range(3)
        ),
        evidence=frozenset({"f1"}),
        away_total_s=601.0,
        away_longest_s=601.0,
        signatures=frozenset({signed("eva", "supervisor", clause.id, outcome=clause.outcome)}),
        procedure=HEARD,
    )


def standing(case, clause_id, book=ITMC, on=TODAY):
    found = [s for s in assess(book, case, on=on).standings if s.clause.id == clause_id]
    assert len(found) == 1
    return found[0]


PENAL = [
    pytest.param(book, clause, id=f"{book.id} {clause.id}")
    for book in (ITMC, EZTEST)
    for clause in book.clauses
    if clause.outcome != "note" and not clause.follows
]


@pytest.mark.parametrize(("book", "clause"), PENAL)
def test_with_everything_on_record_a_clause_is_concluded_with_its_penalty(book, clause):
    case = whole(clause)
    found = standing(case, clause.id, book)
    assert found.lacking == ()
    assert found.penalty_lacking == ()
    assert found.decided_on == SIGNED
    assert found.sanction.kind == clause.penalty.kind
    assert assess(book, case, on=TODAY).outcome == clause.outcome
    assert found.sanction in assess(book, case, on=TODAY).sanctions


#: What is taken away -> how, and which lack it makes for which clauses.
TAKEN = {
    "exam": (lambda c: replace(c, kind="mock"), lambda _: True),
    "permission": (lambda c: replace(c, permitted=True), lambda c: c.permission_excuses),
    "finding": (
        lambda c: replace(
            c,
            findings=frozenset(),
            signatures=frozenset(replace(s, note="") for s in c.signatures),
        ),
        lambda _: True,
    ),
    "limit": (
        lambda c: replace(
            c,
            away_total_s=600.0,
            away_longest_s=600.0,
            warnings=frozenset(w for w in c.warnings if w.id != "0"),
        ),
        lambda c: "away_s" in c.limits,
    ),
    "warning": (
        lambda c: replace(c, warnings=frozenset(replace(w, corrected=True) for w in c.warnings)),
        lambda c: c.warning_first,
    ),
    "evidence": (
        lambda c: replace(c, evidence=frozenset({"another flag"})),
        lambda c: c.evidence_kept,
    ),
    "note": (
        lambda c: replace(c, signatures=frozenset(replace(s, note=" ") for s in c.signatures)),
        lambda c: c.note_required,
    ),
    "signature": (
        lambda c: replace(
            c, signatures=frozenset(replace(s, role="analyst") for s in c.signatures)
        ),
        lambda _: True,
    ),
    "dispute": (
        lambda c: replace(c, signatures=c.signatures | {signed("max", "supervisor")}),
        lambda _: True,
    ),
    "appeal": (lambda c: replace(c, appeal=Appeal(filed_on=TODAY)), lambda _: True),
    "penalty_signature": (
        lambda c: replace(
            c,
            signatures=frozenset(
                replace(s, person=name, key_id=name, role="reviewer")
                for s in c.signatures
                for name in ("ann", "bob")
            ),
        ),
        lambda _: True,
    ),
    "invitation": (
        lambda c: replace(c, procedure=Procedure(heard=True)),
        lambda _: True,
    ),
    "statement": (
        lambda c: replace(c, procedure=Procedure(deadline=TODAY, heard=True)),
        lambda _: True,
    ),
    "hearing": (
        lambda c: replace(c, procedure=Procedure(deadline=TODAY, answered=True)),
        lambda _: True,
    ),
}


def test_every_lack_is_tried():
    assert set(TAKEN) == {*LACKS, *PENALTY_LACKS}


@pytest.mark.parametrize("lack", TAKEN)
@pytest.mark.parametrize(("book", "clause"), PENAL)
def test_what_is_taken_away_is_what_is_lacking(book, clause, lack):
    take, concerns = TAKEN[lack]
    found = standing(take(whole(clause)), clause.id, book)
    said = {*found.lacking, *found.penalty_lacking}
    assert (lack in said) == concerns(clause)
    if concerns(clause):
        sanctions = assess(book, take(whole(clause)), on=TODAY).sanctions
        assert found.sanction not in sanctions


def test_a_violation_can_be_found_without_a_warning_but_not_punished():
    for clause_id, in_act in (("1-3", True), ("1-7", False)):
        case = replace(whole(ITMC.clause(clause_id)), warnings=frozenset())
        found = standing(case, clause_id)
        assert found.complete is not in_act
        assert not found.punishable
    unwarned = replace(whole(ITMC.clause("1-7")), warnings=frozenset())
    assessment = assess(ITMC, unwarned, on=TODAY)
    assert (assessment.outcome, assessment.sanctions) == ("violation", ())


@pytest.fixture
def with_parameter(tmp_path):
    """Return a function: the ITMC rulebook of an institution that settles a parameter otherwise."""
    text = files("review.rules").joinpath("rulebooks/itmc-2022.toml").read_text(encoding="utf-8")

    def make(name, before, after):
        head = f"[parameters.{name}]\nvalue = "
        assert head + before in text
        path = tmp_path / "ours.toml"
        path.write_text(text.replace(head + before, head + after), encoding="utf-8")
        return load_rulebook(path)

    return make


def test_the_parameter_relaxes_the_warning_where_the_notice_does_not_repeat_it(with_parameter):
    ours = with_parameter("warning_for_all_violations", "true", "false")
    assert {c.id for c in ours.clauses if c.warning_first} == {"1-1", "1-2", "1-3", "1-5"}


def test_the_notice_asks_for_evidence_in_part_2_and_the_parameter_in_parts_3_and_4(with_parameter):
    ours = with_parameter("evidence_for_serious", "true", "false")
    assert {c.id for c in ours.clauses if c.evidence_kept} == {f"2-{n}" for n in range(1, 6)}
    case = replace(whole(ours.clause("3-3")), evidence=frozenset())
    assert "evidence" in standing(case, "3-3").lacking
    assert standing(case, "3-3", ours).punishable


@pytest.mark.parametrize(
    ("warnings", "total_s", "longest_s", "reached"),
    [
        (3, 0.0, 0.0, True),
        (2, 0.0, 0.0, False),
        (0, 600.0, 600.0, False),  # more than ten minutes, not ten
        (0, 600.1, 100.0, True),  # added up, the marked default
        (2, 600.0, 600.0, False),
    ],
)
def test_leaving_is_three_warnings_or_more_than_ten_minutes(warnings, total_s, longest_s, reached):
    case = replace(
        whole(ITMC.clause("1-4")),
        warnings=frozenset(
            WarningOnRecord(id=str(n), clause="1-4", corrected=False) for n in range(warnings)
        ),
        away_total_s=total_s,
        away_longest_s=longest_s,
    )
    assert ("limit" not in standing(case, "1-4").lacking) == reached


def test_warnings_for_something_else_do_not_count_towards_the_three():
    case = replace(
        whole(ITMC.clause("1-4")),
        away_total_s=0.0,
        warnings=frozenset(
            WarningOnRecord(id=str(n), clause="1-5", corrected=False) for n in range(5)
        ),
    )
    found = standing(case, "1-4")
    assert "limit" in found.lacking
    assert "warning" in found.penalty_lacking


def test_the_longest_absence_counts_where_the_parameter_says_so():
    parameters = {
        **ITMC.parameters,
        "away_measure": replace(ITMC.parameters["away_measure"], value="longest"),
    }
    book = replace(ITMC, parameters=parameters)
    case = replace(
        whole(ITMC.clause("1-4")), warnings=frozenset(), away_total_s=900.0, away_longest_s=500.0
    )
    assert "limit" not in standing(case, "1-4", ITMC).lacking
    assert "limit" in standing(case, "1-4", book).lacking


# Who signs


@pytest.mark.parametrize(
    ("people", "enough"),
    [
        ([("eva", "supervisor", "k1")], True),
        ([("ann", "reviewer", "k1")], False),
        ([("ann", "reviewer", "k1"), ("bob", "reviewer", "k2")], True),
        ([("ann", "reviewer", "k1"), ("bob", "reviewer", "k1")], False),  # one key, two names
        ([("ann", "reviewer", "k1"), ("ann", "reviewer", "k2")], False),  # one name, two keys
        ([("ann", "reviewer", "k1"), ("ann", "reviewer", "k2"), ("bob", "reviewer", "k2")], False),
        ([("ann", "reviewer", "k1"), ("tom", "analyst", "k2")], False),
        ([], False),
    ],
)
@pytest.mark.parametrize("clause_id", ["2-5", "3-7"])
def test_other_cheating_takes_a_supervisor_or_two_different_people(clause_id, people, enough):
    clause = ITMC.clause(clause_id)
    case = replace(
        whole(clause),
        signatures=frozenset(
            signed(name, role, clause_id, outcome=clause.outcome, key_id=key)
            for name, role, key in people
        ),
    )
    assert ("signature" not in standing(case, clause_id).lacking) == enough


def test_a_sign_off_gives_the_penalty_its_signature_but_does_not_find_the_facts():
    clause = ITMC.clause("2-5")
    two = frozenset(signed(p, "reviewer", "2-5", outcome="cheating") for p in ("ann", "bob"))
    closing = frozenset({signed("eva", "supervisor", signed_on=date(2022, 12, 18))})
    found = standing(replace(whole(clause), signatures=two, sign_offs=closing), "2-5")
    assert found.punishable
    assert found.decided_on == date(2022, 12, 18)
    one = frozenset({signed("ann", "reviewer", "2-5", outcome="cheating")})
    assert standing(replace(whole(clause), signatures=one, sign_offs=closing), "2-5").lacking == (
        "signature",
    )


def test_a_supervisor_settles_what_reviewers_differ_about():
    clause = ITMC.clause("2-1")
    differ = {signed("ann", "reviewer", "2-1", outcome="cheating"), signed("bob", "reviewer")}
    case = replace(whole(clause), signatures=frozenset(differ))
    assert "dispute" in standing(case, "2-1").lacking
    assert assess(ITMC, case, on=TODAY).outcome is None
    for_it = frozenset({*differ, signed("eva", "supervisor", "2-1", outcome="cheating")})
    assert assess(ITMC, replace(case, signatures=for_it), on=TODAY).outcome == "cheating"
    against = frozenset({*differ, signed("eva", "supervisor")})
    assert assess(ITMC, replace(case, signatures=against), on=TODAY).outcome == "cleared"


def test_two_supervisors_against_each_other_conclude_nothing():
    clause = ITMC.clause("1-3")
    case = whole(clause)
    case = replace(case, signatures=case.signatures | {signed("max", "supervisor")})
    assessment = assess(ITMC, case, on=TODAY)
    assert (assessment.outcome, assessment.sanctions) == (None, ())
    assert assessment.lacking == ("dispute",)


@pytest.mark.parametrize(
    ("signatures", "outcome", "lacking"),
    [
        ([], None, ("signature",)),
        ([signed("ann", "reviewer")], "cleared", ()),
        ([signed("ann", "reviewer"), signed("bob", "reviewer")], "cleared", ()),
        ([signed("ann", "reviewer"), signed("bob", "reviewer", "2-1")], None, ("dispute",)),
    ],
)
def test_clearing_takes_a_person_too(signatures, outcome, lacking):
    case = Case(subject_id="t", exam_on=EXAM, signatures=frozenset(signatures))
    assessment = assess(ITMC, case, on=TODAY)
    assert (assessment.outcome, assessment.lacking) == (outcome, lacking)


def test_the_gravest_complete_clause_gives_the_outcome():
    case = whole(ITMC.clause("1-3"))
    both = signed("eva", "supervisor", "1-3", "2-1", outcome="cheating")
    case = replace(
        case,
        findings=case.findings | {Finding(flag_id="f2", label="extra_person")},
        signatures=frozenset({both}),
    )
    # Cheating still lacks its evidence; the violation stands meanwhile.
    assert assess(ITMC, case, on=TODAY).outcome == "violation"
    assert assess(ITMC, replace(case, evidence=frozenset({"f2"})), on=TODAY).outcome == "cheating"
    assert assess(ITMC, replace(case, evidence=frozenset({None})), on=TODAY).outcome == "cheating"


def test_a_mock_exam_concludes_nothing():
    case = replace(whole(ITMC.clause("1-3")), kind="mock")
    assessment = assess(ITMC, case, on=TODAY)
    assert (assessment.outcome, assessment.lacking) == (None, ("exam",))


def test_what_was_found_is_proposed_before_anybody_cites_it():
    case = Case(
        subject_id="t",
        exam_on=EXAM,
        findings=frozenset({Finding(flag_id="f", label="different_person")}),
    )
    assessment = assess(ITMC, case, on=TODAY)
    assert assessment.standings[0].clause.id == "3-3"
    assert assessment.outcome is None
    assert not any(s.complete for s in assessment.standings)


def test_unknown_and_unpunishable_clauses_cannot_be_cited():
    case = Case(
        subject_id="t", exam_on=EXAM, signatures=frozenset({signed("e", "supervisor", "9")})
    )
    with pytest.raises(RulebookError, match="no clause '9'"):
        assess(ITMC, case, on=TODAY)
    case = replace(case, signatures=frozenset({signed("e", "supervisor", "rule-3")}))
    with pytest.raises(RulebookError, match=r"'rule-3' carries no penalty.*one of 1-3"):
        assess(ITMC, case, on=TODAY)


def test_what_an_organiser_judges_is_recorded_and_not_punished():
    case = Case(
        subject_id="t",
        exam_on=EXAM,
        findings=frozenset({Finding(flag_id="f", label="eating")}),
        signatures=frozenset({signed("e", "supervisor")}),
    )
    assessment = assess(EZTEST, case, on=TODAY)
    assert assessment.recorded == ("4-7",)
    assert assessment.outcome == "cleared"


# What it costs


def test_penalties_have_their_scope():
    for clause_id, kind, scope in (
        ("1-3", "cancel_subject", "subject"),
        ("2-1", "cancel_subject", "subject"),
        ("3-3", "cancel_batch_and_ban", "session"),
    ):
        sanction = standing(whole(ITMC.clause(clause_id)), clause_id).sanction
        assert (sanction.kind, sanction.scope) == (kind, scope)


def test_a_ban_runs_from_the_decision_unless_the_parameter_says_the_exam():
    case = whole(ITMC.clause("3-3"))
    assert standing(case, "3-3").sanction.ban == Ban(starts_on=SIGNED, last_day=date(2023, 12, 15))
    parameters = {
        **ITMC.parameters,
        "ban_starts": replace(ITMC.parameters["ban_starts"], value="exam_date"),
    }
    found = standing(case, "3-3", replace(ITMC, parameters=parameters))
    assert found.sanction.ban == Ban(starts_on=EXAM, last_day=date(2023, 12, 10))


def test_a_ban_waits_for_the_last_signature_that_was_needed_and_for_no_later_one():
    clause = ITMC.clause("3-7")
    days = {"ann": 11, "bob": 13, "eva": 16, "max": 19}
    signatures = frozenset(
        signed(
            name,
            "reviewer" if name in ("ann", "bob") else "supervisor",
            "3-7",
            outcome="serious_cheating",
            signed_on=date(2022, 12, day),
        )
        for name, day in days.items()
    )
    found = standing(replace(whole(clause), signatures=signatures), "3-7")
    assert found.decided_on == date(2022, 12, 16)


@pytest.mark.parametrize(
    ("start", "last"),
    [
        (date(2022, 12, 15), date(2023, 12, 15)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2023, 2, 28), date(2024, 2, 28)),
        (date(2022, 12, 31), date(2023, 12, 31)),
    ],
)
def test_a_year_ends_on_the_same_date_or_the_last_of_the_month(start, last):
    banned = ban(start, years=1)
    assert banned.last_day == last
    assert banned.covers(last)
    assert not banned.covers(start)


def test_two_cancelled_papers_make_a_serious_case_that_still_wants_its_signature():
    theory = whole(ITMC.clause("1-3"))
    skills = replace(whole(ITMC.clause("2-1")), subject_id="skills")
    one = assess_candidate(ITMC, [theory], on=TODAY)
    assert one.follows == ()
    both = assess_candidate(ITMC, [theory, skills], on=TODAY)
    (followed,) = both.follows
    assert followed.clause.id == "3-6"
    assert followed.lacking == ("signature",)
    assert not any(s.ban for s in both.sanctions)
    also = signed("eva", "supervisor", "2-1", "3-6", outcome="serious_cheating")
    decided = assess_candidate(
        ITMC, [theory, replace(skills, signatures=frozenset({also}))], on=TODAY
    )
    assert decided.follows[0].punishable
    assert decided.sanctions[-1].ban.last_day == date(2023, 12, 15)


def test_a_paper_whose_penalty_is_not_ripe_does_not_count_towards_two():
    theory = whole(ITMC.clause("1-3"))
    skills = replace(whole(ITMC.clause("2-1")), subject_id="skills", procedure=Procedure())
    assert assess_candidate(ITMC, [theory, skills], on=TODAY).follows == ()


# The candidate's side


@pytest.mark.parametrize(
    ("procedure", "lacking"),
    [
        (Procedure(), ("invitation", "hearing")),
        (Procedure(deadline=TODAY), ("statement", "hearing")),
        # The deadline has passed without a word: nobody is kept from going on.
        (Procedure(deadline=date(2022, 12, 19)), ()),
        (Procedure(deadline=date(2022, 12, 19), answered=True), ("hearing",)),
        (HEARD, ()),
    ],
)
def test_statement_and_hearing_come_before_a_penalty(procedure, lacking):
    case = replace(whole(ITMC.clause("1-3")), procedure=procedure)
    found = standing(case, "1-3")
    assert found.complete
    assert found.penalty_lacking == lacking


def appealed(case, *decisions):
    return replace(
        case,
        appeal=Appeal(
            filed_on=TODAY,
            decisions=frozenset(AppealDecision(signature=s, result=r) for s, r in decisions),
        ),
    )


@pytest.mark.parametrize(
    ("signature", "result", "outcome", "kinds"),
    [
        (signed("zoe", "supervisor", "2-1", outcome="cheating"), "upheld", "cheating", 1),
        (signed("zoe", "supervisor", "1-10"), "lowered", "violation", 1),
        (signed("zoe", "supervisor"), "lifted", "cleared", 0),
        # Involved before, under her name or her key; no supervisor; harsher than before.
        (signed("eva", "supervisor"), "lifted", None, 0),
        (signed("zoe", "supervisor", key_id="key of eva"), "lifted", None, 0),
        (signed("ann", "supervisor"), "lifted", None, 0),
        (signed("zoe", "reviewer"), "lifted", None, 0),
        (
            signed("zoe", "supervisor", "3-3", outcome="serious_cheating"),
            "lowered",
            None,
            0,
        ),
    ],
)
def test_an_appeal_is_decided_by_somebody_new_and_never_for_the_worse(
    signature, result, outcome, kinds
):
    case = replace(
        whole(ITMC.clause("2-1")),
        involved=frozenset({"ann"}),
        findings=frozenset(
            {Finding(flag_id="f1", label="extra_person"), Finding(flag_id="f2", label="speech")}
        ),
        warnings=frozenset({WarningOnRecord(id="w", corrected=False)}),
    )
    assessment = assess(ITMC, appealed(case, (signature, result)), on=TODAY)
    assert assessment.outcome == outcome
    assert len(assessment.sanctions) == kinds
    assert assessment.lacking == (() if outcome else ("appeal",))


def test_deciders_of_an_appeal_who_differ_settle_nothing():
    case = appealed(
        whole(ITMC.clause("2-1")),
        (signed("zoe", "supervisor"), "lifted"),
        (signed("max", "supervisor", "2-1", outcome="cheating"), "upheld"),
    )
    assessment = assess(ITMC, case, on=TODAY)
    assert (assessment.outcome, assessment.lacking) == (None, ("dispute",))


def test_an_appeal_has_its_time():
    assert appeal_deadline(ITMC, date(2022, 12, 15)) == date(2022, 12, 30)
    assert not is_late(ITMC, Appeal(filed_on=date(2022, 12, 30)), decided_on=SIGNED)
    assert is_late(ITMC, Appeal(filed_on=date(2022, 12, 31)), decided_on=SIGNED)


# Properties

people = st.sampled_from(["ann", "bob", "eva", "max"])
words = st.builds(
    lambda person, role, clauses, note: signed(
        person, role, *clauses, outcome="violation", note=note
    ),
    people,
    st.sampled_from(["reviewer", "supervisor"]),
    st.frozensets(st.sampled_from(["1-3", "1-10", "2-1", "2-5", "3-3"]), max_size=3),
    st.sampled_from(["", "seen"]),
)
cases = st.builds(
    Case,
    subject_id=st.just("theory"),
    exam_on=st.just(EXAM),
    findings=st.frozensets(
        st.builds(
            Finding,
            flag_id=st.sampled_from("xyz"),
            label=st.sampled_from(["absent", "extra_person", "different_person", "other"]),
        ),
        max_size=3,
    ),
    warnings=st.frozensets(
        st.builds(
            WarningOnRecord,
            id=st.sampled_from("12"),
            clause=st.sampled_from([None, "1-3"]),
            corrected=st.sampled_from([None, True, False]),
        ),
        max_size=2,
    ),
    evidence=st.frozensets(st.sampled_from([None, "x", "y"]), max_size=2),
    signatures=st.frozensets(words, max_size=4),
    procedure=st.sampled_from([Procedure(), HEARD]),
)


@settings(max_examples=150, deadline=None)
@given(cases)
def test_nothing_is_concluded_that_lacks_something(case):
    assessment = assess(ITMC, case, on=TODAY)
    ripe = {s.sanction for s in assessment.standings if s.punishable}
    assert set(assessment.sanctions) == ripe
    if assessment.outcome not in (None, "cleared"):
        complete = [s.clause.outcome for s in assessment.standings if s.complete]
        assert assessment.outcome in complete
    for found in assessment.standings:
        assert not found.complete or any(found.clause.id in s.clauses for s in case.signatures)


@settings(max_examples=100, deadline=None)
@given(cases)
def test_without_signatures_there_is_neither_outcome_nor_penalty(case):
    assessment = assess(ITMC, replace(case, signatures=frozenset()), on=TODAY)
    assert (assessment.outcome, assessment.sanctions) == (None, ())


@settings(max_examples=100, deadline=None)
@given(cases, st.builds(Finding, flag_id=st.just("new"), label=st.just("absent")))
def test_one_more_confirmed_flag_makes_no_outcome_milder(case, finding):
    order = {None: 0, "cleared": 0, "violation": 1, "cheating": 2, "serious_cheating": 3}
    before = assess(ITMC, case, on=TODAY)
    after = assess(ITMC, replace(case, findings=case.findings | {finding}), on=TODAY)
    assert order[after.outcome] >= order[before.outcome]
    assert set(before.sanctions) <= set(after.sanctions)


# The register of bans


def test_the_register_lists_ripe_bans_with_their_dates_once():
    ripe = replace(whole(ITMC.clause("3-3")), subject_id="skills")
    unripe = replace(whole(ITMC.clause("3-3")), procedure=Procedure())
    candidacy = assess_candidate(ITMC, [ripe, whole(ITMC.clause("1-3"))], on=TODAY)
    bans = register(
        [
            ("s", "c1", candidacy),
            ("s", "c1", candidacy),
            ("s", "c2", assess_candidate(ITMC, [unripe], on=TODAY)),
        ]
    )
    (row,) = bans.to_dict("records")
    assert (row["candidate_id"], row["clause"]) == ("c1", "3-3")
    assert (row["starts_on"], row["last_day"]) == (SIGNED, date(2023, 12, 15))
    for day, held in ((SIGNED, 0), (date(2023, 12, 15), 1), (date(2023, 12, 16), 0)):
        assert len(banned_on(bans, day)) == held


def test_every_lack_and_penalty_has_its_words_in_both_languages():
    codes = {f"lack.{code}" for code in (*LACKS, *PENALTY_LACKS)}
    codes |= {f"penalty.{kind}" for kind in PENALTIES}
    for code in codes:
        assert word_table.say(code, "zh") != word_table.say(code, "en")
