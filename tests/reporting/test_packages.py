"""Evidence packages: what is in them, and that nobody can change them unseen."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from review.errors import RenderError
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Decision
from review.reporting.package import MANIFEST, SIGNATURE, package
from review.reporting.verification import verify

DOCUMENT = Path(__file__).parents[2] / "docs" / "reports.md"


@pytest.fixture
def packed(case, tmp_path):
    """A package of a case beside which the ledger has entries about somebody else."""
    author = current_author(role="supervisor")
    ledger = open_ledger(case.workspace.ledger)
    said = Decision(flag_id="f-person", label="extra_person", stream="front", device_start_s=10.0,
                    device_end_s=14.0, verdict="confirmed", note="about A001")  # fmt: skip
    ledger.record(said, sitting_key=case.sitting.key, author=author)
    ledger.record(said, sitting_key=("s1", "B777", "theory"), author=author)
    path = tmp_path / "out" / "case.zip"
    made = package(case.sitting, path, workspace=case.workspace, clips=0, author=author,
                   language="en")  # fmt: skip
    ledger.close()
    return made


def changed(path, target, change):
    """Copy a ZIP with ``change(name, content)`` applied; None leaves a file out."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def test_a_package_holds_what_it_says_and_verifies(packed, case):
    found = {one.what: one for one in verify(packed.path)}
    assert all(one.ok for one in found.values()), found
    assert set(found) == {"files", "manifest", "signature", "ledger"}
    with zipfile.ZipFile(packed.path) as archive:
        names = archive.namelist()
        manifest = archive.read(MANIFEST)
        signed = json.loads(archive.read(SIGNATURE))
        ledger = archive.read("ledger/ledger.jsonl").decode()
        references = archive.read("originals/references.csv").decode()
    assert hashlib.sha256(manifest).hexdigest() == packed.manifest_sha256
    assert json.loads(signed["payload"])["sha256"] == packed.manifest_sha256
    for name in ("report/report.html", "report/report.pdf", "report/report.json",
                 "tables/flags.parquet", "case.json", "README.txt"):  # fmt: skip
        assert name in names
    # What is about others is there as a link only.
    assert "about A001" in ledger
    assert "B777" not in ledger
    assert "ab" * 32 in references
    assert ",changed" in references
    assert not [n for n in names if n.endswith(".mp4")]


def flipped(name, wanted):
    def change(other, content):
        return bytes([content[0] ^ 1]) + content[1:] if other == wanted else content

    return change


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (flipped("", "report/report.pdf"), "report/report.pdf"),
        (lambda n, c: None if n == "tables/flags.parquet" else c, "tables/flags.parquet"),
        (lambda n, c: c + b"\n" if n == MANIFEST else c, "manifest"),
        (lambda n, c: c.replace(b'"role": "supervisor"', b'"role": "reviewer"')
         if n == SIGNATURE else c, "signature"),
    ],
)  # fmt: skip
def test_every_change_is_found_and_named(packed, tmp_path, change, what):
    path = changed(packed.path, tmp_path / "changed.zip", change)
    wrong = [one.what for one in verify(path) if not one.ok]
    assert what in wrong


def test_a_file_put_in_and_a_manifest_made_anew_are_found(packed, tmp_path):
    path = tmp_path / "more.zip"
    shutil.copy(packed.path, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("report/new.txt", "x")
    assert "report/new.txt" in [one.what for one in verify(path) if not one.ok]

    def forge(name, content):
        if name == "case.json":
            return b"{}"
        if name == MANIFEST:
            fresh = hashlib.sha256(b"{}").hexdigest()
            return re.sub(rb"[0-9a-f]{64}(?=  case\.json)", fresh.encode(), content)
        return content

    path = changed(packed.path, tmp_path / "forged.zip", forge)
    wrong = [one.what for one in verify(path) if not one.ok]
    assert wrong == ["manifest"]


def test_a_stranger_finds_the_same_with_sha256sum_and_the_page_of_python(packed, tmp_path):
    place = tmp_path / "stranger"
    with zipfile.ZipFile(packed.path) as archive:
        archive.extractall(place)
    run = subprocess.run(["sha256sum", "--quiet", "-c", MANIFEST], cwd=place, check=False)
    assert run.returncode == 0
    (page,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    script = tmp_path / "check.py"
    script.write_text(page, encoding="utf-8")
    command = [sys.executable, "-I", str(script), str(place)]
    good = subprocess.run(command, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stderr
    assert "entries hold" in good.stdout
    ledger = place / "ledger" / "ledger.jsonl"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("about A001", "about A002"))
    bad = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bad.returncode != 0
    assert "ledger/ledger.jsonl" in bad.stderr


def test_originals_are_for_the_full_package_only(case, tmp_path):
    with pytest.raises(RenderError, match="originals show bystanders"):
        package(case.sitting, tmp_path / "x.zip", workspace=case.workspace, originals=True)
    assert list(tmp_path.glob("*.zip")) == []


def test_a_full_disk_leaves_no_package(case, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(RenderError, match="No space left"):
        package(case.sitting, tmp_path / "o/x.zip", workspace=case.workspace, clips=0)
    assert list((tmp_path / "o").iterdir()) == []
    ledger = open_ledger(case.workspace.ledger)
    assert ledger.entries(kinds=("exported",)).empty
    ledger.close()


def test_what_is_no_package_is_told(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK nothing")
    with pytest.raises(RenderError, match="cannot be read"):
        verify(tmp_path / "x.zip")
