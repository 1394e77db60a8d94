"""Running many sittings: what the runner costs, how it scales, and what survives being killed.

``python -m benchmarks batch [-- --part scaling|overhead|trivial|killed|sizes] [--sittings N]``

- scaling: 8 sittings by two one-thread workers and by one such worker (asked: at least 1.8).
- overhead: the same sittings by the runner in one worker, and called one by one in one process that
  was started for it (asked: at most 3 % more).
- trivial: 10,000 tasks without work through both executors (asked: 200 a second).
- killed: a Dask scheduler and two worker processes; a worker is killed in mid-run, then the whole
  run, then it is started again: every sitting is in the results exactly once.
- sizes: nights and disks for 100, 1,000 and 10,000 candidates, from one sitting of ``--minutes`` in
  the usual formats (three cameras 1280x720, the screen 1920x1080), or from ``--figures`` that were
  measured elsewhere, as they are printed.

The sittings are simulated (minutes of four views at 480x360), each kind of run with a workspace of
its own; runs that are compared take turns.
"""

from __future__ import annotations

import argparse
import json
import operator
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks._sizes import sizes
from review import pipeline, tables
from review.batch.analysis import analyze
from review.batch.cluster import Cluster
from review.batch.pools import Processes
from review.batch.runner import run_each
from review.loaders import load_session
from review.simulate import simulate
from review.workspace import MARKER, Workspace

#: One thread in every library, whoever starts the process.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def made(folder: Path, *, sittings: int, minutes: float) -> Path:
    """Return a session folder with that many sittings, made once."""
    out = folder / f"session-{sittings}-{minutes:g}"
    if not (out / "session.toml").exists():
        simulate(out, candidates=sittings, minutes=minutes, seed=8001)
    return out


class Took(NamedTuple):
    """What a run took."""

    wall_s: float
    processor_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:.1f} s (processor {self.processor_s:.1f} s)"


