"""Whether a session folder is complete and sound, and what the ledger knows about it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pandas as pd
from tqdm.auto import tqdm

from review import tables
from review.ledger import open_ledger
from review.ledger.bans import under_ban
from review.ledger.late import came_late
from review.loaders import load_session, problems
from review.loaders.check import check_sitting
from review.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from review.ledger import Ledger
    from review.loaders.check import Checked
    from review.session import Session, Sitting

#: Threads per core: headers wait for the disk, not for the processor.
_THREADS_PER_CORE: Final = 4
#: How a candidate was found to be the person under a ban, and why a file counts as late, in words.
_MATCH: Final = {"id_number": "identity number", "candidate_id": "admission ticket number"}
_LATE: Final = {
    "not_signed_off": "is not among the files of the sign-off, entry",
    "replaced": "is not the file of that name in the sign-off, entry",
    "changed_after": "is younger than the decision in entry",
}


def check(
    folder: Path | str,
    *,
    deep: bool = False,
    workspace: Workspace | Path | str | None = None,
    progress: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Say whether a session folder is complete and sound.

    Where the workspace has a ledger, candidates who are still under a ban and files that arrived
    after people had decided are problems, too. Nothing is written.

    Parameters
    ----------
    folder
        Session folder. It is only read.
    deep
        Walk all packets and hold them against what the headers claim.
    workspace
        Folder of results; ``REVIEW_WORKSPACE`` or ``workspace`` if not given.

    Returns
    -------
    streams, problems : pandas.DataFrame
        One row per sitting and stream (:data:`review.loaders.check.COLUMNS`), and the table
        ``problems``, the gravest first within the session and within each sitting.

    Raises
    ------
    SessionError
        If the folder's manifest or candidates cannot be used at all.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    session, found = load_session(folder)
    sittings = list(session.sittings())
    ledger = open_ledger(space.ledger) if space.has_ledger else None
    told = [found]
    if ledger is not None:
        told.append(_banned(ledger, session, space))
    rows: list[pd.DataFrame] = []
    for sitting, checked in _checked(sittings, deep=deep, progress=progress):
        rows.append(checked.streams)
        told.append(checked.problems)
        if ledger is not None:
            told.append(_late(ledger, sitting, checked.files))
    streams = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    return streams, tables.join("problems", told)


def _checked(
    sittings: list[Sitting], *, deep: bool, progress: bool
) -> Iterator[tuple[Sitting, Checked]]:
    threads = min(32, _THREADS_PER_CORE * (os.cpu_count() or 1))
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(check_sitting, sitting, deep=deep) for sitting in sittings]
        bar = tqdm(futures, desc="checking", unit="sitting", disable=not progress)
        for sitting, future in zip(sittings, bar, strict=True):
            yield sitting, future.result()


def _banned(ledger: Ledger, session: Session, space: Workspace) -> pd.DataFrame:
    """Problems: candidates who are under a ban on the day of their paper."""
    found = [
        problems.table(
            [
                problems.Problem(
                    code="candidate_banned",
                    message=(
                        f"candidate {row['candidate_id']} is under a ban from {row['starts_on']} "
                        f"to {row['last_day']} (session {row['banned_session_id']}, clause "
                        f"{row['clause']}; the same {_MATCH[str(row['match'])]}); ask the "
                        f"organiser whether this sitting may count"
                    ),
                )
            ],
            key=(session.id, str(row["candidate_id"]), str(row["subject_id"])),
        )
        for row in under_ban(ledger, session, space).to_dict("records")
    ]
    return tables.join("problems", found)


def _late(ledger: Ledger, sitting: Sitting, files: pd.DataFrame) -> pd.DataFrame:
    """Problems: files that arrived after people had decided on this sitting."""
    found = [
        problems.Problem(
            code="file_late",
            stream=str(row["stream"]),
            file=str(row["file"]),
            message=(
                f"{row['file']}: {_LATE[str(row['reason'])]} {row['after_seq']} of the ledger "
                f"({row['after_at']}); analyse again, then "
                + ("reopen the sitting" if row["locked"] else "look at what was decided")
            ),
        )
        for row in came_late(ledger, sitting, files).to_dict("records")
    ]
    return problems.table(found, key=sitting.key)
