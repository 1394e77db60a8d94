"""A PostgreSQL server of one's own in a temporary folder, thrown away afterwards (no benchmark)."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator


class NoServerError(Exception):
    """There is no server to start, and why."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the server listens: a socket in its folder."""

    folder: Path

    def of(self, user: str) -> str:
        """Return the address of the database for one of its users."""
        return f"postgresql://{user}@/postgres?host={self.folder}"

    def role(self, name: str) -> None:
        """Make a user who may log in."""
        with psycopg.connect(self.of("owner"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))


@contextmanager
def cluster() -> Iterator[Address]:
    """Give a server with its usual settings, durable ones included; its owner is ``owner``.

    Raises
    ------
    NoServerError
        If none is installed, or it would have to run as root.
    """
    places = os.pathsep.join(map(str, Path("/usr/lib/postgresql").glob("*/bin")))
    initdb = shutil.which("initdb", path=places + os.pathsep + os.environ.get("PATH", ""))
    if initdb is None:
        raise NoServerError("no PostgreSQL server is installed")
    user: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if os.geteuid() == 0:
        try:
            who = pwd.getpwnam("postgres")
        except KeyError:
            raise NoServerError("it does not run as root, and there is no user postgres") from None
        user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        os.chown(folder, who.pw_uid, who.pw_gid)
    control = str(Path(initdb).with_name("pg_ctl"))
    data = ["-D", str(folder / "data")]

    def run(*command: str) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **user)

    options = f"-c listen_addresses= -c unix_socket_directories={folder}"
    try:
        run(initdb, *data, "-U", "owner", "-A", "trust", "-E", "UTF8")
        run(control, *data, "-l", str(folder / "log"), "-o", options, "-w", "start")
        try:
            yield Address(folder=folder)
        finally:
            run(control, *data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)
