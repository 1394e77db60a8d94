"""A Dask cluster as a pool: workers on other machines, found through their scheduler."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from review.batch.pools import WorkerDiedError
from review.batch.scheduler import ask_scheduler, no_scheduler
from review.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds that are waited for a scheduler's answer, and for its first worker.
PATIENCE_S: Final = 10.0


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
        try:
            self.workers = self._ready(address, version)
        except BaseException:
            self._client.close()
            raise

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float) -> Future[Any]:
        """Send it to a worker that is free; the limit counts from there."""
        future: Future[Any] = Future()
        key = f"sitting-{uuid4().hex}"
        remote = self._client.submit(work, *args, key=key, pure=False, retries=0)
        watch = _Watch(limit_s, lambda: self._give_up(key, remote, future))

        def hand_over(done: Any) -> None:
            # What is given up is told when its worker is back, not when it is cancelled.
            if watch.stop():
                _hand_over(done, future)

        remote.add_done_callback(hand_over)
        watch.start()
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
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


class _Watch:
    """Calls back when a limit has passed, again and again until that says that it is done."""

    def __init__(self, limit_s: float, overdue: Callable[[], bool]) -> None:
        self._limit_s, self._overdue = limit_s, overdue
        self._ended = threading.Event()
        self._turn = threading.Lock()
        self._over = False

    def start(self) -> None:
        threading.Thread(target=self._wait, daemon=True).start()

    def stop(self) -> bool:
        """End the watch; False where the limit had passed before."""
        with self._turn:
            self._ended.set()
            return not self._over

    def _wait(self) -> None:
        while not self._ended.wait(self._limit_s):
            with self._turn:
                if self._ended.is_set():
                    return
                self._over = True
            if self._overdue():
                return
            self._over = False


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
