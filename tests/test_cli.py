"""The commands as a person or a script meets them."""

import json
import shutil

import pytest
from click.testing import CliRunner

from review.cli import main


@pytest.fixture
def copied(simulated, tmp_path):
    return shutil.copytree(simulated, tmp_path / "session")


def run(*arguments):
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_way_through(simulated, own_workspace, tmp_path):
    space = own_workspace
    result = run("analyze", simulated, "--workspace", space, "--workers", 1, "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert {row["state"] for row in rows} == {"done"}
    result = run("score", simulated, "--workspace", space, "--json")
    assert len(json.loads(result.stdout)) == len(rows)
    result = run("evaluate", simulated, "--workspace", space, "--json")
    assert set(json.loads(result.stdout)["total"]) == {
        "matched", "missed", "false", "precision", "recall", "hours", "onset_s",
    }  # fmt: skip
    result = run("report", simulated, "--workspace", space, "--out", tmp_path / "r", "--json")
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "r").rglob("*.html"))) >= len(rows)
    assert run("trends", "--workspace", space, "--json").exit_code == 0


def test_check_of_a_sound_folder(simulated):
    result = run("check", simulated, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["streams"]
    assert not [p for p in found["problems"] if p["severity"] == "error"]


@pytest.mark.parametrize(
    ("breaks", "names"),
    [
        (lambda f: (f / "session.toml").unlink(), "session.toml"),
        (
            lambda f: (f / "session.toml").write_text("format = [1", encoding="utf-8"),
            "session.toml",
        ),
        (lambda f: (f / "candidates.csv").unlink(), "candidates.csv"),
        (
            lambda f: (f / "candidates.csv").write_text("name\nx\n", encoding="utf-8"),
            "candidates.csv",
        ),
        (shutil.rmtree, "session"),
    ],
)
@pytest.mark.parametrize("command", ["check", "analyze", "report", "score", "evaluate"])
def test_what_cannot_start_is_one_line_and_status_2(copied, tmp_path, breaks, names, command):
    breaks(copied)
    options = [] if command == "check" else ["--workspace", tmp_path / "w"]
    result = run(command, copied, *options)
    assert result.exit_code == 2
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    assert names in lines[0]
    assert "expected" in lines[0] or "to do:" in lines[0]


def test_an_unknown_platform_names_the_known_ones(copied):
    manifest = copied / "session.toml"
    text = manifest.read_text(encoding="utf-8").replace('platform = "itmc"', 'platform = "zoom"')
    manifest.write_text(text, encoding="utf-8")
    result = run("check", copied)
    assert result.exit_code == 2
    assert all(word in result.stderr for word in ("zoom", "itmc", "eztest", "generic"))


def test_bad_evidence_is_named_and_the_other_sittings_are_analysed(copied, tmp_path):
    sittings = sorted((copied / "recordings").glob("*/*"))
    empty, cut, text = "front", "screen", "gps"
    video = next((sittings[0] / empty).glob("*.mp4"))
    video.write_bytes(b"")
    whole = next((sittings[0] / cut).glob("*.mp4"))
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    fixes = next((sittings[0] / text).glob("*.csv"))
    lines = fixes.read_text(encoding="utf-8").splitlines()
    cells = lines[2].split(",")
    cells[lines[0].split(",").index("lat_deg")] = "north"
    lines[2] = ",".join(cells)
    fixes.write_text("\n".join(lines), encoding="utf-8")
    shutil.rmtree(sittings[1])

    result = run("check", copied, "--json")
    assert result.exit_code == 1
    problems = json.loads(result.stdout)["problems"]
    for path in (video, whole, fixes):
        relative = path.relative_to(copied).as_posix()
        assert any(p["file"] == relative for p in problems), f"{relative} is not named"
    assert any("north" in p["message"] for p in problems)
    assert any(sittings[1].parent.name == p["candidate_id"] for p in problems)

    result = run("analyze", copied, "--workspace", tmp_path / "w", "--json")
    assert result.exit_code in (0, 1), result.output
    assert len(json.loads(result.stdout)) == len(sittings)


def test_help_names_every_command():
    output = run("--help").output
    for command in ("analyze", "check", "demo", "evaluate", "lab", "report", "score", "simulate"):
        assert command in output
