"""The one schema of the ledger, and what the database itself refuses."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

ENTRIES: Final = sa.Table(
    "entries",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("session_id", sa.Text),
    sa.Column("candidate_id", sa.Text),
    sa.Column("subject_id", sa.Text),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.Text, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("signature", sa.Text, nullable=False),
    sa.Index("entries_by_candidate", "session_id", "candidate_id", "kind", "seq"),
    sa.Index("entries_by_kind", "kind", "seq"),
)

_SQLITE_GUARDS: Final = (
    """CREATE TRIGGER IF NOT EXISTS entries_keep BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    # Also stops INSERT OR REPLACE, which deletes without asking the trigger above.
    """CREATE TRIGGER IF NOT EXISTS entries_follow BEFORE INSERT ON entries
    WHEN NEW.seq IS NOT COALESCE((SELECT MAX(seq) FROM entries), 0) + 1
      OR NEW.prev_hash IS NOT COALESCE(
        (SELECT hash FROM entries ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
    BEGIN SELECT RAISE(ABORT, 'an entry must follow the last one'); END""",
)


def create(connection: sa.Connection) -> None:
    """Make the table, its indices and its guards where they are not there yet."""
    METADATA.create_all(connection, checkfirst=True)
    if connection.dialect.name == "sqlite":
        for statement in _SQLITE_GUARDS:
            connection.exec_driver_sql(statement)
