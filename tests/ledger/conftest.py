"""A ledger of one's own and people to write in it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from review.ledger import current_author, open_ledger

SITTING = ("s1", "c1", "theory")


@pytest.fixture
def person(tmp_path):
    """Return a function: a named local user in a role, with a key of this test alone."""

    def make(name="ann", role="reviewer"):
        return current_author(
            role=role, environ={"REVIEW_USER": name, "XDG_CONFIG_HOME": str(tmp_path / "config")}
        )

    return make


@pytest.fixture
def ledger(tmp_path):
    opened = open_ledger(tmp_path / "workspace" / "ledger.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def decide(ledger, person):
    """Return a function that records a decision on a flag of one sitting."""

    def make(flag_id="f1", verdict="confirmed", *, author=None, sitting=SITTING, **more):
        payload = {
            "flag_id": flag_id,
            "label": "absent",
            "stream": "front",
            "device_start_s": 10.0,
            "device_end_s": 20.0,
            "verdict": verdict,
            **more,
        }
        return ledger.append("decision", payload, sitting_key=sitting, author=author or person())

    return make


# PostgreSQL: a server of the tests' own, not as root


def binary(name):
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql*/bin")]
    found = shutil.which(name, path=os.pathsep.join(map(str, [*places, os.environ["PATH"]])))
    if found is None:
        pytest.skip(f"no PostgreSQL server: {name} is not installed")
    return found


@pytest.fixture(scope="session")
def cluster():
    """Start a server on a socket in a folder of its own; not as root, which it refuses."""
    start, control = binary("initdb"), binary("pg_ctl")
    as_user = {}
    if os.geteuid() == 0:
        try:
            who = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        as_user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if as_user:
        os.chown(folder, who.pw_uid, who.pw_gid)

    def run(*command):
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
            cwd=folder, **as_user,
        )  # fmt: skip

    run(start, "-D", str(folder / "data"), "-U", "owner", "-A", "trust", "-E", "UTF8", "-N")
    options = f"-c listen_addresses= -c unix_socket_directories={folder}"
    run(
        control, "-D", str(folder / "data"), "-l", str(folder / "log"), "-o", options, "-w", "start"
    )
    yield folder
    run(control, "-D", str(folder / "data"), "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


@pytest.fixture
def address(cluster, request):
    """Return a function: user to the address of a database of this test, owned by ``owner``."""
    return make_database(cluster, f"t{abs(hash(request.node.name))}")


@pytest.fixture
def new_database(cluster, request):
    """Return the same for a second database of this test, in which there is nothing yet."""
    return make_database(cluster, f"n{abs(hash(request.node.name))}")


def make_database(cluster, name):
    server = sa.create_engine(
        f"postgresql+psycopg://owner@/postgres?host={cluster}", isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        for user in ("ann", "bob", "eva"):
            exists = connection.exec_driver_sql(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", (user,)
            )
            if exists.first() is None:
                connection.exec_driver_sql(f"CREATE ROLE {user} LOGIN")
    server.dispose()
    return lambda user: f"postgresql://{user}@/{name}?host={cluster}"


@pytest.fixture
def join(address, tmp_path):
    """Return a function: user to that user's ledger and author; the owner has made the table."""
    opened = []

    def make(user, role="reviewer"):
        ledger = open_ledger(address(user))
        opened.append(ledger)
        author = current_author(
            role=role,
            database_user=ledger.database_user,
            environ={"XDG_CONFIG_HOME": str(tmp_path)},
        )
        return ledger, author

    ledger, owner = make("owner")
    ledger.append("recusal", {"reason": "nobody's daily account"}, author=owner)
    yield make
    for ledger in opened:
        ledger.close()


@pytest.fixture
def run_as(address):
    """Return a function: statements run by a user, past the ledger, in one connection."""

    def make(user, *statements):
        engine = sa.create_engine(
            address(user).replace("postgresql:", "postgresql+psycopg:"),
            isolation_level="AUTOCOMMIT",
        )
        try:
            with engine.connect() as connection:
                for statement in statements:
                    connection.exec_driver_sql(statement)
        finally:
            engine.dispose()

    return make
