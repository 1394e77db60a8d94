"""What people and machines get wrong, each refused or kept in a way that loses nothing."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from review.errors import LedgerError
from review.ledger import engine, store
from review.ledger.cases import case_of
from review.ledger.decisions import decisions
from review.ledger.payloads import Outcome
from review.rules import load_rulebook
from review.rules.engine import assess

SITTING = ("s1", "c1", "theory")
ITMC = load_rulebook("itmc-2022")


@pytest.fixture
def conclude(ledger, person):
    """Return a function: somebody records an outcome."""

    def make(*clauses, author=None, outcome="cheating", rulebook="itmc-2022", note=""):
        said = Outcome(
            outcome=outcome if clauses else "cleared", rulebook=rulebook, clauses=clauses, note=note
        )
        by = author or person("eva", "supervisor")
        return ledger.record(said, sitting_key=SITTING, author=by)

    return make


@pytest.fixture
def clock(monkeypatch):
    """Return a function that sets the clock by which entries are dated."""

    def make(now):
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):  # noqa: ARG003
                return now

        monkeypatch.setattr(store, "datetime", Clock)

    return make


@pytest.mark.parametrize(
    ("clauses", "note", "said"),
    [
        (("2-9",), "", r"no clause '2-9'.*expected one of .*2-5"),
        (("2-1", "rule-8"), "", r"'rule-8' carries no penalty.*expected one of 2-1"),
        (("2-5",), "  ", r"'2-5' asks for a note.*write what was seen"),
    ],
)
def test_an_unknown_clause_and_a_missing_note_are_refused_at_the_door(
    ledger, conclude, clauses, note, said
):
    with pytest.raises(LedgerError, match=said):
        conclude(*clauses, note=note)
    assert ledger.entries(kinds=["outcome"]).empty
    conclude("2-1")
    conclude("2-5", note="whispered the answers")


def test_clauses_of_an_institution_s_own_rulebook_are_not_the_ledger_s_to_know(conclude):
    conclude("7-7", rulebook="our-rules")


@pytest.mark.parametrize("role", ["analyst", "administrator"])
def test_a_wrong_role_concludes_nothing(ledger, conclude, person, role):
    with pytest.raises(LedgerError, match=rf"a {role} may not write 'outcome'.*reviewer"):
        conclude(author=person("tom", role))
    assert ledger.entries().empty


def test_two_supervisors_against_each_other_at_the_same_second_settle_nothing(
    ledger, conclude, decide, person, clock
):
    clock(datetime(2022, 12, 11, 9, 0, tzinfo=UTC))
    eva, max_ = person("eva", "supervisor"), person("max", "supervisor")
    decide("f1", "confirmed", author=eva, label="extra_person")
    together = threading.Barrier(2)

    def act(author, verdict, *clauses):
        together.wait()
        decide("f1", verdict, author=author, label="extra_person")
        conclude(*clauses, author=author)

    threads = [
        threading.Thread(target=act, args=(eva, "confirmed", "2-1")),
        threading.Thread(target=act, args=(max_, "dismissed")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = ledger.entries(kinds=["outcome"])
    assert (len(said), said["at"].nunique()) == (2, 1)
    (row,) = decisions(ledger, SITTING).to_dict("records")
    assert (row["verdict"], row["disputed"]) == ("unsure", True)
    case = case_of(
        ledger.entries(*SITTING),
        subject_id="theory",
        exam_on=date(2022, 12, 10),
        timezone="Asia/Shanghai",
    )
    assessment = assess(ITMC, case, on=date(2023, 1, 1))
    assert (assessment.outcome, assessment.lacking) == (None, ("dispute",))
    assert ledger.verify().ok


def test_a_clock_that_is_set_back_changes_no_order_and_is_told(ledger, decide, clock):
    now = datetime(2022, 12, 11, 9, 0, tzinfo=UTC)
    clock(now)
    decide(verdict="confirmed")
    clock(now - timedelta(days=400))
    entry = decide(verdict="dismissed")
    # The last word is the last one that was written, whatever its clock said.
    assert list(decisions(ledger, SITTING)["verdict"]) == ["dismissed"]
    verified = ledger.verify()
    assert (verified.ok, verified.clock_set_back) == (True, (entry.seq,))


def test_a_disk_that_fails_under_a_commit_is_said_and_nothing_is_acknowledged(
    ledger, decide, monkeypatch
):
    decide()

    def fail(_handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(engine, "_flush", fail)
    with pytest.raises(LedgerError, match=r"disk fails.*not known.*Input/output error"):
        decide("f2")
    monkeypatch.undo()
    decide("f3")
    assert ledger.verify().ok


def test_what_was_typed_is_recorded_after_the_database_is_back(ledger, decide):
    """The caller keeps what was typed; the same call works once the file is there again."""
    decide()
    file = ledger.path
    away = file.with_suffix(".away")
    file.rename(away)
    with pytest.raises(LedgerError, match="gone or was replaced"):
        decide("f2", note="a long note")
    away.rename(file)
    entry = decide("f2", note="a long note")
    assert entry.content["note"] == "a long note"
    assert len(decisions(ledger, SITTING)) == 2
