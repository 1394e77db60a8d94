"""A Dask cluster as a pool: workers on other machines, found through their scheduler."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from review.batch.pools import WorkerDiedError
from review.batch.scheduler import ask_scheduler, no_scheduler
from review.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds that are waited for a scheduler's answer, and for its first worker.
PATIENCE_S: Final = 10.0
#: Seconds between two looks at which sittings have begun.
_LOOK_S: Final = 1.0
#: Seconds that the client gathers messages to the scheduler for. Its own 10 ms are much of what a
#: task without work takes: measured, 133 a second with them and about 200 with this.
_GATHERED_S: Final = 0.001


class Cluster:
    """The workers of a Dask scheduler.

    A worker that dies has its sittings done by another one, and workers that come later get some as
    well. A sitting beyond its limit, which counts from its start, is given up and its worker
    restarted by its nanny.

    No more sittings are sent than there are workers: what waits at a worker that dies is blamed for
    its death.

    Parameters
    ----------
    address
        Of the scheduler: ``tcp://host:8786``.
    version
        ``version()`` says which code a process runs; it must be the same everywhere.
    patience_s
        Seconds that are waited for the scheduler's answer, and for its first worker.

    Raises
    ------
    ReviewError
        If Dask is not installed, nobody answers, there is no worker, or one runs other code.
    """

    def __init__(
        self, address: str, *, version: Callable[[], str], patience_s: float = PATIENCE_S
    ) -> None:
        self._patience_s = patience_s
        self._client = _connect(address, patience_s)
        self._limits = _Limits(self._begun)
        try:
            self.workers = self._ready(address, version)
            self._client.scheduler_comm.interval = _GATHERED_S
        except BaseException:
            self.__exit__()
            raise

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float) -> Future[Any]:
        """Send it to a worker that is free, or let it wait for one; the limit counts from there."""
        future: Future[Any] = Future()
        key = f"sitting-{uuid4().hex}"
        remote = self._client.submit(work, *args, key=key, pure=False, retries=0)
        self._limits.add(key, limit_s, lambda: self._give_up(key, remote, future))

        def hand_over(done: Any) -> None:
            # What is given up is told when its worker is back, not when it is cancelled.
            if self._limits.end(key):
                _hand_over(done, future)

        remote.add_done_callback(hand_over)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._limits.close()
        self._client.close()

    def _ready(self, address: str, version: Callable[[], str]) -> int:
        try:
            self._client.wait_for_workers(1, timeout=self._patience_s)
        except TimeoutError:
            raise ReviewError(
                "the scheduler has no worker",
                where=address,
                todo=f"start some: dask worker {address} --nthreads 1",
            ) from None
        here = version()
        for worker, theirs in self._client.run(version, on_error="return").items():
            if theirs != here:
                raise ReviewError(
                    "a worker runs another version of the code",
                    where=worker,
                    expected=here,
                    found=str(theirs),
                    todo="install the same release there and restart it",
                )
        return sum(self._client.nthreads().values())

    def _begun(self) -> set[str]:
        """Return the keys of what workers have in hand; count the workers while we are asking."""
        self.workers = max(1, sum(self._client.nthreads().values()))
        return {key for keys in self._client.processing().values() for key in keys}

    def _give_up(self, key: str, remote: Any, future: Future[Any]) -> None:
        """End a sitting beyond its limit."""
        # A worker without a nanny cannot be restarted, and a scheduler may be gone.
        with contextlib.suppress(Exception):
            holders = [w for w, keys in self._client.processing().items() if key in keys]
            remote.cancel(force=True)
            self._client.restart_workers(holders, timeout=self._patience_s, raise_for_error=False)
        future.set_exception(TimeoutError())


@dataclass(kw_only=True, eq=False)
class _Limit:
    """How long one task may take, and what is done then; it is due once it has begun."""

    limit_s: float
    overdue: Callable[[], None]
    due_s: float | None = None


class _Limits:
    """Calls back when a task takes longer than it may; one thread watches all of them.

    Parameters
    ----------
    begun
        Returns the keys of the tasks that are being worked on.
    """

    def __init__(self, begun: Callable[[], set[str]]) -> None:
        self._begun = begun
        self._turn = threading.Condition()
        #: Held while something is given up: what ends just then ends after that.
        self._deciding = threading.Lock()
        self._all: dict[str, _Limit] = {}
        self._closed = False
        threading.Thread(target=self._watch, daemon=True).start()

    def add(self, key: str, limit_s: float, overdue: Callable[[], None]) -> None:
        """Watch a task."""
        with self._turn:
            self._all[key] = _Limit(limit_s=limit_s, overdue=overdue)
            self._turn.notify()

    def end(self, key: str) -> bool:
        """Watch a task no longer; False where it was given up before."""
        with self._deciding, self._turn:
            return self._all.pop(key, None) is not None

    def close(self) -> None:
        """Watch nothing any longer."""
        with self._turn:
            self._closed = True
            self._turn.notify()

    def _watch(self) -> None:
        while self._rest():
            # A scheduler that has gone tells the tasks' own futures so.
            with contextlib.suppress(Exception):
                for key in self._late(self._begun()):
                    with self._deciding:
                        limit = self._all.pop(key, None)
                        if limit is not None:
                            limit.overdue()

    def _rest(self) -> bool:
        """Wait until it is time to look again; False at the end."""
        with self._turn:
            self._turn.wait_for(lambda: self._closed or self._all)
            self._turn.wait_for(lambda: self._closed, timeout=_LOOK_S)
            return not self._closed

    def _late(self, begun: set[str]) -> list[str]:
        """Note what has begun, and return what began too long ago."""
        now_s = time.monotonic()
        with self._turn:
            for key, limit in self._all.items():
                if key not in begun:
                    limit.due_s = None
                elif limit.due_s is None:
                    limit.due_s = now_s + limit.limit_s
            return [k for k, v in self._all.items() if v.due_s is not None and v.due_s <= now_s]


def _connect(address: str, patience_s: float) -> Any:
    ask_scheduler(address, patience_s)
    import distributed  # noqa: PLC0415 - an extra

    make: Any = distributed.Client
    try:
        return make(address, timeout=patience_s, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        found = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise no_scheduler(address, found) from error


def _hand_over(done: Any, future: Future[Any]) -> None:
    if done.cancelled():
        future.cancel()
        return
    error = done.exception()
    if error is None:
        future.set_result(done.result())
    elif type(error).__name__ == "KilledWorker":
        future.set_exception(WorkerDiedError("every worker that took it died"))
    else:
        future.set_exception(error)
