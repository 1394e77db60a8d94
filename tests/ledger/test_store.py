"""What is written stays, in order, and nothing else gets in."""

import os
import sqlite3
import stat

import pytest

from review.errors import LedgerError
from review.ledger import current_author, open_ledger
from review.ledger.chain import GENESIS
from review.ledger.payloads import Decision, EvidenceKept, Recusal, Reopen, Retraction, SignOff

SITTING = ("s1", "c1", "theory")
COPY = (
    "INSERT INTO entries SELECT {seq}, at, author, source, role, kind, session_id, candidate_id,"
    " subject_id, payload, prev_hash, key_id, hash, signature FROM entries WHERE seq = 2"
)


def raw(ledger, statement):
    with sqlite3.connect(ledger.where) as connection:
        connection.execute(statement)
    connection.close()


def test_a_ledger_that_is_not_there_is_empty_and_is_not_made_by_reading(ledger, tmp_path):
    assert ledger.entries().empty
    assert ledger.head() is None
    assert ledger.verify().ok
    assert not (tmp_path / "workspace").exists()


def test_an_entry_says_who_when_what_and_follows_the_one_before(ledger, decide):
    first, second = decide(note="看见了"), decide("f2")
    rows = ledger.entries()
    # The author's enrolment comes before the author's first word.
    assert list(rows["kind"]) == ["staff", "decision", "decision"]
    assert list(rows["seq"]) == [1, 2, 3]
    assert rows.loc[0, "prev_hash"] == GENESIS
    assert list(rows["prev_hash"][1:]) == list(rows["hash"][:-1])
    assert (first.author, first.source, first.role) == ("ann", "local", "reviewer")
    assert first.at.endswith("+00:00")
    assert first.content["note"] == "看见了"
    assert rows.loc[2, "payload"]["flag_id"] == "f2"
    assert ledger.head().hash == second.hash


def test_another_program_sees_what_was_written(ledger, decide):
    entry = decide()
    again = open_ledger(ledger.where)
    assert again.head().hash == entry.hash
    assert again.verify().ok
    again.close()


def test_entries_are_found_by_session_candidate_subject_and_kind(ledger, decide):
    decide(sitting=("s1", "c1", "theory"))
    decide(sitting=("s1", "c2", "theory"))
    decide(sitting=("s1", "c2", "skills"))
    decide(sitting=("s2", "c1", "theory"))
    assert len(ledger.entries("s1")) == 3
    assert len(ledger.entries("s1", "c2")) == 2
    assert len(ledger.entries("s1", "c2", "skills")) == 1
    assert len(ledger.entries(candidate_id="c1")) == 2
    assert len(ledger.entries(kinds=["decision"])) == 4
    assert ledger.entries("s1", kinds=["outcome"]).empty


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET author = 'eve' WHERE seq = 2",
        "DELETE FROM entries WHERE seq = 2",
        "INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE seq = 2",
        COPY.format(seq=9),
        COPY.format(seq=3),
    ],
)
def test_the_database_itself_refuses_to_change_remove_or_squeeze_in(ledger, decide, statement):
    decide()
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|must follow"):
        raw(ledger, statement)
    assert ledger.verify().ok


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verdict": "guilty"}, "verdict.*one of confirmed, dismissed, unsure.*'guilty'"),
        ({"device_end_s": 5.0}, "ends before it starts"),
        ({"device_start_s": "10"}, "device_start_s.*float"),
        ({"device_start_s": float("nan")}, "device_start_s"),
        ({"flag_id": " "}, "flag_id is empty"),
        ({"certainty": 3}, "unknown: certainty"),
        ({"note": "\ud800"}, "cannot be written"),
    ],
)
def test_a_payload_that_makes_no_sense_is_refused_and_nothing_is_written(
    ledger, decide, change, said
):
    with pytest.raises(LedgerError, match=said):
        decide(**change)
    assert ledger.entries().empty


