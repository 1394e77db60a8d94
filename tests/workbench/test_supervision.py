"""The supervisor's page as the kernel sees it."""

import json
import os
from types import SimpleNamespace

import forty
import handmade
import pytest

from review.ledger import current_author, open_ledger
from review.ledger.payloads import Assignment, Decision, Outcome
from review.workbench.supervision import supervise

COUNT = forty.COUNT


@pytest.fixture
def made(tmp_path, own_ledger):
    space, flags = forty.make_forty(tmp_path)
    return SimpleNamespace(space=space, flags=flags, ledger=open_ledger(str(own_ledger)))


def person(name, role="reviewer"):
    return current_author(role=role, environ={**os.environ, "REVIEW_USER": name})


def page(made, role="supervisor", **options):
    return supervise("WB-1", workspace=made.space, role=role, **options)


def look(made, verdict, label="looking_away", who="ann"):
    author = person(who)
    for flag in made.flags[made.flags["label"] == label].to_dict("records"):
        said = Decision(flag_id=flag["flag_id"], label=label, stream="front", verdict=verdict,
                        device_start_s=5.0, device_end_s=9.0)  # fmt: skip
        key = ("WB-1", flag["candidate_id"], "theory")
        made.ledger.record(said, sitting_key=key, author=author)


def ask(widget, kind, **more):
    return widget.handle({"id": 1, "kind": kind, **more})


def test_the_page_gets_columns_in_the_order_of_work_and_plain_json(made):
    data = page(made).data
    columns = data["columns"]
    assert {len(column) for column in columns.values()} == {COUNT}
    assert columns["candidate_id"][0] == f"c{COUNT - 1}"
    assert columns["name"][-1] == handmade.NAME
    assert json.loads(json.dumps(data)) == data
    assert data["remaining"]["zh"] == "尚未抽取随机样本。"


def test_assigning_many_takes_people_in_turn_and_is_recorded(made):
    widget = page(made)
    sittings = [[f"c{n:02d}", "theory"] for n in range(6)]
    people = ["local:ann", "local:bob"]
    answer = ask(widget, "assign", sittings=sittings, people=people, purpose="risk")
    assert (answer["ok"], answer["count"]) == (True, 6)
    entries = made.ledger.entries("WB-1", kinds=["assignment"])
    assert [p["person"] for p in entries["payload"]] == people * 3
    assert {p["purpose"] for p in entries["payload"]} == {"risk"}
    columns = widget.data["columns"]
    at = columns["candidate_id"].index("c01")
    assert columns["assigned"][at] == ["local:bob"]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"kind": "assign", "sittings": [], "people": ["local:ann"]}, "no sitting was chosen"),
        ({"kind": "assign", "sittings": [["x", "y"]], "people": ["local:ann"]}, "no such sitting"),
        ({"kind": "assign", "sittings": [["c00", "theory"]], "people": []}, "nobody"),
        ({"kind": "plan", "label": "looking_away", "below_score": 0.9}, "this sure"),
        ({"kind": "plan", "label": "extra_person", "below_score": 0.3}, "this grave"),
        ({"kind": "plan", "label": "looking_away", "below_score": "all"}, "no number"),
        ({"kind": "sample", "fewer_than": 3, "people": []}, "nobody"),
        ({"kind": "second", "second_rate": 3, "known_rate": 0, "people": []}, "no share"),
        ({"kind": "gossip"}, "not understood"),
    ],
)
def test_what_cannot_be_is_refused_in_words(made, message, error):
    answer = page(made).handle({"id": 7, **message})
    assert not answer["ok"]
    assert error in answer["error"]
    assert made.ledger.entries("WB-1").empty


def test_a_reviewer_assigns_nothing(made):
    answer = ask(
        page(made, role="reviewer"), "assign", sittings=[["c00", "theory"]], people=["local:ann"]
    )
    assert "reviewer may not write" in answer["error"]


