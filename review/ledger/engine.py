"""Connections to the ledger's database: one writer after the other, nobody locked out."""

from __future__ import annotations

import functools
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import sqlalchemy as sa

from review.errors import LedgerError
from review.ledger.turns import turn

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How long a writer waits for its turn, in milliseconds.
_PATIENCE_MS: Final = 30_000
#: Commits of one connection after which it tidies up.
_TIDY_EVERY: Final = 1_000
#: Pages of log (4 KiB each) at which a commit tidies up itself, should nobody else have done it.
_LONGEST_LOG: Final = 16_000
#: The length of a file is kept too where it has grown; its times need not be.
_flush: Final = getattr(os, "fdatasync", os.fsync)
#: Name of PostgreSQL's advisory lock that a writer holds: eight letters read as a number.
_TURN: Final = int.from_bytes(b"reviewle", "big", signed=True)
#: A commit that does not wait for the disk, so that nobody waits for it in the queue. What is not
#: on disk yet can only be lost together with everything that was written after it.
_TAKE_TURN: Final = (
    f"SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock({_TURN})"
)
#: Its commit does wait: the server's log is on disk up to here, of all writers at once. A commit
#: without a record of its own in the log would not wait, so there is a small one.
_FLUSH_LOG: Final = "SELECT pg_logical_emit_message(true, 'review', '')"


def address(url_or_path: str | Path) -> sa.URL:
    """Return the database address of a path or an address."""
    text = str(url_or_path)
    if "://" in text:
        try:
            url = sa.make_url(text)
        except sa.exc.ArgumentError as error:
            raise LedgerError("not a database address", where=text) from error
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise LedgerError(
                "a ledger of this kind is not known",
                where=url.render_as_string(),
                expected="a path, sqlite:///... or postgresql://...",
            )
        # The driver that the project installs, whichever this release of SQLAlchemy would choose.
        plain = url.drivername == "postgresql"
        return url.set(drivername="postgresql+psycopg") if plain else url
    return sa.URL.create("sqlite", database=str(Path(text).absolute()))


@functools.cache
def file_of(url: sa.URL) -> Path | None:
    """Return the file that an address names; None for a database on a server.

    Raises
    ------
    LedgerError
        For an SQLite database without a file: it would forget.
    """
    if url.get_backend_name() != "sqlite":
        return None
    name = url.database or ""
    if url.query.get("uri") == "true":
        name = unquote(name.removeprefix("file:").partition("?")[0])
    if not name or name == ":memory:":
        raise LedgerError("a ledger needs a file", where=url.render_as_string())
    return Path(name)


def make_engine(url: sa.URL) -> sa.Engine:
    """Return an engine for the address; nothing is opened yet."""
    try:
        engine = sa.create_engine(url, pool_pre_ping=url.get_backend_name() == "postgresql")
    except ModuleNotFoundError as error:
        raise LedgerError(
            "the driver of this database is not installed",
            where=url.render_as_string(),
            expected=f"the package {error.name}",
            todo="pip install 'psycopg[binary]'",
        ) from error
    _keep_to_one_process(engine)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection in a transaction that nobody else writes beside; commit at its end.

    When the block has ended without error, what was written is on disk.
    """
    file = file_of(engine.url)
    with engine.connect().execution_options(review_write=True) as connection:
        if file is None:
            with connection.begin():
                connection.exec_driver_sql(_TAKE_TURN)
                yield connection
            with connection.begin():
                connection.exec_driver_sql(_FLUSH_LOG)
            return
        with turn(file), connection.begin():
            yield connection
        _to_disk(file)
        _tidy(connection)


def keep_log(engine: sa.Engine) -> None:
    """Have a file write ahead to a log, so that readers and a writer do not wait for each other.

    The file remembers it. Reading alone never changes a file.
    """
    file = file_of(engine.url)
    if file is not None:
        with turn(file), engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("PRAGMA journal_mode = WAL").close()


def _to_disk(file: Path) -> None:
    # SQLite is told not to wait for the disk at every commit (synchronous = NORMAL), since that
    # would be done while everybody else waits; it is done here, after the turn, by every writer
    # for itself and before the entry is acknowledged. What is not in the log any more was moved to
    # the database file by a checkpoint, which waits for the disk in this mode, too.
    try:
        handle = os.open(f"{file}-wal", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        _flush(handle)
    finally:
        os.close(handle)


def _tidy(connection: sa.Connection) -> None:
    """Move the log into the database file now and then: beside the other writers, not in a turn."""
    commits = connection.info.get("commits", 0) + 1
    connection.info["commits"] = commits
    if commits % _TIDY_EVERY == 0:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver shall not begin transactions by itself: _begin_sqlite does.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute(f"PRAGMA wal_autocheckpoint = {_LONGEST_LOG}")
    cursor.execute("PRAGMA trusted_schema = OFF")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("review_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _keep_to_one_process(engine: sa.Engine) -> None:
    # A connection that came along through a fork belongs to the parent.
    @sa.event.listens_for(engine, "connect")
    def _mark(_connection: Any, record: Any) -> None:
        record.info["pid"] = os.getpid()

    @sa.event.listens_for(engine, "checkout")
    def _check(_connection: Any, record: Any, proxy: Any) -> None:
        if record.info["pid"] != os.getpid():
            record.dbapi_connection = proxy.dbapi_connection = None
            raise sa.exc.DisconnectionError("connection of another process")
