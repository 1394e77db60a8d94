"""Outcomes, warnings, recusal, sign-off, blind reading: the handlers without a browser."""

import handmade
import pytest

from review.ledger import open_ledger
from review.ledger.payloads import Assignment
from review.workbench.people import working_author

AWAY = "absent"


def say(desk, kind, **content):
    return desk.conclusion.handle({"id": kind, "kind": kind, **content})


def confirm(desk, flag_id="f1", verdict="confirmed"):
    return desk.decisions.handle(
        {"id": 1, "kind": "decide", "flag_id": flag_id, "verdict": verdict, "note": ""}
    )


def supported(desk, label=AWAY):
    """A clause that flags of a label support and that has a penalty."""
    return next(c["id"] for c in desk.conclusion.clauses if label in c["labels"] and c["penalty"])


def standing(assessment, clause):
    return next(one for one in assessment["standings"] if one["clause"] == clause)


def test_both_forms_show_the_same_book(desk_of):
    desk = desk_of()
    confirm(desk)
    assert desk.conclusion.state == desk.decisions.state
    assert desk.conclusion.state["acts"]


def test_the_engine_says_what_is_lacking_before_and_after_a_signature(desk_of):
    desk = desk_of()
    confirm(desk)
    clause = supported(desk)
    before = standing(desk.conclusion.state["assessment"], clause)
    assert "signature" in before["lacking"]
    wanted = {"outcome": "violation", "clauses": [clause], "note": "left the picture"}
    weighed = say(desk, "weigh", **wanted)["assessment"]
    assert len(standing(weighed, clause)["lacking"]) < len(before["lacking"]) or (
        standing(weighed, clause)["lacking"] == ["signature"]
    )
    assert desk.conclusion.state["outcomes"] == []  # weighing writes nothing
    outcome = next(c["outcome"] for c in desk.conclusion.clauses if c["id"] == clause)
    assert say(desk, "conclude", outcome=outcome, clauses=[clause], note="left")["ok"]
    (said,) = desk.conclusion.state["outcomes"]
    assert (said["clauses"], said["mine"], said["note"]) == ([clause], True, "left")
    assert standing(desk.conclusion.state["assessment"], clause)["lacking"] == (
        standing(say(desk, "weigh", outcome=outcome, clauses=[clause], note="left")["assessment"],
                 clause)["lacking"]
    )  # fmt: skip


def test_the_same_outcome_sent_twice_is_entered_once(desk_of, own_ledger):
    desk = desk_of()
    for _ in range(2):
        assert say(desk, "conclude", outcome="cleared", clauses=[], note="seen all")["ok"]
    assert list(open_ledger(own_ledger).entries(*handmade.KEY)["kind"]) == ["outcome"]
    assert desk.conclusion.state["assessment"]["outcome"] == "cleared"


def test_an_outcome_can_be_taken_back(desk_of):
    desk = desk_of()
    say(desk, "conclude", outcome="cleared", clauses=[], note="")
    seq = desk.conclusion.state["acts"][-1]["seq"]
    assert say(desk, "undo", seq=seq)["ok"]
    assert desk.conclusion.state["outcomes"] == []


def test_an_outcome_without_a_clause_is_refused(desk_of):
    answer = say(desk_of(), "conclude", outcome="cheating", clauses=[], note="")
    assert not answer["ok"]
    assert "rests on clauses" in answer["error"]


def test_a_mock_exam_has_no_outcome(desk_of, monkeypatch):
    desk = desk_of()
    mock = desk.conclusion._book.sitting.session
    monkeypatch.setitem(mock.__dict__, "kind", "mock")
    answer = say(desk, "conclude", outcome="cleared", clauses=[], note="")
    assert not answer["ok"]
    assert "only an exam" in answer["error"]


def test_a_warning_goes_on_record_once_at_its_wall_clock(desk_of):
    desk = desk_of()
    clause = supported(desk)
    for _ in range(2):
        assert say(desk, "warn", reason="left the page", clause=clause, given_s=42.0,
                   answered=None, corrected=False)["ok"]  # fmt: skip
    (warning,) = desk.conclusion.state["warnings"]
    assert warning["given_at"] == "2022-12-10T08:30:42+08:00"
    assert (warning["clause"], warning["corrected"]) == (clause, False)


def test_the_logs_warnings_are_offered(desk_of):
    (warning,) = desk_of().conclusion.data["warnings"]
    assert (warning["time_s"], warning["reason"], warning["answered"]) == (42.0, "off_screen", True)


