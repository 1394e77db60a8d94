import pytest

from review.ledger import current_author, open_ledger
from review.reporting.opinions import opinions_of
from review.reporting.render import Renderer
from review.reporting.summary import summarise
from review.rules import load_rulebook


@pytest.fixture
def person(tmp_path):
    def make(name, role="reviewer"):
        return current_author(
            role=role, environ={"REVIEW_USER": name, "XDG_CONFIG_HOME": str(tmp_path / "config")}
        )

    return make


@pytest.fixture
def ledger(tmp_path):
    opened = open_ledger(tmp_path / "ledger.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def write(ledger, case, person):
    def make(kind, author="ann", role="reviewer", **payload):
        return ledger.append(
            kind, payload, sitting_key=case.sitting.key, author=person(author, role)
        )

    return make


PERSON = {
    "flag_id": "f-person",
    "label": "extra_person",
    "stream": "front",
    "device_start_s": 10.0,
    "device_end_s": 14.0,
}


def test_an_empty_ledger_says_nothing(ledger, case):
    made = opinions_of(ledger, case.sitting, case.workspace.read_sitting("flags", case.sitting))
    assert (made.flags, made.sitting, made.anchor) == ({}, (), "")


def test_every_reader_is_listed_and_a_difference_is_named(ledger, case, write, tree):
    write("decision", **PERSON, verdict="confirmed", note="two <b>people</b>")
    write("decision", author="bob", **PERSON, verdict="dismissed")
    made = summarise(case.sitting, case.workspace, ledger=ledger)
    flag = made.flags[0]
    assert [(d.who, d.verdict, d.note) for d in flag.decisions] == [
        ("ann", "confirmed", "two <b>people</b>"),
        ("bob", "dismissed", ""),
    ]
    assert flag.standing.disputed
    page = tree(Renderer().page(made, {}, language="en", made=made.exam.start, pictures=0))
    text = page.text()
    assert "two <b>people</b>" in text
    assert "readers differ" in page.rows("flags")[0][7]
    assert "of which decided by a person: 1." in text
    assert made.ledger_anchor in text


def test_a_decision_follows_its_flag_through_another_analysis(ledger, case, write):
    write(
        "decision", **{**PERSON, "flag_id": "an-older-id", "device_end_s": 13.0}, verdict="unsure"
    )
    made = summarise(case.sitting, case.workspace, ledger=ledger)
    assert made.flags[0].standing.verdict == "unsure"
    assert made.orphans == ()


def test_a_decision_whose_flag_is_gone_is_listed_as_such(ledger, case, write):
    write("decision", **{**PERSON, "label": "absent"}, verdict="confirmed", note="he left")
    made = summarise(case.sitting, case.workspace, ledger=ledger)
    (orphan,) = made.orphans
    assert (orphan.label, orphan.note, orphan.orphaned) == ("absent", "he left", True)
    assert all(flag.standing is None for flag in made.flags)


def test_a_flag_of_a_persons_own_stands_on_session_time(ledger, case, write):
    write("own_flag", flag_id="own-1", label="eating", stream="front", device_start_s=40.0,
          device_end_s=44.0, note="an apple")  # fmt: skip
    made = summarise(case.sitting, case.workspace, ledger=ledger)
    own = next(flag for flag in made.flags if flag.flag_id == "own-1")
    # The computer's clock is 2 s behind.
    assert (own.start_s, own.end_s) == pytest.approx((42.0, 46.0))
    assert own.score is None
    assert own.decisions[0].note == "an apple"
    assert [flag.number for flag in made.flags] == [1, 2, 3, 4]


def test_an_outcome_names_its_clause_in_both_languages(ledger, case, write):
    clause = next(c for c in load_rulebook("itmc-2022").clauses if c.outcome == "cheating")
    write("outcome", role="supervisor", author="sue", outcome="cheating", rulebook="itmc-2022",
          clauses=[clause.id], note="seen in two views")  # fmt: skip
    (outcome,) = summarise(case.sitting, case.workspace, ledger=ledger).outcomes
    assert (outcome.who, outcome.role, outcome.outcome) == ("sue", "supervisor", "cheating")
    ((number, text),) = outcome.clauses
    assert number["en"] == clause.number.en
    assert text["zh"] == clause.summary.zh


def test_what_was_taken_back_is_not_reported(ledger, case, write):
    entry = write("decision", **PERSON, verdict="confirmed")
    write("retraction", seq=entry.seq, reason="wrong flag")
    made = summarise(case.sitting, case.workspace, ledger=ledger)
    assert made.flags[0].decisions == ()
    assert made.outcomes == ()


def test_times_are_told_in_the_sessions_time_zone(ledger, case, write):
    entry = write("decision", **PERSON, verdict="confirmed")
    (said,) = summarise(case.sitting, case.workspace, ledger=ledger).flags[0].decisions
    hour = int(entry.at[11:13])
    assert int(said.at[11:13]) == (hour + 8) % 24
