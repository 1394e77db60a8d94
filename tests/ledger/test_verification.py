"""Tampering, in every way that was thought of, is found; and where."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.ledger import Anchor, current_author, open_ledger, verification
from review.ledger.chain import COLUMNS, canonical, digest, digest_of
from review.ledger.identity import key_id
from review.ledger.payloads import Decision
from review.ledger.walk import History, walk

SITTING = ("s1", "c1", "theory")
GUARDS = ("entries_keep", "entries_stay", "entries_follow")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Return a function: a reviewer by name, with a key of this module."""
    config = str(tmp_path_factory.mktemp("config"))
    return lambda name: current_author(environ={"REVIEW_USER": name, "XDG_CONFIG_HOME": config})


@pytest.fixture(scope="module")
def original(people, tmp_path_factory):
    """Return a ledger of 1 + 6 + 1 + 2 entries without guards: ann's, then bob's."""
    opened = open_ledger(tmp_path_factory.mktemp("original") / "ledger.sqlite")
    for name, count in (("ann", 6), ("bob", 2)):
        for n in range(count):
            decision = Decision(
                flag_id=f"{name}{n}",
                label="absent",
                stream="front",
                device_start_s=10.0,
                device_end_s=20.0,
                verdict="confirmed",
            )
            opened.record(decision, sitting_key=SITTING, author=people(name))
    opened.close()
    with closing(sqlite3.connect(opened.where)) as connection, connection:
        for guard in GUARDS:
            connection.execute(f"DROP TRIGGER {guard}")
        connection.commit()
        connection.execute("PRAGMA journal_mode = DELETE")
    return opened.where


@pytest.fixture
def copy(original, tmp_path):
    """Return a connection to a copy of one's own to tamper with."""
    file = tmp_path / "copy.sqlite"
    shutil.copy(original, file)
    with closing(sqlite3.connect(file)) as connection:
        yield connection


def verify(connection, **options):
    connection.commit()
    file = connection.execute("PRAGMA database_list").fetchone()[2]
    opened = open_ledger(file)
    try:
        return opened.verify(**options)
    finally:
        opened.close()


def fields(connection, seq):
    found = connection.execute("SELECT * FROM entries WHERE seq = ?", (seq,))
    return dict(zip([c[0] for c in found.description], found.fetchone(), strict=True))


def write(connection, entry):
    connection.execute("DELETE FROM entries WHERE seq = :seq", entry)
    names, marks = ", ".join(entry), ", ".join(f":{name}" for name in entry)
    connection.execute(f"INSERT INTO entries ({names}) VALUES ({marks})", entry)  # noqa: S608


def sealed(entry, author, **changes):
    """Return the entry changed, hashed and signed anew by somebody."""
    made = {**entry, **changes, "key_id": author.key_id}
    hashed = digest(made)
    return {**made, "hash": hashed.hex(), "signature": author.sign(hashed)}


def rewrite(connection, first, author, **changes):
    """Change an entry and make everything after it anew, signed by one person."""
    last = connection.execute("SELECT MAX(seq) FROM entries").fetchone()[0]
    previous = fields(connection, first)["prev_hash"]
    for seq in range(first, last + 1):
        more = changes if seq == first else {}
        entry = sealed(fields(connection, seq), author, prev_hash=previous, **more)
        write(connection, entry)
        previous = entry["hash"]


def test_the_copy_itself_holds(copy):
    found = verify(copy)
    assert (found.ok, found.entries, found.first_bad, found.clock_set_back) == (True, 10, None, ())


@pytest.mark.parametrize("column", [c for c in COLUMNS if c != "seq"])
def test_a_change_of_any_field_is_found_where_it_was_made(copy, column):
    value = '{"verdict":"dismissed"}' if column == "payload" else "0" * 64
    write(copy, {**fields(copy, 4), column: value})
    found = verify(copy)
    assert (found.ok, found.first_bad) == (False, 4)
    assert found.reason


def test_a_letter_in_a_note_is_enough(copy):
    copy.execute(
        "UPDATE entries SET payload = replace(payload, 'confirmed', 'dismissed') WHERE seq = 5"
    )
    assert verify(copy).first_bad == 5


