"""Changing the staff: people, roles and keys, each change an entry by an administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.errors import LedgerError
from review.ledger.identity import renewed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.ledger.chain import Entry
    from review.ledger.identity import Author
    from review.ledger.store import Ledger

#: One row per person and key. ``since`` and ``until`` are numbers of entries; a key without
#: ``until`` holds. ``roles`` are the person's, joined by commas; a retired person has none.
STAFF_COLUMNS: Final = ("person", "roles", "key_id", "public_key", "since", "until")


def staff_table(ledger: Ledger) -> pd.DataFrame:
    """Return people, roles and keys as they are now, under :data:`STAFF_COLUMNS`."""
    staff = ledger.staff()
    rows = [
        (
            key.person,
            ", ".join(sorted(staff.roles.get(key.person, ()))),
            name,
            key.public_key,
            key.since,
            key.until,
        )
        for name, key in staff.keys.items()
    ]
    made = pd.DataFrame(rows, columns=list(STAFF_COLUMNS))
    return made.astype({"since": "Int64", "until": "Int64"}).sort_values(
        ["person", "since"], ignore_index=True
    )


def enrol(
    ledger: Ledger, person: str, public_key: str, roles: Sequence[str], *, author: Author
) -> Entry:
    """Enrol a person with a key and roles, or give a known person another key.

    Parameters
    ----------
    person
        As ``source:name``, the way the person's own machine says it (``review staff me``).
    public_key
        64 hexadecimal digits; the private key never leaves the person's machine.
    """
    said = {"action": "enrol", "person": person, "public_key": public_key, "roles": sorted(roles)}
    return _write(ledger, said, author)


def set_roles(ledger: Ledger, person: str, roles: Sequence[str], *, author: Author) -> Entry:
    """Give a person other roles."""
    return _write(ledger, {"action": "roles", "person": person, "roles": sorted(roles)}, author)


def retire(ledger: Ledger, person: str, *, author: Author) -> Entry:
    """Take all roles from a person and revoke all keys; what was signed before stands."""
    return _write(ledger, {"action": "retire", "person": person}, author)


def revoke(ledger: Ledger, key_id: str, *, author: Author, reason: str = "") -> Entry:
    """Revoke a key: it signs nothing any more; what it signed before stands."""
    return _write(ledger, {"action": "revoke_key", "key_id": key_id, "reason": reason}, author)


def rotate(
    ledger: Ledger, person: str, public_key: str, *, author: Author, reason: str = ""
) -> list[Entry]:
    """Enrol a person's new key and revoke the ones before it; the roles stay.

    Raises
    ------
    LedgerError
        If there is no such person, or the author may not change the staff.
    """
    staff = ledger.staff()
    old = [n for n, k in staff.keys.items() if k.person == person and k.until is None]
    if person not in staff.roles:
        raise LedgerError(
            "no such person", where=f"person {person}", todo="review staff list, review staff enrol"
        )
    entries = [enrol(ledger, person, public_key, sorted(staff.roles[person]), author=author)]
    entries += [
        revoke(ledger, name, author=author, reason=reason or "rotated")
        for name in old
        if staff.keys[name].public_key != public_key
    ]
    return entries


def renew(
    ledger: Ledger, author: Author, *, environ: Mapping[str, str] | None = None
) -> tuple[Author, list[Entry]]:
    """Make a new key for oneself; where one may change the staff, enrol it and revoke the old.

    Returns
    -------
    author : Author
        With the new key.
    entries : list of Entry
        Empty where an administrator has to rotate the key (:func:`rotate`): until then the author
        is refused.
    """
    staff = ledger.staff()
    own = staff.roles.get(author.person, frozenset())
    allowed = not staff.closed or (author.role == "administrator" and author.role in own)
    made = renewed(author, environ=environ)
    if not allowed or author.key_id not in staff.keys:
        return made, []
    # The old key's last word names the new one; the new one's first takes the old one's place.
    entries = [enrol(ledger, author.person, made.public_key, sorted(own), author=author)]
    entries.append(revoke(ledger, author.key_id, author=made, reason="rotated"))
    return made, entries


def _write(ledger: Ledger, content: Mapping[str, Any], author: Author) -> Entry:
    return ledger.append("staff", content, author=author)