def timed_run(session: Path, folder: Path, mode: str) -> Took:
    """Analyse a session in a new process; its own start is no part of the wall time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory(dir=folder) as space:
        command = [sys.executable, "-m", "benchmarks.batch", "--one", mode, str(session), space]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env=os.environ | ONE_THREAD
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(float(done.stdout.split()[-1]), used_s)


def one(mode: str, session: Path, space: Path) -> None:
    """Do one run and print its seconds."""
    loaded, _ = load_session(session)
    if mode == "bare":
        options = pipeline.resolve_options(loaded)
        workspace = Workspace(space)
        workspace.register(loaded)
        started = time.perf_counter()
        for sitting in loaded.sittings():
            pipeline.analyze_sitting(sitting, workspace, options=options, threads=1)
        workspace.compact(loaded.id)
    else:
        # Every worker gets its share of the cores as threads: here one, however few workers.
        os.cpu_count = lambda: int(mode)
        # Workers take seconds to start; a session of thousands does not notice.
        started = time.perf_counter()
        rows = analyze(session, workspace=space, workers=int(mode))
        if not rows["state"].eq("done").all():
            sys.exit("a sitting failed")
    print(time.perf_counter() - started)


def scaling(folder: Path, sittings: int, minutes: float, turns: int) -> None:
    """Print how much quicker two workers are than one."""
    session = made(folder, sittings=sittings, minutes=minutes)
    for turn in range(turns):
        single = timed_run(session, folder, "1")
        double = timed_run(session, folder, "2")
        print(
            f"turn {turn + 1}: one worker {single}, two {double}, "
            f"ratio {single.wall_s / double.wall_s:.2f}",
            flush=True,
        )


def overhead(folder: Path, sittings: int, minutes: float, turns: int) -> None:
    """Print what the runner costs over calling sittings one by one."""
    session = made(folder, sittings=sittings, minutes=minutes)
    for turn in range(turns):
        bare = timed_run(session, folder, "bare")
        ours = timed_run(session, folder, "1")
        print(
            f"turn {turn + 1}: one by one {bare}, by the runner in one worker {ours}, "
            f"{100 * (ours.wall_s / bare.wall_s - 1):+.1f} % "
            f"(processor {100 * (ours.processor_s / bare.processor_s - 1):+.1f} %)",
            flush=True,
        )


def trivial(count: int) -> None:
    """Print how many tasks without work go through both executors in a second."""
    with Processes(2, threads=1) as pool:
        list(run_each(range(2), abs, pool, limit_s=lambda _: 600.0))
        rate("processes", pool, count)
    with cluster() as (address, _), Cluster(address, version=str, patience_s=60) as pool:
        # Workers take seconds to start, and are seen as they come.
        while pool.workers < 2:
            list(run_each(range(100), abs, pool, limit_s=lambda _: 600.0))
        rate("cluster", pool, count)


def rate(name: str, pool: Processes | Cluster, count: int) -> None:
    """Print the rate of one pool."""
    started = time.perf_counter()
    found = sum(
        1
        for done in run_each(range(count), operator.neg, pool, limit_s=lambda _: 600.0)
        if done.value == -done.task
    )
    took = time.perf_counter() - started
    print(f"{name:<10}{found} of {count} tasks in {took:.1f} s: {count / took:.0f} a second")


class cluster:  # noqa: N801 - used as a context
    """A scheduler and two workers of one thread, as processes of this machine."""

    def __enter__(self) -> tuple[str, list[subprocess.Popen[bytes]]]:
        self._folder = tempfile.TemporaryDirectory()
        told = Path(self._folder.name) / "scheduler.json"
        os.mkfifo(told)
        self._processes = [
            self._start(
                "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                "--scheduler-file", str(told),
            )
        ]  # fmt: skip
        address = json.loads(told.read_text(encoding="utf-8"))["address"]
        for _ in range(2):
            self._processes.append(
                self._start("dask_worker", address, "--nthreads", "1", "--no-dashboard")
            )
        return address, self._processes

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
            cwd=self._folder.name,
            stderr=subprocess.DEVNULL,
            env=os.environ | ONE_THREAD,
            start_new_session=True,
        )

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._folder.cleanup()


def killed(folder: Path, sittings: int, minutes: float) -> None:
    """Kill a worker, then the run, then start again; print what is in the results."""
    session = made(folder, sittings=sittings, minutes=minutes)
    wanted = sorted(sitting.key for sitting in load_session(session)[0].sittings())
    with tempfile.TemporaryDirectory(dir=folder) as name, cluster() as (address, processes):
        space = Workspace(name)
        command = [
            sys.executable, "-m", "review", "analyze", str(session), "--workspace", name,
            "--scheduler", address, "--json",
        ]  # fmt: skip
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(space, wanted, 2)
        os.killpg(processes[-1].pid, signal.SIGKILL)
        print(f"a worker killed after {len(standing(space, wanted))} sittings", flush=True)
        wait_for(space, wanted, len(wanted) // 2)
        run.kill()
        run.wait()
        first = standing(space, wanted)
        print(f"the run killed after {len(first)} of {len(wanted)} sittings", flush=True)
        again = subprocess.run(command, check=True, capture_output=True, text=True)
        rows = space.read(MARKER, wanted[0][0])
        keys = sorted(rows[list(tables.KEYS)].itertuples(index=False, name=None))
        kept = rows.set_index(list(tables.KEYS))["analysed_at"].to_dict()
        print(
            f"started again: {len(json.loads(again.stdout))} rows, states "
            f"{rows['state'].value_counts().to_dict()}; every sitting exactly once: "
            f"{keys == wanted}; done before the kill and not done again: "
            f"{sum(kept[key] == at for key, at in first.items())} of {len(first)}"
        )


def standing(space: Workspace, keys: list[tuple[str, str, str]]) -> dict[tuple[str, ...], str]:
    """Return when each finished sitting was analysed."""
    rows = space.read(MARKER, keys[0][0])
    found = rows[rows["state"] == "done"]
    return found.set_index(list(tables.KEYS))["analysed_at"].to_dict()


def wait_for(space: Workspace, keys: list[tuple[str, str, str]], count: int) -> None:
    """Wait until that many sittings are done."""
    while len(standing(space, keys)) < count:
        time.sleep(0.5)


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=["scaling", "overhead", "trivial", "killed", "sizes"])
    parser.add_argument("--sittings", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="Keep the simulated session here.")
    parser.add_argument("--figures", help="Of part sizes: JSON, instead of measuring.")
    parser.add_argument(
        "--sitting-minutes", type=float, default=90, help="Of the table's sittings."
    )
    parser.add_argument("--entries", type=float, default=30, help="In the ledger, per sitting.")
    parser.add_argument("--efficiency", type=float, default=0.9, help="What a further core adds.")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one[0], Path(options.one[1]), Path(options.one[2]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        shared = (folder, options.sittings, options.minutes)
        parts = {
            "scaling": lambda: scaling(*shared, options.turns),
            "overhead": lambda: overhead(*shared, options.turns),
            "trivial": lambda: trivial(options.tasks),
            "killed": lambda: killed(*shared),
            "sizes": lambda: sizes(folder, options),
        }
        for part, run in parts.items():
            if options.part in (None, part):
                print(f"-- {part}")
                run()


if __name__ == "__main__":
    main()
