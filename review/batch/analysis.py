"""Many sittings analysed into a workspace, a failure being a row."""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import time
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
from tqdm.auto import tqdm

from review import pipeline, tables
from review.errors import ReviewError
from review.loaders import load_session
from review.workspace import MARKER, Workspace, atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from review.session import Session, Sitting

#: What one sitting may raise that is its own misfortune and not a fault of the run: the project's
#: errors, and those that damaged evidence provokes in the libraries under them.
FAILURES = (ReviewError, ArithmeticError, LookupError, MemoryError, OSError, TypeError, ValueError)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What every sitting of a run is analysed with."""

    space: Workspace
    options: pipeline.Options
    force: bool
    threads: int


def _sittings(
    session: Session, candidates: Sequence[str] | None, subjects: Sequence[str] | None
) -> list[Sitting]:
    for candidate_id in candidates or ():
        session.candidate(candidate_id)  # an unknown one is an error, not an empty result
    for subject_id in subjects or ():
        session.subject(subject_id)
    return [
        s
        for s in session.sittings()
        if (not candidates or s.candidate.id in candidates)
        and (not subjects or s.subject.id in subjects)
    ]


def analyze(
    folder: Path | str,
    *,
    workspace: Workspace | Path | str | None = None,
    candidates: Sequence[str] | None = None,
    subjects: Sequence[str] | None = None,
    workers: int | None = None,
    force: bool = False,
    progress: bool = False,
) -> pd.DataFrame:
    """Analyse the sittings of a session into a workspace.

    A sitting whose inputs, options, models and code are those of an earlier run is not analysed
    again. A sitting that fails is a row with its reason; the others go on.

    Parameters
    ----------
    folder
        Session folder. It is only read.
    workspace
        Folder of results; ``REVIEW_WORKSPACE`` or ``workspace`` if not given.
    workers
        Processes; by default one per core. 1 works in this process.

    Returns
    -------
    pandas.DataFrame
        Table ``sittings``, one row per sitting asked for, in the session's order.

    Raises
    ------
    SessionError, DetectorError, RulebookError
        If the run cannot start.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    session, session_problems = load_session(folder)
    options = pipeline.resolve_options(session)
    chosen = _sittings(session, candidates, subjects)
    space.register(session)
    cores = os.cpu_count() or 1
    count = max(1, min(workers or cores, len(chosen)))
    job = _Job(space=space, options=options, force=force, threads=max(1, cores // count))
    started = datetime.now(UTC)
    done: list[pd.DataFrame] = []
    with tqdm(total=len(chosen), desc="analysing", unit="sitting", disable=not progress) as bar:
        runner = _in_this_process if count == 1 else _in_processes
        for row in runner(chosen, job, count):
            done.append(row)
            bar.set_postfix_str("/".join(str(row[k].iloc[0]) for k in tables.KEYS[1:]))
            bar.update()
    space.compact(session.id)
    result = _in_order(tables.join(MARKER, done), chosen)
    _record_run(space, session, options, result, session_problems, started)
    return result


def _attempt(sitting: Sitting, job: _Job) -> pd.DataFrame:
    started = time.monotonic()
    try:
        return pipeline.analyze_sitting(sitting, job.space, options=job.options, force=job.force)
    except FAILURES as error:
        message = (
            str(error) if isinstance(error, ReviewError) else f"{type(error).__name__}: {error}"
        )
        return _failed(sitting, job.space, message, time.monotonic() - started)


def _failed(sitting: Sitting, space: Workspace, message: str, elapsed_s: float) -> pd.DataFrame:
    """Put a failed sitting on record, its earlier results withdrawn."""
    row = pipeline.marker_row(
        sitting, state="failed", key="", elapsed_s=elapsed_s, reason=" ".join(message.split())
    )
    frames = {name: tables.empty(name) for name in pipeline.TABLES}
    frames["problems"] = tables.build(
        "problems",
        [{"severity": "error", "code": "sitting_failed", "message": row.loc[0, "reason"]}],
        key=sitting.key,
    )
    space.write_sitting(sitting, {**frames, MARKER: row})
    return row


def _in_this_process(
    sittings: Sequence[Sitting], job: _Job, _workers: int
) -> Iterable[pd.DataFrame]:
    for sitting in sittings:
        yield _attempt(sitting, job)


def _in_processes(sittings: Sequence[Sitting], job: _Job, workers: int) -> Iterable[pd.DataFrame]:
    """Run sittings in worker processes; what kills a worker is that sitting's failure.

    A pool that broke does not say who broke it: the sittings that were under way are tried once
    more, each alone, and the one that breaks its pool again is the one.
    """
    # spawn: forking a process that has decoder and network threads can lock up.
    context = multiprocessing.get_context("spawn")
    waiting = list(reversed(sittings))
    suspects: list[Sitting] = []
    while waiting:
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            running: dict[Future[pd.DataFrame], Sitting] = {}
            while waiting or running:
                while waiting and len(running) < workers:
                    sitting = waiting.pop()
                    running[pool.submit(_attempt, sitting, job)] = sitting
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    sitting = running.pop(future)
                    try:
                        yield future.result()
                    except BrokenProcessPool:
                        suspects.append(sitting)
                if suspects:
                    suspects.extend(running.values())
                    break
        for suspect in suspects:
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                try:
                    yield pool.submit(_attempt, suspect, job).result()
                except BrokenProcessPool:
                    reason = "its process was ended from outside or crashed (out of memory?)"
                    yield _failed(suspect, job.space, reason, 0.0)
        suspects.clear()


def _in_order(rows: pd.DataFrame, sittings: Sequence[Sitting]) -> pd.DataFrame:
    order = {sitting.key: n for n, sitting in enumerate(sittings)}
    keys = pd.Series(list(rows[list(tables.KEYS)].itertuples(index=False, name=None)))
    return rows.iloc[keys.map(order).argsort(kind="stable")].reset_index(drop=True)


def _record_run(
    space: Workspace,
    session: Session,
    options: pipeline.Options,
    rows: pd.DataFrame,
    problems: pd.DataFrame,
    started: datetime,
) -> None:
    """Keep what this run was: versions, options, times and results."""
    record = {
        "session_id": session.id,
        "folder": str(session.folder),
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": pipeline.code_version(),
        "python": platform.python_version(),
        "thresholds": options.thresholds,
        "session_problems": problems["message"].tolist(),
        "sittings": rows[["candidate_id", "subject_id", "state", "reason", "elapsed_s"]].to_dict(
            "records"
        ),
    }
    name = f"{started:%Y%m%dT%H%M%S%f}Z.json"
    with atomic_path(space.runs / name) as path:
        text = json.dumps(record, ensure_ascii=False, indent=1, default=str)
        path.write_text(text, encoding="utf-8")
