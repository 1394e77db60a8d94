"""From entries to the engine: the same set in another order comes to the same end."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.errors import LedgerError
from review.ledger import current_author, open_ledger
from review.ledger.cases import case_of
from review.ledger.payloads import (
    Decision,
    EvidenceKept,
    Outcome,
    Reopen,
    Retraction,
    SignOff,
    Statement,
    WarningGiven,
)
from review.rules import load_rulebook
from review.rules.engine import assess

SITTING = ("s1", "c1", "theory")
ITMC = load_rulebook("itmc-2022")
LATER = date(2099, 1, 1)


def case(ledger, **more):
    return case_of(
        ledger.entries(*SITTING),
        subject_id="theory",
        exam_on=date(2022, 12, 10),
        timezone="Asia/Shanghai",
        **more,
    )


def decision(verdict="confirmed", label="extra_person"):
    return Decision(
        flag_id="f1",
        label=label,
        stream="front",
        device_start_s=1.0,
        device_end_s=2.0,
        verdict=verdict,
    )


def outcome(*clauses, **more):
    return Outcome(
        outcome="cheating" if clauses else "cleared", rulebook="itmc-2022", clauses=clauses, **more
    )


EVIDENCE = EvidenceKept(stream="front", device_start_s=1.0, device_end_s=2.0, flag_id="f1")
INVITED = Statement(form="invited", deadline="2022-12-20")


def test_the_whole_way_from_flag_to_penalty(ledger, person):
    ann, eva = person("ann"), person("eva", "supervisor")

    def record(payload, author):
        return ledger.record(payload, sitting_key=SITTING, author=author)

    def stage():
        assessment = assess(ITMC, case(ledger), on=LATER)
        return assessment.outcome, [s.kind for s in assessment.sanctions]

    assert stage() == (None, [])
    record(decision(), ann)
    record(outcome("2-1"), ann)
    assert stage() == (None, [])
    record(EVIDENCE, ann)
    assert stage() == ("cheating", [])
    record(INVITED, ann)
    record(Statement(form="received", text="my sister brought tea"), ann)
    record(Statement(form="hearing", held_at="2022-12-19T10:00:00+08:00"), ann)
    assert stage() == ("cheating", [])
    closed = record(SignOff(), eva)
    assert stage() == ("cheating", ["cancel_subject"])
    record(Reopen(reason="the recording of phone 2 came late"), eva)
    assert stage() == ("cheating", [])
    assert closed.kind == "sign_off"
    (evidence_seq,) = ledger.entries(kinds=["evidence"])["seq"]
    record(Retraction(seq=int(evidence_seq)), ann)
    assert stage() == (None, [])


def test_a_day_is_a_day_in_the_session_s_time_zone(ledger, person, monkeypatch):
    ledger.record(outcome(), sitting_key=SITTING, author=person())
    entries = ledger.entries(*SITTING)
    entries.loc[entries["kind"] == "outcome", "at"] = "2022-12-10T17:00:00.000000+00:00"
    made = case_of(
        entries, subject_id="theory", exam_on=date(2022, 12, 10), timezone="Asia/Shanghai"
    )
    (signature,) = made.signatures
    assert signature.signed_on == date(2022, 12, 11)


def test_the_last_word_of_a_person_is_their_signature(ledger, person):
    for payload in (outcome("2-1"), outcome()):
        ledger.record(payload, sitting_key=SITTING, author=person())
    (signature,) = case(ledger).signatures
    assert (signature.person, signature.outcome) == ("local:ann", "cleared")


def test_warnings_keep_their_clause_and_whether_they_were_heeded(ledger, person):
    for corrected in (False, None):
        ledger.record(
            WarningGiven(reason="left the page", clause="1-4", corrected=corrected),
            sitting_key=SITTING,
            author=person(),
        )
    found = case(ledger).warnings
    assert {(w.clause, w.corrected) for w in found} == {("1-4", False), ("1-4", None)}


def test_an_appeal_is_kept_apart_from_the_outcome_it_is_about(ledger, person):
    eva, zoe = person("eva", "supervisor"), person("zoe", "supervisor")
    ledger.record(outcome("2-1"), sitting_key=SITTING, author=eva)
    ledger.record(
        Statement(form="appeal", text="it was a poster", held_at="2022-12-21"),
        sitting_key=SITTING,
        author=eva,
    )
    ledger.record(outcome(appeal="lifted"), sitting_key=SITTING, author=zoe)
    made = case(ledger)
    assert {s.person for s in made.signatures} == {"local:eva"}
    assert made.appeal.filed_on == date(2022, 12, 21)
    assert {d.signature.person for d in made.appeal.decisions} == {"local:zoe"}
    assert "local:zoe" not in made.involved
    assert assess(ITMC, made, on=LATER).outcome == "cleared"


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (lambda: Outcome(outcome="violation", rulebook="r"), "rests on clauses"),
        (lambda: Outcome(outcome="cleared", rulebook="r", clauses=("1-3",)), "rests on clauses"),
        (lambda: Outcome(outcome="guilty", rulebook="r", clauses=("1-3",)), "unknown outcome"),
        (lambda: outcome("2-1", appeal="maybe"), "unknown appeal"),
        (lambda: Statement(form="invited"), "without a deadline"),
        (lambda: Statement(form="hearing", held_at="yesterday"), "held_at is no time"),
        (lambda: Statement(form="hearing", held_at="2022-12-10T10:00"), "offset"),
    ],
)
def test_an_outcome_or_statement_that_cannot_be_is_refused(payload, said):
    with pytest.raises(LedgerError, match=said):
        payload()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("orders")


ACTS = {
    "ann decides": ("ann", "reviewer", decision()),
    "bob decides": ("bob", "reviewer", decision("dismissed")),
    "eva decides": ("eva", "supervisor", decision()),
    "ann concludes": ("ann", "reviewer", outcome("2-1")),
    "bob concludes": ("bob", "reviewer", outcome()),
    "eva concludes": ("eva", "supervisor", outcome("2-1", "2-5", note="seen")),
    "evidence": ("ann", "reviewer", EVIDENCE),
    "invited": ("ann", "reviewer", INVITED),
    "heard": ("eva", "supervisor", Statement(form="waived")),
}


@settings(max_examples=6, deadline=None)
@given(st.sets(st.sampled_from(sorted(ACTS)), min_size=2), st.data())
def test_no_order_is_harsher_or_milder_than_another(folder, chosen, data):
    def end(order, name):
        path = folder / name
        path.unlink(missing_ok=True)
        ledger = open_ledger(path)
        for act in order:
            name, role, payload = ACTS[act]
            author = current_author(
                role=role, environ={"REVIEW_USER": name, "XDG_CONFIG_HOME": str(folder)}
            )
            ledger.record(payload, sitting_key=SITTING, author=author)
        found = assess(ITMC, case(ledger), on=LATER)
        ledger.close()
        return found

    first = sorted(chosen)
    other = data.draw(st.permutations(first))
    assert end(first, "a.sqlite") == end(other, "b.sqlite")
