"""Writers of one file take turns, in the order in which they came.

SQLite's own waiting is a sleep that grows with every attempt: with eight writers on two cores the
unlucky ones waited for seconds. The kernel wakes the waiters of a file lock in their order. The
lock is only about waiting: what holds the ledger together is SQLite's transaction.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from review.errors import LedgerError

try:
    import fcntl
except ImportError:  # a system without file locks of this kind: SQLite's waiting remains
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: How long a writer waits for its turn, in seconds.
PATIENCE_S: Final = 30.0


@contextmanager
def turn(file: Path, *, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Wait until no other writer of ``file`` is at work, and be the one until the block ends.

    The lock stands in ``<file>.lock`` and ends with the process that holds it, however it ends.

    Raises
    ------
    LedgerError
        If the turn did not come in time: a writer hangs.
    """
    handle = _open(file)
    if handle is None:
        yield
        return
    try:
        if not _try(handle) and not _wait(handle, patience_s):
            raise LedgerError(
                "the ledger is locked by another program",
                where=file,
                found=f"no turn within {patience_s:g} s",
                todo="end the program that hangs, and record the entry again",
            )
        yield
    finally:
        os.close(handle)


def _open(file: Path) -> int | None:
    if fcntl is None:
        return None
    try:
        return os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:
        # The folder cannot be written: neither can the ledger, and SQLite says so.
        return None


def _try(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait(handle: int, patience_s: float) -> bool:
    # The kernel's queue has no time limit of its own, so a thread stands in it. It has its own
    # handle of the same open file: a turn that comes too late ends when both are closed.
    copy = os.dup(handle)
    came = threading.Event()

    def stand() -> None:
        try:
            fcntl.flock(copy, fcntl.LOCK_EX)
            came.set()
        finally:
            os.close(copy)

    threading.Thread(target=stand, daemon=True).start()
    return came.wait(patience_s)
