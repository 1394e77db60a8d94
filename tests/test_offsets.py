"""Offsets set by hand: an entry of the ledger, tables that follow it, nothing measured again."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from review import batch, offsets, pipeline
from review.cli import main
from review.errors import LedgerError, SessionError
from review.ledger import current_author, open_ledger
from review.loaders import load_session
from review.workspace import MARKER, Workspace


@pytest.fixture
def space(own_workspace):
    return Workspace(own_workspace)


@pytest.fixture
def author(tmp_path, monkeypatch):
    """A reviewer whose key lives in a folder of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("REVIEW_USER", "li")
    monkeypatch.delenv("REVIEW_ROLE", raising=False)
    return current_author()


@pytest.fixture
def sitting(simulated):
    session, _ = load_session(simulated)
    return next(session.sittings())


@pytest.fixture
def which(sitting, space):
    return {
        "candidate": sitting.candidate.id, "subject": sitting.subject.id, "workspace": space,
    }  # fmt: skip


@pytest.fixture
def nothing_is_measured(monkeypatch):
    def fail(*_, **__):
        raise AssertionError("measured again")

    for name in ("analyse_record", "measure", "synchronise", "load_sitting"):
        monkeypatch.setattr(pipeline, name, fail)


def row(clocks, stream):
    return clocks[clocks["stream"] == stream].iloc[0]


def test_an_offset_wins_and_nothing_is_measured_again(
    simulated, which, space, author, sitting, nothing_is_measured
):
    before = offsets.clocks(simulated, **which)
    signals = space.read_sitting("signals", sitting)
    old = row(before.clocks, "left_front")
    made = offsets.set_offset(
        simulated, **which, stream="left_front", offset_s=old["offset_s"] + 7.5, reason="the door",
        author=author,
    )  # fmt: skip
    new = row(made.clocks, "left_front")
    assert new["offset_s"] == pytest.approx(old["offset_s"] + 7.5)
    assert (new["state"], new["method"]) == ("by_hand", "by_hand")
    assert pd.isna(new["uncertainty_s"])
    # What was measured still stands beside it, and everything on session time has moved.
    assert row(made.clocks_measured, "left_front")["offset_s"] == old["offset_s"]
    pd.testing.assert_frame_equal(space.read_sitting("signals", sitting), signals)
    assert made.anchors.equals(before.anchors)
    recorded = space.read_sitting("coverage", sitting)
    own = recorded[(recorded["stream"] == "left_front") & (recorded["state"] == "recorded")]
    segment = space.read_sitting("segments", sitting).set_index("stream").loc["left_front"]
    moved = pd.DataFrame(segment).T if isinstance(segment, pd.Series) else segment
    first = float(moved["device_start_s"].min())
    drift = new["drift_ppm"] * 1e-6 * (first - new["reference_device_s"])
    assert own["start_s"].min() == pytest.approx(first + new["offset_s"] + drift)


def test_the_entry_holds_the_old_value_and_who_said_so(simulated, which, space, author, sitting):
    old = row(offsets.clocks(simulated, **which).clocks, "screen")["offset_s"]
    offsets.set_offset(
        simulated, **which, stream="screen", offset_s=1.25, device_s=30.0, alone=True,
        reason="a click", author=author,
    )  # fmt: skip
    entries = open_ledger(space.ledger).entries(session_id=sitting.session.id)
    entry = entries[entries["kind"] == "offset_set"].iloc[0]
    assert entry["author"] == "li"
    assert entry["payload"] == {
        "stream": "screen", "offset_s": 1.25, "old_offset_s": old, "device_s": 30.0,
        "alone": True, "reason": "a click",
    }  # fmt: skip


def test_an_offset_that_is_taken_back_gives_what_was_measured(
    simulated, which, space, author, sitting, nothing_is_measured
):
    before = offsets.clocks(simulated, **which)
    key = space.read_sitting(MARKER, sitting)["key"].iloc[0]
    offsets.set_offset(simulated, **which, stream="front", offset_s=3.0, author=author)
    ledger = open_ledger(space.ledger)
    assert space.read_sitting(MARKER, sitting)["key"].iloc[0] != key
    seq = int(ledger.entries(kinds=("offset_set",))["seq"].iloc[0])
    ledger.append("retraction", {"seq": seq, "reason": "wrong door"}, sitting_key=sitting.key,
                  author=author)  # fmt: skip
    pipeline.analyze_sitting(sitting, space)
    after = offsets.clocks(simulated, **which)
    pd.testing.assert_frame_equal(after.clocks, before.clocks)
    assert space.read_sitting(MARKER, sitting)["key"].iloc[0] == key


