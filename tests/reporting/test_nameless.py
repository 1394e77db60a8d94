"""What a candidate may know of the people who read and decided."""

import io
import json
import re
import zipfile

import docx
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest

from review import tables
from review.ledger import open_ledger
from review.ledger.payloads import Recusal
from review.reporting import report
from review.reporting.package import package
from review.reporting.verification import verify

#: Whoever wrote something about the case; ``olga`` hands the copy over.
PEOPLE = ("ann", "bob", "eva", "ida")


@pytest.fixture
def opened(concluded, by):
    """The concluded case, one reader of which steps aside, and whose client logs name people."""
    ledger = open_ledger(concluded.workspace.ledger)
    ledger.record(Recusal(reason="my cousin"), sitting_key=concluded.sitting.key, author=by("ida"))
    keys = {by(name, role).key_id
            for name, role in (("ann", "reviewer"), ("bob", "reviewer"), ("eva", "supervisor"),
                               ("ida", "reviewer"))}  # fmt: skip
    keys |= {by(name).public_key for name in PEOPLE}
    events = concluded.workspace.read_sitting("events", concluded.sitting)
    told = tables.build(
        "events",
        [{"stream": "events_proctor", "device_s": 20.0, "time_s": 20.0, "type": "warning",
          "device_time": "",
          "detail": json.dumps({"reason": "looks away", "proctor": "eva"})}],
        key=concluded.sitting.key,
    )  # fmt: skip
    read = tables.build(
        "texts",
        [{"stream": "screen", "start_device_s": 1.0, "end_device_s": 2.0, "text": "a chat",
          "x_px": 0.0, "y_px": 0.0, "w_px": 5.0, "h_px": 5.0}],
        key=concluded.sitting.key,
    )  # fmt: skip
    heard = tables.build(
        "transcripts",
        [{"stream": "front", "start_s": 1.0, "end_s": 2.0, "device_start_s": 1.0,
          "device_end_s": 2.0, "text": "eva here", "language": "en", "model": "m",
          "model_sha256": "a", "recording_sha256": "b"}],
        key=concluded.sitting.key,
    )  # fmt: skip
    row = concluded.workspace.read_sitting("sittings", concluded.sitting)
    concluded.workspace.write_sitting(
        concluded.sitting,
        {"events": pd.concat([events, told]), "texts": read, "transcripts": heard, "sittings": row},
    )
    yield concluded, keys
    ledger.close()


def named(text, keys):
    """Which names, keys and notes stand in a text."""
    words = {f'"{name}"' for name in PEOPLE} | {f":{name}" for name in PEOPLE}
    words |= {f">{name}<" for name in PEOPLE} | {"my cousin", "nnnnn", *keys}
    return {word for word in words if word in text}


def test_a_report_for_the_candidate_has_numbers_for_names_and_no_keys(opened, tmp_path, by):
    case, keys = opened
    given = {"workspace": case.workspace, "pictures": 0, "author": by("olga"),
             "formats": ("html", "json", "xlsx", "docx")}  # fmt: skip
    report(case.session, out=tmp_path / "own", **given)
    report(case.session, out=tmp_path / "copy", privacy="redacted", **given)
    for ending in (".html", ".json"):
        plain = (tmp_path / f"own/s1/A001/theory{ending}").read_text(encoding="utf-8")
        copy = (tmp_path / f"copy/s1/A001/theory.redacted{ending}").read_text(encoding="utf-8")
        assert named(plain, keys)
        assert not named(copy, keys)
        assert "\u2116 1" in copy
        assert "seen together" in copy
    found = json.loads((tmp_path / "copy/s1/A001/theory.redacted.json").read_text("utf-8"))
    # ann read and concluded, bob and eva concluded: three people.
    readers = [d["who"] for flag in found["flags"] for d in flag["decisions"]]
    signers = [s["who"] for s in found["conclusion"]["signatures"]]
    assert readers == ["\u2116 1"]
    assert set(signers) == {"\u2116 1", "\u2116 2", "\u2116 3"}
    assert {s["role"] for s in found["conclusion"]["signatures"]} == {"reviewer", "supervisor"}
    book = openpyxl.load_workbook(tmp_path / "copy/s1/session.xlsx")
    cells = {str(cell.value) for page in book for row in page for cell in row}
    assert not cells & {*PEOPLE, *keys}


