"""The workspace's tables as documented views of an in-memory DuckDB.

The Parquet files are read where they are; the ledger, the sessions' manifests and the word table's
families are handed over as Arrow. Nothing is copied and no extension is loaded at run time.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from review import tables
from review.errors import ReviewError
from review.figures.palette import FAMILY_OF
from review.ledger import open_ledger
from review.ledger.decisions import decisions
from review.loaders import load_session
from review.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from review.ledger import Ledger
    from review.session import Session

#: Tables of the workspace that views are made of.
TABLES: Final = ("sittings", "flags", "coverage", "scores", "problems")
#: File of the rows of all sittings of a session; a sitting's own file holds before it.
_COMPACTED: Final = "all.parquet"

_S, _I, _B = pa.string(), pa.int64(), pa.bool_()
_KEY = [(name, _S) for name in tables.KEYS]
_SESSIONS: Final = pa.schema(
    [("session_id", _S), ("platform", _S), ("kind", _S), ("rulebook", _S), ("region", _S)]
)
_SUBJECTS: Final = pa.schema(
    [("session_id", _S), ("subject_id", _S), ("day", pa.date32()), ("hour", _I), ("weekday", _I)]
)
# Neither names nor identity numbers: nothing that is counted needs them.
_CANDIDATES: Final = pa.schema(
    [("session_id", _S), ("candidate_id", _S), ("occupation", _S), ("level", _S), ("region", _S)]
)
_DECISIONS: Final = pa.schema(
    [*_KEY, ("flag_id", _S), ("label", _S), ("stream", _S), ("verdict", _S), ("kind", _S),
     ("readers", _I), ("disputed", _B), ("decided_at", _S)]
)  # fmt: skip


def connect(
    workspace: Workspace | Path | str | None = None,
    *,
    ledger: Ledger | None = None,
    memory_limit: str | None = None,
    threads: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open the workspace as a database of views.

    Parameters
    ----------
    workspace
        ``REVIEW_WORKSPACE`` or ``workspace`` if not given.
    ledger
        Where decisions are; the workspace's if not given.
    memory_limit, threads
        As DuckDB's options of these names, such as ``"2GB"``.

    Returns
    -------
    duckdb.DuckDBPyConnection
        In memory, with the views ``sittings flags flag_streams coverage scores problems
        decisions``; ``DESCRIBE <view>`` lists their columns, the files in ``review/trends/sql``
        say what they mean.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if memory_limit is not None:
        config["memory_limit"] = memory_limit
    if threads is not None:
        config["threads"] = threads
    connection = duckdb.connect(config=config)
    for name in TABLES:
        _add_table(connection, name, space.parquet_files(name))
    _add_manifests(connection, space)
    _add_ledger(connection, ledger or open_ledger(space.ledger))
    families = pa.table({"label": list(FAMILY_OF), "family": list(FAMILY_OF.values())})
    _add_arrow(connection, "families", families)
    folder = files("review.trends").joinpath("sql")
    for script in sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=_name):
        connection.execute(script.read_text(encoding="utf-8"))
    return connection


def query(connection: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    """Run a query and return its result.

    Raises
    ------
    ReviewError
        If a file was removed or damaged since :func:`connect`.
    """
    try:
        return connection.execute(sql).df()
    except duckdb.IOException as error:
        raise ReviewError(
            "a table of the workspace cannot be read",
            found=str(error).splitlines()[0],
            todo="a run may have just ended; open the database again",
        ) from error


def _name(script: object) -> str:
    return str(getattr(script, "name", script))


def _add_arrow(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register(f"arrow_{name}", table)
    # Names are this module's own.
    connection.execute(f"CREATE TEMP TABLE {name} AS FROM arrow_{name}")
    connection.unregister(f"arrow_{name}")


def _add_table(connection: duckdb.DuckDBPyConnection, name: str, paths: list[Path]) -> None:
    """Make ``raw_<name>``: what :meth:`review.workspace.Workspace.read` gives, of all sessions."""
    whole = [path for path in paths if path.name == _COMPACTED]
    parts = [path for path in paths if path.name != _COMPACTED]
    sources = []
    if parts:
        sources.append(f"SELECT * FROM {_parquet(parts)}")  # noqa: S608  # escaped below
    if whole:
        source = f"SELECT * FROM {_parquet(whole)}"  # noqa: S608
        if parts:
            own = pa.Table.from_pylist([_keys(path) for path in parts], schema=pa.schema(_KEY))
            _add_arrow(connection, f"parts_{name}", own)
            source += f" ANTI JOIN parts_{name} USING ({', '.join(tables.KEYS)})"
        sources.append(source)
    if sources:
        connection.execute(f"CREATE VIEW raw_{name} AS {' UNION ALL BY NAME '.join(sources)}")
    else:
        _add_arrow(connection, f"raw_{name}", tables.schema(name).empty_table())


def _parquet(paths: Iterable[Path]) -> str:
    listed = ", ".join("'{}'".format(str(path).replace("'", "''")) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"


def _keys(part: Path) -> dict[str, str]:
    """Return the keys of a sitting's own file from its place (see :mod:`review.workspace`)."""
    candidate, _, subject = part.stem.partition("+")
    session = part.parent.name.partition("=")[2]
    return dict(zip(tables.KEYS, map(unquote, (session, candidate, subject)), strict=True))


def _add_manifests(connection: duckdb.DuckDBPyConnection, space: Workspace) -> None:
    sessions, subjects, candidates = [], [], []
    for session in _sessions(space):
        sessions.append(
            {
                "session_id": session.id,
                "platform": session.platform,
                "kind": session.kind,
                "rulebook": session.rulebook,
                "region": session.region.name if session.region else None,
            }
        )
        zone = ZoneInfo(session.timezone)
        for subject in session.subjects:
            start = subject.start.astimezone(zone)
            subjects.append(
                {
                    "session_id": session.id,
                    "subject_id": subject.id,
                    "day": start.date(),
                    "hour": start.hour,
                    "weekday": start.isoweekday(),
                }
            )
        candidates += [
            {
                "session_id": session.id,
                "candidate_id": candidate.id,
                "occupation": candidate.occupation,
                "level": candidate.level,
                "region": candidate.region,
            }
            for candidate in session.candidates
        ]
    _add_arrow(connection, "sessions", pa.Table.from_pylist(sessions, schema=_SESSIONS))
    _add_arrow(connection, "subjects", pa.Table.from_pylist(subjects, schema=_SUBJECTS))
    _add_arrow(connection, "candidates", pa.Table.from_pylist(candidates, schema=_CANDIDATES))


def _sessions(space: Workspace) -> Iterable[Session]:
    for session_id in space.sessions():
        # The results of a session outlive its folder; what only the folder says is then unknown.
        try:
            session, _ = load_session(space.session_folder(session_id))
        except ReviewError:
            continue
        yield session


def _add_ledger(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    stand = decisions(ledger, ()).rename(columns={"at": "decided_at"})
    known = stand[[field.name for field in _DECISIONS]]
    _add_arrow(
        connection,
        "ledger_decisions",
        pa.Table.from_pandas(known, schema=_DECISIONS, preserve_index=False),
    )
