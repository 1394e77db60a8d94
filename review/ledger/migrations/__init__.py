"""Migrations of the ledger's schema, run by Alembic; none of them touches an entry."""
