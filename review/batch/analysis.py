"""The sittings of a session analysed into a workspace, a failure being a row."""

from __future__ import annotations

import errno
import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import pandas as pd
from tqdm.auto import tqdm

from review import pipeline, tables
from review.batch import runs
from review.batch.cluster import Cluster
from review.batch.pools import Borrowed, Here, Processes
from review.batch.runner import run_each
from review.errors import ReviewError, SessionError, reason_of
from review.loaders import load_session
from review.workspace import MARKER, Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from review.batch.pools import Pool
    from review.session import Session, Sitting

#: A sitting may take as long as its subject, and at least this long: it was measured to take a
#: twentieth of it on one core (docs/benchmarks.md), so whatever reaches the limit hangs.
_LEAST_LIMIT_S: Final = 900.0
#: What a disk says that takes no more: full, over a quota, or a file too large for it.
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, kw_only=True)
class Job:
    """What every sitting of a run is analysed with; travels to the workers.

    Parameters
    ----------
    folder, fingerprint
        Session folder, and what its manifest and candidates said when the run began.
    threads
        Streams of one sitting that are worked on at once.
    code
        Version of the code that workers elsewhere must run; None for this machine's own.
    """

    folder: Path
    fingerprint: str
    space: Workspace
    options: pipeline.Options
    force: bool
    threads: int
    code: str | None


