"""The decision form's handler, without a browser."""

import handmade
import pytest

from review.ledger import open_ledger
from review.workbench.book import Book
from review.workbench.candidate import open_candidate
from review.workbench.people import working_author


@pytest.fixture
def form(hand, own_ledger):
    return open_candidate(*handmade.KEY, workspace=hand.workspace).decisions


@pytest.fixture
def ledger(own_ledger):
    return open_ledger(own_ledger)


def decide(form, flag_id="f1", verdict="confirmed", note="", message_id="1"):
    return form.handle(
        {"id": message_id, "kind": "decide", "flag_id": flag_id, "verdict": verdict, "note": note}
    )


def mark(form, **changes):
    message = {
        "id": "m", "kind": "own_flag", "flag_id": "own-0001", "label": "headphones",
        "stream": "right_rear", "start_s": 12.0, "end_s": 15.5, "note": "white wire",
    }  # fmt: skip
    return form.handle({**message, **changes})


def undo(form):
    return form.handle({"id": "u", "kind": "undo", "seq": form.state["acts"][-1]["seq"]})


def written(ledger):
    entries = ledger.entries(*handmade.KEY)
    return list(zip(entries["kind"], entries["payload"], strict=True))


def test_a_decision_is_in_the_ledger_when_it_is_answered(form, ledger):
    answer = decide(form, note="两人")
    assert (answer["id"], answer["ok"]) == ("1", True)
    ((kind, payload),) = written(ledger)
    assert kind == "decision"
    assert payload["flag_id"] == "f1"
    assert payload["verdict"] == "confirmed"
    assert payload["note"] == "两人"
    assert (payload["stream"], payload["device_start_s"], payload["device_end_s"]) == (
        "front", 8.0, 14.0,
    )  # fmt: skip
    shown = form.state["decisions"]["f1"]
    assert (shown["verdict"], shown["mine"], shown["author"]) == ("confirmed", "confirmed", "rita")


def test_the_same_decision_sent_twice_is_entered_once(form, ledger):
    decide(form)
    assert decide(form, message_id="2")["ok"]
    assert len(written(ledger)) == 1


def test_undo_walks_back_through_whatever_was_done(form, ledger):
    decide(form, verdict="unsure")
    decide(form, verdict="dismissed")
    mark(form)
    assert [act["kind"] for act in form.state["acts"]] == ["decision", "decision", "own_flag"]
    assert undo(form)["ok"]
    assert form.state["own"] == []
    assert undo(form)["ok"]
    assert form.state["decisions"]["f1"]["verdict"] == "unsure"
    assert undo(form)["ok"]
    assert form.state["decisions"] == {}
    assert form.state["acts"] == []


def test_an_undo_that_was_answered_too_late_is_not_done_twice(form, ledger):
    decide(form, verdict="unsure")
    decide(form, verdict="dismissed")
    message = {"id": "u", "kind": "undo", "seq": form.state["acts"][-1]["seq"]}
    assert form.handle(message)["ok"]
    assert form.handle(message)["ok"]
    assert form.state["decisions"]["f1"]["verdict"] == "unsure"
    assert [kind for kind, _ in written(ledger)] == ["decision", "decision", "retraction"]


def test_nobody_takes_back_what_somebody_else_decided(form, hand, ledger, monkeypatch):
    decide(form)
    theirs = form.state["acts"][-1]["seq"]
    monkeypatch.setenv("REVIEW_USER", "sam")
    other = open_candidate(*handmade.KEY, workspace=hand.workspace).decisions
    assert other.state["decisions"]["f1"]["verdict"] == "confirmed"
    assert other.state["decisions"]["f1"]["mine"] is None
    assert other.state["acts"] == []
    answer = other.handle({"id": "1", "kind": "undo", "seq": theirs})
    assert not answer["ok"]
    assert "nothing of yours" in answer["error"]


