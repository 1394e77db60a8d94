"""Ledger and workspace come back as they were at one moment, and nothing comes back damaged."""

import json
import sqlite3
import tarfile
import threading
from contextlib import closing

import pytest

from review.errors import LedgerError
from review.ledger import backup, open_ledger
from review.ledger.payloads import SignOff
from review.workspace import Workspace, atomic_path

SITTING = ("s1", "c1", "theory")


@pytest.fixture
def space(tmp_path, monkeypatch):
    """Return the workspace of the fixture ``ledger``."""
    monkeypatch.delenv("REVIEW_LEDGER", raising=False)
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def put(space):
    def make(name, text):
        with atomic_path(space.folder / name) as path:
            path.write_text(text, encoding="utf-8")

    return make


def content(folder):
    """Return every file but the ledger's own."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("ledger.sqlite")
    }


def walked(ledger):
    return list(ledger.walk())


def test_a_backup_comes_back_whole(space, put, ledger, decide, person, tmp_path):
    put("tables/flags/session_id=s1/c1+theory.parquet", "rows")
    put("runs/百分之百 100%.json", "{}")
    decide(note="看见了")
    made = backup.make(space, tmp_path / "b.tar", author=person())
    decide("after the backup")
    found = backup.restore(tmp_path / "b.tar", tmp_path / "again")
    assert (found.files, found.entries, found.anchor) == (2, 3, made.anchor)
    assert content(tmp_path / "again") == content(space.folder)
    again = open_ledger(tmp_path / "again" / "ledger.sqlite")
    assert walked(again) == walked(ledger)[:3]
    last = again.records(last=1)[0]
    assert (last["kind"], last["payload"]["what"]) == ("exported", "backup")
    # What came back goes on.
    again.record(SignOff(), sitting_key=SITTING, author=person("eva", "supervisor"))
    assert again.verify(anchor=made.anchor).ok
    again.close()
    # Nothing is left in the folders where it was put together.
    assert not [p for p in (*tmp_path.iterdir(), *space.folder.iterdir()) if p.name[0] == "."]


def test_others_go_on_working_and_the_copy_is_of_one_moment(
    space, put, ledger, decide, person, tmp_path
):
    stop = threading.Event()
    rounds = []

    def analyse():
        # As an analysis does it: marker away, tables replaced one after the other, marker back.
        while not stop.is_set():
            rounds.append(len(rounds))
            (space.folder / "tables/sittings/a").unlink(missing_ok=True)
            for table in ("coverage", "flags", "scores"):
                put(f"tables/{table}/a", str(len(rounds)))
            put("tables/sittings/a", str(len(rounds)))
            stop.wait(0.01)

    def review():
        n = 0
        while not stop.is_set():
            n += 1
            decide(f"f{n}")
            stop.wait(0.001)

    decide()
    workers = [threading.Thread(target=work) for work in (analyse, review)]
    for worker in workers:
        worker.start()
    try:
        for n in range(5):
            backup.make(space, tmp_path / f"b{n}.tar", author=person())
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert ledger.verify().ok
    seen = [restored(tmp_path / f"b{n}.tar", tmp_path / f"again{n}") for n in range(5)]
    assert any(seen)


def restored(file, folder):
    """Return whether a backup caught the sitting marked as whole; if so, it must be."""
    found = backup.restore(file, folder)
    assert open_ledger(folder / "ledger.sqlite").head() == found.anchor
    files = content(folder)
    marker = files.get("tables/sittings/a")
    assert marker is None or set(files.values()) == {marker}
    return marker is not None


def test_folders_that_can_be_had_again_are_left_out_on_demand(space, put, person, tmp_path):
    put("media/s/x.mp4", "large")
    put("tables/media/x", "a table of that name")
    made = backup.make(space, tmp_path / "b.tar", author=person(), leave_out=["media"])
    assert made.files == 1
    backup.restore(tmp_path / "b.tar", tmp_path / "again")
    assert list(content(tmp_path / "again")) == ["tables/media/x"]


def test_a_workspace_that_does_not_come_to_rest_is_said(space, put, person, tmp_path, monkeypatch):
    put("tables/x", "0")
    states = iter(range(10_000))
    monkeypatch.setattr(
        backup.snapshot, "state_of", lambda *_, **__: {"tables/x": (next(states), 0, 0)}
    )
    with pytest.raises(LedgerError, match=r"changes faster.*when the analysis is through"):
        backup.make(space, tmp_path / "b.tar", author=person())
    assert not (tmp_path / "b.tar").exists()


def repacked(source, target, change):
    """Write a backup anew with some members changed: name -> bytes, or None to leave one out."""
    import io

    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old.getmembers():
            data = change(member.name, old.extractfile(member).read())
            if data is not None:
                member.size = len(data)
                new.addfile(member, io.BytesIO(data))


def other_chain(data):
    lines = [json.loads(line) for line in data.decode().splitlines()]
    lines[1]["payload"] = lines[1]["payload"].replace("confirmed", "dismissed")
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda n, d: b"changed" if n == "workspace/tables/x" else d, "workspace/tables/x first"),
        (lambda n, d: None if n == "workspace/tables/x" else d, "workspace/tables/x first"),
        (lambda n, d: None if n == "manifest.json" else d, "no backup"),
        (lambda n, d: b"{}" if n == "manifest.json" else d, "no backup"),
        (lambda n, d: other_chain(d) if n == "ledger.jsonl" else d, "ledger.jsonl first"),
    ],
)
def test_a_damaged_backup_is_not_restored_and_leaves_nothing(
    space, put, decide, person, tmp_path, change, said
):
    put("tables/x", "rows")
    decide()
    backup.make(space, tmp_path / "b.tar", author=person())
    repacked(tmp_path / "b.tar", tmp_path / "bad.tar", change)
    with pytest.raises(LedgerError, match=said):
        backup.restore(tmp_path / "bad.tar", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_a_chain_that_does_not_hold_is_not_restored_even_if_the_manifest_agrees(
    space, put, decide, person, tmp_path
):
    import hashlib

    put("tables/x", "rows")
    decide()
    backup.make(space, tmp_path / "b.tar", author=person())
    with tarfile.open(tmp_path / "b.tar") as tar:
        forged = other_chain(tar.extractfile("ledger.jsonl").read())

    def change(name, data):
        if name == "ledger.jsonl":
            return forged
        if name == "manifest.json":
            said = json.loads(data)
            said["ledger_sha256"] = hashlib.sha256(forged).hexdigest()
            return json.dumps(said).encode()
        return data

    repacked(tmp_path / "b.tar", tmp_path / "bad.tar", change)
    with pytest.raises(LedgerError, match=r"chain of the backup does not hold.*entry 2"):
        backup.restore(tmp_path / "bad.tar", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_nothing_is_overwritten(space, put, ledger, decide, person, tmp_path):
    put("tables/x", "rows")
    decide()
    backup.make(space, tmp_path / "b.tar", author=person())
    with pytest.raises(LedgerError, match="a file already"):
        backup.make(space, tmp_path / "b.tar", author=person())
    with pytest.raises(LedgerError, match="something already"):
        backup.restore(tmp_path / "b.tar", space.folder)
    with pytest.raises(LedgerError, match="entries already"):
        backup.restore(tmp_path / "b.tar", tmp_path / "again", ledger=ledger.where)
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("text", [b"", b"no tar at all", None])
def test_what_is_no_backup_is_said_in_one_line(tmp_path, text):
    file = tmp_path / "b.tar"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(LedgerError) as caught:
        backup.restore(file, tmp_path / "again")
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_full_disk_leaves_no_half_backup(space, put, decide, person, tmp_path, monkeypatch):
    put("tables/x", "rows")
    decide()

    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "add", full)
    with pytest.raises(LedgerError, match=r"b\.tar.*No space left"):
        backup.make(space, tmp_path / "b.tar", author=person())
    assert {p.name for p in tmp_path.iterdir()} == {"workspace", "config"}
    with closing(sqlite3.connect(space.ledger)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