def test_bulk_dismissal_asks_for_the_sample_first(made):
    widget = page(made)
    said = {"label": "looking_away", "below_score": 0.3}
    plan = ask(widget, "plan", **said)
    assert plan["count"] == COUNT
    assert plan["left"] == len(plan["sample"]) == 25
    refused = ask(widget, "dismiss", **said)
    assert "sample was not looked at" in refused["error"]
    by_candidate = made.flags[made.flags["label"] == "looking_away"].set_index("candidate_id")
    sample = [one["candidate_id"] for one in plan["sample"]]
    kept = SimpleNamespace(flags=by_candidate.loc[sample].reset_index(), ledger=made.ledger)
    look(kept, "dismissed")
    done = ask(widget, "dismiss", **said)
    assert (done["ok"], done["count"], done["refused"]) == (True, COUNT - 25, [])
    entries = made.ledger.entries("WB-1", kinds=["bulk"])
    assert len(entries) == COUNT - 25
    assert {len(p["sample"]) for p in entries["payload"]} == {25}
    assert sum(widget.data["columns"]["open"]) == COUNT  # the other label's
    assert "nothing is left" in ask(widget, "plan", **said)["error"]


def test_one_real_flag_in_the_sample_stops_it(made):
    widget = page(made)
    said = {"label": "looking_away", "below_score": 0.3}
    look(made, "dismissed")
    flag = made.flags.iloc[[0]]
    plan = ask(widget, "plan", **said)
    assert "nothing is left" in plan["error"]  # all were looked at
    look(SimpleNamespace(flags=flag, ledger=made.ledger), "confirmed", who="bob")
    assert not ask(widget, "dismiss", **said)["ok"]
    assert made.ledger.entries("WB-1", kinds=["bulk"]).empty


def test_only_what_is_cleared_is_signed_off_together(made):
    said = Outcome(outcome="cleared", rulebook="itmc-2022")
    for name in ("c00", "c01"):
        made.ledger.record(said, sitting_key=("WB-1", name, "theory"), author=person("ann"))
    widget = page(made)
    sittings = [[name, "theory"] for name in ("c00", "c01", "c02")]
    answer = ask(widget, "sign_off", sittings=sittings)
    assert answer["count"] == 2
    (refused,) = answer["refused"]
    assert "c02" in refused
    columns = widget.data["columns"]
    assert sum(columns["closed"]) == 2


def test_a_blind_reader_sees_neither_risk_nor_what_others_said(made):
    look(made, "dismissed")
    for who in ("ann", "bob"):
        said = Outcome(outcome="cleared", rulebook="itmc-2022")
        made.ledger.record(said, sitting_key=("WB-1", "c03", "theory"), author=person(who))
    sue = person("sue", "supervisor")
    blind = Assignment(person="local:rita", blind=True, purpose="second")
    made.ledger.record(blind, sitting_key=("WB-1", "c03", "theory"), author=sue)
    columns = page(made, role="reviewer").data["columns"]
    at = columns["candidate_id"].index("c03")
    assert columns["blind"][at]
    assert columns["mine"][at]
    assert (columns["risk"][at], columns["outcome"][at], columns["reasons"][at]) == (None, None, [])
    assert columns["open"][at] == columns["flags"][at]
    assert columns["state"][at] == "undecided"


def test_samples_and_second_readings_from_the_page(made):
    widget = page(made)
    people = ["local:ann", "local:bob"]
    drawn = ask(widget, "sample", fewer_than=10, people=people)
    assert drawn["ok"]
    assert "nothing can be said" in widget.data["remaining"]["en"]
    look(made, "dismissed")
    look(made, "dismissed", label="extra_person")
    assert ask(widget, "refresh")["ok"]
    assert "Every sitting is reviewed" in widget.data["remaining"]["en"]
    again = ask(widget, "second", second_rate=0.5, known_rate=0.0, people=people)
    assert again["count"] == COUNT // 2