def test_evidence_is_kept_once_with_its_file(desk_of, own_ledger):
    desk = desk_of()
    for _ in range(2):
        assert desk.decisions.handle({"id": 1, "kind": "preserve", "flag_id": "f2"})["ok"]
    assert desk.decisions.state["evidence"] == ["f2"]
    (entry,) = open_ledger(own_ledger).entries(*handmade.KEY).to_dict("records")
    assert entry["payload"]["file"].endswith("right_rear/1.mp4")


def test_who_steps_aside_looks_and_decides_nothing(desk_of):
    desk = desk_of()
    assert say(desk, "recuse", reason="a relative")["ok"]
    assert desk.decisions.state["recused"]
    answer = confirm(desk)
    assert not answer["ok"]
    assert "stepped aside" in answer["error"]
    again = desk_of()  # of the whole candidate, in another page, too
    assert again.decisions.state["recused"]
    other = desk_of("sam")
    assert not other.decisions.state["recused"]
    assert confirm(other)["ok"]


def test_recusing_needs_a_reason(desk_of):
    assert "reason is empty" in say(desk_of(), "recuse", reason=" ")["error"]


def test_a_supervisor_signs_off_and_reopens(desk_of):
    desk = desk_of("sue", "supervisor")
    assert say(desk, "sign_off", note="complete")["ok"]
    assert desk.conclusion.state["closed"]["author"] == "sue"
    assert "signed off" in confirm(desk_of())["error"]
    desk = desk_of("sue", "supervisor")
    assert say(desk, "sign_off", note="")["ok"]  # already closed: nothing more is written
    assert say(desk, "reopen", reason="new evidence")["ok"]
    assert desk.conclusion.state["closed"] is None
    assert confirm(desk_of())["ok"]


def test_a_reviewer_signs_nothing_off(desk_of):
    answer = say(desk_of(), "sign_off", note="")
    assert not answer["ok"]
    assert "reviewer" in answer["error"]


@pytest.fixture
def blind(desk_of, own_ledger, monkeypatch):
    """A sitting that rita has read, assigned to sam for a blind second reading."""
    first = desk_of()
    confirm(first, "f1", "confirmed")
    first.decisions.handle(
        {"id": 1, "kind": "own_flag", "flag_id": "own-rita", "label": "eating", "stream": "front",
         "start_s": 3.0, "end_s": 4.0, "note": ""}
    )  # fmt: skip
    say(first, "conclude", outcome="cleared", clauses=[], note="rita saw nothing")
    monkeypatch.setenv("REVIEW_USER", "sue")
    ledger = open_ledger(own_ledger)
    sue = working_author(ledger, role="supervisor")
    said = Assignment(person="local:sam", blind=True)
    ledger.record(said, sitting_key=handmade.KEY, author=sue)
    return desk_of("sam")


def test_a_blind_reader_is_given_neither_scores_nor_opinions(blind):
    import json

    assert blind.decisions.state["blind"]
    assert {flag["score"] for flag in blind.decisions.data["flags"]} == {None}
    sent = json.dumps([blind.decisions.state, blind.conclusion.state, blind.player.data])
    assert "rita" not in sent
    assert "0.93" not in sent
    assert blind.decisions.state["decisions"] == {}
    assert blind.decisions.state["own"] == []
    assert blind.conclusion.state["outcomes"] == []


def test_a_blind_reading_is_marked_as_such(blind, own_ledger):
    confirm(blind, "f1", "dismissed")
    entries = open_ledger(own_ledger).entries(*handmade.KEY, kinds=["decision"])
    assert [p["blind"] for p in entries["payload"]] == [False, True]
    # The reader's own word does not show that somebody disagrees.
    assert not blind.decisions.state["decisions"]["f1"]["disputed"]


def test_blindness_ends_with_the_readers_own_outcome(blind, desk_of):
    confirm(blind, "f1", "dismissed")
    say(blind, "conclude", outcome="cleared", clauses=[], note="seen all")
    after = desk_of("sam")
    assert not after.decisions.state["blind"]
    assert after.decisions.state["decisions"]["f1"]["disputed"]
    assert {one["author"] for one in after.conclusion.state["outcomes"]} == {"rita", "sam"}


def test_who_is_assigned_blind_cannot_open_their_eyes(blind, desk_of):
    assert desk_of("sam", blind=False).decisions.state["blind"]
