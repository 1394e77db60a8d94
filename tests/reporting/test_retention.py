"""What goes when, in which order, and what is kept back."""

from datetime import date

import pyarrow.parquet as pq
import pytest

from review import tables
from review.errors import LedgerError, ReviewError
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Retained, Statement
from review.reporting.retention import KINDS, Policy, retain

#: The exam was on 2022-12-10.
LATER = date(2023, 6, 1)
POLICY = Policy(embeddings=30, media=60, measurements=365, tables=None)


@pytest.fixture
def space(case):
    manifest = """format = 1
id = "s1"
kind = "exam"
platform = "itmc"
rulebook = "itmc-2022"
timezone = "Asia/Shanghai"
[[subjects]]
id = "theory"
name = "T"
start = 2022-12-10T08:30:00+08:00
end = 2022-12-10T08:32:00+08:00
"""
    folder = case.session.folder
    (folder / "session.toml").write_text(manifest, encoding="utf-8")
    (folder / "candidates.csv").write_text(
        "candidate_id,name,id_number,occupation,level,subjects\nA001,n,1,o,4,theory\n",
        encoding="utf-8",
    )
    frame = case.workspace.read_sitting("detections", case.sitting)
    frames = {n: case.workspace.read_sitting(n, case.sitting) for n in ("sittings",)}
    frame["embedding"] = [[0.5] * 4] * len(frame)
    case.workspace.write_sitting(case.sitting, {**frames, "detections": frame})
    case.workspace.register(case.session)
    heard = [{"stream": "front", "start_s": 1.0, "end_s": 2.0, "device_start_s": 1.0,
              "device_end_s": 2.0, "text": "x", "language": "zh", "model": "m",
              "model_sha256": "a", "recording_sha256": "b"}]  # fmt: skip
    said = tables.build("transcripts", heard, key=case.sitting.key)
    case.workspace.write_beside("transcripts", case.sitting, said)
    media = case.workspace.media(case.sitting)
    media.mkdir(parents=True)
    (media / "copy.mp4").write_bytes(b"x" * 100)
    return case.workspace


@pytest.fixture
def boss():
    return current_author(role="supervisor")


def states(rows):
    return dict(zip(rows["what"], rows["state"], strict=True))


def test_without_being_told_nothing_is_deleted(space):
    rows = retain(space, policy=POLICY, today=LATER)
    assert tuple(rows["what"]) == KINDS
    wanted = {"embeddings": "due", "media": "due", "measurements": "kept", "tables": "kept"}
    assert states(rows) == wanted
    assert list(space.folder.rglob("copy.mp4"))
    assert space.parquet_files("transcripts")
    assert states(retain(space, policy=POLICY, today=date(2022, 12, 20)))["media"] == "kept"


def test_what_is_due_goes_and_is_recorded_embeddings_first(space, case, boss):
    flags = space.read_sitting("flags", case.sitting)
    rows = retain(space, policy=POLICY, today=LATER, apply=True, author=boss)
    assert states(rows)["embeddings"] == states(rows)["media"] == "removed"
    assert not list(space.folder.rglob("copy.mp4"))
    assert space.read_sitting("transcripts", case.sitting).empty
    for path in space.parquet_files("detections"):
        table = pq.read_table(path, partitioning=None)
        assert table.num_rows
        assert table["embedding"].null_count == table.num_rows
    assert space.read_sitting("flags", case.sitting).equals(flags)
    ledger = open_ledger(space.ledger)
    entries = ledger.entries(kinds=("retained",))
    assert [p["what"] for p in entries["payload"]] == ["embeddings", "media"]
    assert all(p["removed"] for p in entries["payload"])
    assert ledger.verify().ok
    ledger.close()
    assert case.session.folder.exists()
    assert states(retain(space, policy=POLICY, today=LATER))["media"] == "kept"


def test_tables_go_with_their_marker(space, case, boss):
    everything = Policy(embeddings=None, media=None, measurements=None, tables=10)
    retain(space, policy=everything, today=LATER, apply=True, author=boss)
    assert space.read_sitting("sittings", case.sitting).empty
    assert not space.parquet_files("flags")


@pytest.mark.parametrize("how", ["hold", "appeal"])
def test_an_entry_or_an_open_appeal_holds_a_session(space, case, boss, how):
    ledger = open_ledger(space.ledger)
    if how == "hold":
        hold = Retained(what="all", until="2024-01-01")
        ledger.record(hold, sitting_key=("s1",), author=boss)
    else:
        ledger.record(Statement(form="appeal"), sitting_key=case.sitting.key, author=boss)
    rows = retain(space, policy=POLICY, today=LATER, apply=True, author=boss)
    ledger.close()
    assert states(rows)["media"] == "held"
    assert list(space.folder.rglob("copy.mp4"))


def test_reviewers_delete_nothing(space):
    with pytest.raises(LedgerError, match="may not write"):
        retain(space, policy=POLICY, today=LATER, apply=True, author=current_author())
    assert list(space.folder.rglob("copy.mp4"))


def test_the_workspace_has_a_policy_file_of_its_own(space):
    (space.folder / "retention.toml").write_text("[days]\nmedia = 100000\n", encoding="utf-8")
    assert states(retain(space, today=LATER))["media"] == "kept"
    (space.folder / "retention.toml").write_text("[days]\nmedai = 1\n", encoding="utf-8")
    with pytest.raises(ReviewError, match="medai"):
        retain(space, today=LATER)
