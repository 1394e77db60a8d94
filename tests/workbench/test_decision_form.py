"""The decision form's handler, without a browser."""

import handmade
import pytest

from review.ledger import current_author, open_ledger
from review.workbench.candidate import open_candidate
from review.workbench.decisions import Decisions


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


def written(ledger):
    entries = ledger.entries(*handmade.KEY)
    return list(zip(entries["kind"], entries["payload"], strict=True))


def test_a_decision_is_in_the_ledger_when_it_is_answered(form, ledger):
    assert decide(form, note="两人") == {"id": "1", "ok": True}
    ((kind, payload),) = written(ledger)
    assert kind == "decision"
    assert payload["flag_id"] == "f1"
    assert payload["verdict"] == "confirmed"
    assert payload["note"] == "两人"
    assert (payload["stream"], payload["device_start_s"], payload["device_end_s"]) == (
        "front", 8.0, 14.0,
    )  # fmt: skip
    shown = form.decisions["f1"]
    assert (shown["verdict"], shown["mine"], shown["author"]) == ("confirmed", "confirmed", "rita")


def test_the_same_decision_sent_twice_is_entered_once(form, ledger):
    decide(form)
    assert decide(form, message_id="2")["ok"]
    assert len(written(ledger)) == 1


def test_undo_brings_back_what_was_before(form, ledger):
    decide(form, verdict="unsure")
    decide(form, verdict="dismissed")
    assert form.handle({"id": "3", "kind": "undo", "flag_id": "f1"})["ok"]
    assert form.decisions["f1"]["verdict"] == "unsure"
    assert form.handle({"id": "4", "kind": "undo", "flag_id": "f1"})["ok"]
    assert form.decisions == {}
    assert [kind for kind, _ in written(ledger)] == ["decision"] * 2 + ["retraction"] * 2


def test_nobody_takes_back_what_somebody_else_decided(form, hand, ledger, monkeypatch):
    decide(form)
    monkeypatch.setenv("REVIEW_USER", "sam")
    other = open_candidate(*handmade.KEY, workspace=hand.workspace).decisions
    assert other.decisions["f1"]["verdict"] == "confirmed"
    assert other.decisions["f1"]["mine"] is None
    answer = other.handle({"id": "1", "kind": "undo", "flag_id": "f1"})
    assert not answer["ok"]
    assert "local:sam" in answer["error"]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"id": 1, "kind": "decide", "flag_id": "nix", "verdict": "confirmed"}, "no such flag"),
        ({"id": 1, "kind": "decide", "flag_id": "f1", "verdict": "guilty"}, "unknown verdict"),
        ({"id": 1, "kind": "decide"}, "no such flag"),
        ({"id": 1, "kind": "undo", "flag_id": "f1"}, "no decision of yours"),
        ({"id": 1, "kind": "sign_off"}, "not understood"),
        (["decide"], "not understood"),
    ],
)
def test_what_cannot_be_is_answered_with_why_and_writes_nothing(form, ledger, message, said):
    answer = form.handle(message)
    assert not answer["ok"]
    assert said in answer["error"]
    assert written(ledger) == []


def test_a_ledger_that_cannot_be_written_is_an_error_in_the_page(hand, form, tmp_path):
    (tmp_path / "not_a_database").mkdir()
    broken = open_ledger(tmp_path / "not_a_database")
    lost = Decisions.__new__(Decisions)
    lost.__dict__.update(form.__dict__)
    lost._ledger = broken
    answer = decide(lost)
    assert not answer["ok"]
    assert "not_a_database" in answer["error"]


def test_a_decision_follows_its_flag_into_another_analysis(form, hand, own_ledger):
    decide(form)
    flags = hand.workspace.read_sitting("flags", hand.sitting)
    again = flags.assign(flag_id="new-" + flags["flag_id"])
    again.loc[again["label"] == "absent", ["device_start_s", "device_end_s"]] = [8.5, 14.5]
    ledger = open_ledger(own_ledger)
    later = Decisions({}, sitting=hand.sitting, flags=again, ledger=ledger, author=current_author())
    assert set(later.decisions) == {"new-f1"}
