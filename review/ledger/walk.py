"""A walk over entries that follow each other: number, hash, signature and right of each."""

from __future__ import annotations

import bisect
import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from review.errors import LedgerError
from review.ledger.admission import may_reopen
from review.ledger.chain import COLUMNS, GENESIS, Anchor, digest_of
from review.ledger.identity import ROLES
from review.ledger.staff import RIGHTS, Key, Staff

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    #: An entry's values in the order of :data:`review.ledger.chain.COLUMNS`.
    Row = Sequence[Any]

#: Kinds whose right depends on more than author, role and kind.
_WEIGHED: Final = ("staff", "reopen")
#: Types of everything in an entry but its number. An author could sign others, too.
_TEXTS: Final = frozenset({str, type(None)})


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What a walk over a part of the chain found."""

    entries: int = 0
    first_bad: int | None = None
    reason: str = ""
    start: str | None = None
    end: Anchor | None = None
    times: tuple[str, str] | None = None
    clock_set_back: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class History:
    """The staff as it was before every entry.

    Parameters
    ----------
    seqs, states
        From entry ``seqs[n]`` on the staff is ``states[n]``.
    broken
        Number and reason of the first staff entry that makes no sense.
    """

    seqs: tuple[int, ...] = ()
    states: tuple[Staff, ...] = field(default_factory=tuple)
    broken: tuple[int, str] | None = None

    @classmethod
    def of(cls, entries: Iterable[tuple[int, str]]) -> History:
        """Follow the staff entries: number and payload, in their order."""
        seqs: list[int] = []
        states: list[Staff] = []
        staff = Staff()
        for seq, payload in entries:
            try:
                staff = staff.after(seq, json.loads(payload))
            except (LedgerError, ValueError, AttributeError) as error:
                return cls(
                    seqs=tuple(seqs), states=tuple(states), broken=(seq, f"staff entry: {error}")
                )
            seqs.append(seq)
            states.append(staff)
        return cls(seqs=tuple(seqs), states=tuple(states))

    def before(self, seq: int) -> Staff:
        """Return the staff before an entry."""
        index = bisect.bisect_left(self.seqs, seq)
        return self.states[index - 1] if index else Staff()

    def after(self, seq: int) -> Staff:
        """Return the staff after an entry."""
        return self.before(seq + 1)

    def next_change(self, seq: int) -> int:
        """Return the number of the first staff entry from ``seq`` on; beyond all if there is none.

        Entries up to and including it are held against one and the same staff.
        """
        index = bisect.bisect_left(self.seqs, seq)
        return self.seqs[index] if index < len(self.seqs) else sys.maxsize


def walk(rows: Iterable[Row], *, history: History, first: int = 1) -> Piece:
    """Check entries that follow each other; the hash before the first is taken as it is said."""
    signers = Signers(history)
    expected, previous, count = first, None, 0
    start, started, at = None, None, ""
    back: list[int] = []
    end = None
    for row in rows:
        if row[0] != expected or row[10] != (previous or row[10]) or expected == 1:
            wrong = _misplaced(row, expected, previous)
        else:
            wrong = ""
        start = start or row[10]
        wrong = wrong or signers.wrong(row)
        if wrong:
            return Piece(entries=count, first_bad=expected, reason=wrong, start=start)
        started = started or row[1]
        if row[1] < at:
            back.append(row[0])
        previous, at = row[12], row[1]
        end = (row[0], previous)
        expected, count = expected + 1, count + 1
    return Piece(
        entries=count,
        start=start,
        end=None if end is None else Anchor(seq=end[0], hash=end[1]),
        times=None if started is None else (started, at),
        clock_set_back=tuple(back),
    )


def _misplaced(row: Row, expected: int, previous: str | None) -> str:
    if row[0] != expected:
        return f"expected entry {expected}, found {row[0]}: some were removed or put in"
    if previous is not None and row[10] != previous:
        return "it does not follow the entry before it"
    if expected == 1 and row[10] != GENESIS:
        return "it is not the first entry: what was before it is gone"
    return ""


class Signers:
    """Who may sign what, as the staff was before each entry.

    Parameters
    ----------
    history
        The staff entries of the whole ledger, not only of the part that is walked.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._keys: dict[str, Ed25519PublicKey] = {}
        # Found once for everybody's entries of a kind, until the staff changes.
        self._known: dict[Row, Ed25519PublicKey] = {}
        self._changes_at = 0

    def wrong(self, row: Row) -> str:
        """Say what is wrong with content, signature or right of an entry; empty if nothing is."""
        try:
            hashed = digest_of(row)
        except (TypeError, ValueError):
            return "its content was changed: it cannot be written as an entry"
        if row[1] is None or not _TEXTS.issuperset(map(type, row[1:])):
            return "it is no entry: something in it is no text"
        if hashed.hex() != row[12]:
            return "its content was changed: it does not give its hash"
        key = self._key(row)
        if isinstance(key, str):
            return key
        try:
            key.verify(bytes.fromhex(row[13]), hashed)
        except (InvalidSignature, TypeError, ValueError):
            return "its signature is not its author's"
        return ""

    def _key(self, row: Row) -> Ed25519PublicKey | str:
        seq = row[0]
        if seq > self._changes_at:
            self._known.clear()
            self._changes_at = self._history.next_change(seq)
        # author, source, role, kind, and the key's name
        who = (*row[2:6], row[11])
        known = self._known.get(who)
        if known is not None:
            return known
        held = self._held(dict(zip(COLUMNS, row, strict=False)))
        if isinstance(held, str):
            return held
        if held.public_key not in self._keys:
            raw = bytes.fromhex(held.public_key)
            self._keys[held.public_key] = Ed25519PublicKey.from_public_bytes(raw)
        found = self._keys[held.public_key]
        if row[5] not in _WEIGHED:
            self._known[who] = found
        return found

    def _held(self, fields: Mapping[str, Any]) -> Key | str:
        seq, history = fields["seq"], self._history
        if history.broken is not None and seq == history.broken[0]:
            return history.broken[1]
        before = history.before(seq)
        held = _held_key(fields, before)
        if isinstance(held, str) and fields["kind"] == "staff" and not before.closed:
            # While a ledger is open, an entry that enrols its own author counts for itself.
            return _held_key(fields, history.after(seq))
        return held


def _held_key(fields: Mapping[str, Any], staff: Staff) -> Key | str:
    person = f"{fields['source']}:{fields['author']}"
    key = staff.keys.get(fields["key_id"])
    if key is None:
        return f"nobody was enrolled with its key {fields['key_id']}"
    if key.person != person:
        return f"its key is {key.person}'s, not {person}'s"
    if key.until is not None:
        return f"its key was revoked by entry {key.until}"
    return _unrightful(fields, person, staff) or key


def _unrightful(fields: Mapping[str, Any], person: str, staff: Staff) -> str:
    role, kind = fields["role"], fields["kind"]
    if role not in ROLES or role not in staff.roles.get(person, ()):
        return f"{person} was no {role} then"
    if kind not in RIGHTS[role] and not (kind == "staff" and not staff.closed):
        return f"a {role} may not write {kind!r}"
    if kind == "reopen" and not may_reopen(role, _content(fields["payload"])):
        return f"a {role} reopened without naming a recording that came late"
    return ""


def _content(payload: str) -> Mapping[str, Any]:
    try:
        found = json.loads(payload)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
