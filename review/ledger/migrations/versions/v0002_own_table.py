"""PostgreSQL: the guard looks at the ledger's own table, whatever its user calls ``entries``.

A temporary table comes before all others in PostgreSQL's search path. A user who made one of the
name ``entries`` could have had the trigger compare a new entry with it instead of with the ledger.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Fix where the guard's function looks; other databases resolve the name in its own schema."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    quoted = connection.dialect.identifier_preparer.quote(schema)
    connection.exec_driver_sql(
        f"ALTER FUNCTION entries_follow() SET search_path = pg_catalog, {quoted}, pg_temp"
    )
    connection.exec_driver_sql("REVOKE ALL ON alembic_version FROM PUBLIC")
    connection.exec_driver_sql("GRANT SELECT ON alembic_version TO PUBLIC")
