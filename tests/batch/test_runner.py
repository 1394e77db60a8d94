"""Tasks through pools: what hangs, dies or raises, and what becomes of the others."""

import operator
import os
import select
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from review.batch.pools import Borrowed, Here, Processes
from review.batch.runner import run_each

LONG_S = 600.0


class Counting(ThreadPoolExecutor):
    """Knows how many tasks were with it at most."""

    most, now = 0, 0

    def submit(self, fn, /, *args, **kwargs):
        self.now += 1
        self.most = max(self.most, self.now)
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(lambda _: setattr(self, "now", self.now - 1))
        return future


@pytest.mark.parametrize("make", [Here, lambda: Borrowed(Counting(3), workers=2)])
def test_every_task_comes_back_once(make):
    pool = make()
    found = list(run_each(range(20), operator.neg, pool, limit_s=lambda _: LONG_S))
    assert sorted(one.task for one in found) == list(range(20))
    assert all(one.value == -one.task and one.failure is None for one in found)


def test_no_more_tasks_are_under_way_than_there_are_workers():
    with Counting(8) as executor:
        list(run_each(range(30), abs, Borrowed(executor, workers=3), limit_s=lambda _: LONG_S))
    assert executor.most == 3


def test_what_the_work_raises_ends_the_run():
    with pytest.raises(ValueError, match="invalid literal"), Here() as pool:
        list(run_each(["1", "x"], int, pool, limit_s=lambda _: LONG_S))


def test_what_hangs_or_dies_is_a_failure_and_the_others_go_on():
    tasks = [
        partial(abs, -1),
        signal.pause,
        partial(os._exit, 3),
        partial(exec, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        partial(abs, -2),
    ]
    with Processes(2, threads=1) as pool:
        found = {
            one.task: one
            for one in run_each(
                tasks, operator.call, pool, limit_s=lambda t: 1.0 if t is tasks[1] else LONG_S,
                retries=0,
            )
        }  # fmt: skip
    assert (found[tasks[0]].value, found[tasks[4]].value) == (1, 2)
    assert "longer than its limit" in found[tasks[1]].failure
    assert "status 3" in found[tasks[2]].failure
    assert "memory" in found[tasks[3]].failure


def test_what_died_once_is_begun_again(tmp_path):
    once = tmp_path / "once"
    program = textwrap.dedent(f"""
        import os, pathlib
        place = pathlib.Path({str(once)!r})
        if not place.exists():
            place.touch()
            os._exit(9)
    """)
    always = partial(os._exit, 9)
    tasks = [partial(exec, program), always]
    with Processes(1, threads=1) as pool:
        found = list(run_each(tasks, operator.call, pool, limit_s=lambda _: LONG_S, retries=2))
    by_task = {one.task: one for one in found}
    assert (by_task[tasks[0]].failure, by_task[tasks[0]].tries) == (None, 2)
    assert by_task[always].tries == 3
    assert "(3 times)" in by_task[always].failure


def test_workers_do_not_outlive_a_run_that_is_killed(tmp_path):
    told = tmp_path / "worker"
    os.mkfifo(told)
    worker = textwrap.dedent(f"""
        import os, signal
        with open({str(told)!r}, "w") as out:
            out.write(str(os.getpid()))
        signal.pause()
    """)
    program = textwrap.dedent(f"""
        from functools import partial
        from review.batch.pools import Processes
        if __name__ == "__main__":
            with Processes(1, threads=1) as pool:
                pool.submit(partial(exec, {worker!r}), limit_s=600.0).result()
    """)
    script = tmp_path / "run.py"
    script.write_text(program)
    with subprocess.Popen([sys.executable, str(script)]) as run:
        number = int(told.read_text())
        ended = os.pidfd_open(number)
        run.kill()
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    assert poll.poll(60_000), "the worker is still there"
