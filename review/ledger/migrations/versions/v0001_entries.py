"""The table of entries with its guards: as every ledger had it before there were migrations."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

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

_TEXTS: Final = ("at", "author", "source", "role", "kind")
_MAY_BE_EMPTY: Final = ("session_id", "candidate_id", "subject_id")
_SEALS: Final = ("payload", "prev_hash", "key_id", "hash", "signature")


def upgrade() -> None:
    """Make table, indices and guards."""
    op.create_table(
        "entries",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.Text) for name in _MAY_BE_EMPTY),
        *(sa.Column(name, sa.Text, nullable=False) for name in _SEALS),
    )
    op.create_index(
        "entries_by_candidate", "entries", ["session_id", "candidate_id", "kind", "seq"]
    )
    op.create_index("entries_by_kind", "entries", ["kind", "seq"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _SQLITE_GUARDS if sqlite else _POSTGRES_GUARDS:
        op.get_bind().exec_driver_sql(statement)
