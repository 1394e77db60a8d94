from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from review import tables
from review.errors import ReviewError, SessionError
from review.session import Sitting
from review.workspace import Workspace, atomic_path


def frames(sitting, n=1, state="done"):
    marker = {
        "state": state,
        "key": "k",
        "elapsed_s": 1.0,
        "analysed_at": "2022-12-10T00:00:00+00:00",
        "version": "1",
    }
    coverage = [
        {"stream": "front", "start_s": float(i), "end_s": i + 1.0, "state": "recorded"}
        for i in range(n)
    ]
    return {
        "sittings": tables.build("sittings", [marker], key=sitting.key),
        "coverage": tables.build("coverage", coverage, key=sitting.key),
    }


def other(sitting, candidate_id):
    from dataclasses import replace

    return Sitting(
        session=sitting.session,
        candidate=replace(sitting.candidate, id=candidate_id),
        subject=sitting.subject,
    )


@pytest.fixture
def space(tmp_path):
    return Workspace(tmp_path / "workspace")


def test_what_is_written_is_read_before_and_after_compaction(space, sitting):
    second = other(sitting, "C2")
    space.write_sitting(sitting, frames(sitting, n=3))
    space.write_sitting(second, frames(second, n=2))
    for _ in range(2):
        whole = space.read("coverage", "S1")
        assert whole.groupby("candidate_id").size().to_dict() == {"C1": 3, "C2": 2}
        assert len(space.read_sitting("coverage", second)) == 2
        space.compact("S1")
    assert [p.name for p in space.parquet_files("coverage")] == ["all.parquet"]


def test_a_sitting_analysed_again_replaces_its_compacted_rows_only(space, sitting):
    second = other(sitting, "C2")
    for one in (sitting, second):
        space.write_sitting(one, frames(one, n=3))
    space.compact("S1")
    space.write_sitting(sitting, frames(sitting, n=1))
    assert len(space.read_sitting("coverage", sitting)) == 1
    assert len(space.read("coverage", "S1")) == 4
    space.compact("S1")
    assert len(space.read("coverage", "S1")) == 4


def test_a_sitting_that_has_no_rows_any_more_loses_its_compacted_ones(space, sitting):
    second = other(sitting, "C2")
    for one in (sitting, second):
        space.write_sitting(one, frames(one, n=3))
    space.compact("S1")
    space.write_sitting(sitting, frames(sitting, n=0))
    space.compact("S1")
    assert space.read("coverage", "S1")["candidate_id"].unique().tolist() == ["C2"]


def test_compacting_again_and_again_is_like_doing_it_once(tmp_path, sitting, monkeypatch):
    monkeypatch.setattr("review.compaction.GROUP_ROWS", 7)
    sittings = [other(sitting, f"C{n:02d}") for n in range(12)]
    at_once, bit_by_bit = Workspace(tmp_path / "a"), Workspace(tmp_path / "b")
    for n, one in enumerate(sittings):
        at_once.write_sitting(one, frames(one, n=n % 5))
    for n, one in sorted(enumerate(sittings), key=lambda pair: pair[0] * 5 % 12):
        bit_by_bit.write_sitting(one, frames(one, n=n % 5))
        bit_by_bit.compact("S1")
    at_once.compact("S1")
    for name in ("coverage", "sittings"):
        (one,), (other_one,) = at_once.parquet_files(name), bit_by_bit.parquet_files(name)
        assert pq.read_table(one).equals(pq.read_table(other_one))
        assert pq.ParquetFile(one).num_row_groups > 1


@pytest.mark.parametrize("name", ["../张三+--é '\"%🙂/..", "..", ".", "+", "a+b", "%2E"])
def test_names_that_no_file_system_likes(space, sitting, name):
    odd = other(sitting, name)
    space.write_sitting(odd, frames(odd, n=2))
    assert len(space.read_sitting("coverage", odd)) == 2
    assert space.read("coverage", "S1")["candidate_id"].unique().tolist() == [odd.candidate.id]
    inside = space.folder.resolve()
    assert all(inside in path.resolve().parents for path in inside.rglob("*.parquet"))
    assert inside in space.media(odd).resolve().parents
    assert inside in space.notebook(odd).resolve().parents


