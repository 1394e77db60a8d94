"""Ledgers of other versions: an older one is brought up, a newer one is refused by name."""

import os
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import alembic.autogenerate
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from review.errors import LedgerError
from review.ledger import open_ledger
from review.ledger.schema import METADATA
from review.ledger.upgrade import REVISIONS

SITTING = ("s1", "c1", "theory")


@pytest.fixture
def change(ledger):
    """Return a function that changes the ledger's file behind its back."""

    def make(*statements):
        ledger.close()
        with closing(sqlite3.connect(ledger.where)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    return make


def content(ledger):
    """Return every entry and every guard and index of a file."""
    with closing(sqlite3.connect(ledger.where)) as connection:
        made = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'entries' ORDER BY name"
        )
        return connection.execute("SELECT * FROM entries").fetchall(), made.fetchall()


def version(ledger):
    with closing(sqlite3.connect(ledger.where)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()


def test_the_numbers_are_those_of_the_migrations():
    config = Config()
    config.set_main_option("script_location", str(files("review.ledger") / "migrations"))
    script = ScriptDirectory.from_config(config)
    assert tuple(r.revision for r in reversed(list(script.walk_revisions()))) == REVISIONS


def test_what_the_migrations_make_is_what_the_queries_know(ledger, decide):
    decide()
    engine = sa.create_engine(f"sqlite:///{ledger.where}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert alembic.autogenerate.compare_metadata(context, METADATA) == []
    engine.dispose()
    assert version(ledger) == [(REVISIONS[-1],)]


def test_a_ledger_from_before_the_migrations_is_brought_up_and_keeps_every_entry(
    ledger, decide, change
):
    decide()
    decide("f2")
    change("DROP TABLE alembic_version")
    before, guards = content(ledger)
    # Reading alone changes nothing.
    assert ledger.verify().entries == 3
    assert content(ledger) == (before, guards)
    entry = decide("f3")
    after, guards_after = content(ledger)
    assert (after[:-1], guards_after) == (before, guards)
    assert version(ledger) == [(REVISIONS[-1],)]
    assert ledger.verify().head.hash == entry.hash


def test_bringing_up_can_be_asked_for_and_done_twice(ledger, decide, change):
    decide()
    change("UPDATE alembic_version SET version_num = '0001'")
    before = content(ledger)
    for _ in range(2):
        ledger.upgrade()
    assert content(ledger) == before
    assert version(ledger) == [(REVISIONS[-1],)]


@pytest.mark.parametrize("act", ["head", "verify", "entries", "upgrade", "decide"])
def test_a_newer_ledger_is_refused_by_name_and_left_alone(ledger, decide, change, act):
    decide()
    change("UPDATE alembic_version SET version_num = '0999'")
    before = content(ledger)
    with pytest.raises(LedgerError, match=r"newer version of review.*found schema 0999") as caught:
        decide("f2") if act == "decide" else getattr(ledger, act)()
    assert str(ledger.where) in str(caught.value)
    assert content(ledger) == before


def test_an_upgrade_that_breaks_off_leaves_the_older_ledger(ledger, decide, change, monkeypatch):
    decide()
    change("DROP TABLE alembic_version")
    before = content(ledger)

    def broken(*_arguments):
        raise sa.exc.OperationalError("", {}, Exception("database or disk is full"))

    monkeypatch.setattr("alembic.command.upgrade", broken)
    with pytest.raises(LedgerError, match="disk is full"):
        decide("f2")
    monkeypatch.undo()
    assert content(ledger) == before
    with closing(sqlite3.connect(ledger.where)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'")
        assert found.fetchall() == []
    decide("f2")
    assert ledger.verify().ok


def test_the_migrations_are_found_in_a_package_that_lies_elsewhere(tmp_path, monkeypatch):
    """As in an installed wheel, under a path with a percent sign and a blank."""
    source = files("review.ledger") / "migrations"
    made = tmp_path / "100% sure" / "migrations"
    (made / "versions").mkdir(parents=True)
    for path in (*source.glob("*.py"), *(source / "versions").glob("*.py")):
        (made / path.relative_to(source)).write_bytes(path.read_bytes())
    monkeypatch.setattr("review.ledger.upgrade.files", lambda _package: made.parent)
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    ledger.upgrade()
    assert version(ledger) == [(REVISIONS[-1],)]
    ledger.close()


def test_a_ledger_is_made_and_brought_up_from_an_installed_wheel(tmp_path):
    hatchling = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed")
    builder = hatchling.WheelBuilder(str(Path(__file__).parents[2]))
    (wheel,) = builder.build(directory=str(tmp_path), versions=["standard"])
    installed = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    program = (
        "import sys, review; from review.ledger import open_ledger\n"
        "assert review.__file__.startswith(sys.argv[1]), review.__file__\n"
        "open_ledger(sys.argv[2]).upgrade()\n"
    )
    file = tmp_path / "ledger.sqlite"
    subprocess.run(
        [sys.executable, "-c", program, str(installed), str(file)],
        check=True,
        cwd=installed,
        env={**os.environ, "PYTHONPATH": str(installed)},
    )
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [(REVISIONS[-1],)]