@pytest.mark.parametrize("seq", [1, 4, 8])
def test_a_removed_entry_is_found(copy, seq):
    copy.execute("DELETE FROM entries WHERE seq = ?", (seq,))
    assert verify(copy).first_bad == seq


def test_removing_and_numbering_anew_is_found(copy):
    copy.execute("DELETE FROM entries WHERE seq = 4")
    for seq in range(5, 11):
        copy.execute("UPDATE entries SET seq = ? WHERE seq = ?", (seq - 1, seq))
    assert verify(copy).first_bad == 4


def test_an_entry_put_in_is_found(copy, people):
    for seq in range(10, 4, -1):
        copy.execute("UPDATE entries SET seq = ? WHERE seq = ?", (seq + 1, seq))
    before = fields(copy, 4)
    write(copy, sealed({**before, "seq": 5}, people("ann"), prev_hash=before["hash"]))
    assert verify(copy).first_bad == 6


def test_two_entries_that_changed_places_are_found(copy):
    one, two = fields(copy, 4), fields(copy, 5)
    write(copy, {**two, "seq": 4})
    write(copy, {**one, "seq": 5})
    assert verify(copy).first_bad == 4


def test_an_entry_signed_anew_with_another_known_key_is_found(copy, people):
    write(copy, sealed(fields(copy, 10), people("ann")))
    found = verify(copy)
    assert found.first_bad == 10
    assert "local:ann's, not local:bob's" in found.reason


def test_an_entry_signed_anew_with_an_unknown_key_is_found(copy, people):
    write(copy, sealed(fields(copy, 10), people("eve")))
    found = verify(copy)
    assert found.first_bad == 10
    assert "nobody was enrolled" in found.reason


def test_a_signature_of_another_entry_is_found(copy):
    copy.execute(
        "UPDATE entries SET signature = (SELECT signature FROM entries WHERE seq = 5) WHERE seq = 4"
    )
    found = verify(copy)
    assert (found.first_bad, "signature" in found.reason) == (4, True)


def test_a_changed_entry_with_everything_after_it_made_anew_is_found(copy, people):
    payload = canonical({**json.loads(fields(copy, 4)["payload"]), "verdict": "dismissed"})
    rewrite(copy, 4, people("ann"), payload=payload)
    # Ann can sign her own entries again, but not bob's enrolment.
    assert verify(copy).first_bad == 8


def test_one_s_own_last_entries_made_anew_are_found_by_an_anchor(copy, people):
    anchor = Anchor(seq=10, hash=fields(copy, 10)["hash"])
    assert verify(copy, anchor=anchor).ok
    payload = canonical({**json.loads(fields(copy, 9)["payload"]), "verdict": "dismissed"})
    rewrite(copy, 9, people("bob"), payload=payload)
    assert verify(copy).ok
    found = verify(copy, anchor=anchor)
    assert (found.ok, found.first_bad) == (False, 10)


def test_an_end_that_was_cut_off_is_found_by_an_anchor(copy):
    anchor = Anchor(seq=10, hash=fields(copy, 10)["hash"])
    copy.execute("DELETE FROM entries WHERE seq > 7")
    assert verify(copy).ok
    found = verify(copy, anchor=anchor)
    assert (found.ok, found.first_bad) == (False, 8)
    assert "cut off" in found.reason
    copy.execute("DELETE FROM entries")
    assert not verify(copy, anchor=anchor).ok


def test_a_whole_ledger_made_anew_by_somebody_else_is_found_by_anchor_or_root(
    copy, people, tmp_path
):
    before = verify(copy)
    eve = people("eve")
    other = open_ledger(tmp_path / "other.sqlite")
    for n in range(9):
        row = json.loads(fields(copy, n + 2 if n < 6 else n + 1)["payload"])
        if "verdict" in row:
            other.append("decision", row, sitting_key=SITTING, author=eve)
    assert other.verify().ok
    root = fields(copy, 1)["key_id"]
    assert key_id(before.root) == root
    assert other.verify(root=before.root).first_bad == 1
    assert not other.verify(anchor=before.head).ok
    other.close()


def test_a_right_that_was_not_there_is_found(copy, people):
    boss = sealed(
        {**fields(copy, 10), "seq": 11},
        people("bob"),
        prev_hash=fields(copy, 10)["hash"],
        kind="sign_off",
        payload='{"note":""}',
    )
    write(copy, boss)
    found = verify(copy)
    assert (found.first_bad, found.reason) == (11, "a reviewer may not write 'sign_off'")


