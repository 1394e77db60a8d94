"""Bans on a day, from what is on record, and who of a new session is under one."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from review.ledger.bans import bans_on, sign_off_of, under_ban
from review.ledger.circumstances import case_for, circumstances_of
from review.ledger.decisions import decisions
from review.ledger.payloads import Decision, EvidenceKept, Outcome, Reopen, Statement
from review.loaders import load_session
from review.rules import load_rulebook
from review.rules.engine import assess_candidate
from review.workspace import Workspace

ITMC = load_rulebook("itmc-2022")
MANIFEST = """
format = 1
id = "{id}"
kind = "exam"
platform = "itmc"
rulebook = "itmc-2022"
timezone = "Asia/Shanghai"
[[subjects]]
id = "theory"
name = "Theory"
start = {day}T08:30:00+08:00
end = {day}T10:00:00+08:00
"""
PEOPLE = """candidate_id,name,id_number,occupation,level,subjects
{c1},王小明,110101199001011234,电子商务师,三级,theory
{c2},李小红,11010119900202567X,电子商务师,三级,theory
"""


@pytest.fixture
def session(tmp_path):
    """Return a function: a session of two people by its id, its day and their tickets."""

    def make(session_id, day, c1="T1", c2="T2"):
        folder = tmp_path / session_id
        folder.mkdir()
        text = MANIFEST.format(id=session_id, day=day)
        (folder / "session.toml").write_text(text, encoding="utf-8")
        (folder / "candidates.csv").write_text(PEOPLE.format(c1=c1, c2=c2), encoding="utf-8")
        return load_session(folder)[0]

    return make


@pytest.fixture
def space(tmp_path):
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def banned(session, space, ledger, person):
    """Return a session whose first candidate had somebody else sit the exam, decided today."""
    made = session("first", "2022-12-10")
    space.register(made)
    sitting = made.sitting("T1", "theory")
    eva = person("eva", "supervisor")
    place = {"stream": "front", "device_start_s": 1.0, "device_end_s": 2.0}
    for payload in (
        Decision(flag_id="f1", label="different_person", verdict="confirmed", **place),
        EvidenceKept(flag_id="f1", **place),
        Statement(form="waived"),
        Outcome(outcome="serious_cheating", rulebook="itmc-2022", clauses=("3-3",)),
    ):
        ledger.record(payload, sitting_key=sitting.key, author=eva)
    return made


def today(ledger):
    at = ledger.entries(kinds=["outcome"])["at"].max()
    return datetime.fromisoformat(at).astimezone().date()


def test_a_ban_holds_from_the_day_after_the_decision_for_a_year(ledger, space, banned):
    decided = today(ledger)
    assert bans_on(ledger, decided, workspace=space).empty
    (row,) = bans_on(ledger, decided + timedelta(days=2), workspace=space).to_dict("records")
    assert (row["session_id"], row["candidate_id"], row["clause"]) == ("first", "T1", "3-3")
    assert row["basis"] == "assessed"
    assert len(bans_on(ledger, row["last_day"], workspace=space)) == 1
    assert bans_on(ledger, row["last_day"] + timedelta(days=1), workspace=space).empty


def test_a_sign_off_keeps_the_ban_where_the_session_is_gone_until_it_is_reopened(
    ledger, space, banned, person
):
    sitting = banned.sitting("T1", "theory")
    nothing = space.read("flags", "first"), space.read("events", "first")
    case = case_for(ledger, sitting, flags=nothing[0], events=nothing[1])
    soon = today(ledger) + timedelta(days=2)
    candidacy = assess_candidate(ITMC, [case], on=soon)
    assert bans_on(ledger, soon).empty
    closing = sign_off_of(candidacy, "theory", note="as discussed")
    assert (closing.outcome, closing.clauses) == ("serious_cheating", ("3-3",))
    assert closing.penalties == ("cancel_batch_and_ban",)
    eva = person("eva", "supervisor")
    ledger.record(closing, sitting_key=sitting.key, author=eva)
    (row,) = bans_on(ledger, soon).to_dict("records")
    assert (row["candidate_id"], row["clause"], row["basis"]) == ("T1", "3-3", "signed_off")
    assert row["last_day"].isoformat() == closing.banned_until
    ledger.record(Reopen(reason="an appeal"), sitting_key=sitting.key, author=eva)
    assert bans_on(ledger, soon).empty


def test_a_candidate_under_a_ban_is_found_under_another_ticket(ledger, space, banned, session):
    soon = (today(ledger) + timedelta(days=30)).isoformat()
    # The tickets have changed hands: the number of the banned one is somebody else's now.
    later = session("later", soon, c1="T7", c2="T1")
    (row,) = under_ban(ledger, later, space).to_dict("records")
    assert (row["candidate_id"], row["subject_id"], row["match"]) == ("T7", "theory", "id_number")
    assert (row["banned_session_id"], row["banned_candidate_id"]) == ("first", "T1")
    assert "110101199001011234" not in str(row)
    too_late = session("too-late", (today(ledger) + timedelta(days=400)).isoformat())
    assert under_ban(ledger, too_late, space).empty


def test_absences_that_were_dismissed_do_not_count_as_time_away(ledger, sitting, person):
    rows = [("f1", 0.0, 400.0), ("f2", 300.0, 500.0), ("f3", 600.0, 900.0)]
    flags = Workspace().read("flags", "nothing").reindex(range(3))
    flags["label"], flags["stream"] = "absent", "front"
    flags[["flag_id", "start_s", "end_s"]] = rows
    events = Workspace().read("events", "nothing")
    decided = decisions(ledger, sitting.key)
    around = circumstances_of(sitting, decided, flags, events)
    assert (around.away_total_s, around.away_longest_s) == (800.0, 500.0)
    assert (around.exam_on, around.permitted) == (date(2022, 12, 10), False)
    decided = pd.DataFrame([{"flag_id": "f3", "verdict": "dismissed"}])
    assert circumstances_of(sitting, decided, flags, events).away_total_s == 500.0
    permission = {"stream": "events_proctor", "type": "permission_granted"}
    events = events.reindex([0]).assign(**permission)
    assert circumstances_of(sitting, decided, flags, events).permitted
