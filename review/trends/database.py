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
from review.ledger.decisions import outcomes, readings, settle
from review.loaders import load_session
from review.rules import load_rulebook, shipped_rulebooks
from review.trends import rollup
from review.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from review.ledger import Ledger
    from review.session import Session

#: Tables of the workspace that views are made of.
TABLES: Final = ("sittings", "flags", "coverage", "scores", "problems", "events")
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
_READINGS: Final = pa.schema(
    [*_KEY, ("flag_id", _S), ("label", _S), ("stream", _S), ("verdict", _S), ("kind", _S),
     ("blind", _B), ("author", _S), ("source", _S), ("role", _S), ("decided_at", _S)]
)  # fmt: skip
_OUTCOMES: Final = pa.schema(
    [*_KEY, ("outcome", _S), ("rulebook", _S), ("clauses", pa.list_(_S)), ("appeal", _S),
     ("author", _S), ("role", _S), ("decided_at", _S)]
)  # fmt: skip
_ENTRIES: Final = pa.schema(
    [("seq", _I), ("at", _S), ("author", _S), ("role", _S), ("kind", _S), *_KEY]
)
_CLAUSES: Final = pa.schema(
    [("rulebook", _S), ("label", _S), ("clause", _S), ("number", _S), ("strength", pa.float64())]
)
#: The first script whose views need the roll-up.
_AFTER_ROLLUP: Final = "80_decisions.sql"
#: Manifests of so many rolled sessions are read all the same, for the views that need them.
_FEW: Final = 20


def connect(
    workspace: Workspace | Path | str | None = None,
    *,
    ledger: Ledger | None = None,
    memory_limit: str | None = None,
    threads: int | None = None,
    sessions: Sequence[str] | None = None,
    use_rollup: bool = True,
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
    sessions
        Read tables and manifests of these only; None for all.
    use_rollup
        Answer from stored roll-ups where they are as new as their tables; otherwise everything is
        counted from the flags.

    Returns
    -------
    duckdb.DuckDBPyConnection
        In memory, with the views ``sittings flags flag_streams coverage scores problems decisions
        readings outcomes clauses equipment rollup rollup_sittings``; ``DESCRIBE <view>`` lists
        their columns, ``docs/trends.md`` and the files in ``review/trends/sql`` say what they
        mean.
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
        paths = space.parquet_files(name)
        if sessions is not None:
            own = {space.table_folder(name, s) for s in sessions}
            paths = [path for path in paths if path.parent in own]
        _add_table(connection, name, paths)
    rolled = _add_rollups(connection, space) if use_rollup else _no_rollups(connection)
    loaded = _add_manifests(connection, space, sessions, without=rolled)
    add_ledger(connection, ledger or open_ledger(space.ledger))
    _add_arrow(connection, "clauses", clause_table(loaded, space))
    families = pa.table({"label": list(FAMILY_OF), "family": list(FAMILY_OF.values())})
    _add_arrow(connection, "families", families)
    folder = files("review.trends").joinpath("sql")
    for script in sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=_name):
        if script.name == _AFTER_ROLLUP:
            _rollup_views(connection, rolled, space.sessions())
        connection.execute(script.read_text(encoding="utf-8"))
    return connection


