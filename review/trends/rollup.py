"""The roll-up: per session two small tables that standard questions are answered from.

``tables/rollup/session_id=<id>/all.parquet`` has one row per judged sitting, label and detector,
``tables/rollup_sittings/...`` one per judged sitting; what stands in them is said in
``sql/70_made_rollup_sittings.sql`` and ``sql/71_made_rollup.sql``, which make them. Both carry in
their metadata what they were made from, so that one that is older than its session is not used.
What people decide is not in them: it comes from the ledger as it is.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from review.workspace import MARKER, Workspace, atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from review.ledger import Ledger

NAMES: Final = ("rollup_sittings", "rollup")
_S, _I, _F = pa.string(), pa.int64(), pa.float64()
SITTING_FIELDS: Final = (
    ("session_id", _S), ("candidate_id", _S), ("subject_id", _S), ("person", pa.uint64()),
    ("window_s", _F), ("platform", _S), ("kind", _S), ("rulebook", _S), ("region", _S),
    ("occupation", _S), ("level", _S), ("day", pa.date32()), ("hour", _I), ("weekday", _I),
    ("device", _S), ("network", _S),
)  # fmt: skip
#: Table -> its columns.
SCHEMAS: Final = {
    "rollup_sittings": pa.schema([*SITTING_FIELDS, ("flags", _I)]),
    "rollup": pa.schema(
        [*SITTING_FIELDS, ("label", _S), ("detector", _S), ("flags", _I), ("length_s", _F),
         ("top_score", _F), ("new_label", pa.bool_())]
    ),
}  # fmt: skip
#: Increased when a column changes its meaning: older roll-ups are then made anew.
_VERSION: Final = 1
_KEY: Final = b"made_from"
#: Tables that a roll-up depends on.
_SOURCES: Final = (MARKER, "flags", "events")


def write_rollup(
    workspace: Workspace | Path | str | None = None,
    *,
    sessions: Sequence[str] | None = None,
    ledger: Ledger | None = None,
) -> list[str]:
    """Write the roll-up of sessions whose tables are newer than it; return these sessions.

    To be called when a run has ended and its tables are compacted.

    Parameters
    ----------
    sessions
        Only these; None for all of the workspace.
    """
    from review.trends.database import connect  # noqa: PLC0415  # which reads what is made here

    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    wanted = [s for s in space.sessions() if sessions is None or s in sessions]
    stale = [s for s in wanted if not is_fresh(space, s)]
    if not stale:
        return []
    # One at a time: only its own files are then read.
    for session_id in stale:
        source = fingerprint(space, session_id)
        connection = connect(space, ledger=ledger, sessions=[session_id], use_rollup=False)
        try:
            for name in NAMES:
                _write(connection, space, name, session_id, source)
        finally:
            connection.close()
    return stale


def _write(
    connection: duckdb.DuckDBPyConnection, space: Workspace, name: str, session_id: str, source: str
) -> None:
    rows = connection.sql(
        f"SELECT * FROM made_{name} WHERE session_id = ? "  # noqa: S608  # names of this module
        "ORDER BY candidate_id, subject_id",
        params=[session_id],
    ).to_arrow_table()
    schema = SCHEMAS[name]
    table = rows.select(schema.names).cast(schema)
    table = table.replace_schema_metadata({_KEY: source.encode()})
    with atomic_path(place(space, name, session_id)) as part:
        pq.write_table(table, part, compression="zstd")


def place(space: Workspace, name: str, session_id: str) -> Path:
    """Return the file of a session's roll-up."""
    return space.table_folder(name, session_id) / "all.parquet"


def is_fresh(space: Workspace, session_id: str) -> bool:
    """Say whether a session has a roll-up that was made from its tables as they are."""
    paths = [place(space, name, session_id) for name in NAMES]
    if not all(path.exists() for path in paths):
        return False
    source = fingerprint(space, session_id).encode()
    try:
        return all((pq.read_schema(p).metadata or {}).get(_KEY) == source for p in paths)
    except (pa.ArrowInvalid, OSError):
        return False


def fingerprint(space: Workspace, session_id: str) -> str:
    """Return a hash of names, sizes and times of the files that a roll-up is made from."""
    lines = [str(_VERSION)]
    for name in _SOURCES:
        folder = space.table_folder(name, session_id)
        for path in sorted(folder.glob("*.parquet")):
            status = path.stat()
            lines.append(f"{name}/{path.name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
