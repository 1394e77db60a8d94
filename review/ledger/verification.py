"""Does the ledger hold: every number, hash, signature and right, from the first entry on."""

from __future__ import annotations

import bisect
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from review.errors import LedgerError
from review.ledger.admission import may_reopen
from review.ledger.chain import GENESIS, Anchor, digest
from review.ledger.identity import ROLES, holds, key_id
from review.ledger.staff import RIGHTS, Key, Staff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Fields = Mapping[str, Any]
    #: ``read(first, last)`` gives the fields of entries in the order of their numbers.
    Read = Callable[[int, int | None], Iterable[Fields]]

#: Entries from which on a further process is worth its start (about a second each).
WORTH_A_PROCESS: Final = 20_000


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What a walk over the chain found.

    Parameters
    ----------
    ok
        Whether every entry holds.
    entries
        How many there are.
    first_bad
        Number of the first entry that does not hold; None if all do.
    reason
        What is wrong with it; empty if all hold.
    head
        Number and hash of the last entry; None for an empty ledger or one that does not hold.
    root
        Public key of the first entry, hexadecimal: whoever knows it from elsewhere can tell the
        ledger from one that was made anew.
    clock_set_back
        Numbers of the entries that are older than the one before them. They hold: the order is
        that of the numbers; but somebody's clock was wrong.
    """

    ok: bool
    entries: int
    first_bad: int | None = None
    reason: str = ""
    head: Anchor | None = None
    root: str | None = None
    clock_set_back: tuple[int, ...] = ()


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


def verify(
    read: Read,
    staff: Sequence[tuple[int, str]],
    *,
    last: int,
    anchor: Anchor | None = None,
    root: str | None = None,
    processes: int = 1,
) -> Verification:
    """Walk the chain from its first entry to its last.

    Parameters
    ----------
    read
        ``read(first, last)`` gives the fields of the entries; it is sent to other processes.
    staff
        Number and payload of all entries of kind ``staff``, in their order.
    last
        Number of the last entry.
    anchor
        Number and hash of an entry, known from an earlier export or report: finds a tail that was
        cut off, or a chain that was made anew.
    root
        Public key that the first entry must be signed with.
    """
    history = History.of(staff)
    bounds = _bounds(last, processes)
    if len(bounds) == 1:
        pieces = [walk(read(1, None), history=history)]
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(len(bounds), mp_context=context) as pool:
            jobs = [pool.submit(_walk_part, read, a, b, tuple(staff)) for a, b in bounds]
            pieces = [job.result() for job in jobs]
    found = joined(pieces)
    first = list(read(1, 1))
    begun = replace(found, root=_root(first[0], history) if first else None)
    return _held_against(begun, read, anchor, root)


def walk(entries: Iterable[Fields], *, history: History, first: int = 1) -> Piece:
    """Check entries that follow each other; the hash before the first is taken as it is said."""
    keys: dict[str, Ed25519PublicKey] = {}
    expected, previous, count = first, None, 0
    start, started, at = None, None, ""
    back: list[int] = []
    end = None
    for fields in entries:
        seq = fields["seq"]
        wrong = _misplaced(fields, expected, previous)
        if not wrong:
            start = start or fields["prev_hash"]
            wrong = _forged(fields, history, keys)
        if wrong:
            return Piece(entries=count, first_bad=expected, reason=wrong, start=start)
        started = started or fields["at"]
        if fields["at"] < at:
            back.append(seq)
        previous, at = fields["hash"], fields["at"]
        end = Anchor(seq=seq, hash=previous)
        expected, count = seq + 1, count + 1
    times = None if started is None else (started, at)
    return Piece(entries=count, start=start, end=end, times=times, clock_set_back=tuple(back))


def _walk_part(
    read: Read, first: int, last: int | None, staff: tuple[tuple[int, str], ...]
) -> Piece:
    return walk(read(first, last), history=History.of(staff), first=first)


def _misplaced(fields: Fields, expected: int, previous: str | None) -> str:
    if fields["seq"] != expected:
        return f"expected entry {expected}, found {fields['seq']}: some were removed or put in"
    if previous is not None and fields["prev_hash"] != previous:
        return "it does not follow the entry before it"
    if expected == 1 and fields["prev_hash"] != GENESIS:
        return "it is not the first entry: what was before it is gone"
    return ""


def _forged(fields: Fields, history: History, keys: dict[str, Ed25519PublicKey]) -> str:
    seq = fields["seq"]
    hashed = digest(fields)
    if hashed.hex() != fields["hash"]:
        return "its content was changed: it does not give its hash"
    if history.broken is not None and seq == history.broken[0]:
        return history.broken[1]
    held = _held_key(fields, history.before(seq))
    if isinstance(held, str) and fields["kind"] == "staff" and not history.before(seq).closed:
        # While a ledger is open, an entry that enrols its own author counts for itself.
        held = _held_key(fields, history.after(seq))
    if isinstance(held, str):
        return held
    if held.public_key not in keys:
        raw = bytes.fromhex(held.public_key)
        keys[held.public_key] = Ed25519PublicKey.from_public_bytes(raw)
    if not holds(keys[held.public_key], fields["signature"], hashed):
        return "its signature is not its author's"
    return ""


def _held_key(fields: Fields, staff: Staff) -> Key | str:
    person = f"{fields['source']}:{fields['author']}"
    key = staff.keys.get(fields["key_id"])
    if key is None:
        return f"nobody was enrolled with its key {fields['key_id']}"
    if key.person != person:
        return f"its key is {key.person}'s, not {person}'s"
    if key.until is not None:
        return f"its key was revoked by entry {key.until}"
    return _unrightful(fields, person, staff) or key


def _unrightful(fields: Fields, person: str, staff: Staff) -> str:
    role, kind = fields["role"], fields["kind"]
    if role not in ROLES or role not in staff.roles.get(person, ()):
        return f"{person} was no {role} then"
    if kind not in RIGHTS[role] and not (kind == "staff" and not staff.closed):
        return f"a {role} may not write {kind!r}"
    if kind == "reopen" and not may_reopen(role, json.loads(fields["payload"])):
        return f"a {role} reopened without naming a recording that came late"
    return ""


def _bounds(last: int, processes: int) -> list[tuple[int, int | None]]:
    parts = max(1, min(processes, last // WORTH_A_PROCESS))
    starts = [1 + n * last // parts for n in range(parts)]
    return [(start, starts[n + 1] - 1 if n + 1 < parts else None) for n, start in enumerate(starts)]


def joined(pieces: Sequence[Piece]) -> Verification:
    """Put together what was found of parts that follow each other from the first entry on."""
    count, end, at = 0, Anchor(seq=0, hash=GENESIS), ""
    back: list[int] = []
    for piece in pieces:
        torn = piece.start is not None and piece.start != end.hash
        if torn or piece.first_bad is not None:
            return Verification(
                ok=False,
                entries=count,
                first_bad=end.seq + 1 if torn else piece.first_bad,
                reason="it does not follow the entry before it" if torn else piece.reason,
            )
        if piece.times is not None:
            if piece.times[0] < at:
                back.append(count + 1)
            at = piece.times[1]
        back.extend(piece.clock_set_back)
        count, end = count + piece.entries, piece.end or end
    return Verification(
        ok=True, entries=count, head=end if end.seq else None, clock_set_back=tuple(back)
    )


def _root(first: Fields, history: History) -> str | None:
    if not history.states:
        return None
    key = history.states[0].keys.get(first["key_id"])
    return None if key is None else key.public_key


def _held_against(
    found: Verification, read: Read, anchor: Anchor | None, root: str | None
) -> Verification:
    if not found.ok:
        return found
    if root is not None and found.root != root:
        known = "nobody's" if found.root is None else key_id(found.root)
        reason = f"the ledger begins with another key: {known}"
        return replace(found, ok=False, first_bad=1, reason=reason, head=None)
    if anchor is not None and anchor.seq > found.entries:
        reason = f"entry {anchor.seq} was there once: the end was cut off"
        return replace(found, ok=False, first_bad=found.entries + 1, reason=reason, head=None)
    if anchor is not None and [e["hash"] for e in read(anchor.seq, anchor.seq)] != [anchor.hash]:
        reason = "it is not the entry that was anchored: the chain was made anew up to it"
        return replace(found, ok=False, first_bad=anchor.seq, reason=reason, head=None)
    return found