def test_reading_nothing_gives_the_empty_table(space):
    assert list(space.read("flags", "none").columns) == tables.schema("flags").names
    assert list(space.read("flags", "none", columns=["label"]).columns) == ["label"]


def test_a_damaged_table_is_named(space, sitting):
    space.write_sitting(sitting, frames(sitting))
    path = space.parquet_files("coverage")[0]
    path.write_bytes(b"PAR1 and nothing")
    with pytest.raises(ReviewError, match="run `review analyze` again") as caught:
        space.read("coverage", "S1")
    assert path.name in str(caught.value)


def test_half_a_file_never_stands_under_the_final_name(tmp_path):
    path = tmp_path / "deep" / "report.html"

    def write(text, error=None):
        with atomic_path(path) as temporary:
            temporary.write_text(text)
            if error:
                raise error

    write("first")
    with pytest.raises(OSError, match="disk full"):
        write("second, cut o", OSError("disk full"))
    assert path.read_text() == "first"
    assert list(path.parent.iterdir()) == [path]


def test_a_registered_session_is_found_by_its_id(space, sitting):
    space.register(sitting.session)
    assert space.sessions() == ["S1"]
    assert space.session_folder("S1") == sitting.session.folder.resolve()
    assert space.folder_of("S1") == space.session_folder("S1")
    assert space.folder_of("exams/S1") == Path("exams/S1")
    with pytest.raises(SessionError, match="S1"):
        space.session_folder("S2")


def test_the_marker_is_gone_while_tables_are_rewritten(space, sitting, monkeypatch):
    space.write_sitting(sitting, frames(sitting))

    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr("review.workspace.pq.write_table", fail)
    with pytest.raises(OSError, match="disk full"):
        space.write_sitting(sitting, frames(sitting, n=5))
    monkeypatch.undo()
    assert space.read_sitting("sittings", sitting).empty


def test_rows_of_many_sittings_are_selected(space, sitting):
    many = [other(sitting, f"C{n}") for n in range(5)]
    for one in many:
        space.write_sitting(one, frames(one, n=2))
    space.compact("S1")
    got = space.read("coverage", "S1", candidate_id="C3", columns=["start_s"])
    pd.testing.assert_frame_equal(got, pd.DataFrame({"start_s": [0.0, 1.0]}))


def without_column(path, name):
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.drop_columns([name]), path)


def test_tables_of_an_older_release_stay_readable_and_compact_with_newer_ones(space, sitting):
    old, new = other(sitting, "1"), other(sitting, "2")
    row = {
        "flag_id": "f", "label": "absent", "streams": ["front"], "start_s": 1.0, "end_s": 2.0,
        "score": 0.5, "detector": "absent", "reason": "-", "supports": ["front"],
        "contradicts": [], "evidence_s": 1.5, "device_start_s": 1.0, "device_end_s": 2.0,
        "reason_key": "absent", "facts": "{}", "could_not_see": ["screen"],
    }  # fmt: skip
    for one in (old, new):
        flags = tables.build("flags", [row], key=one.key)
        space.write_sitting(one, {**frames(one), "flags": flags})
        if one is old:
            space.compact(sitting.session.id)
            (file,) = space.parquet_files("flags")
            without_column(file, "could_not_see")
    for _ in range(2):
        read = space.read("flags", sitting.session.id).set_index("candidate_id")
        assert read.loc["1", "could_not_see"] is None
        assert list(read.loc["2", "could_not_see"]) == ["screen"]
        space.compact(sitting.session.id)


def test_a_table_without_a_column_that_it_needs_is_named(space, sitting):
    space.write_sitting(sitting, frames(sitting))
    (file,) = space.parquet_files("coverage")
    without_column(file, "state")
    with pytest.raises(ReviewError, match="no column state"):
        space.read("coverage", sitting.session.id)