def query(connection: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    """Run a query and return its result.

    Raises
    ------
    ReviewError
        If a file was removed or damaged since :func:`connect`, or the query is not possible.
    """
    try:
        return connection.execute(sql).df()
    except duckdb.IOException as error:
        raise ReviewError(
            "a table of the workspace cannot be read",
            found=str(error).splitlines()[0],
            todo="a run may have just ended; open the database again",
        ) from error
    except duckdb.Error as error:
        raise ReviewError("the question cannot be answered", found=str(error)) from error


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


def _add_rollups(connection: duckdb.DuckDBPyConnection, space: Workspace) -> list[str]:
    fresh = [s for s in space.sessions() if rollup.is_fresh(space, s)]
    _add_arrow(connection, "rolled", pa.table({"session_id": pa.array(fresh, _S)}))
    for name in rollup.NAMES:
        if fresh:
            paths = _parquet([rollup.place(space, name, s) for s in fresh])
            connection.execute(f"CREATE VIEW stored_{name} AS SELECT * FROM {paths}")  # noqa: S608
        else:
            _add_arrow(connection, f"stored_{name}", rollup.SCHEMAS[name].empty_table())
    return fresh


def _rollup_views(
    connection: duckdb.DuckDBPyConnection, rolled: Sequence[str], known: Sequence[str]
) -> None:
    """Make ``rollup_sittings`` and ``rollup`` of what is stored and of what must be counted now.

    Only the sessions without a roll-up are counted: they are named in the query, so that the files
    of the others are not even opened.
    """
    rest = [s for s in known if s not in set(rolled)]
    listed = ", ".join("'{}'".format(s.replace("'", "''")) for s in rest)
    for name in rollup.NAMES:
        parts = [f"SELECT * FROM stored_{name}"]  # noqa: S608  # names of this module
        if rest and rolled:
            made = f"SELECT * FROM made_{name} WHERE session_id IN ({listed})"  # noqa: S608
            parts.append(made)
        elif not rolled:
            # Tables of sessions that nobody registered are counted as well.
            parts = [f"SELECT * FROM made_{name}"]  # noqa: S608
        connection.execute(f"CREATE VIEW {name} AS {' UNION ALL BY NAME '.join(parts)}")


def _no_rollups(connection: duckdb.DuckDBPyConnection) -> list[str]:
    _add_arrow(connection, "rolled", pa.table({"session_id": pa.array([], _S)}))
    for name in rollup.NAMES:
        _add_arrow(connection, f"stored_{name}", rollup.SCHEMAS[name].empty_table())
    return []


def clause_table(sessions: Iterable[Session], space: Workspace) -> pa.Table:
    """Return which labels support which clauses: rulebook, label, clause, number, strength."""
    rows = []
    for name in dict.fromkeys([*shipped_rulebooks(), *(s.rulebook for s in sessions)]):
        own = next((s.folder for s in sessions if s.rulebook == name), space.folder)
        try:
            book = load_rulebook(name, folder=own)
        except ReviewError:
            continue
        rows += [
            {"rulebook": name, "label": label, "clause": clause.id,
             "number": clause.number["zh"], "strength": float(strength)}
            for clause in book.clauses
            for label, strength in clause.labels.items()
            if strength > 0
        ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=_CLAUSES)


def _add_manifests(
    connection: duckdb.DuckDBPyConnection,
    space: Workspace,
    chosen: Sequence[str] | None,
    *,
    without: Sequence[str],
) -> list[Session]:
    """Hand over what the manifests say; those of rolled sessions are read when they are few."""
    rolled = set(without) if len(without) > _FEW else set()
    wanted = [s for s in space.sessions() if chosen is None or s in chosen]
    loaded = list(_sessions(space, [s for s in wanted if s not in rolled]))
    sessions, subjects, candidates = [], [], []
    for session in loaded:
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
    return loaded


def _sessions(space: Workspace, wanted: Iterable[str]) -> Iterable[Session]:
    for session_id in wanted:
        # The results of a session outlive its folder; what only the folder says is then unknown.
        try:
            session, _ = load_session(space.session_folder(session_id))
        except ReviewError:
            continue
        yield session


def add_ledger(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> None:
    """Hand the ledger over as Arrow: what stands, who said what, outcomes, what was done."""
    read = readings(ledger, ())
    stand = settle(read)
    for name, frame, schema in (
        ("ledger_decisions", stand, _DECISIONS),
        ("readings", read, _READINGS),
        ("ledger_outcomes", outcomes(ledger, ()), _OUTCOMES),
        ("entries", ledger.entries(), _ENTRIES),
    ):
        known = (
            frame.rename(columns={"at": "decided_at"}) if "decided_at" in schema.names else frame
        )
        table = pa.Table.from_pandas(known[schema.names], schema=schema, preserve_index=False)
        _add_arrow(connection, name, table)
