"""The one schema of the ledger, as queries know it; the migrations make it.

What the database itself refuses stands in the migrations, too: triggers against changes and gaps,
and in PostgreSQL rights and the author's name.
"""

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

#: Where Alembic keeps the number of the last migration.
VERSIONS: Final = sa.Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
)
