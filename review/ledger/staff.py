"""People, roles and keys, as the ledger's own entries of kind ``staff`` tell them.

A ledger is open until an administrator is enrolled: whoever writes first is enrolled with their
own key, visibly. From then on only an administrator enrols, changes roles and revokes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from review.errors import LedgerError
from review.ledger.identity import ROLES, key_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.ledger.identity import Author

_READING: Final = ("watched", "exported")
_REVIEWING: Final = (
    *_READING,
    "decision",
    "own_flag",
    "outcome",
    "warning",
    "evidence",
    "retraction",
    "statement",
    "recusal",
    "offset_set",
    # For recordings that came late only: review.ledger.admission and verification see to it.
    "reopen",
)
#: Role -> kinds of entries that it may write.
RIGHTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "analyst": _READING,
        "reviewer": _REVIEWING,
        "supervisor": (*_REVIEWING, "assignment", "sign_off", "bulk", "retained"),
        "administrator": (*_READING, "assignment", "retained", "staff"),
    }
)
ACTIONS: Final = ("enrol", "roles", "revoke_key", "retire")


@dataclass(frozen=True, kw_only=True)
class Key:
    """A public key and the entries that it may sign: those after ``since``, up to ``until``."""

    person: str
    public_key: str
    since: int
    until: int | None = None


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Who is who after a given entry.

    Parameters
    ----------
    roles
        Person -> roles; a retired person has none.
    keys
        Key id -> key.
    closed
        Whether an administrator was ever enrolled.
    """

    roles: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    keys: Mapping[str, Key] = field(default_factory=lambda: MappingProxyType({}))
    closed: bool = False

    def after(self, seq: int, payload: Mapping[str, Any]) -> Staff:
        """Return the staff after an entry of kind ``staff``.

        Raises
        ------
        LedgerError
            If the entry makes no sense here.
        """
        action, person = payload.get("action"), str(payload.get("person", ""))
        if action == "enrol":
            return self._enrol(seq, person, payload)
        if action == "roles":
            return _with_roles(self, person, _roles(payload))
        if action == "revoke_key":
            return _without_keys(self, seq, [str(payload.get("key_id"))])
        if action == "retire":
            mine = [k for k, v in self.keys.items() if v.person == person]
            return _with_roles(_without_keys(self, seq, mine), person, frozenset())
        raise LedgerError(
            "no such staff action", expected=f"one of {', '.join(ACTIONS)}", found=repr(action)
        )

    def wants(self, author: Author, kind: str) -> list[dict[str, Any]]:
        """Return the staff entries that must come before this author may write this kind.

        Raises
        ------
        LedgerError
            If the author may not write it at all.
        """
        if kind not in RIGHTS[author.role] and not (kind == "staff" and not self.closed):
            raise LedgerError(
                f"a {author.role} may not write {kind!r}",
                where=f"author {author.person}",
                expected=f"one of {', '.join(r for r, kinds in RIGHTS.items() if kind in kinds)}",
            )
        known = self.keys.get(author.key_id)
        roles = self.roles.get(author.person, frozenset())
        if known is not None and (known.person != author.person or known.until is not None):
            raise LedgerError(
                "this key is revoked, or somebody else's",
                where=f"author {author.person}",
                found=f"key {author.key_id} of {known.person}",
                todo="ask an administrator to enrol a key of your own",
            )
        if known is not None and author.role in roles:
            return []
        if self.closed:
            raise LedgerError(
                "not enrolled in this role with this key",
                where=f"author {author.person}",
                expected=f"role {author.role}, key {author.key_id}",
                found=f"roles {', '.join(sorted(roles)) or 'none'}",
                todo="ask an administrator (review staff)",
            )
        return [
            {
                "action": "enrol",
                "person": author.person,
                "roles": sorted({*roles, author.role}),
                "public_key": author.public_key,
            }
        ]

    def _enrol(self, seq: int, person: str, payload: Mapping[str, Any]) -> Staff:
        public_key = str(payload.get("public_key", ""))
        try:
            name = key_id(public_key)
        except ValueError:
            name = ""
        if not name or len(public_key) != 64 or ":" not in person:
            raise LedgerError(
                "cannot enrol",
                expected="person as source:name and a public key of 64 hexadecimal digits",
                found=f"{person!r}, {public_key!r}",
            )
        held = self.keys.get(name)
        if held is not None and (held.person != person or held.until is not None):
            raise LedgerError(
                "the key belongs to somebody else or was revoked",
                where=f"person {person}",
                found=f"key {name} of {held.person}",
            )
        key = held or Key(person=person, public_key=public_key, since=seq)
        known = replace(self, keys=MappingProxyType({**self.keys, name: key}))
        return _with_roles(known, person, _roles(payload))


def _with_roles(staff: Staff, person: str, roles: frozenset[str]) -> Staff:
    if person not in staff.roles and not any(k.person == person for k in staff.keys.values()):
        raise LedgerError("no such person", where=f"person {person}")
    return replace(
        staff,
        roles=MappingProxyType({**staff.roles, person: roles}),
        closed=staff.closed or "administrator" in roles,
    )


def _without_keys(staff: Staff, seq: int, names: list[str]) -> Staff:
    keys = dict(staff.keys)
    for name in names:
        if name not in keys:
            raise LedgerError("no such key", where=f"key {name}")
        keys[name] = replace(keys[name], until=keys[name].until or seq)
    return replace(staff, keys=MappingProxyType(keys))


def _roles(payload: Mapping[str, Any]) -> frozenset[str]:
    roles = payload.get("roles")
    if not isinstance(roles, list) or not all(role in ROLES for role in roles):
        raise LedgerError("no such role", expected=f"some of {', '.join(ROLES)}", found=repr(roles))
    return frozenset(roles)
