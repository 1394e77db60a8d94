"""The same on PostgreSQL: a server of one's own, started by the tests and thrown away."""

import subprocess
import sys
import threading

import pytest
import sqlalchemy as sa

from review.errors import LedgerError
from review.ledger import backup, current_author, export, open_ledger
from review.ledger.decisions import decisions
from review.ledger.payloads import SignOff
from review.workspace import Workspace

pytest.importorskip("psycopg", reason="the driver psycopg is not installed")

SITTING = ("s1", "c1", "theory")
REFUSALS = "append-only|permission denied|must follow|must be owner"


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


#: What nobody does, its owner included; and what takes the owner, who is nobody's daily account.
CHANGES = [
    "UPDATE entries SET author = 'eve'",
    "DELETE FROM entries",
    "TRUNCATE entries",
    "INSERT INTO entries SELECT * FROM entries WHERE seq = 1",
]
OWNERS = [
    "DROP TABLE entries",
    "ALTER TABLE entries DISABLE TRIGGER ALL",
    "DROP TRIGGER entries_keep ON entries",
    "ALTER FUNCTION entries_follow() RESET search_path",
    "UPDATE alembic_version SET version_num = '0001'",
]


@pytest.mark.parametrize(
    ("user", "statement"),
    [*(("owner", change) for change in CHANGES), *(("ann", act) for act in [*CHANGES, *OWNERS])],
)
def test_nobody_changes_or_removes(join, run_as, user, statement):
    join(user)
    with pytest.raises(sa.exc.DBAPIError, match=REFUSALS):
        run_as(user, statement)


def test_a_table_of_the_same_name_does_not_mislead_the_guard(join, run_as):
    """A temporary table comes before all others in PostgreSQL's search path."""
    ledger, author = join("ann")
    decide(ledger, author)
    attack = (
        "CREATE TEMP TABLE entries AS SELECT seq + 4 AS seq, hash FROM public.entries",
        """INSERT INTO public.entries SELECT seq + 5, at, author, source, role, kind, session_id,
        candidate_id, subject_id, payload, hash, key_id, hash, signature FROM public.entries
        WHERE seq = (SELECT MAX(seq) FROM public.entries)""",
    )
    with pytest.raises(sa.exc.DBAPIError, match="must follow"):
        run_as("ann", *attack)
    assert ledger.verify().ok
    # Without what migration 0002 adds it does get in, and the chain tells.
    run_as("owner", "ALTER FUNCTION entries_follow() RESET search_path")
    run_as("ann", *attack)
    assert not ledger.verify().ok


def test_an_older_ledger_is_brought_up_by_its_owner_alone(join, run_as):
    ledger, author = join("ann")
    decide(ledger, author)
    run_as("owner", "DROP TABLE alembic_version")
    again, _ = join("ann")
    # Reading goes on; writing waits for the owner.
    before = list(again.walk())
    with pytest.raises(LedgerError, match=r"older than this version.*review ledger upgrade"):
        decide(again, author, "f2")
    owner, _ = join("owner")
    owner.upgrade()
    decide(again, author, "f2")
    assert list(again.walk())[:-1] == before
    assert again.verify().ok


def test_a_newer_ledger_is_refused_by_name(join, run_as):
    join("ann")
    run_as("owner", "UPDATE alembic_version SET version_num = '0999'")
    again, author = join("ann")
    with pytest.raises(LedgerError, match="newer version of review"):
        decide(again, author)


def test_a_backup_goes_to_a_file_and_to_an_empty_server(
    join, address, new_database, tmp_path, monkeypatch
):
    ledger, author = join("ann")
    decide(ledger, author)
    space = Workspace(tmp_path / "workspace")
    (space.folder / "runs").mkdir(parents=True)
    (space.folder / "runs" / "one.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("REVIEW_LEDGER", address("ann"))
    made = backup.make(space, tmp_path / "b.tar", author=author)
    backup.restore(tmp_path / "b.tar", tmp_path / "one")
    there = open_ledger(tmp_path / "one" / "ledger.sqlite")
    assert list(there.walk()) == list(ledger.walk())
    there.close()
    with pytest.raises(LedgerError, match="entries already"):
        backup.restore(tmp_path / "b.tar", tmp_path / "two", ledger=address("owner"))
    backup.restore(tmp_path / "b.tar", tmp_path / "two", ledger=new_database("owner"))
    other = open_ledger(new_database("ann"))
    assert other.verify(anchor=made.anchor).ok
    # The guard is back in its place.
    decide(other, author, "f2")
    eve = current_author(database_user="bob", environ={"XDG_CONFIG_HOME": str(tmp_path)})
    with pytest.raises(LedgerError, match="no right"):
        decide(other, eve)
    other.close()


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