def test_an_own_flag_stands_on_its_views_clock_and_is_shown_on_session_time(form, ledger):
    assert mark(form)["ok"]
    ((kind, payload),) = written(ledger)
    assert kind == "own_flag"
    # phone1 is 1.5 s behind session time.
    assert payload["device_start_s"] == pytest.approx(10.5, abs=0.01)
    (flag,) = form.state["own"]
    assert (flag["label"], flag["human"], flag["mine"]) == ("headphones", "rita", True)
    assert (flag["start_s"], flag["end_s"]) == (pytest.approx(12.0), pytest.approx(15.5))


def test_an_own_flag_sent_twice_is_one_flag(form, ledger):
    mark(form)
    assert mark(form)["ok"]
    assert len(written(ledger)) == 1


def test_others_decide_on_what_somebody_marked(form, hand, monkeypatch):
    mark(form)
    monkeypatch.setenv("REVIEW_USER", "sam")
    other = open_candidate(*handmade.KEY, workspace=hand.workspace).decisions
    assert [flag["human"] for flag in other.state["own"]] == ["rita"]
    assert decide(other, flag_id="own-0001", verdict="dismissed")["ok"]
    assert other.state["decisions"]["own-0001"]["disputed"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start_s": 15.5, "end_s": 15.5}, "mark in is not before mark out"),
        ({"label": "guilty"}, "no such flag can be marked"),
        ({"stream": "../front"}, "no such flag can be marked"),
        ({"flag_id": "f1"}, "no such flag can be marked"),
        ({"start_s": "soon"}, "start_s is no number"),
    ],
)
def test_an_own_flag_that_cannot_be_is_refused(form, ledger, changes, said):
    answer = mark(form, **changes)
    assert not answer["ok"]
    assert said in answer["error"]
    assert written(ledger) == []


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"id": 1, "kind": "decide", "flag_id": "nix", "verdict": "confirmed"}, "no such flag"),
        ({"id": 1, "kind": "decide", "flag_id": "f1", "verdict": "guilty"}, "unknown verdict"),
        ({"id": 1, "kind": "decide"}, "no such flag"),
        ({"id": 1, "kind": "undo", "seq": 7}, "nothing of yours"),
        ({"id": 1, "kind": "shred"}, "not understood"),
        (["decide"], "not understood"),
    ],
)
def test_what_cannot_be_is_answered_with_why_and_writes_nothing(form, ledger, message, said):
    answer = form.handle(message)
    assert not answer["ok"]
    assert said in answer["error"]
    assert written(ledger) == []


def test_a_ledger_that_cannot_be_written_is_an_error_in_the_page(form, tmp_path, monkeypatch):
    (tmp_path / "not_a_database").mkdir()
    monkeypatch.setattr(form._book, "_ledger", open_ledger(tmp_path / "not_a_database"))
    answer = decide(form)
    assert not answer["ok"]
    assert "not_a_database" in answer["error"]


def book(hand, own_ledger, **changes):
    names = ("flags", "clocks", "events", "segments")
    tables = {name: hand.workspace.read_sitting(name, hand.sitting) for name in names}
    ledger = open_ledger(own_ledger)
    author = working_author(ledger)
    return Book(hand.sitting, **{**tables, **changes}, ledger=ledger, author=author)


def test_a_decision_follows_its_flag_into_another_analysis(form, hand, own_ledger):
    decide(form)
    flags = hand.workspace.read_sitting("flags", hand.sitting)
    again = flags.assign(flag_id="new-" + flags["flag_id"])
    again.loc[again["label"] == "absent", ["device_start_s", "device_end_s"]] = [8.5, 14.5]
    later = book(hand, own_ledger, flags=again)
    assert set(later.state()["decisions"]) == {"new-f1"}
    assert later.state()["decisions"]["new-f1"]["mine"] == "confirmed"


def test_what_others_write_is_seen_when_the_page_asks(form, hand, own_ledger, monkeypatch):
    monkeypatch.setenv("REVIEW_USER", "sam")
    other = book(hand, own_ledger)
    assert other.handle({"id": 1, "kind": "decide", "flag_id": "f2", "verdict": "unsure"})["ok"]
    assert "f2" not in form.state["decisions"]
    assert form.handle({"id": 2, "kind": "refresh"})["ok"]
    assert form.state["decisions"]["f2"]["author"] == "sam"
