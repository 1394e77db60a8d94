"""A Dask cluster as a pool: workers on other machines, found through their scheduler."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
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
#: Seconds that messages to the scheduler are gathered for: its client's own 10 ms are half of what
#: a small task takes.
_GATHERED_S: Final = 0.001
#: Results that are fetched at a time.
_FETCHING: Final = 8


class Cluster:
    """The workers of a Dask scheduler.

    A worker that dies has its sittings done by another one. A sitting beyond its limit is given
    up, and its worker restarted by its nanny.

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
        self._limits = _Limits()
        self._fetching = ThreadPoolExecutor(max_workers=_FETCHING)
        try:
            self.workers = self._ready(address, version)
            link: Any = self._client.scheduler_comm
            link.interval = _GATHERED_S
        except BaseException:
            self.__exit__()
            raise

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float) -> Future[Any]:
        """Send it to a worker that is free; the limit counts from there."""
        future: Future[Any] = Future()
        key = f"sitting-{uuid4().hex}"
        remote = self._client.submit(work, *args, key=key, pure=False, retries=0)
        self._limits.add(key, limit_s, lambda: self._give_up(key, remote, future))

        def hand_over(done: Any) -> None:
            # What is given up is told when its worker is back, not when it is cancelled.
            if self._limits.end(key):
                _hand_over(done, future)

        # A result is fetched by a question to its worker: several at a time.
        remote.add_done_callback(lambda done: self._fetching.submit(hand_over, done))
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._limits.close()
        self._client.close()
        self._fetching.shutdown(wait=False, cancel_futures=True)

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

    def _give_up(self, key: str, remote: Any, future: Future[Any]) -> bool:
        """End a sitting beyond its limit; False where it has not even begun."""
        holders = [w for w, keys in self._client.processing().items() if key in keys]
        if not holders:
            return False
        remote.cancel(force=True)
        with contextlib.suppress(Exception):  # a worker without a nanny cannot be restarted
            self._client.restart_workers(holders, timeout=self._patience_s, raise_for_error=False)
        future.set_exception(TimeoutError())
        return True


@dataclass(kw_only=True, eq=False)
class _Limit:
    """How long one task may take, and what is done then."""

    limit_s: float
    due_s: float
    overdue: Callable[[], bool]


class _Limits:
    """Calls back when a task takes longer than it may; one thread watches all of them."""

    def __init__(self) -> None:
        self._turn = threading.Condition()
        #: Held while something is given up: what ends just then ends after that.
        self._deciding = threading.Lock()
        self._all: dict[str, _Limit] = {}
        self._closed = False
        threading.Thread(target=self._watch, daemon=True).start()

    def add(self, key: str, limit_s: float, overdue: Callable[[], bool]) -> None:
        """Watch a task; ``overdue`` says whether it was given up, or else is asked again."""
        due_s = time.monotonic() + limit_s
        with self._turn:
            self._all[key] = _Limit(limit_s=limit_s, due_s=due_s, overdue=overdue)
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
        while (key := self._late()) is not None:
            with self._deciding:
                limit = self._all.get(key)
                if limit is None:
                    continue
                given_up = limit.overdue()
                with self._turn:
                    if given_up:
                        self._all.pop(key, None)
                    limit.due_s = time.monotonic() + limit.limit_s

    def _late(self) -> str | None:
        """Wait until a task is late and return its key; None at the end."""
        with self._turn:
            while not self._closed:
                key = min(self._all, key=lambda k: self._all[k].due_s, default=None)
                left_s = None if key is None else self._all[key].due_s - time.monotonic()
                if left_s is not None and left_s <= 0:
                    return key
                self._turn.wait(left_s)
            return None


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