def test_a_missing_field_an_unknown_kind_and_a_missing_sitting_are_named(ledger, person):
    with pytest.raises(LedgerError, match=r"absent: .*verdict"):
        ledger.append("decision", {"flag_id": "f"}, sitting_key=SITTING, author=person())
    with pytest.raises(LedgerError, match=r"no such kind.*'rumour'"):
        ledger.append("rumour", {}, author=person())
    with pytest.raises(LedgerError, match="belongs to a sitting"):
        ledger.record(
            EvidenceKept(stream="front", device_start_s=0.0, device_end_s=1.0),
            sitting_key=("s1", "c1"),
            author=person(),
        )
    assert ledger.entries(kinds=["evidence"]).empty


def test_kind_and_typed_payload_must_agree(ledger, person):
    with pytest.raises(LedgerError, match="do not agree"):
        ledger.append("reopen", SignOff(), sitting_key=SITTING, author=person())


def test_a_sign_off_locks_the_sitting_until_it_is_reopened(ledger, decide, person):
    boss = person("eva", "supervisor")
    decide()
    ledger.record(SignOff(), sitting_key=SITTING, author=boss)
    with pytest.raises(LedgerError, match=r"signed off.*local:eva"):
        decide("f2")
    decide("f2", sitting=("s1", "c2", "theory"))
    ledger.record(Reopen(reason="late recording"), sitting_key=SITTING, author=boss)
    decide("f2")


def test_only_a_supervisor_signs_off(ledger, person):
    with pytest.raises(LedgerError, match=r"a reviewer may not write 'sign_off'.*supervisor"):
        ledger.record(SignOff(), sitting_key=SITTING, author=person())


def test_who_steps_aside_decides_no_more_about_this_candidate(ledger, decide, person):
    mistaken = ledger.record(Recusal(reason="my cousin"), sitting_key=("s1", "c1"), author=person())
    with pytest.raises(LedgerError, match="stepped aside"):
        decide()
    decide(sitting=("s1", "c2", "theory"))
    decide(author=person("bob"))
    ledger.record(
        Retraction(seq=mistaken.seq, reason="another person of this name"),
        sitting_key=("s1", "c1"),
        author=person(),
    )
    decide()


def test_taking_back_is_for_the_author_or_a_supervisor_and_for_what_can_be_taken_back(
    ledger, decide, person
):
    mine = decide()
    with pytest.raises(LedgerError, match="only its author or a supervisor"):
        ledger.record(Retraction(seq=mine.seq), sitting_key=SITTING, author=person("bob"))
    with pytest.raises(LedgerError, match="no such entry"):
        ledger.record(Retraction(seq=99), sitting_key=SITTING, author=person())
    with pytest.raises(LedgerError, match="about something else"):
        ledger.record(Retraction(seq=mine.seq), sitting_key=("s1", "c9", "t"), author=person())
    with pytest.raises(LedgerError, match="'staff' is not taken back"):
        ledger.record(Retraction(seq=1), author=person())
    ledger.record(Retraction(seq=mine.seq), sitting_key=SITTING, author=person("eva", "supervisor"))


def test_a_typed_payload_is_written_like_a_mapping(ledger, person):
    decision = Decision(
        flag_id="f",
        label="absent",
        stream="front",
        device_start_s=1,
        device_end_s=2,
        verdict="unsure",
    )
    entry = ledger.record(decision, sitting_key=SITTING, author=person())
    assert entry.content["device_start_s"] == 1.0
    assert isinstance(entry.content["device_start_s"], float)


# When it cannot


def test_a_ledger_that_is_removed_or_replaced_while_in_use_is_noticed(ledger, decide, tmp_path):
    decide()
    file = tmp_path / "workspace" / "ledger.sqlite"
    file.rename(file.with_suffix(".old"))
    with pytest.raises(LedgerError, match="gone or was replaced"):
        decide("f2")
    with pytest.raises(LedgerError, match="gone or was replaced"):
        ledger.entries()
    file.with_suffix(".old").rename(file)
    decide("f2")
    assert ledger.verify().ok


