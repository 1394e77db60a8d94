"""Does the ledger hold: every number, hash, signature and right, from the first entry on."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from review.ledger.chain import GENESIS, Anchor
from review.ledger.identity import key_id
from review.ledger.walk import History, Piece, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from review.ledger.walk import Row

    #: ``read(first, last)`` gives the entries in the order of their numbers.
    Read = Callable[[int, int | None], Iterable[Row]]

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
        ``read(first, last)`` gives the entries' values in the order of
        :data:`review.ledger.chain.COLUMNS`; it is sent to other processes.
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


def _walk_part(
    read: Read, first: int, last: int | None, staff: tuple[tuple[int, str], ...]
) -> Piece:
    return walk(read(first, last), history=History.of(staff), first=first)


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


def _root(first: Row, history: History) -> str | None:
    if not history.states:
        return None
    key = history.states[0].keys.get(first[11])
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
    if anchor is not None and [row[12] for row in read(anchor.seq, anchor.seq)] != [anchor.hash]:
        reason = "it is not the entry that was anchored: the chain was made anew up to it"
        return replace(found, ok=False, first_bad=anchor.seq, reason=reason, head=None)
    return found