def test_the_other_sitting_keeps_its_tables(simulated, which, space, author):
    before = space.read(MARKER, load_session(simulated)[0].id)
    offsets.set_offset(simulated, **which, stream="front", offset_s=3.0, author=author)
    after = batch.analyze(simulated, workspace=space, workers=1)
    other = before["candidate_id"] != which["candidate"]
    was = before.loc[other, "analysed_at"].tolist()
    assert after.loc[(after["candidate_id"] != which["candidate"]), "analysed_at"].tolist() == was
    assert row(offsets.clocks(simulated, **which).clocks, "front")["state"] == "by_hand"


def test_what_cannot_be_set_is_refused_and_leaves_no_entry(simulated, which, space, author):
    for stream, offset_s in (("rear", 1.0), ("front", float("nan")), ("front", float("inf"))):
        with pytest.raises(SessionError):
            offsets.set_offset(simulated, **which, stream=stream, offset_s=offset_s, author=author)
    with pytest.raises(SessionError, match="no candidate"):
        offsets.set_offset(
            simulated, **{**which, "candidate": "nobody"}, stream="front", offset_s=1.0,
            author=author,
        )  # fmt: skip
    assert open_ledger(space.ledger).entries(kinds=("offset_set",)).empty


def test_a_sitting_that_is_signed_off_keeps_its_clocks(
    simulated, which, space, author, sitting, tmp_path
):
    environ = {"REVIEW_USER": "wang", "XDG_CONFIG_HOME": str(tmp_path / "config")}
    supervisor = current_author(role="supervisor", environ=environ)
    ledger = open_ledger(space.ledger)
    ledger.append("sign_off", {"note": ""}, sitting_key=sitting.key, author=supervisor)
    before = offsets.clocks(simulated, **which).clocks
    with pytest.raises(LedgerError, match="signed off"):
        offsets.set_offset(simulated, **which, stream="front", offset_s=1.0, author=author)
    pd.testing.assert_frame_equal(offsets.clocks(simulated, **which).clocks, before)


def test_a_sitting_that_was_not_analysed_says_what_to_do(simulated, which, tmp_path):
    with pytest.raises(SessionError, match="review analyze"):
        offsets.clocks(simulated, **{**which, "workspace": tmp_path / "empty"})


def run(*arguments):
    return CliRunner().invoke(main, ["clocks", *map(str, arguments)])


@pytest.fixture
def arguments(simulated, which, space):
    return (simulated, "--workspace", space.folder, "--candidate", which["candidate"], "--subject",
            which["subject"])  # fmt: skip


def test_the_command_shows_clocks_and_coverage(arguments):
    shown = json.loads(run(*arguments, "--json").stdout)
    assert {"front", "screen", "events_client"} <= {r["stream"] for r in shown["clocks"]}
    assert {r["stream"] for r in shown["missing"]} >= {"front", "right_rear", "gps_phone1"}
    assert [r["views"] for r in shown["views"]] == [0, 1, 2, 3, 4]
    assert sum(r["seconds"] for r in shown["views"]) == pytest.approx(60.0)
    plain = run(*arguments)
    assert plain.exit_code == 0
    assert "uncertainty_ms" in plain.output


def test_the_command_sets_an_offset_and_draws_it(arguments, tmp_path, author):
    page = tmp_path / "clocks.html"
    done = run(*arguments, "--set", "left_front=-3.2", "--note", "clap", "--figure", page, "--json")
    assert done.exit_code == 0, done.output
    made = {r["stream"]: r for r in json.loads(done.stdout)["clocks"]}
    assert (made["left_front"]["offset_s"], made["left_front"]["state"]) == (-3.2, "by_hand")
    assert "set by hand" in page.read_text(encoding="utf-8")


def test_the_command_refuses_what_is_no_offset_in_one_line(arguments):
    done = run(*arguments, "--set", "left_front")
    assert done.exit_code == 2
    assert "STREAM=SECONDS" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
