"""The record of a run: versions, options, times and what became of every sitting."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from review import pipeline
from review.workspace import atomic_path

if TYPE_CHECKING:
    import pandas as pd

    from review.session import Session
    from review.workspace import Workspace


def begin(session: Session, options: pipeline.Options, problems: pd.DataFrame) -> dict[str, Any]:
    """Return what is known of a run when it starts."""
    return {
        "session_id": session.id,
        "folder": str(session.folder),
        "started": datetime.now(UTC),
        "code": pipeline.code_version(),
        "python": platform.python_version(),
        "machine": platform.node(),
        "thresholds": options.thresholds,
        "session_problems": problems["message"].tolist(),
    }


def end(
    space: Workspace, run: dict[str, Any], rows: pd.DataFrame, *, pool: str, workers: int
) -> None:
    """Write the record of a run to ``runs/<start>Z.json`` of the workspace.

    Parameters
    ----------
    rows
        Table ``sittings`` as the run leaves it.
    pool, workers
        Where the sittings were worked on, and how many at a time.
    """
    started: datetime = run["started"]
    finished = datetime.now(UTC)
    shown = ["candidate_id", "subject_id", "state", "reason", "elapsed_s"]
    record = {
        **run,
        "started": started.isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
        "elapsed_s": round((finished - started).total_seconds(), 3),
        "pool": pool,
        "workers": workers,
        "sittings": rows[shown].to_dict("records"),
    }
    write(space, started, record)


def write(space: Workspace, started: datetime, record: dict[str, Any]) -> None:
    """Write a record to ``runs`` under the time (UTC) at which its run started."""
    with atomic_path(space.runs / f"{started:%Y%m%dT%H%M%S%f}Z.json") as path:
        text = json.dumps(record, ensure_ascii=False, indent=1, default=str)
        path.write_text(text, encoding="utf-8")