def test_the_pages_about_a_session_are_not_for_a_candidate(opened, tmp_path):
    case, _ = opened
    report(case.session, workspace=case.workspace, out=tmp_path, privacy="redacted", pictures=0)
    assert [path.name for path in tmp_path.rglob("*.html")] == ["theory.redacted.html"]


@pytest.fixture
def copied(opened, tmp_path, by):
    case, keys = opened
    made = package(case.sitting, tmp_path / "copy.zip", workspace=case.workspace, clips=0,
                   privacy="redacted", author=by("olga"))  # fmt: skip
    with zipfile.ZipFile(made.path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return made, files, keys


def test_a_package_for_the_candidate_names_only_who_hands_it_over(copied):
    _, files, keys = copied
    for name, content in files.items():
        if name.endswith((".json", ".jsonl", ".html", ".csv", ".vtt", ".txt")):
            assert not named(content.decode(), keys), name
    assert json.loads(files["SIGNATURE.json"])["author"] == "olga"
    (letter,) = [content for name, content in files.items() if name.endswith(".docx")]
    text = "\n".join(line.text for line in docx.Document(io.BytesIO(letter)).paragraphs)
    assert "\u2116 3" in text
    assert not [name for name in PEOPLE if re.search(rf"\b{name}\b", text)]


def test_its_record_is_told_without_authors_and_hangs_on_the_chain(copied, opened, tmp_path):
    made, files, _ = copied
    case, _ = opened
    told = [json.loads(line) for line in files["ledger/record.jsonl"].decode().splitlines()]
    kinds = [one["kind"] for one in told]
    assert kinds == ["evidence", "outcome", "outcome", "outcome", "statement", "sign_off",
                     "recusal"]  # fmt: skip
    assert not any({"author", "source", "key_id", "signature"} & set(one) for one in told)
    assert told[1]["payload"]["note"] == "seen together"
    assert told[-1]["payload"] == {}
    chain = [json.loads(line) for line in files["ledger/ledger.jsonl"].decode().splitlines()]
    assert all(set(one) == {"seq", "prev_hash", "hash"} for one in chain[:-1])
    # The board finds the authors in its own ledger, by number and hash.
    ledger = open_ledger(case.workspace.ledger)
    own = {entry["seq"]: entry for entry in ledger.walk()}
    ledger.close()
    assert [own[one["seq"]]["hash"] for one in told] == [one["hash"] for one in told]
    assert own[told[1]["seq"]]["author"] == "ann"
    found = {one.what: one.ok for one in verify(made.path)}
    assert found == {"files": True, "manifest": True, "signature": True, "ledger": True,
                     "record": True}  # fmt: skip


def test_a_record_that_is_not_of_the_chain_is_found(copied, tmp_path):
    _, files, _ = copied
    forged = files["ledger/record.jsonl"].replace(b'"hash":"', b'"hash":"0', 1)
    path = tmp_path / "forged.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, forged if name == "ledger/record.jsonl" else content)
    wrong = [one.what for one in verify(path) if not one.ok]
    assert "record" in wrong


def test_its_tables_hold_nothing_that_the_pictures_hide(copied):
    _, files, _ = copied
    assert pq.read_table(io.BytesIO(files["tables/texts.parquet"])).num_rows == 0
    assert pq.read_table(io.BytesIO(files["tables/transcripts.parquet"])).num_rows == 0
    events = pq.read_table(io.BytesIO(files["tables/events.parquet"])).to_pandas()
    (detail,) = events.loc[events["stream"] == "events_proctor", "detail"]
    assert json.loads(detail) == {"reason": "looks away"}
