"""Who steps aside is replaced, and is not asked again."""

import pytest

from review.errors import LedgerError
from review.ledger.assignments import assignments
from review.ledger.payloads import Assignment, Recusal, Retraction

SITTING = ("s1", "c1", "theory")


@pytest.fixture
def assign(ledger, person):
    """Return a function: a supervisor asks somebody to review a sitting."""

    def make(name, sitting=SITTING, **more):
        payload = Assignment(person=f"local:{name}", **more)
        return ledger.record(payload, sitting_key=sitting, author=person("eva", "supervisor"))

    return make


@pytest.fixture
def step_aside(ledger, person):
    def make(name, sitting=SITTING):
        payload = Recusal(reason="my cousin")
        return ledger.record(payload, sitting_key=sitting[:2], author=person(name))

    return make


def states(ledger, key=SITTING):
    rows = assignments(ledger, key)
    return [tuple(row) for row in rows[["person", "state", "open"]].itertuples(index=False)]


def test_a_second_reader_is_asked_blind(ledger, assign):
    assign("ann")
    assign("bob", blind=True, note="second reading")
    rows = assignments(ledger, SITTING)
    assert list(rows["blind"]) == [False, True]
    assert list(rows["assigned_by"]) == ["local:eva", "local:eva"]
    assert states(ledger) == [("local:ann", "assigned", False), ("local:bob", "assigned", False)]


def test_a_sitting_whose_reviewer_stepped_aside_waits_for_another(ledger, assign, step_aside):
    assign("ann")
    assign("ann", sitting=("s1", "c1", "skills"))
    assign("ann", sitting=("s1", "c2", "theory"))
    step_aside("ann")
    # The recusal is about the candidate: in both subjects, and in no other candidate's.
    assert states(ledger, ("s1", "c1")) == [("local:ann", "stepped_aside", True)] * 2
    assert states(ledger, ("s1", "c2")) == [("local:ann", "assigned", False)]
    assign("bob")
    assert states(ledger) == [
        ("local:ann", "stepped_aside", False),
        ("local:bob", "assigned", False),
    ]


def test_who_stepped_aside_is_not_asked_again_unless_it_is_taken_back(
    ledger, assign, step_aside, person
):
    assign("ann")
    entry = step_aside("ann")
    with pytest.raises(LedgerError, match=r"local:ann has stepped aside.*somebody else"):
        assign("ann")
    ledger.record(Retraction(seq=entry.seq), sitting_key=SITTING[:2], author=person("ann"))
    assert states(ledger) == [("local:ann", "assigned", False)]
    assign("ann", note="another person of that name")


def test_an_assignment_that_is_taken_back_is_gone(ledger, assign, person):
    entry = assign("ann")
    eva = person("eva", "supervisor")
    ledger.record(Retraction(seq=entry.seq), sitting_key=SITTING, author=eva)
    assert states(ledger) == []
