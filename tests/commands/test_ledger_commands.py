"""review staff, review ledger and review backup, as a person or a script meets them."""

import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from review.cli import main
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Decision

SITTING = ("s1", "c1", "theory")


@pytest.fixture
def space(tmp_path, monkeypatch):
    monkeypatch.delenv("REVIEW_LEDGER", raising=False)
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    monkeypatch.delenv("REVIEW_ROLE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("REVIEW_USER", "ann")
    return tmp_path / "workspace"


@pytest.fixture
def run(space):
    """Return a function: a command on this workspace, by somebody, and what it printed."""

    def call(*arguments, user="ann", code=0, workspace=space):
        options = [] if workspace is None else ["--workspace", str(workspace)]
        words = [str(a) for a in arguments]
        result = CliRunner().invoke(main, [*words, *options], env={"REVIEW_USER": user})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output + result.stderr
        return result.stdout if code != 2 else result.stderr

    return call


@pytest.fixture
def decided(space):
    """Return the ledger of the workspace with two decisions of ann's."""
    ledger = open_ledger(space / "ledger.sqlite")
    for n in range(2):
        said = Decision(
            flag_id=f"f{n}",
            label="absent",
            stream="front",
            device_start_s=0.0,
            device_end_s=1.0,
            verdict="confirmed",
            note="不在",
        )
        ledger.record(said, sitting_key=SITTING, author=current_author())
    ledger.close()
    return ledger


def as_json(text):
    return json.loads(text)


def test_people_are_enrolled_rotated_and_retired(run):
    me = as_json(run("staff", "me", "--json", user="bob"))
    assert me["person"] == "local:bob"
    words = ("staff", "enrol", me["person"], me["public_key"])
    (entry,) = as_json(run(*words, "--role", "reviewer", "--json", user="ada"))
    assert (entry["action"], entry["roles"]) == ("enrol", ["reviewer"])
    listed = as_json(run("staff", "list", "--json"))
    assert {row["person"]: row["roles"] for row in listed} == {
        "local:ada": "administrator",
        "local:bob": "reviewer",
    }
    assert "public_key" not in run("staff", "list")
    assert "supervisor" in run("staff", "roles", "local:bob", "--role", "supervisor", user="ada")
    told = run("staff", "renew-key", user="bob")
    (line,) = [part for part in told.splitlines() if "review staff rotate" in part]
    run(*line.split()[1:], user="ada")
    assert "retire" in run("staff", "retire", "local:bob", user="ada")
    again = as_json(run("staff", "renew-key", "--as-role", "administrator", "--json", user="ada"))
    assert len(again["entries"]) == 2
    holding = [row for row in as_json(run("staff", "list", "--json")) if row["until"] is None]
    assert [row["key_id"] for row in holding] == [again["key_id"]]
    assert as_json(run("ledger", "verify", "--json"))["ok"]


def test_a_key_is_revoked_with_its_reason(run, decided):
    key = as_json(run("staff", "me", "--json"))["key_id"]
    assert key in run("staff", "revoke", key, "--reason", "lost", user="ada")
    (row,) = as_json(run("ledger", "log", "--kind", "staff", "--last", 1, "--json"))
    assert row["payload"]["reason"] == "lost"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("staff", "enrol", "eve", "00", "--role", "reviewer"), "source:name"),
        (("staff", "roles", "local:eve", "--role", "reviewer"), "no such person"),
        (("staff", "revoke", "0123"), "no such key"),
        (("ledger", "verify", "--anchor", "12"), "not an anchor"),
        (("ledger", "log", "--kind", "rumour"), "no such kind"),
        (("ledger", "export", "/dev/null/x.jsonl"), "x.jsonl"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(run, decided, words, said):
    message = run(*words, user="ada", code=2)
    assert len(message.strip().splitlines()) == 1
    assert said in message


def test_a_reviewer_does_not_administer(run, decided):
    run("staff", "roles", "local:ann", "--role", "reviewer", user="ada")
    message = run("staff", "roles", "local:ann", "--role", "supervisor", code=2)
    assert "not enrolled in this role" in message


def test_verify_says_that_it_holds_and_gives_an_anchor(run, decided):
    told = run("ledger", "verify")
    assert "3 entries hold" in told
    anchor = as_json(run("ledger", "verify", "--json"))["head"]
    text = f"{anchor['seq']}:{anchor['hash']}"
    assert text in told
    assert "cut off" not in run("ledger", "verify", "--anchor", text, "--processes", 2)


def test_verify_names_the_first_entry_that_does_not_hold_and_fails(run, decided):
    anchor = str(decided.head())
    decided.close()
    with closing(sqlite3.connect(decided.where)) as connection, connection:
        for guard in ("entries_keep", "entries_stay"):
            connection.execute(f"DROP TRIGGER {guard}")
        connection.execute("DELETE FROM entries WHERE seq = 3")
    assert "2 entries hold" in run("ledger", "verify")
    assert "entry 3 does not hold" in run("ledger", "verify", "--anchor", anchor, code=1)
    with closing(sqlite3.connect(decided.where)) as connection, connection:
        connection.execute("UPDATE entries SET author = 'eve' WHERE seq = 2")
    found = as_json(run("ledger", "verify", "--json", code=1))
    assert (found["ok"], found["first_bad"]) == (False, 2)


def test_the_log_is_short_for_people_and_whole_for_scripts(run, decided):
    told = run("ledger", "log", "--candidate", "c1")
    assert "confirmed absent f0 front 不在" in told
    assert "enrol" not in told
    assert "f0" not in run("ledger", "log", "--last", 1)
    rows = as_json(run("ledger", "log", "--all", "--json"))
    assert [row["seq"] for row in rows] == [1, 2, 3]
    assert rows[1]["payload"]["flag_id"] == "f0"
    assert len(as_json(run("ledger", "log", "--kind", "decision", "--json"))) == 2
    assert as_json(run("ledger", "log", "--session", "other", "--json")) == []


def test_an_export_is_written_and_its_anchor_told(run, decided, tmp_path):
    file = tmp_path / "out.jsonl"
    found = as_json(run("ledger", "export", file, "--json"))
    assert found["entries"] == len(file.read_text(encoding="utf-8").splitlines()) - 1 == 4
    assert "4 entries hold" in run("ledger", "verify", "--anchor", found["anchor"])


def test_an_older_ledger_is_upgraded_on_demand(run, decided):
    with closing(sqlite3.connect(decided.where)) as connection, connection:
        connection.execute("DROP TABLE alembic_version")
    assert as_json(run("ledger", "upgrade", "--json"))["schema"] in run("ledger", "upgrade")


def test_a_backup_goes_out_and_comes_back(run, decided, tmp_path):
    (decided.path.parent / "runs").mkdir()
    (decided.path.parent / "runs" / "one.json").write_text("{}", encoding="utf-8")
    file = tmp_path / "b.tar"
    made = as_json(run("backup", "make", file, "--json"))
    assert (made["files"], made["entries"]) == (1, 4)
    again = tmp_path / "again"
    told = run("backup", "restore", file, workspace=again)
    assert "4 entries hold" in told
    assert made["anchor"] in told
    assert "4 entries hold" in run("ledger", "verify", workspace=again)
    assert "something already" in run("backup", "restore", file, workspace=again, code=2)
    assert "a file already" in run("backup", "make", file, code=2)
    assert "no such workspace" in run(
        "backup", "make", tmp_path / "c.tar", workspace=tmp_path / "none", code=2
    )


def test_the_ledger_on_an_empty_place_is_empty_and_holds(run):
    assert "0 entries hold" in run("ledger", "verify")
    assert "(nothing)" in run("ledger", "log")
    assert "(nothing)" in run("staff", "list")
