"""Where the sittings of a run are worked on: this process, processes here, or a cluster.

A pool has ``workers`` and ``submit(work, *args, limit_s=...) -> concurrent.futures.Future``, and is
left like a file. Whatever becomes of a sitting comes back as its future's exception:

- ``TimeoutError``: it took longer than its limit, and its worker was ended;
- :class:`WorkerDiedError`: its worker died under it (a crash, the system's out-of-memory killer).
"""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, Protocol, Self

import pebble

from review.errors import ReviewError
from review.processes import begin_worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class WorkerDiedError(ReviewError):
    """A worker died under a sitting."""


class Pool(Protocol):
    """What runs sittings; see the module."""

    workers: int

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float) -> Future[Any]:
        """Have ``work(*args)`` done."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Here:
    """The process itself, one sitting after the other: for looking for faults.

    Nothing is apart: a limit cannot be kept, and what crashes takes the run with it.
    """

    workers = 1

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float) -> Future[Any]:  # noqa: ARG002
        """Do it now."""
        future: Future[Any] = Future()
        future.set_result(work(*args))
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


class Processes:
    """Worker processes on this machine; one that hangs or dies is replaced, the others go on.

    Parameters
    ----------
    workers
        How many.
    threads
        Threads that the numerical libraries of each may use.
    """

    def __init__(self, workers: int, *, threads: int) -> None:
        self.workers = workers
        # spawn: forking a process that has decoder and network threads can lock up.
        self._pool: Any = pebble.ProcessPool(
            workers,
            initializer=begin_worker,
            initargs=(threads,),
            context=multiprocessing.get_context("spawn"),
        )

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float) -> Future[Any]:
        """Queue it; the limit counts from its start."""
        future: Future[Any] = Future()

        def hand_over(done: Future[Any]) -> None:
            if done.cancelled():
                future.cancel()
                return
            error = done.exception()
            if isinstance(error, pebble.ProcessExpired):
                future.set_exception(WorkerDiedError(_ended(error.exitcode)))
            elif error is not None:
                future.set_exception(error)
            else:
                future.set_result(done.result())

        self._pool.schedule(work, args=args, timeout=limit_s).add_done_callback(hand_over)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._pool.close()
        else:
            self._pool.stop()
        self._pool.join()


class Borrowed:
    """Somebody else's ``concurrent.futures`` executor; it is not shut down, and keeps no limits.

    Parameters
    ----------
    executor
        Processes or a cluster: the sittings of one process share its libraries' threads.
    workers
        Sittings that are with it at one time.
    """

    def __init__(self, executor: Executor, *, workers: int) -> None:
        self.workers = workers
        self._executor = executor

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float) -> Future[Any]:  # noqa: ARG002
        """Pass it on."""
        return self._executor.submit(work, *args)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


def _ended(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        hint = "; the system does this when memory runs out" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{hint}"
    return f"its process ended with status {code}"
