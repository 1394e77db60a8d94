"""Bring the ledger's schema to this version: a new ledger, an older one, or refuse a newer one."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import Final

import sqlalchemy as sa

from review.errors import LedgerError
from review.ledger.schema import ENTRIES, VERSIONS

#: Numbers of the migrations, in their order; the last is what this version reads and writes.
REVISIONS: Final = ("0001", "0002")


def version_of(connection: sa.Connection, *, where: str) -> str | None:
    """Return the number of the schema; None where there is no ledger yet.

    Raises
    ------
    LedgerError
        If a newer version made it: what this version does not know cannot be held against it.
    """
    tables = sa.inspect(connection)
    if not tables.has_table(ENTRIES.name):
        return None
    if not tables.has_table(VERSIONS.name):
        return REVISIONS[0]  # made before there were migrations
    found = connection.execute(sa.select(VERSIONS.c.version_num)).scalar()
    if found is not None and found not in REVISIONS:
        raise LedgerError(
            "the ledger was made by a newer version of review",
            where=where,
            expected=f"schema {REVISIONS[-1]} or older",
            found=f"schema {found}",
            todo="install that version; an older one would not see everything",
        )
    return found or REVISIONS[0]


def bring_up(connection: sa.Connection, *, where: str) -> None:
    """Make the ledger, or bring an older one up, in the transaction of the connection.

    Entries are never touched: a migration adds what the new version needs beside them.

    Raises
    ------
    LedgerError
        If the ledger is newer than this version, or the database does not let this user do it.
    """
    version = version_of(connection, where=where)
    if version == REVISIONS[-1]:
        return
    # Only here: Alembic takes longer to import than all other reading and writing.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    with as_file(files("review.ledger").joinpath("migrations")) as folder:
        config = Config()
        # A percent sign would be taken for the beginning of a reference.
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            if version == REVISIONS[0] and not sa.inspect(connection).has_table(VERSIONS.name):
                command.stamp(config, REVISIONS[0])
            command.upgrade(config, "head")
        except sa.exc.ProgrammingError as error:
            if version is None:
                raise
            raise LedgerError(
                "the ledger's schema is older than this version",
                where=where,
                expected=f"schema {REVISIONS[-1]}",
                found=f"schema {version}",
                todo="have the owner of the table run `review ledger upgrade`",
            ) from error
