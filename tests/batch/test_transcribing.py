"""Transcripts of analysed sittings: on session time, kept in step, and never part of a judgement.

In the simulated sessions the candidate tests the microphone, so that somebody speaks from 6 s to
2 s before the start on the server's clock; all devices' clocks are off by a different amount.
"""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from review import offsets, pipeline
from review.batch import analyze, transcribing
from review.batch.transcribing import transcribe
from review.cli import main
from review.errors import SessionError
from review.ledger import current_author
from review.loaders import load_session
from review.signals.transcript import RATE_HZ, Said
from review.workspace import MARKER, Workspace

SPOKEN = (-6.0, -2.0)


class Loudness:
    """Writes down from when to when it is loud: half as loud as the loudest tenth of a second."""

    model, model_sha256, language = "loudness", "ab12", "zh"

    def __init__(self):
        self.asked = 0

    def hear(self, samples):
        self.asked += 1
        step = RATE_HZ // 50
        level = np.sqrt(np.square(samples[: len(samples) // step * step].reshape(-1, step)).mean(1))
        loud = np.flatnonzero(level > 0.2 * level.max())
        yield Said(
            start_s=loud[0] / 50, end_s=(loud[-1] + 1) / 50, text="我能听到", language="zh",
            confidence=0.9,
        )  # fmt: skip


@pytest.fixture
def space(own_workspace):
    return Workspace(own_workspace)


@pytest.fixture
def sitting(simulated):
    session, _ = load_session(simulated)
    return next(session.sittings())


@pytest.fixture
def machine():
    return Loudness()


def said(space, sitting, stream="front"):
    rows = space.read_sitting("transcripts", sitting)
    return rows[rows["stream"] == stream].reset_index(drop=True)


def test_what_is_said_stands_at_its_session_time_whatever_the_clock(
    simulated, space, sitting, machine
):
    views = ("front", "right_rear", "left_front")
    rows = transcribe(simulated, workspace=space, transcriber=machine, streams=views)
    assert set(rows["state"]) == {"written"}
    assert len(rows) == 2 * len(views)
    lines = space.read_sitting("transcripts", sitting).set_index("stream")
    assert lines["start_s"].to_dict() == pytest.approx(dict.fromkeys(views, SPOKEN[0]), abs=0.25)
    assert lines["end_s"].to_dict() == pytest.approx(dict.fromkeys(views, SPOKEN[1]), abs=0.25)
    # The devices' own clocks are farther apart than the lines are.
    assert np.ptp(lines["device_start_s"]) > 1.0
    assert np.ptp(lines["start_s"]) < 0.25
    assert set(lines["text"]) == {"我能听到"}
    assert set(lines["model_sha256"]) == {"ab12"}


def test_by_default_one_view_is_heard_and_nothing_is_heard_twice(
    simulated, space, sitting, machine
):
    assert list(transcribe(simulated, workspace=space, transcriber=machine)["stream"]) == [
        "front", "front",
    ]  # fmt: skip
    asked, before = machine.asked, said(space, sitting)
    rows = transcribe(simulated, workspace=space, transcriber=machine)
    assert set(rows["state"]) == {"kept"}
    assert rows["lines"].tolist() == [1, 1]
    assert machine.asked == asked
    transcribe(simulated, workspace=space, transcriber=machine, force=True)
    assert machine.asked == 2 * asked
    other = Loudness()
    other.model_sha256 = "cd34"
    key = {"candidates": [sitting.candidate.id]}
    assert transcribe(simulated, workspace=space, transcriber=other, **key)["state"].item() == (
        "written"
    )
    after = said(space, sitting)
    assert len(after) == len(before)
    assert after["model_sha256"].item() == "cd34"


def test_nothing_is_judged_by_it(simulated, space, sitting, machine):
    before = {name: space.read_sitting(name, sitting) for name in (*pipeline.TABLES, MARKER)}
    assert "transcripts" not in before
    transcribe(simulated, workspace=space, transcriber=machine)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(space.read_sitting(name, sitting), frame)
    rows = analyze(simulated, workspace=space, workers=0)
    pd.testing.assert_frame_equal(
        rows[rows["candidate_id"] == sitting.candidate.id].reset_index(drop=True), before[MARKER]
    )


def test_lines_follow_a_clock_that_is_set_by_hand(
    simulated, space, sitting, machine, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("REVIEW_USER", "li")
    monkeypatch.delenv("REVIEW_ROLE", raising=False)
    transcribe(simulated, workspace=space, transcriber=machine)
    before = said(space, sitting)
    which = {"candidate": sitting.candidate.id, "subject": sitting.subject.id, "workspace": space}
    old_s = offsets.offset_at(offsets.clocks(simulated, **which).clocks, "front", None)
    offsets.set_offset(
        simulated, **which, stream="front", offset_s=old_s + 7.5, author=current_author()
    )
    after = said(space, sitting)
    assert after["device_start_s"].item() == before["device_start_s"].item()
    assert after["start_s"].item() == pytest.approx(before["start_s"].item() + 7.5, abs=1e-3)


def test_lines_of_another_recording_are_let_go(simulated, space, sitting, machine):
    transcribe(simulated, workspace=space, transcriber=machine)
    segments = space.read_sitting("segments", sitting)
    clocks = space.read_sitting("clocks", sitting)
    lines = said(space, sitting)
    assert len(pipeline.placed_transcripts(lines, segments, clocks)) == 1
    other = segments.assign(sha256="00")
    assert pipeline.placed_transcripts(lines, other, clocks).empty


def test_what_cannot_be_heard_is_a_row_with_its_reason(simulated, space, machine, tmp_path):
    empty = transcribe(simulated, workspace=tmp_path / "other", transcriber=machine)
    assert set(empty["state"]) == {"failed"}
    assert empty["reason"].str.contains("review analyze").all()
    deaf, quiet = load_session(simulated)[0].sittings()
    signals = space.read_sitting("signals", deaf)
    space.write_beside("signals", deaf, signals[signals["signal"] != "speech"])
    space.write_beside("signals", quiet, space.read_sitting("signals", quiet).assign(value=0.0))
    rows = transcribe(simulated, workspace=space, transcriber=machine)
    assert rows["state"].tolist() == ["unheard", "silent"]
    assert machine.asked == 0
    assert not space.parquet_files("transcripts")


def test_a_recording_that_was_replaced_is_not_listened_to(simulated, space, machine, tmp_path):
    copy = shutil.copytree(simulated, tmp_path / "session")
    session, _ = load_session(copy)
    sitting = next(session.sittings())
    segments = space.read_sitting("segments", sitting)
    file = copy / segments.loc[segments["stream"] == "front", "file"].iloc[0]
    file.write_bytes(file.read_bytes() + b"x")
    rows = transcribe(copy, workspace=space, transcriber=machine)
    assert rows["state"].tolist() == ["failed", "written"]
    assert file.name in rows["reason"][0]


def test_the_run_is_on_record_with_the_model_s_files(simulated, space, machine):
    machine.hashes = {"model.bin": "ab12", "config.json": "cd"}
    known = set(space.runs.glob("*.json"))
    transcribe(simulated, workspace=space, transcriber=machine)
    (path,) = set(space.runs.glob("*.json")) - known
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["model_files"] == machine.hashes
    assert [row["state"] for row in record["sittings"]] == ["written", "written"]


def test_a_view_or_candidate_that_is_not_there_is_refused(simulated, space, machine):
    with pytest.raises(SessionError, match="front, right_rear"):
        transcribe(simulated, workspace=space, transcriber=machine, streams=["gps_phone1"])
    with pytest.raises(SessionError, match="nobody"):
        transcribe(simulated, workspace=space, transcriber=machine, candidates=["nobody"])


def test_the_command(simulated, space, sitting, monkeypatch, tmp_path):
    monkeypatch.delenv("REVIEW_MODELS_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    words = ["transcribe", str(simulated), "--workspace", str(space.folder)]
    absent = CliRunner().invoke(main, words)
    assert absent.exit_code == 2
    assert len(absent.stderr.splitlines()) == 1
    assert "faster-whisper-small" in absent.stderr

    def loaded(folder, *, workspace, language):
        assert (str(folder), language) == ("m", "zh")
        return Loudness()

    monkeypatch.setattr(transcribing, "whisper", loaded)
    options = ["--model", "m", "--language", "zh", "--candidate", sitting.candidate.id, "--json"]
    done = CliRunner().invoke(main, [*words, *options])
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert (row["candidate_id"], row["stream"], row["state"], row["lines"]) == (
        sitting.candidate.id, "front", "written", 1,
    )  # fmt: skip
    listed = CliRunner().invoke(main, ["models", "list", "--json"])
    assert [r for r in json.loads(listed.stdout) if r["name"] == "whisper" and not r["present"]]
