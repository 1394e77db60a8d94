"""The candidate's side and appeals: the handlers without a browser."""

import datetime as dt

import handmade
import pytest

from review.ledger import open_ledger


def say(desk, kind, **content):
    return desk.conclusion.handle({"id": kind, "kind": kind, **content})


def shown(desk):
    return desk.conclusion.state


def concluded(desk_of):
    """Let rita and a supervisor conclude a violation; return its clause and outcome."""
    desk = desk_of()
    clause = next(c for c in desk.conclusion.clauses if "absent" in c["labels"] and c["penalty"])
    desk.decisions.handle({"id": 1, "kind": "decide", "flag_id": "f1", "verdict": "confirmed"})
    said = {"outcome": clause["outcome"], "clauses": [clause["id"]], "note": "left the picture"}
    for name, role in (("rita", "reviewer"), ("sue", "supervisor")):
        assert say(desk_of(name, role), "conclude", **said)["ok"]
    return clause["id"], clause["outcome"]


def test_an_invitation_is_on_record_once_with_its_last_day(desk_of, own_ledger):
    desk = desk_of()
    assert shown(desk)["statements"] == []
    for _ in range(2):
        assert say(desk, "state", form="invited", text="", deadline="2022-12-20")["ok"]
    (one,) = shown(desk)["statements"]
    assert (one["form"], one["deadline"], one["author"]) == ("invited", "2022-12-20", "rita")
    assert list(open_ledger(own_ledger).entries(*handmade.KEY)["kind"]) == ["statement"]


def test_the_form_proposes_the_last_day_of_the_rulebook(desk_of):
    from review.rules import load_rulebook

    days = int(load_rulebook("itmc-2022").parameter("statement_days"))
    today = dt.datetime.now(dt.UTC).date()
    proposed = dt.date.fromisoformat(shown(desk_of())["side"]["propose"])
    # The day may turn between the two questions.
    assert proposed - today in {dt.timedelta(days=d) for d in (days, days - 1)}


def test_a_statement_is_kept_as_it_was_said_at_the_sessions_wall_clock(desk_of):
    desk = desk_of()
    words = '我没有<b>作弊</b> "\u202eمحمد'
    assert say(desk, "state", form="received", text=words, held_at="2022-12-15T14:05")["ok"]
    (one,) = shown(desk)["statements"]
    assert one["text"] == words
    assert one["held_at"] == "2022-12-15T14:05+08:00"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"form": "invited", "deadline": None}, "without a deadline"),
        ({"form": "invited", "deadline": "soon"}, "deadline is no time"),
        ({"form": "pardoned"}, "unknown form"),
        ({"form": "hearing", "held_at": "yesterday"}, "held_at is no time"),
    ],
)
def test_a_step_that_cannot_be_is_refused_and_nothing_is_written(desk_of, own_ledger, content, why):
    answer = say(desk_of(), "state", **content)
    assert not answer["ok"]
    assert why in answer["error"]
    assert open_ledger(own_ledger).entries(*handmade.KEY).empty


def test_steps_take_away_what_the_penalty_lacks(desk_of):
    clause, _ = concluded(desk_of)
    desk = desk_of()

    def lacking():
        found = shown(desk)["assessment"]["standings"]
        return set(next(one for one in found if one["clause"] == clause)["penalty_lacking"])

    assert {"invitation", "hearing"} <= lacking()
    say(desk, "state", form="invited", deadline="2999-01-01")
    assert "invitation" not in lacking()
    assert "statement" in lacking()
    say(desk, "state", form="received", text="I was ill", held_at="2022-12-15T14:05")
    say(desk, "state", form="hearing", text="", held_at="2022-12-16T10:00")
    assert lacking().isdisjoint({"invitation", "statement", "hearing"})


def test_a_step_can_be_taken_back(desk_of):
    desk = desk_of()
    say(desk, "state", form="waived", text="")
    last = shown(desk)["acts"][-1]
    assert last["kind"] == "statement"
    assert say(desk, "undo", seq=last["seq"])["ok"]
    assert shown(desk)["statements"] == []


def appealed(desk_of):
    clause, outcome = concluded(desk_of)
    assert say(desk_of(), "state", form="appeal", text="not me", held_at="2022-12-18T09:00")["ok"]
    return clause, outcome


def test_an_appeal_is_open_until_a_supervisor_from_outside_decides_it(desk_of):
    clause, outcome = appealed(desk_of)
    desk = desk_of("max", "supervisor")
    assert "appeal" in shown(desk)["assessment"]["lacking"]
    assert shown(desk)["side"]["appeal"]["mine"]
    assert say(desk, "conclude", appeal="upheld", outcome="cleared", clauses=[], note="no")["ok"]
    # Upheld is what was concluded before, whatever the page said beside it.
    (word,) = [one for one in shown(desk)["outcomes"] if one["appeal"]]
    assert (word["outcome"], word["clauses"], word["appeal"]) == (outcome, [clause], "upheld")
    assert "appeal" not in shown(desk)["assessment"]["lacking"]
    assert len(shown(desk)["outcomes"]) == 3


def test_an_appeal_that_is_lifted_clears(desk_of):
    appealed(desk_of)
    desk = desk_of("max", "supervisor")
    assert say(desk, "conclude", appeal="lifted", outcome="cheating", clauses=["x"], note="")["ok"]
    assert shown(desk)["assessment"]["outcome"] == "cleared"


@pytest.mark.parametrize(
    ("name", "role", "why"),
    [
        ("sue", "supervisor", "does not decide its appeal"),  # she signed the outcome
        ("max", "reviewer", "a supervisor decides"),
    ],
)
def test_who_may_not_decide_an_appeal_is_told_so(desk_of, name, role, why):
    appealed(desk_of)
    desk = desk_of(name, role)
    assert not shown(desk)["side"]["appeal"]["mine"]
    answer = say(desk, "conclude", appeal="lifted", outcome="cleared", clauses=[], note="")
    assert not answer["ok"]
    assert why in answer["error"]


def test_an_appeal_makes_nothing_harsher(desk_of):
    clause, _ = appealed(desk_of)
    answer = say(desk_of("max", "supervisor"), "conclude", appeal="lowered",
                 outcome="serious_cheating", clauses=[clause], note="")  # fmt: skip
    assert "nothing harsher" in answer["error"]


def test_without_an_appeal_none_is_decided(desk_of):
    concluded(desk_of)
    answer = say(desk_of("max", "supervisor"), "conclude", appeal="lifted", outcome="cleared",
                 clauses=[], note="")  # fmt: skip
    assert "nobody has appealed" in answer["error"]


def test_nothing_is_written_about_a_closed_sitting(desk_of):
    assert say(desk_of("sue", "supervisor"), "sign_off", note="")["ok"]
    assert "signed off" in say(desk_of(), "state", form="appeal", text="no")["error"]


def test_a_blind_reader_does_not_learn_that_the_candidate_was_heard(desk_of):
    desk = desk_of()
    say(desk, "state", form="hearing", text="asked about the phone")
    desk.decisions.handle({"id": 1, "kind": "preserve", "flag_id": "f2"})
    blind = desk_of("sam", blind=True)
    assert shown(blind)["statements"] == []
    assert shown(blind)["evidence"] == []
    # Evidence of their own is theirs, though somebody else kept the same before.
    assert blind.decisions.handle({"id": 1, "kind": "preserve", "flag_id": "f2"})["ok"]
    assert shown(blind)["evidence"] == ["f2"]
