"""People, roles and keys."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.errors import LedgerError
from review.ledger.payloads import KINDS, SignOff
from review.ledger.staff import RIGHTS, Staff

SITTING = ("s1", "c1", "theory")


def enrolment(author, *roles):
    return {
        "action": "enrol",
        "person": author.person,
        "roles": list(roles),
        "public_key": author.public_key,
    }


@pytest.fixture
def closed(ledger, person):
    """Return the administrator of a ledger that is no longer open."""
    boss = person("ada", "administrator")
    ledger.append("exported", {"what": "nothing"}, author=boss)
    assert ledger.staff().closed
    return boss


def test_every_kind_can_be_written_by_somebody():
    assert {kind for kinds in RIGHTS.values() for kind in kinds} == set(KINDS)


def test_an_open_ledger_enrols_whoever_writes_and_shows_it(ledger, decide, person):
    decide()
    decide("f2")
    decide(author=person("ann", "supervisor"))
    rows = ledger.entries(kinds=["staff"])
    assert [p["roles"] for p in rows["payload"]] == [["reviewer"], ["reviewer", "supervisor"]]
    assert ledger.staff().roles["local:ann"] == {"reviewer", "supervisor"}
    assert not ledger.staff().closed
    assert ledger.verify().ok


def test_a_closed_ledger_takes_nobody_who_was_not_enrolled(ledger, decide, person, closed):
    with pytest.raises(LedgerError, match=r"not enrolled in this role.*ask an administrator"):
        decide()
    ledger.append("staff", enrolment(person("ann"), "reviewer"), author=closed)
    decide()
    with pytest.raises(LedgerError, match=r"not enrolled in this role.*found roles reviewer"):
        ledger.record(SignOff(), sitting_key=SITTING, author=person("ann", "supervisor"))
    with pytest.raises(LedgerError, match="a reviewer may not write 'staff'"):
        ledger.append("staff", enrolment(person("bob"), "reviewer"), author=person("ann"))
    assert ledger.verify().ok


def test_roles_are_given_and_taken(ledger, decide, person, closed):
    ann = person("ann")
    ledger.append("staff", enrolment(ann, "reviewer"), author=closed)
    decide()
    roles = {"action": "roles", "person": ann.person, "roles": ["analyst"]}
    ledger.append("staff", roles, author=closed)
    with pytest.raises(LedgerError, match="not enrolled in this role"):
        decide("f2")
    with pytest.raises(LedgerError, match="analyst may not"):
        decide("f2", author=person("ann", "analyst"))
    # What was written in the role while it was held still holds.
    assert ledger.verify().ok


def test_a_revoked_key_signs_nothing_more_and_a_new_one_takes_its_place(
    ledger, decide, person, closed, tmp_path
):
    old = person("ann")
    ledger.append("staff", enrolment(old, "reviewer"), author=closed)
    decide()
    ledger.append("staff", {"action": "revoke_key", "key_id": old.key_id}, author=closed)
    with pytest.raises(LedgerError, match="revoked"):
        decide("f2")
    (tmp_path / "config" / "review" / "keys" / "local:ann.pem").unlink()
    new = person("ann")
    assert new.key_id != old.key_id
    ledger.append("staff", enrolment(new, "reviewer"), author=closed)
    decide("f2", author=new)
    assert ledger.verify().ok
    with pytest.raises(LedgerError, match="was revoked"):
        ledger.append("staff", enrolment(old, "reviewer"), author=closed)


def test_a_retired_person_has_neither_roles_nor_keys(ledger, decide, person, closed):
    ledger.append("staff", enrolment(person("ann"), "reviewer"), author=closed)
    ledger.append("staff", {"action": "retire", "person": "local:ann"}, author=closed)
    with pytest.raises(LedgerError, match="revoked"):
        decide()
    assert ledger.staff().roles["local:ann"] == frozenset()


def test_a_key_has_one_holder(ledger, person, closed):
    ledger.append("staff", enrolment(person("ann"), "reviewer"), author=closed)
    stolen = {**enrolment(person("ann"), "supervisor"), "person": "local:eve"}
    with pytest.raises(LedgerError, match="belongs to somebody else"):
        ledger.append("staff", stolen, author=closed)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"action": "promote"}, "no such staff action"),
        ({"action": "roles", "person": "local:nobody", "roles": ["reviewer"]}, "no such person"),
        ({"action": "roles", "person": "local:ada", "roles": ["king"]}, "no such role"),
        ({"action": "revoke_key", "key_id": "0"}, "no such key"),
        (
            {"action": "enrol", "person": "ann", "roles": [], "public_key": "0" * 64},
            "cannot enrol",
        ),
        (
            {"action": "enrol", "person": "local:ann", "roles": [], "public_key": "xyz"},
            "cannot enrol",
        ),
    ],
)
def test_a_staff_entry_that_makes_no_sense_is_refused(ledger, closed, payload, said):
    before = ledger.head()
    with pytest.raises(LedgerError, match=said):
        ledger.append("staff", payload, author=closed)
    assert ledger.head() == before


people = st.sampled_from(["local:a", "local:b", "jupyterhub:a"])
roles = st.lists(st.sampled_from(["reviewer", "administrator"]), max_size=2, unique=True)
actions = st.one_of(
    st.builds(
        lambda p, r, k: {"action": "enrol", "person": p, "roles": r, "public_key": k * 64},
        people,
        roles,
        st.sampled_from("0123"),
    ),
    st.builds(lambda p, r: {"action": "roles", "person": p, "roles": r}, people, roles),
    st.builds(lambda p: {"action": "retire", "person": p}, people),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(actions, max_size=8))
def test_a_closed_ledger_stays_closed_and_a_key_never_changes_hands(made):
    staff, holders, was_closed = Staff(), {}, False
    for seq, action in enumerate(made, start=1):
        try:
            staff = staff.after(seq, action)
        except LedgerError:
            continue
        for name, key in staff.keys.items():
            assert holders.setdefault(name, key.person) == key.person
        assert staff.closed or not was_closed
        was_closed = staff.closed