def test_a_reviewer_who_reopened_without_a_late_recording_is_found(copy, people):
    for payload, holds in (('{"late_files":["x"],"reason":"x"}', True), ('{"reason":"x"}', False)):
        entry = sealed(
            {**fields(copy, 10), "seq": 11},
            people("bob"),
            prev_hash=fields(copy, 10)["hash"],
            kind="reopen",
            payload=payload,
        )
        write(copy, entry)
        assert verify(copy).ok is holds


@pytest.mark.parametrize(
    "odd",
    [
        {"at": 5},
        {"at": b"2022"},
        {"session_id": 1.5},
        {"payload": "[]", "kind": "reopen"},
        {"payload": "{", "kind": "reopen"},
        {"payload": 7},
        {"kind": "staff", "payload": "[1]"},
        {"role": None},
        {"author": b"bob"},
    ],
)
def test_an_author_who_signs_nonsense_is_named_and_breaks_no_verification(copy, people, odd):
    made = {**fields(copy, 10), "seq": 11, "prev_hash": fields(copy, 10)["hash"], **odd}
    # Columns without types keep what they are given.
    copy.execute(f"CREATE TABLE loose ({', '.join(COLUMNS)})")
    copy.execute(f"INSERT INTO loose SELECT {', '.join(COLUMNS)} FROM entries")  # noqa: S608
    copy.execute("DROP TABLE entries")
    copy.execute("ALTER TABLE loose RENAME TO entries")
    try:
        made = sealed(made, people("bob"))
    except (TypeError, ValueError):  # cannot even be hashed
        made["hash"] = "0" * 64
    write(copy, made)
    found = verify(copy)
    assert (found.ok, found.first_bad) == (False, 11)
    assert found.reason


values = st.one_of(st.none(), st.text(), st.integers(), st.booleans())


@settings(max_examples=200, deadline=None)
@given(st.integers(), st.lists(values, min_size=11, max_size=11))
def test_the_quick_spelling_of_an_entry_is_that_of_the_encoder(seq, rest):
    row = (seq, *rest)
    array = ["review-ledger-1", *row]
    text = json.dumps(array, separators=(",", ":"), ensure_ascii=False)
    assert digest_of(row) == hashlib.sha256(text.encode()).digest()


def test_a_clock_set_back_is_told_and_breaks_nothing(copy, people):
    last = fields(copy, 10)
    early = sealed(
        {**last, "seq": 11}, people("bob"), prev_hash=last["hash"], at="2020-01-01T00:00:00+00:00"
    )
    write(copy, early)
    found = verify(copy)
    assert (found.ok, found.clock_set_back) == (True, (11,))


@pytest.mark.parametrize("bad", [None, 1, 5, 6, 7, 10])
@pytest.mark.parametrize("how", ["change", "remove"])
def test_in_parts_the_same_is_found_as_in_one_piece(copy, bad, how):
    if bad is not None and how == "change":
        copy.execute("UPDATE entries SET author = 'eve' WHERE seq = ?", (bad,))
    elif bad is not None:
        copy.execute("DELETE FROM entries WHERE seq = ?", (bad,))
    copy.commit()
    rows = copy.execute(f"SELECT {', '.join(COLUMNS)} FROM entries ORDER BY seq").fetchall()  # noqa: S608
    history = History.of([(row[0], row[9]) for row in rows if row[5] == "staff"])

    def part(first, last):
        inside = [row for row in rows if first <= row[0] <= last]
        return walk(inside, history=history, first=first)

    whole = verification.joined([part(1, 99)])
    for cut in range(1, 10):
        pieces = verification.joined([part(1, cut), part(cut + 1, 99)])
        # A missing last entry is no hole: only an anchor can tell.
        assert (pieces.ok, pieces.first_bad) == (whole.ok, whole.first_bad)


def test_a_large_ledger_is_verified_in_two_processes(ledger, decide, monkeypatch):
    monkeypatch.setattr(verification, "WORTH_A_PROCESS", 2)
    for n in range(5):
        decide(f"f{n}")
    whole = ledger.verify()
    assert whole.entries == 6
    assert ledger.verify(processes=2) == whole
