"""What a run meets: full disks, files that change, empty recordings, other manifests."""

import errno
import json
import shutil
import subprocess
import sys
import textwrap

import pytest

from review import batch, pipeline, tables
from review.batch import analysis
from review.errors import ReviewError, SessionError
from review.loaders import load_session
from review.workspace import MARKER, Workspace


@pytest.fixture
def one_candidate(simulated, tmp_path):
    """A copy of the session with the recordings of one candidate."""
    session, _ = load_session(simulated)
    keep = session.candidates[0].id
    others = [c.id for c in session.candidates[1:]]
    folder = shutil.copytree(
        simulated, tmp_path / "session", ignore=lambda _, names: set(names) & set(others)
    )
    return folder, keep


@pytest.fixture(autouse=True)
def unseen(monkeypatch):
    """Nothing is measured: what a run does with its sittings does not depend on pictures."""
    nothing = pipeline.Measurements(
        **{name: tables.empty(name) for name in ("signals", "detections", "texts", "problems")}
    )
    monkeypatch.setattr(pipeline, "measure", lambda *_, **__: nothing)


def run(folder, tmp_path, candidate):
    return batch.analyze(folder, workspace=tmp_path / "w", candidates=[candidate], workers=0)


def test_an_empty_recording_is_a_problem_of_its_sitting(one_candidate, tmp_path):
    folder, candidate = one_candidate
    recording = next((folder / "recordings" / candidate).glob("*/front/*.mp4"))
    recording.write_bytes(b"")
    rows = run(folder, tmp_path, candidate)
    assert rows["state"].eq("done").all()
    problems = Workspace(tmp_path / "w").read("problems", rows["session_id"].iloc[0])
    told = problems[problems["file"].notna() & problems["file"].str.endswith(recording.name)]
    assert "media_unreadable" in set(told["code"])


def test_a_full_disk_is_a_failed_row_and_is_tried_again(one_candidate, tmp_path, monkeypatch):
    folder, candidate = one_candidate

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    write = Workspace.write_sitting
    monkeypatch.setattr(Workspace, "write_sitting", full)
    rows = run(folder, tmp_path, candidate)
    assert rows["state"].eq("failed").all()
    assert rows["reason"].str.contains("No space left").all()
    monkeypatch.setattr(Workspace, "write_sitting", write)
    assert run(folder, tmp_path, candidate)["state"].eq("done").all()


@pytest.mark.parametrize(
    ("most", "status", "told"),
    [
        (0, 2, "the workspace cannot be written"),  # not even the run can begin
        (300, 1, "results could not be written"),
        (4000, 1, "results could not be written"),
    ],
)
def test_a_disk_that_takes_no_more_is_told_in_lines_and_rows(
    one_candidate, tmp_path, most, status, told
):
    folder, _ = one_candidate
    for recording in folder.glob("recordings/*/*/*/*.mp4"):
        recording.unlink()
    # No file may grow beyond this: what a full disk does to whoever writes, on any machine.
    program = textwrap.dedent(f"""
        import resource, sys
        resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))
        from review.cli import main
        sys.argv = ["review", "analyze", *sys.argv[1:], "--workers", "0"]
        main()
    """)
    command = [sys.executable, "-c", program, str(folder), "--workspace", str(tmp_path / "full")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert told in done.stdout + done.stderr
    assert "File too large" in done.stdout + done.stderr


def test_a_sitting_that_takes_far_too_long_is_a_row_and_the_other_is_done(
    one_candidate, tmp_path, monkeypatch
):
    folder, slow = one_candidate
    # Less than the worker needs to begin with it: however quick the machine, it takes longer.
    monkeypatch.setattr(analysis, "_limit_s", lambda _, __, key: 0.02 if key[1] == slow else 600.0)
    rows = batch.analyze(folder, workspace=tmp_path / "w", workers=1)
    states = dict(zip(rows["candidate_id"], rows["state"], strict=True))
    assert states.pop(slow) == "failed"
    assert set(states.values()) == {"done"}
    (reason,) = rows.loc[rows["candidate_id"] == slow, "reason"]
    assert "took longer than its limit" in reason
    problems = Workspace(tmp_path / "w").read("problems", rows["session_id"].iloc[0])
    own = problems[problems["candidate_id"] == slow]
    assert own["code"].tolist() == ["sitting_failed"]


def test_files_that_change_under_the_analysis_give_no_results(one_candidate, tmp_path, monkeypatch):
    folder, candidate = one_candidate
    measure = pipeline.measure

    def while_copying(record, **options):
        log = next(record.sitting.folder.glob("events/client.*"))
        log.write_text(log.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        return measure(record, **options)

    monkeypatch.setattr(pipeline, "measure", while_copying)
    rows = run(folder, tmp_path, candidate)
    assert rows["state"].eq("failed").all()
    assert rows["reason"].str.contains("changed while they were analysed").all()
    space = Workspace(tmp_path / "w")
    assert space.read("flags", rows["session_id"].iloc[0]).empty


def test_a_manifest_that_changes_stops_the_run(one_candidate, tmp_path, monkeypatch):
    folder, candidate = one_candidate
    begin = analysis.runs.begin

    def and_edit(*arguments):
        manifest = folder / "session.toml"
        manifest.write_text(
            manifest.read_text(encoding="utf-8") + "\n[thresholds.recording_gap]\nmin_s = 9.0\n",
            encoding="utf-8",
        )
        return begin(*arguments)

    monkeypatch.setattr(analysis.runs, "begin", and_edit)
    with pytest.raises(SessionError, match="changed while the run was under way"):
        run(folder, tmp_path, candidate)


def test_a_worker_elsewhere_with_other_code_is_refused_by_name(one_candidate, tmp_path):
    folder, candidate = one_candidate
    session, _ = load_session(folder)
    job = analysis.Job(
        folder=folder,
        fingerprint="",
        space=Workspace(tmp_path / "w"),
        options=pipeline.resolve_options(session),
        force=False,
        threads=1,
        code="0.0.1+older",
    )
    with pytest.raises(ReviewError, match=r"process \d+ on .*0\.0\.1\+older"):
        analysis.analyze_one(job, (session.id, candidate, session.subjects[0].id))


def test_the_record_of_a_run_says_what_it_was(one_candidate, tmp_path):
    folder, candidate = one_candidate
    rows = run(folder, tmp_path, candidate)
    (record,) = Workspace(tmp_path / "w").runs.glob("*.json")
    told = json.loads(record.read_text(encoding="utf-8"))
    assert (told["pool"], told["workers"]) == ("here", 1)
    assert told["code"] == pipeline.code_version()
    assert set(told["thresholds"]) >= {"absent", "recording_gap"}
    assert [one["candidate_id"] for one in told["sittings"]] == rows["candidate_id"].tolist()
    assert len(Workspace(tmp_path / "w").read(MARKER, rows["session_id"].iloc[0])) == len(rows)
