"""A real scheduler with real workers on this machine."""

import json
import operator
import os
import signal
import subprocess
import sys
from functools import partial

import pytest

from review.batch.cluster import Cluster
from review.batch.runner import run_each
from review.batch.scheduler import ask_scheduler
from review.errors import ReviewError

LONG_S = 600.0
pytest.importorskip("distributed")
# The library's own tidying at the end of a process speaks of sockets that it closes itself.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


def _where(_):
    from distributed import get_worker

    return get_worker().address


def same():
    return "1"


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a scheduler without workers, and a function that starts one."""
    folder = tmp_path_factory.mktemp("cluster")
    told = folder / "scheduler.json"
    os.mkfifo(told)
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
            cwd=folder,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        started.append(process)
        return process

    start(
        "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
        "--scheduler-file", str(told),
    )  # fmt: skip
    address = json.loads(told.read_text())["address"]
    yield address, start
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def address(scheduler):
    where, start = scheduler
    with pytest.raises(ReviewError, match="no worker"):
        Cluster(where, version=same, patience_s=5)
    for _ in range(2):
        start("dask_worker", where, "--nthreads", "1", "--no-dashboard", "--death-timeout", "60")
    return where


def test_every_task_comes_back_once(address):
    with Cluster(address, version=same, patience_s=60) as pool:
        found = list(run_each(range(40), operator.neg, pool, limit_s=lambda _: LONG_S))
    assert sorted(one.task for one in found) == list(range(40))
    assert all(one.value == -one.task for one in found)


def test_what_kills_its_workers_is_a_failure_and_the_others_go_on(address):
    killer = partial(exec, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    tasks = [partial(abs, -1), killer, *(partial(abs, -n) for n in range(2, 8))]
    with Cluster(address, version=same, patience_s=60) as pool:
        found = {
            one.task: one
            for one in run_each(tasks, operator.call, pool, limit_s=lambda _: LONG_S, retries=0)
        }
    assert "died" in found.pop(killer).failure
    assert sorted(one.value for one in found.values()) == list(range(1, 8))


def test_what_hangs_is_given_up_and_its_worker_restarted(address):
    hanging = [partial(exec, "import threading; threading.Event().wait()") for _ in range(2)]
    # They wait for a worker for longer than they may take themselves.
    quick = [partial(abs, -n) for n in range(1, 6)]
    with Cluster(address, version=same, patience_s=60) as pool:
        found = {
            one.task: one
            for one in run_each(
                [*hanging, *quick], operator.call, pool,
                limit_s=lambda task: 6.0 if task in hanging else 5.0,
            )
        }  # fmt: skip
    assert all("longer than its limit" in found.pop(task).failure for task in hanging)
    assert sorted(one.value for one in found.values()) == list(range(1, 6))


def test_workers_that_come_later_are_counted(address, scheduler):
    hangs = partial(exec, "import threading; threading.Event().wait()")
    with Cluster(address, version=same, patience_s=60) as pool:
        scheduler[1]("dask_worker", address, "--nthreads", "1", "--no-dashboard")
        pool._client.wait_for_workers(3)
        # Workers are counted while something runs: here for two looks.
        list(run_each([hangs], operator.call, pool, limit_s=lambda _: 2.0))
        assert pool.workers == 3


def test_workers_of_another_version_are_refused_by_name(address):
    with pytest.raises(ReviewError, match=r"tcp://127.0.0.1:\d+: a worker runs another version"):
        Cluster(address, version=os.getpid, patience_s=60)


def test_a_worker_is_no_scheduler(address):
    with Cluster(address, version=same, patience_s=60) as pool:
        (found, *_) = run_each([None], _where, pool, limit_s=lambda _: LONG_S)
    with pytest.raises(ReviewError, match=r"no scheduler answers.*a Dask worker"):
        ask_scheduler(found.value, 60)
