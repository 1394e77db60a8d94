"""The sittings of a run drafted one after the other, or by several processes of this machine.

Processes read tables and ledger themselves and hand back what they made, so that one place writes
it, counts it and records it, in the session's order.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import cv2
import pebble

from review.errors import LedgerError, RenderError, ReviewError, reason_of
from review.ledger import open_ledger
from review.processes import begin_worker
from review.reporting.drafting import Drafter
from review.reporting.render import TEMPLATE_MISTAKE
from review.reporting.stored import SessionTables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review.ledger import Ledger
    from review.reporting.drafting import Content, Order
    from review.reporting.model import SittingSummary
    from review.session import Session, Sitting
    from review.workspace import Workspace

#: What one sitting may raise that is its own misfortune: the project's errors, and those that
#: damaged evidence provokes in the libraries under them.
FAILURES: Final = (ReviewError, ArithmeticError, LookupError, OSError, TypeError, ValueError)
#: From so many sittings on a run is worth the seconds that further processes take to start.
_WORTH: Final = 64
#: The same where every sitting has pictures to look for or pages to set on paper.
_WORTH_COSTLY: Final = 8
#: Drafts that wait to be written, for each process: memory follows the crew, not the session.
_AHEAD: Final = 3


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What became of one sitting.

    Parameters
    ----------
    flags
        How many the table ``flags`` has of it.
    summary
        None where it failed; ``failure`` then says why.
    """

    flags: int
    summary: SittingSummary | None = None
    contents: tuple[Content, ...] = ()
    failure: str = ""


def crew_size(order: Order, sittings: int) -> int:
    """Return how many processes a run of so many sittings is worth: one per core, or none more."""
    costly = "pdf" in order.formats or (order.pictures > 0 and "html" in order.formats)
    least = _WORTH_COSTLY if costly else _WORTH
    return (os.cpu_count() or 1) if sittings >= least else 1


def drafts(
    drafter: Drafter,
    session: Session,
    space: Workspace,
    sittings: Sequence[Sitting],
    *,
    workers: int,
) -> Iterator[Draft]:
    """Give the draft of every sitting, in their order.

    Parameters
    ----------
    workers
        Processes; up to 1 works in this one.

    Raises
    ------
    RenderError
        If a template has a mistake: no page would be made.
        Or if no process can start: in a script whose calls stand under no `__main__`.
    LedgerError
        If the ledger cannot be read.
    """
    if workers <= 1 or len(sittings) < 2:
        tables = SessionTables(session, space)
        for sitting in sittings:
            yield draft(drafter, sitting, tables)
        return
    threads = max(1, (os.cpu_count() or 1) // workers)
    pool: Any = pebble.ProcessPool(
        min(workers, len(sittings)),
        initializer=_begin,
        initargs=(drafter.order, _sendable(session), space, threads),
        # Forking a process that has decoder threads and an open database can lock up.
        context=multiprocessing.get_context("spawn"),
    )
    try:
        yield from _in_order(pool, sittings, ahead=_AHEAD * workers)
        pool.close()
    finally:
        pool.stop()
        pool.join()


def draft(drafter: Drafter, sitting: Sitting, tables: SessionTables) -> Draft:
    """Draft one sitting; what damaged evidence provokes is its failure."""
    given = tables.of(sitting)
    try:
        summary, contents = drafter.contents(sitting, given)
    except FAILURES as error:
        mistaken = isinstance(error, RenderError) and error.what == TEMPLATE_MISTAKE
        if mistaken or isinstance(error, LedgerError):
            raise
        return Draft(flags=len(given.flags), failure=reason_of(error))
    return Draft(flags=len(given.flags), summary=summary, contents=tuple(contents))


def _sendable(session: Session) -> Session:
    # A view of a mapping that cannot be changed cannot be sent to another process either.
    return replace(session, thresholds={k: dict(v) for k, v in session.thresholds.items()})


def _in_order(pool: Any, sittings: Sequence[Sitting], *, ahead: int) -> Iterator[Draft]:
    waiting: deque[Any] = deque()
    coming = iter(sittings)
    while True:
        while len(waiting) < ahead and (sitting := next(coming, None)) is not None:
            waiting.append(pool.schedule(_work, args=(sitting.key[1:],)))
        if not waiting:
            return
        try:
            yield waiting.popleft().result()
        except pebble.ProcessExpired as error:
            yield Draft(flags=0, failure=f"its process ended with status {error.exitcode}")
        except BrokenProcessPool as error:
            raise RenderError(
                "no process of this run could start",
                todo="call it under `if __name__ == '__main__':`, or with workers=1",
            ) from error


class _Desk:
    """Where a process of the crew works: everything that it needs for sitting after sitting."""

    def __init__(self, order: Order, session: Session, space: Workspace) -> None:
        self._ledger: Ledger = open_ledger(space.ledger)
        self._session, self._tables = session, SessionTables(session, space)
        self._drafter = Drafter(order, space, ledger=self._ledger)

    def draft(self, place: tuple[str, str]) -> Draft:
        return draft(self._drafter, self._session.sitting(*place), self._tables)


#: The desk of this process, if it is one of a crew.
_DESKS: Final[list[_Desk]] = []


def _begin(order: Order, session: Session, space: Workspace, threads: int) -> None:
    begin_worker(threads)
    cv2.setNumThreads(threads)
    _DESKS.append(_Desk(order, session, space))


def _work(place: tuple[str, str]) -> Draft:
    return _DESKS[0].draft(place)
