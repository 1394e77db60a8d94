"""What leaves the ledger can be verified by somebody who has nothing else of this project."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from review.errors import LedgerError
from review.ledger import export, open_ledger
from review.ledger.payloads import SignOff

SITTING = ("s1", "c1", "theory")
DOCUMENT = Path(__file__).parents[2] / "docs" / "ledger.md"


@pytest.fixture
def script(tmp_path):
    """Return the page of Python from the documentation, as a file of its own."""
    (page,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "elsewhere" / "verify.py"
    path.parent.mkdir()
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture
def exported(ledger, decide, person, tmp_path):
    """Return an export with a supervisor, an administrator, a rotated key, and its anchor."""
    boss = person("ada", "administrator")
    eva = person("eva", "supervisor")
    for n in range(3):
        decide(f"f{n}", note="没有问题")
    ledger.record(SignOff(), sitting_key=SITTING, author=eva)
    old = person("ann").key_id
    ledger.append("staff", {"action": "revoke_key", "key_id": old, "reason": "lost"}, author=boss)
    file = tmp_path / "ledger.jsonl"
    anchor = export.export(ledger, file, author=boss)
    return file, anchor


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, "-I", str(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=script.parent,
        check=False,
    )


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write(file, entries):
    file.write_text("".join(json.dumps(e) + "\n" for e in entries), encoding="utf-8")


def test_an_export_holds_every_entry_and_says_who_exported_it(ledger, exported):
    file, anchor = exported
    *entries, last = lines(file)
    assert [e["seq"] for e in entries] == list(range(1, anchor.seq + 1))
    assert (entries[-1]["kind"], entries[-1]["author"]) == ("exported", "ada")
    assert last["anchor"] == [anchor.seq, anchor.hash]
    assert ledger.verify(anchor=anchor).ok


def test_a_stranger_finds_a_sound_export_sound(script, exported):
    file, anchor = exported
    done = run(script, file, f"{anchor.seq}:{anchor.hash}")
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.startswith(f"{anchor.seq} entries hold")


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (
            lambda e: e[3].update(payload=e[3]["payload"].replace("confirmed", "dismissed")),
            "changed",
        ),
        (lambda e: e[3].update(author="eve"), "changed"),
        (lambda e: e.pop(3), "in its place"),
        (lambda e: e.insert(4, e[3]), "in its place"),
        (lambda e: e[3].update(signature=e[2]["signature"]), "signature"),
        (lambda e: e[4].update(prev_hash=e[2]["hash"]), "does not follow"),
        (lambda e: e.pop(), "anchor, is missing"),
        (lambda e: e.pop(-2), "of another ledger"),
    ],
)
def test_a_stranger_finds_what_was_tampered_with(script, exported, tamper, said):
    file, _ = exported
    entries = lines(file)
    tamper(entries)
    write(file, entries)
    done = run(script, file)
    assert done.returncode == 1
    assert said in done.stderr


def test_a_stranger_finds_a_cut_end_by_the_anchor_on_paper(script, exported):
    file, anchor = exported
    *entries, last = lines(file)
    short = entries[:-2]
    write(file, [*short, {**last, "anchor": [len(short), short[-1]["hash"]]}])
    assert run(script, file).returncode == 0
    done = run(script, file, f"{anchor.seq}:{anchor.hash}")
    assert (done.returncode, "cut off" in done.stderr) == (1, True)


def test_a_file_that_cannot_be_written_is_named(ledger, person, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LedgerError, match="export cannot be written"):
        export.export(ledger, tmp_path / "file" / "x.jsonl", author=person())


def test_a_copy_is_whole_and_can_be_written_on(ledger, decide, person, tmp_path):
    decide()
    export.copy(ledger, tmp_path / "copy.sqlite")
    decide("f2")
    again = open_ledger(tmp_path / "copy.sqlite")
    before = (tmp_path / "copy.sqlite").read_bytes()
    assert (again.verify().ok, again.head().seq) == (True, 2)
    again.close()
    # Reading alone leaves the file as it was, and nothing beside it.
    assert (tmp_path / "copy.sqlite").read_bytes() == before
    assert sorted(p.name for p in tmp_path.glob("copy*")) == ["copy.sqlite"]
    again.record(SignOff(), sitting_key=SITTING, author=person("eva", "supervisor"))
    assert again.verify().ok
    again.close()
    with pytest.raises(LedgerError, match="a file already"):
        export.copy(ledger, tmp_path / "copy.sqlite")