def test_a_file_that_is_no_ledger_is_named(tmp_path, person):
    file = tmp_path / "ledger.sqlite"
    file.write_text("dear diary, " * 100, encoding="utf-8")
    with pytest.raises(LedgerError, match=r"ledger\.sqlite: the file is no ledger"):
        open_ledger(file).append(
            "sign_off", {}, sitting_key=SITTING, author=person("e", "supervisor")
        )


def test_a_folder_that_cannot_be_made_is_named(tmp_path, person):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LedgerError, match="folder cannot be made"):
        open_ledger(tmp_path / "file" / "ledger.sqlite").append(
            "recusal", {"reason": "x"}, author=person()
        )


def test_a_read_only_ledger_refuses_in_plain_words_and_can_be_read(ledger, decide, person):
    entry = decide()
    ledger.close()
    uri = f"sqlite:///file:{ledger.where}?mode=ro&uri=true"
    reader = open_ledger(uri)
    assert reader.head().hash == entry.hash
    with pytest.raises(LedgerError, match="read-only"):
        reader.append("recusal", {"reason": "x"}, sitting_key=("s1", "c1"), author=person())
    reader.close()


def test_a_full_disk_is_said_and_nothing_is_half_written(ledger, decide):
    decide()
    engine = ledger.engine
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(LedgerError, match=r"disk is full: the entry was not recorded"):
        decide("f2", note="x" * 1_000_000)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    decide("f3")
    assert ledger.verify().ok


def test_addresses_of_other_kinds_are_refused():
    with pytest.raises(LedgerError, match="needs a file"):
        open_ledger("sqlite://")
    with pytest.raises(LedgerError, match="not known"):
        open_ledger("mysql://somewhere/else")
    with pytest.raises(LedgerError, match="not a database address"):
        open_ledger("://")


# Who writes


def test_there_is_no_anonymous_author_and_local_names_are_shown_as_local(tmp_path):
    env = {"XDG_CONFIG_HOME": str(tmp_path), "REVIEW_USER": "李雷"}
    author = current_author(environ=env)
    assert (author.person, author.role) == ("local:李雷", "reviewer")
    hub = current_author(environ={**env, "JUPYTERHUB_USER": "hub"})
    assert hub.person == "jupyterhub:hub"
    assert current_author(environ=env, database_user="db").person == "database:db"
    with pytest.raises(LedgerError, match="without a name"):
        current_author(environ={**env, "REVIEW_USER": "  "})
    with pytest.raises(LedgerError, match=r"no such role.*'king'"):
        current_author(environ={**env, "REVIEW_ROLE": "king"})


def test_the_log_in_name_is_taken_where_nothing_else_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGNAME", "lily")
    assert current_author(environ={"HOME": str(tmp_path)}).person == "local:lily"
    assert (tmp_path / ".config" / "review" / "keys").is_dir()


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path):
    env = {"XDG_CONFIG_HOME": str(tmp_path), "REVIEW_USER": "ann"}
    first, second = current_author(environ=env), current_author(environ=env)
    assert first.key_id == second.key_id
    assert "key" not in repr(first).lower().replace("key_id", "")
    (file,) = (tmp_path / "review" / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    with pytest.raises(LedgerError, match=r"others can read.*0644"):
        current_author(environ=env)
    file.chmod(0o600)
    file.write_text("no key", encoding="utf-8")
    with pytest.raises(LedgerError, match="not a signing key"):
        current_author(environ=env)


def test_two_people_have_two_keys(person):
    assert person("ann").key_id != person("bob").key_id


def test_a_name_cannot_leave_the_key_folder(tmp_path):
    current_author(environ={"XDG_CONFIG_HOME": str(tmp_path / "c"), "REVIEW_USER": "../../eve"})
    assert os.listdir(tmp_path) == ["c"]  # noqa: PTH208  # every name, hidden ones too
