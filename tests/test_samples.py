"""The committed sample sessions: every planted anomaly is found, and nothing else."""

from pathlib import Path

import pytest

from review import batch
from review.loaders import load_session

SAMPLES = Path(__file__).parents[1] / "data" / "sample_sessions"
SESSIONS = sorted(path.parent for path in SAMPLES.glob("*/session.toml"))
LIMIT_BYTES = 25 * 1024 * 1024


def test_both_systems_are_there_and_small():
    assert {load_session(folder)[0].platform for folder in SESSIONS} == {"itmc", "eztest"}
    assert sum(p.stat().st_size for p in SAMPLES.rglob("*") if p.is_file()) <= LIMIT_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("folder", SESSIONS, ids=lambda p: p.name)
def test_every_planted_anomaly_is_found(folder, tmp_path):
    result = batch.evaluate(folder, workspace=tmp_path)
    assert result.missed.empty, result.missed.to_string()
    assert len(result.false) <= 1, result.false.to_string()
    flagged = {(p.candidate_id, p.subject_id) for p in result.pairs.itertuples()}
    sittings = {s.key[1:] for s in load_session(folder)[0].sittings()}
    assert sittings - flagged, "one sitting with nothing wrong"


@pytest.mark.parametrize("folder", SESSIONS, ids=lambda p: p.name)
def test_a_sample_is_complete_and_sound(folder):
    streams, problems = batch.check(folder)
    assert len(streams)
    assert problems[problems["severity"] != "info"].empty, problems.to_string()
