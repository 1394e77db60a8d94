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
    """CREATE TRIGGER entries_keep BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER entries_stay BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    # Also stops INSERT OR REPLACE, which deletes without asking the trigger above.
    """CREATE TRIGGER entries_follow BEFORE INSERT ON entries
    WHEN NEW.seq IS NOT COALESCE((SELECT MAX(seq) FROM entries), 0) + 1
      OR NEW.prev_hash IS NOT COALESCE(
        (SELECT hash FROM entries ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
    BEGIN SELECT RAISE(ABORT, 'an entry must follow the last one'); END""",
)


_POSTGRES_GUARDS: Final = (
    """CREATE FUNCTION entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$""",
    """CREATE TRIGGER entries_keep BEFORE UPDATE OR DELETE ON entries
    FOR EACH ROW EXECUTE FUNCTION entries_stay()""",
    """CREATE TRIGGER entries_whole BEFORE TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION entries_stay()""",
    """CREATE FUNCTION entries_follow() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE last record;
    BEGIN
        SELECT seq, hash INTO last FROM entries ORDER BY seq DESC LIMIT 1;
        IF NEW.seq <> COALESCE(last.seq, 0) + 1
            OR NEW.prev_hash <> COALESCE(last.hash, repeat('0', 64)) THEN
            RAISE EXCEPTION 'an entry must follow the last one';
        END IF;
        IF NEW.source <> 'database' OR NEW.author <> session_user THEN
            RAISE EXCEPTION USING MESSAGE =
                'permission denied: the author is the database user ' || session_user;
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER entries_follow BEFORE INSERT ON entries
    FOR EACH ROW EXECUTE FUNCTION entries_follow()""",
    # Whoever may connect may read and append; the owner of the table is nobody's daily account.
    "REVOKE ALL ON entries FROM PUBLIC",
    "GRANT SELECT, INSERT ON entries TO PUBLIC",
)


def create(connection: sa.Connection) -> None:
    """Make the table, its indices and its guards where they are not there yet."""
    if sa.inspect(connection).has_table(ENTRIES.name):
        return
    METADATA.create_all(connection, checkfirst=False)
    sqlite = connection.dialect.name == "sqlite"
    for statement in _SQLITE_GUARDS if sqlite else _POSTGRES_GUARDS:
        connection.exec_driver_sql(statement)
