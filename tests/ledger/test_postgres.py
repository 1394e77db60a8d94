"""The same on PostgreSQL: a server of one's own, started by the tests and thrown away."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from review.errors import LedgerError
from review.ledger import current_author, export, open_ledger
from review.ledger.decisions import decisions
from review.ledger.payloads import SignOff

pytest.importorskip("psycopg", reason="the driver psycopg is not installed")

SITTING = ("s1", "c1", "theory")


def binary(name):
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql*/bin")]
    found = shutil.which(name, path=os.pathsep.join(map(str, [*places, os.environ["PATH"]])))
    if found is None:
        pytest.skip(f"no PostgreSQL server: {name} is not installed")
    return found


@pytest.fixture(scope="module")
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
    name = f"t{abs(hash(request.node.name))}"
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


def decide(ledger, author, flag_id="f1", sitting=SITTING):
    return ledger.append(
        "decision",
        {
            "flag_id": flag_id,
            "label": "absent",
            "stream": "front",
            "device_start_s": 0.0,
            "device_end_s": 1.0,
            "verdict": "confirmed",
            "note": "不在",
        },
        sitting_key=sitting,
        author=author,
    )


def test_people_share_a_ledger_under_their_database_names(join):
    (ann_s, ann), (eva_s, eva) = join("ann"), join("eva", "supervisor")
    assert ann.person == "database:ann"
    entry = decide(ann_s, ann)
    eva_s.record(SignOff(), sitting_key=SITTING, author=eva)
    with pytest.raises(LedgerError, match="signed off"):
        decide(ann_s, ann, "f2")
    (row,) = decisions(eva_s, SITTING).to_dict("records")
    assert (row["author"], row["note"], row["seq"]) == ("ann", "不在", entry.seq)
    verified = eva_s.verify()
    assert (verified.ok, verified.entries) == (True, 6)


def test_the_database_refuses_another_name_than_its_user_s(join, tmp_path):
    ledger, _ = join("ann")
    eve = current_author(database_user="bob", environ={"XDG_CONFIG_HOME": str(tmp_path)})
    with pytest.raises(LedgerError, match=r"no right.*author is the database user ann"):
        decide(ledger, eve)
    local = current_author(environ={"XDG_CONFIG_HOME": str(tmp_path), "REVIEW_USER": "ann"})
    with pytest.raises(LedgerError, match="no right"):
        decide(ledger, local)


@pytest.mark.parametrize("user", ["ann", "owner"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET author = 'eve'",
        "DELETE FROM entries",
        "TRUNCATE entries",
        "INSERT INTO entries SELECT * FROM entries WHERE seq = 1",
        "DROP TABLE entries",
    ],
)
def test_nobody_changes_or_removes(join, address, user, statement):
    if user == "owner" and statement.startswith("DROP"):
        pytest.skip("the owner of a table can drop it; an anchor tells")
    join(user)
    engine = sa.create_engine(address(user).replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as caught:
        connection.exec_driver_sql(statement)
    engine.dispose()
    assert any(
        part in str(caught.value)
        for part in ("append-only", "permission denied", "must follow", "must be owner")
    )


def test_many_write_at_once_and_nothing_is_lost(join):
    joined = [join(user) for user in ("ann", "bob", "eva") for _ in range(2)]

    def work(n):
        ledger, author = joined[n]
        for k in range(10):
            decide(ledger, author, f"{n}-{k}", ("s1", f"c{n}", "theory"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(joined))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger = joined[0][0]
    assert len(ledger.entries(kinds=["decision"])) == 60
    assert ledger.verify().ok


def test_a_writer_that_is_killed_leaves_a_whole_ledger(join, address, tmp_path):
    ledger, author = join("ann")
    decide(ledger, author)
    program = (
        "import sys; from review.ledger import current_author, open_ledger\n"
        "ledger = open_ledger(sys.argv[1])\n"
        "author = current_author(database_user='ann', environ={'XDG_CONFIG_HOME': sys.argv[2]})\n"
        "while True:\n"
        "    entry = ledger.append('watched', {}, author=author)\n"
        "    print(entry.seq, entry.hash, flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, address("ann"), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        said = [next(writer.stdout).split() for _ in range(12)]
        writer.kill()
        said += [line.split() for line in writer.stdout]
    there = {str(e["seq"]): e["hash"] for e in ledger.walk()}
    assert all(there[seq] == value for seq, value in (s for s in said if len(s) == 2))
    decide(ledger, author, "f2")
    assert ledger.verify().ok


def test_an_export_is_the_same_kind_of_file_and_a_copy_is_the_server_s_affair(join, tmp_path):
    ledger, author = join("ann")
    anchor = export.export(ledger, tmp_path / "ledger.jsonl", author=author)
    lines = (tmp_path / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == anchor.seq + 1
    with pytest.raises(LedgerError, match="pg_dump"):
        export.copy(ledger, tmp_path / "copy")


def test_a_server_that_goes_away_is_said_in_plain_words_and_found_again(join, address):
    ledger, author = join("ann")
    decide(ledger, author)
    server = sa.create_engine(
        address("owner").replace("postgresql:", "postgresql+psycopg:"),
        isolation_level="AUTOCOMMIT",
    )
    with server.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ann'"
        )
    server.dispose()
    # The broken connection is noticed before it is used.
    decide(ledger, author, "f2")
    gone = open_ledger("postgresql://ann@/nothing?host=/nowhere")
    with pytest.raises(LedgerError, match=r"cannot be reached.*record the entry again"):
        decide(gone, author)
