"""People come, change their keys and go; each time an administrator says so."""

import pytest

from review.errors import LedgerError
from review.ledger import current_author
from review.ledger.people import enrol, renew, retire, revoke, rotate, set_roles, staff_table


@pytest.fixture
def env(tmp_path):
    """Return a function: the environment of a person on this machine."""
    return lambda name: {"REVIEW_USER": name, "XDG_CONFIG_HOME": str(tmp_path / "config")}


@pytest.fixture
def boss(ledger, person):
    """Return the administrator of a closed ledger in which ann reviews."""
    made = person("ada", "administrator")
    enrol(ledger, "local:ann", person("ann").public_key, ["reviewer"], author=made)
    return made


def rows(ledger):
    return staff_table(ledger).set_index("key_id")


def test_the_table_says_who_may_sign_since_when(ledger, person, boss):
    table = rows(ledger)
    ann = table.loc[person("ann").key_id]
    assert (ann["person"], ann["roles"], ann["since"]) == ("local:ann", "reviewer", 2)
    assert ann.isna()["until"]
    assert table.loc[boss.key_id, "roles"] == "administrator"
    set_roles(ledger, "local:ann", ["supervisor", "reviewer"], author=boss)
    assert rows(ledger).loc[person("ann").key_id, "roles"] == "reviewer, supervisor"


def test_a_rotated_key_is_replaced_and_the_roles_stay(ledger, decide, person, boss, env):
    old = person("ann")
    decide()
    new, entries = renew(ledger, old, environ=env("ann"))
    assert entries == []
    assert new.key_id != old.key_id
    with pytest.raises(LedgerError, match="not enrolled in this role with this key"):
        decide("f2", author=new)
    rotate(ledger, "local:ann", new.public_key, author=boss)
    decide("f2", author=new)
    with pytest.raises(LedgerError, match="revoked"):
        decide("f3", author=old)
    table = rows(ledger)
    assert table.loc[new.key_id, "roles"] == "reviewer"
    assert table.loc[old.key_id, "until"] == table.loc[new.key_id, "since"] + 1
    assert ledger.verify().ok


def test_the_old_private_key_is_kept_aside_for_its_owner_alone(ledger, person, env, tmp_path):
    old = person("ann")
    renew(ledger, old, environ=env("ann"))
    files = {p.name: p.stat().st_mode & 0o777 for p in (tmp_path / "config/review/keys").iterdir()}
    assert files == {"local:ann.pem": 0o600, f"local:ann.pem.{old.key_id}": 0o600}


def test_an_administrator_and_whoever_works_alone_renew_their_own_key(ledger, decide, person, env):
    decide()
    new, entries = renew(ledger, person("ann"), environ=env("ann"))
    assert [e.content["action"] for e in entries] == ["enrol", "revoke_key"]
    assert [e.key_id for e in entries][1] == new.key_id
    decide("f2", author=current_author(environ=env("ann")))
    boss = person("ada", "administrator")
    enrol(ledger, "local:bob", person("bob").public_key, ["analyst"], author=boss)
    again, entries = renew(ledger, boss, environ=env("ada"))
    assert len(entries) == 2
    retire(ledger, "local:bob", author=again)
    assert ledger.verify().ok
    assert rows(ledger).loc[person("bob").key_id, "roles"] == ""


def test_nobody_else_changes_the_staff(ledger, person, boss):
    ann = person("ann")
    for act in (
        lambda: enrol(ledger, "local:eve", person("eve").public_key, ["reviewer"], author=ann),
        lambda: set_roles(ledger, "local:ann", ["supervisor"], author=ann),
        lambda: revoke(ledger, boss.key_id, author=ann),
        lambda: retire(ledger, "local:ada", author=ann),
        lambda: rotate(ledger, "local:ada", ann.public_key, author=ann),
    ):
        with pytest.raises(LedgerError, match="may not write 'staff'"):
            act()
    with pytest.raises(LedgerError, match="no such person"):
        rotate(ledger, "local:nobody", ann.public_key, author=boss)
