"""Where the work stands: worklist, queue of supervisors, which sitting is next."""

import handmade
import pytest

from review.errors import ReviewError
from review.ledger import open_ledger
from review.ledger.payloads import Assignment
from review.workbench.listing import worklist
from review.workbench.people import working_author
from review.workbench.sittings import after, progress


@pytest.fixture
def row_of(hand, own_ledger, monkeypatch):
    """The first sitting's row as somebody sees it."""

    def seen(name="sue", role="supervisor"):
        monkeypatch.setenv("REVIEW_USER", name)
        ledger = open_ledger(own_ledger)
        author = working_author(ledger, role=role)
        rows = progress(hand.session, workspace=hand.workspace, ledger=ledger, author=author)
        return next(r for r in rows if (r["candidate_id"], r["subject_id"]) == handmade.KEY[1:])

    return seen


def decide(desk, flag_id, verdict):
    desk.decisions.handle(
        {"id": 1, "kind": "decide", "flag_id": flag_id, "verdict": verdict, "note": ""}
    )


def conclude(desk, outcome="cleared", clauses=()):
    desk.conclusion.handle(
        {"id": 1, "kind": "conclude", "outcome": outcome, "clauses": list(clauses), "note": "why"}
    )


def test_decided_means_that_there_is_an_outcome(desk_of, row_of):
    assert row_of()["state"] == "undecided"
    for flag_id, *_ in handmade.FLAGS:
        decide(desk_of(), flag_id, "dismissed")
    row = row_of()
    assert (row["state"], row["open_flags"]) == ("in_progress", 0)
    conclude(desk_of())
    row = row_of()
    assert (row["state"], row["outcome"], row["needs"]) == ("decided", "cleared", ["sign_off"])


def test_disagreement_waits_for_a_supervisor(desk_of, row_of):
    decide(desk_of("rita"), "f1", "confirmed")
    assert row_of()["needs"] == []
    decide(desk_of("sam"), "f1", "dismissed")
    row = row_of()
    assert (row["needs"], row["disputed"]) == (["disputed"], 1)
    decide(desk_of("sue", "supervisor"), "f1", "dismissed")
    assert row_of()["needs"] == []


def test_outcomes_that_differ_and_signatures_that_lack_wait_for_a_supervisor(desk_of, row_of):
    desk = desk_of("rita")
    decide(desk, "f1", "confirmed")
    clause = next(
        c for c in desk.conclusion.clauses if "absent" in c["labels"] and c["outcome"] != "note"
    )
    conclude(desk, clause["outcome"], [clause["id"]])
    conclude(desk_of("sam"), "cleared")
    assert "dispute" in row_of()["needs"]


def test_what_is_signed_off_waits_for_nobody(desk_of, row_of):
    conclude(desk_of())
    desk_of("sue", "supervisor").conclusion.handle({"id": 1, "kind": "sign_off", "note": ""})
    row = row_of()
    assert (row["closed"], row["needs"]) == (True, [])


def test_a_blind_reader_sees_neither_risk_nor_what_others_decided(
    desk_of, row_of, hand, own_ledger, monkeypatch
):
    decide(desk_of("rita"), "f1", "confirmed")
    monkeypatch.setenv("REVIEW_USER", "sue")
    listed = worklist("WB-1", workspace=hand.workspace, role="supervisor")
    answer = listed.handle(
        {"id": 1, "kind": "assign", "candidate_id": handmade.KEY[1], "subject_id": "theory",
         "person": "local:sam", "blind": True}
    )  # fmt: skip
    assert answer["ok"]
    row = row_of("sam", "reviewer")
    assert (row["blind"], row["mine"], row["risk"]) == (True, True, None)
    assert row["open_flags"] == len(handmade.FLAGS)
    assert row_of("rita", "reviewer")["risk"] == 71.5


def test_a_reviewer_assigns_nobody(hand, own_ledger):
    listed = worklist("WB-1", workspace=hand.workspace, role="reviewer")
    answer = listed.handle(
        {"id": 1, "kind": "assign", "candidate_id": handmade.KEY[1], "subject_id": "theory",
         "person": "local:sam", "blind": False}
    )  # fmt: skip
    assert not answer["ok"]
    assert "may not write 'assignment'" in answer["error"]


def test_the_worklist_says_what_is_left_who_is_there_and_why(desk_of, hand, monkeypatch):
    decide(desk_of("rita"), "f1", "confirmed")
    listed = worklist("WB-1", workspace=hand.workspace)
    row = next(r for r in listed.data["rows"] if r["candidate_id"] == handmade.KEY[1])
    assert (row["decided"], row["flags"], row["work"]) == (1, 5, "in_progress")
    assert "absent" in row["why"]["en"]
    assert "不在画面中" in row["why"]["zh"]
    decide(desk_of("rita"), "f2", "confirmed")
    assert listed.handle({"id": 1, "kind": "refresh"})["ok"]
    row = next(r for r in listed.data["rows"] if r["candidate_id"] == handmade.KEY[1])
    assert row["decided"] == 2


def sitting(candidate, **changes):
    row = {
        "candidate_id": candidate, "subject_id": "t", "analysis": "analysed",
        "state": "undecided", "assigned": [], "present": [], "mine": False,
    }  # fmt: skip
    return {**row, **changes}


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([sitting("b"), sitting("c")], "b"),
        ([sitting("b", state="decided"), sitting("c")], "c"),
        ([sitting("b", analysis="failed"), sitting("c", state="decided")], "c"),
        ([sitting("b", present=["local:sam"]), sitting("c")], "c"),
        ([sitting("b", assigned=["local:sam"]), sitting("c")], "c"),
        ([sitting("b"), sitting("c", assigned=["local:me"], mine=True)], "c"),
        ([sitting("b", state="decided")], "b"),
    ],
)
def test_next_is_what_still_wants_somebody(others, expected):
    rows = [sitting("a"), *others]
    assert after(rows, ("a", "t"), person="local:me") == (expected, "t")


def test_there_is_nothing_after_the_only_sitting():
    with pytest.raises(ReviewError, match="no other sitting"):
        after([sitting("a")], ("a", "t"), person="local:me")


def test_assignments_are_listed_with_their_persons(desk_of, row_of, own_ledger, monkeypatch):
    monkeypatch.setenv("REVIEW_USER", "sue")
    ledger = open_ledger(own_ledger)
    sue = working_author(ledger, role="supervisor")
    for person in ("local:sam", "local:rita", "local:sam"):
        ledger.record(Assignment(person=person), sitting_key=handmade.KEY, author=sue)
    assert row_of()["assigned"] == ["local:sam", "local:rita"]
