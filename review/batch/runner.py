"""Many tasks through any pool: results as they come, and failures among them."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from review.batch.pools import WorkerDiedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from review.batch.pools import Pool

Task = TypeVar("Task")


@dataclass(frozen=True, kw_only=True)
class Done(Generic[Task]):
    """What became of a task.

    Parameters
    ----------
    value
        What the work returned; None for a failure.
    failure
        Why it failed, in words; None for a result.
    tries
        How often it was begun.
    """

    task: Task
    value: Any = None
    failure: str | None = None
    tries: int = 1


def run_each(
    tasks: Iterable[Task],
    work: Callable[[Task], Any],
    pool: Pool,
    *,
    limit_s: Callable[[Task], float],
    retries: int = 1,
) -> Iterator[Done[Task]]:
    """Have every task done, at most as many at one time as the pool has workers.

    So memory follows the workers and not the tasks, and a task's limit counts from its start.

    Parameters
    ----------
    work
        Returns a result; what it raises itself ends the run, since it is no misfortune of one
        task. It must be able to travel to another process.
    limit_s
        Seconds that a task may take. What exceeds them is not tried again.
    retries
        How often a task is begun again whose worker died: the fault may have been the machine's.
    """
    waiting = deque((task, 1) for task in tasks)
    running: dict[Future[Any], tuple[Task, int]] = {}
    while waiting or running:
        while waiting and len(running) < pool.workers:
            task, tries = waiting.popleft()
            running[pool.submit(work, task, limit_s=limit_s(task))] = task, tries
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            task, tries = running.pop(future)
            try:
                yield Done(task=task, value=future.result(), tries=tries)
            except TimeoutError:
                limit = limit_s(task)
                reason = f"it took longer than its limit of {limit / 60:.3g} min and was ended"
                yield Done(task=task, failure=reason, tries=tries)
            except WorkerDiedError as error:
                if tries <= retries:
                    # To the end: what takes the machine down should not do so at once again.
                    waiting.append((task, tries + 1))
                else:
                    times = f" ({tries} times)" if tries > 1 else ""
                    yield Done(task=task, failure=f"{error}{times}", tries=tries)