def analyze(
    folder: Path | str,
    *,
    workspace: Workspace | Path | str | None = None,
    candidates: Sequence[str] | None = None,
    subjects: Sequence[str] | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    executor: Executor | None = None,
    time_limit_s: float | None = None,
    retries: int = 1,
    force: bool = False,
    progress: bool = False,
) -> pd.DataFrame:
    """Analyse the sittings of a session into a workspace.

    A sitting whose inputs, options, models and code are those of an earlier run is not analysed
    again, so that an interrupted run goes on where it was. A sitting that fails, hangs or brings
    its process down is a row with its reason; the others go on.

    Parameters
    ----------
    folder
        Session folder. It is only read.
    workspace
        Folder of results; ``REVIEW_WORKSPACE`` or ``workspace`` if not given.
    workers
        Processes; by default one per core. 0 works in this process, without limits.
    scheduler
        Address of a Dask scheduler; its workers see both folders under the same paths.
    executor
        Any other ``concurrent.futures`` executor of ``workers`` processes, which stays open.
    time_limit_s
        Seconds that a sitting may take; by default its subject's length, at least a quarter of an
        hour.
    retries
        How often a sitting is begun again whose process died.

    Returns
    -------
    pandas.DataFrame
        Table ``sittings``, one row per sitting asked for, in the session's order.

    Raises
    ------
    SessionError, DetectorError, RulebookError
        If the run cannot start.
    ReviewError
        If the cluster is not there, or not of this code.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    session, session_problems = load_session(folder)
    options = pipeline.resolve_options(session)
    chosen = {s.key: s for s in chosen_sittings(session, candidates, subjects)}
    run = runs.begin(session, options, session_problems)
    with _pool(len(chosen), workers=workers, scheduler=scheduler, executor=executor) as pool:
        _register(space, session)
        job = Job(
            folder=session.folder.resolve(),
            fingerprint=_fingerprint(session),
            space=space,
            options=options,
            force=force,
            threads=max(1, (os.cpu_count() or 1) // pool.workers),
            code=None if isinstance(pool, Here | Processes) else pipeline.code_version(),
        )
        bar = tqdm(total=len(chosen), desc="analysing", unit="sitting", disable=not progress)
        found: list[pd.DataFrame] = []
        work = partial(analyze_one, job)
        limit = partial(_limit_s, chosen, time_limit_s)
        with bar:
            for done in run_each(chosen, work, pool, limit_s=limit, retries=retries):
                if done.failure is None:
                    found.append(done.value)
                else:
                    found.append(_failed(chosen[done.task], space, done.failure, 0.0))
                bar.set_postfix_str("/".join(done.task[1:]))
                bar.update()
    result = _in_order(tables.join(MARKER, found), list(chosen))
    # Workers import this module and make no roll-ups: without statistics they begin twice as soon.
    from review.trends import write_rollup  # noqa: PLC0415

    try:
        space.compact(session.id)
        write_rollup(space, sessions=[session.id])
        runs.end(space, run, result, pool=type(pool).__name__.lower(), workers=pool.workers)
    except OSError as error:
        # Every sitting stands as its row says; what is only tidied up here is by the next run.
        tqdm.write(f"review: {_unwritten(error, space)}", file=sys.stderr)
    return result


def analyze_one(job: Job, key: tuple[str, str, str]) -> pd.DataFrame:
    """Analyse one sitting in a worker.

    Returns
    -------
    pandas.DataFrame
        Its row of ``sittings``: of state ``failed``, with the reason, where it fails.

    Raises
    ------
    ReviewError
        If this worker runs another version of the code, or sees another session: then nothing that
        it makes can stand beside the rest.
    """
    if job.code not in (None, pipeline.code_version()):
        raise ReviewError(
            "a worker runs another version of the code",
            where=_here(),
            expected=job.code,
            found=pipeline.code_version(),
            todo="install the same release there and start it again",
        )
    started = time.monotonic()
    sitting = _session(job.folder, job.fingerprint).sitting(*key[1:])
    try:
        return pipeline.analyze_sitting(
            sitting, job.space, options=job.options, force=job.force, threads=job.threads
        )
    except Exception as error:  # noqa: BLE001 - whatever one sitting provokes is its own row
        message = reason_of(error)
        if isinstance(error, OSError) and error.errno in _FULL:
            message = _unwritten(error, job.space)
        return _failed(sitting, job.space, message, time.monotonic() - started)


def _register(space: Workspace, session: Session) -> None:
    try:
        space.register(session)
    except OSError as error:
        raise ReviewError(
            "the workspace cannot be written",
            where=space.folder,
            found=os.strerror(error.errno) if error.errno else str(error),
            todo="make room, or have the permissions set, and start again",
        ) from error


def _unwritten(error: OSError, space: Workspace) -> str:
    """Say what a full disk means for whoever runs this."""
    why = os.strerror(error.errno) if error.errno else str(error)
    return f"{space.folder}: results could not be written: {why}; make room and start again"


def _pool(
    sittings: int, *, workers: int | None, scheduler: str | None, executor: Executor | None
) -> Pool:
    cores = os.cpu_count() or 1
    if scheduler is not None:
        return Cluster(scheduler, version=pipeline.code_version)
    if executor is not None:
        return Borrowed(executor, workers=workers or cores)
    if workers == 0:
        return Here()
    count = max(1, min(workers or cores, sittings))
    return Processes(count, threads=max(1, cores // count))


def _limit_s(
    sittings: dict[tuple[str, str, str], Sitting], wanted_s: float | None, key: tuple[str, str, str]
) -> float:
    return wanted_s or max(_LEAST_LIMIT_S, sittings[key].subject.duration_s)


@lru_cache(maxsize=1)
def _session(folder: Path, fingerprint: str) -> Session:
    session, _ = load_session(folder)
    if _fingerprint(session) != fingerprint:
        raise SessionError(
            "session.toml or candidates.csv changed while the run was under way",
            where=folder,
            todo="start the run again; what is done and still holds is kept",
        )
    return session


def _fingerprint(session: Session) -> str:
    return pipeline.digest(repr(session))


def _here() -> str:
    return f"process {os.getpid()} on {os.uname().nodename}"


def chosen_sittings(
    session: Session, candidates: Sequence[str] | None, subjects: Sequence[str] | None
) -> list[Sitting]:
    """Return the sittings of these candidates and subjects, all where none are named.

    Raises
    ------
    SessionError
        If the session has no such candidate or subject.
    """
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
    # Where the disk is full the row is told all the same, and the sitting stays to be analysed.
    with suppress(OSError):
        space.write_sitting(sitting, {**frames, MARKER: row})
    return row


def _in_order(rows: pd.DataFrame, keys: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
    order = {key: n for n, key in enumerate(keys)}
    found = pd.Series(list(rows[list(tables.KEYS)].itertuples(index=False, name=None)))
    return rows.iloc[found.map(order).argsort(kind="stable")].reset_index(drop=True)
