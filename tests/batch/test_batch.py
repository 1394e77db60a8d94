"""A session from files to results: what is kept, what is done again, what a failure leaves."""

import hashlib
import os
import shutil
from datetime import timedelta

import pytest

from review import batch, pipeline
from review.errors import DetectorError, LoadError, SessionError
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Outcome, SignOff
from review.loaders import load_session
from review.loaders.check import check_sitting
from review.workspace import MARKER, Workspace


def fingerprint(folder):
    return {
        str(p.relative_to(folder)): (
            p.stat().st_mtime_ns,
            hashlib.sha256(p.read_bytes()).hexdigest(),
        )
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture
def analysed(simulated, own_workspace):
    """A workspace of one's own, and its table of sittings."""
    space = Workspace(own_workspace)
    session, _ = load_session(simulated)
    return space, space.read(MARKER, session.id)


@pytest.fixture
def copied(simulated, tmp_path):
    return shutil.copytree(simulated, tmp_path / "session")


def test_every_sitting_is_a_row_in_the_sessions_order(analysed, simulated):
    _, rows = analysed
    session, _ = load_session(simulated)
    assert [*rows[["candidate_id", "subject_id"]].itertuples(index=False, name=None)] == [
        s.key[1:] for s in session.sittings()
    ]
    assert rows["state"].tolist() == ["done"] * len(rows)


def test_the_session_folder_is_only_read(simulated, tmp_path):
    before = fingerprint(simulated)
    session, _ = load_session(simulated)
    only = session.candidates[0].id
    batch.check(simulated, deep=True)
    batch.analyze(simulated, workspace=tmp_path, candidates=[only], workers=0)
    assert fingerprint(simulated) == before


def test_a_check_makes_no_workspace(simulated, tmp_path):
    batch.check(simulated, workspace=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_check_names_the_banned_and_what_came_late(simulated, tmp_path, monkeypatch):
    monkeypatch.setenv("REVIEW_USER", "Supervisor")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    session, _ = load_session(simulated)
    space = Workspace(tmp_path / "workspace")
    sittings = list(session.sittings())
    banned, late = sittings[0], sittings[-1]
    author = current_author(role="supervisor", environ=dict(os.environ))
    ledger = open_ledger(space.ledger)
    day = session.subjects[0].start
    earlier = ("2022-01-01", banned.candidate.id, "theory")
    sanction = SignOff(
        note="case 7",
        outcome="serious_cheating",
        clauses=("3-1",),
        banned_from=(day - timedelta(days=30)).date().isoformat(),
        banned_until=(day + timedelta(days=335)).date().isoformat(),
    )
    ledger.record(
        Outcome(outcome="serious_cheating", rulebook="itmc-2022", clauses=("3-1",), note="case 7"),
        sitting_key=earlier,
        author=author,
    )
    ledger.record(sanction, sitting_key=earlier, author=author)
    files = check_sitting(late).files.assign(sha256="0" * 64)
    known = tuple(f"{row.sha256}  {row.file}" for row in files.iloc[1:].itertuples())
    ledger.record(
        SignOff(note="", outcome="cleared", files=known), sitting_key=late.key, author=author
    )
    _, problems = batch.check(simulated, workspace=space)
    found = problems[problems["code"].isin(["candidate_banned", "file_late"])]
    told = {(r.code, r.candidate_id, r.subject_id) for r in found.itertuples()}
    papers = [s.subject.id for s in sittings if s.candidate.id == banned.candidate.id]
    assert told == {("candidate_banned", banned.candidate.id, paper) for paper in papers} | {
        ("file_late", late.candidate.id, late.subject.id)
    }
    assert found.loc[found["code"] == "file_late", "file"].tolist() == [files.iloc[0]["file"]]


def test_results_are_compacted_and_the_run_is_on_record(analysed):
    space, _ = analysed
    assert [p.name for p in space.parquet_files(MARKER)] == ["all.parquet"]
    assert len(list(space.runs.glob("*.json"))) >= 1


def test_nothing_is_analysed_twice(analysed, simulated, monkeypatch):
    space, rows = analysed

    def fail(*_, **__):
        raise AssertionError("analysed again")

    monkeypatch.setattr(pipeline, "analyse_record", fail)
    again = batch.analyze(simulated, workspace=space, workers=0)
    assert again["analysed_at"].tolist() == rows["analysed_at"].tolist()


def test_a_changed_file_or_model_is_measured_again(copied):
    session, _ = load_session(copied)
    sitting = next(session.sittings())
    options = pipeline.resolve_options(session)
    keys = {pipeline.sitting_key(sitting, options, {"face": "1"}).measured}
    keys.add(pipeline.sitting_key(sitting, options, {"face": "2"}).measured)
    log = next((sitting.folder / "events").glob("client.*"))
    log.write_text(log.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    keys.add(pipeline.sitting_key(sitting, options, {"face": "1"}).measured)
    assert len(keys) == 3


def test_a_changed_threshold_reads_tables_and_no_recording(copied, tmp_path, monkeypatch):
    session, _ = load_session(copied)
    only = next(session.sittings())
    options = {"workspace": tmp_path / "w", "candidates": [only.candidate.id], "workers": 0}
    first = batch.analyze(copied, **options)
    space = Workspace(tmp_path / "w")

    def fail(*_, **__):
        raise AssertionError("read again")

    for name in ("load_sitting", "measure", "synchronise"):
        monkeypatch.setattr(pipeline, name, fail)
    before = space.read_sitting("flags", only)
    manifest = copied / "session.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(f"{text}\n[thresholds.recording_gap]\nmin_s = 1e6\n", encoding="utf-8")
    second = batch.analyze(copied, **options)
    assert second["state"].eq("done").all()
    assert (second["key"] != first["key"]).all()
    after = space.read_sitting("flags", only)
    kept = before[before["detector"] != "recording_gap"]
    assert sorted(after["flag_id"]) == sorted(kept["flag_id"])


def test_a_failed_sitting_is_a_row_and_the_rest_goes_on(simulated, tmp_path, monkeypatch):
    session, _ = load_session(simulated)
    first, *others = session.sittings()
    load = pipeline.load_sitting

    def broken(sitting, **options):
        if sitting.key == first.key:
            raise LoadError("cannot be read", where=sitting.name)
        return load(sitting, **options)

    space = Workspace(tmp_path)
    monkeypatch.setattr(pipeline, "load_sitting", broken)
    rows = batch.analyze(simulated, workspace=space, workers=0)
    assert rows["state"].tolist() == ["failed"] + ["done"] * len(others)
    assert first.name in rows.loc[0, "reason"]
    problems = space.read_sitting("problems", first)
    assert problems["code"].tolist() == ["sitting_failed"]
    listed = batch.score(simulated, workspace=space)
    assert len(listed) == len(rows)

    monkeypatch.undo()
    rows = batch.analyze(simulated, workspace=space, workers=0)
    assert rows["state"].eq("done").all(), "a failed sitting is tried again"


def test_one_candidate_only(simulated, tmp_path):
    session, _ = load_session(simulated)
    wanted = session.candidates[1].id
    rows = batch.analyze(simulated, workspace=tmp_path, candidates=[wanted], workers=0)
    assert rows["candidate_id"].unique().tolist() == [wanted]
    with pytest.raises(SessionError, match="nobody"):
        batch.analyze(simulated, workspace=tmp_path, candidates=["nobody"])


def test_an_unknown_threshold_stops_the_run_before_it_starts(copied, tmp_path):
    manifest = copied / "session.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(f"{text}\n[thresholds.absend]\nmin_gap_s = 3.0\n", encoding="utf-8")
    with pytest.raises(DetectorError, match="absend"):
        batch.analyze(copied, workspace=tmp_path / "w")


def test_a_worklist_of_what_was_never_analysed_says_so(simulated, tmp_path):
    with pytest.raises(SessionError, match="review analyze"):
        batch.score(simulated, workspace=tmp_path)


def test_flags_are_held_against_the_truth(analysed, simulated):
    space, _ = analysed
    result = batch.evaluate(simulated, workspace=space)
    total = result.as_json()["total"]
    truth_rows = (simulated / "truth.csv").read_text(encoding="utf-8").strip().count("\n")
    assert total["matched"] + total["missed"] == truth_rows
    assert total["missed"] == 0
    assert total["hours"] > 0
