"""review report, clip, package, verify, retain: as a person or a script meets them."""

import json
import zipfile

import pandas as pd
import pytest
from click.testing import CliRunner

from review.cli import main
from review.ledger import open_ledger

MANIFEST = """format = 1
id = "s1"
kind = "exam"
platform = "itmc"
rulebook = "itmc-2022"
timezone = "Asia/Shanghai"
required_streams = ["front", "screen", "gps_phone1"]
[[subjects]]
id = "theory"
name = "理论知识"
start = 2022-12-10T08:30:00+08:00
end = 2022-12-10T08:32:00+08:00
[[subjects]]
id = "skills"
name = "技能考核"
start = 2022-12-10T10:15:00+08:00
end = 2022-12-10T10:17:00+08:00
"""


@pytest.fixture
def folder(case):
    """The session's folder, in the workspace under its id; B002 was never analysed."""
    place = case.session.folder
    (place / "session.toml").write_text(MANIFEST, encoding="utf-8")
    (place / "candidates.csv").write_text(
        "candidate_id,name,id_number,occupation,level,subjects\n"
        "A001,张三,110101199003071233,电子商务师,四级,theory\n"
        "B002,=李四,110101199003071234,电子商务师,四级,theory\n",
        encoding="utf-8",
    )
    case.workspace.register(case.session)
    return place


@pytest.fixture
def run(case, folder):
    """Run a command by somebody; return what it printed. Messages of status 2 are one line."""

    def call(*arguments, code=0, user="ann", role=None):
        words = [str(a) for a in arguments]
        if words[0] != "verify":
            words += ["--workspace", str(case.workspace.folder)]
        env = {"REVIEW_USER": user, "REVIEW_ROLE": role or ""}
        result = CliRunner().invoke(main, words, env=env)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output + result.stderr
        if code == 2:
            assert result.stdout == ""
            assert len(result.stderr.strip().splitlines()) == 1
        return result.stderr if code == 2 else result.stdout

    return call


def exported(case):
    ledger = open_ledger(case.workspace.ledger)
    entries = ledger.entries(kinds=("exported",))
    ledger.close()
    return [payload["what"] for payload in entries["payload"]]


def clip(run, folder, out, *more, **how):
    return run("clip", folder, "--candidate", "A001", "--subject", "theory", "--out", out,
               "--sound", "none", *more, **how)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "start_s", "end_s"),
    [
        (("--at", "0:00:10", "--before", "1", "--after", "0.6"), 9.0, 10.6),
        (("--from", "0:00:04", "--to", "5.6"), 4.0, 5.6),
        (("--flag", "1", "--before", "0", "--after", "0"), 10.0, 14.0),
        (("--flag", "f-person", "--before", "0", "--after", "0"), 10.0, 14.0),
    ],
)
def test_a_clip_by_moment_stretch_or_flag_is_written_and_recorded(
    run, folder, case, tmp_path, asked, start_s, end_s
):
    out = tmp_path / "x.mp4"
    said = json.loads(clip(run, folder, out, "--views", "front", "--json", *asked))
    assert [(row["start_s"], row["end_s"], row["streams"]) for row in said] == [
        (pytest.approx(start_s), pytest.approx(end_s), "front")
    ]
    assert out.stat().st_size > 0
    (what,) = exported(case)
    assert what == f"clip (default; {start_s:.1f} to {end_s:.1f} s)"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "found none of them"),
        (("--at", "5", "--flag", "1"), "found at, flag"),
        (("--from", "5"), "expected either a moment (at), or a stretch (from and to), or a flag"),
        (("--at", "soon"), "expected h:mm:ss or seconds; found 'soon'"),
        (("--flag", "9"), "expected a number from 1 to 3, or a flag's id; found '9'"),
        (("--at", "5", "--views", "front,front"), "found front twice"),
        (("--at", "5", "--views", "front,back"), "found front, back"),
        (("--from", "9", "--to", "3"), "found 9.0 to 3.0 s"),
        (("--at", "5", "--privacy", "full"), "expected one of supervisor, administrator"),
    ],
)
def test_a_clip_that_cannot_be_made_says_why_and_leaves_nothing(
    run, folder, case, tmp_path, asked, said
):
    message = clip(run, folder, tmp_path / "x.mp4", *asked, code=2)
    assert said in message
    assert not list(tmp_path.glob("*.mp4"))
    assert exported(case) == []


def test_clips_of_nobody_known_or_nothing_analysed_are_refused(run, folder, tmp_path):
    out = tmp_path / "x.mp4"
    asked = ("--at", "5", "--out", out)
    for who, paper, said in (
        ("A009", "theory", "no candidate 'A009'"),
        ("A001", "history", "expected one of theory, skills"),
        ("A001", "skills", "does not take 'skills'"),
        # Who would be a bystander in it is not known.
        ("B002", "theory", "run `review analyze <session folder>`"),
    ):
        message = run("clip", folder, "--candidate", who, "--subject", paper, *asked, code=2)
        assert said in message
    assert "expected a folder with session.toml" in run(
        "clip", tmp_path / "none", "--candidate", "A001", "--subject", "theory", *asked, code=2
    )
    assert not out.exists()


def packed(run, folder, out, *more, **how):
    return run("package", folder, "--candidate", "A001", "--clips", "0", "--out", out,
               "--json", *more, **how)  # fmt: skip


def test_a_package_is_made_verified_and_found_out_when_changed(run, folder, case, tmp_path):
    (row,) = json.loads(packed(run, folder, tmp_path / "out"))
    assert (row["candidate_id"], row["subject_id"], row["state"]) == ("A001", "theory", "done")
    found = json.loads(run("verify", row["path"], "--json"))
    assert {one["what"]: one["ok"] for one in found} == dict.fromkeys(
        ("files", "manifest", "signature", "ledger"), True
    )
    assert exported(case) == ["evidence package (default)"]
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(row["path"]) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) + (b" " if name == "case.json" else b""))
    said = run("verify", other, code=1)
    assert "case.json" in said
    assert "was changed" in said


def test_an_anchor_from_elsewhere_is_held_against_the_ledger(run, folder, case, tmp_path):
    packed(run, folder, tmp_path / "first")
    (row,) = json.loads(packed(run, folder, tmp_path / "second"))
    ledger = open_ledger(case.workspace.ledger)
    (first, *_) = ledger.walk()
    ledger.close()
    run("verify", row["path"], "--anchor", f"1:{first['hash']}")
    said = run("verify", row["path"], "--anchor", f"1:{'0' * 64}", code=1)
    assert "not the entry of your anchor" in said
    said = run("verify", row["path"], "--anchor", "one", code=2)
    assert "expected <number>:<64 hexadecimal digits>" in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--originals",), "leave the originals out, or ask for privacy full"),
        (("--privacy", "full"), "expected one of supervisor, administrator; found reviewer"),
        (("--subject", "history"), "expected one of theory, skills"),
        (("--subject", "skills"), "none of A001 takes skills"),
    ],
)
def test_a_package_that_nobody_may_have_is_refused_at_once(
    run, folder, case, tmp_path, asked, said
):
    assert said in packed(run, folder, tmp_path / "out", *asked, code=2)
    assert not (tmp_path / "out").exists()
    assert exported(case) == []


def test_whose_case_must_be_said(run, folder, tmp_path):
    assert "expected --candidate" in run("package", folder, "--out", tmp_path / "out", code=2)


def test_a_case_that_fails_is_a_row_beside_the_others(run, folder, tmp_path):
    rows = json.loads(packed(run, folder, tmp_path / "out", "--candidate", "B002", code=1))
    assert [row["state"] for row in rows] == ["done", "failed"]
    assert "has not been analysed" in rows[1]["reason"]
    assert [path.name for path in (tmp_path / "out").rglob("*.zip")] == ["A001-theory.zip"]


def test_originals_and_names_go_with_a_supervisor_only(run, folder, tmp_path):
    (row,) = json.loads(packed(run, folder, tmp_path / "out", "--originals", "--privacy", "full",
                               user="eva", role="supervisor"))  # fmt: skip
    with zipfile.ZipFile(row["path"]) as archive:
        names = archive.namelist()
    assert "originals/recordings/A001/theory/front/one.mp4" in names


def test_what_is_no_package_is_one_line(run, tmp_path):
    for path in (tmp_path / "none.zip", tmp_path):
        assert "expected a ZIP file made by review package" in run("verify", path, code=2)


@pytest.fixture
def media(case):
    place = case.workspace.media(case.sitting)
    place.mkdir(parents=True)
    (place / "copy.mp4").write_bytes(b"x" * 100)
    return place


def test_retention_lists_first_and_deletes_when_told_to(run, case, media):
    rows = json.loads(run("retain", "--json"))
    due = {row["what"]: row["state"] for row in rows}
    assert due["media"] == "due"
    assert (media / "copy.mp4").exists()
    said = run("retain", "--apply", code=2)
    assert "a reviewer may not write 'retained'" in said
    assert (media / "copy.mp4").exists()
    rows = json.loads(run("retain", "--apply", "--json", user="eva", role="supervisor"))
    assert {row["what"]: row["state"] for row in rows}["media"] == "removed"
    assert not media.exists()


def test_a_policy_of_ones_own_decides(run, media, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text("[days]\nmedia = 0\nembeddings = 0\nmeasurements = 0\ntables = 36500\n")
    rows = pd.DataFrame(json.loads(run("retain", "--policy", policy, "--json")))
    assert set(rows["state"]) == {"kept"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("[days\n", "line 1"),
        ("days = 3\n", "found days"),
        ("[days]\nmedia = -1\nvideo = 3\n", "found media, video"),
        ("[days]\nmedia = true\n", "found media"),
        ("[day]\nmedia = 3\n", "found day"),
    ],
)
def test_a_policy_with_a_mistake_is_refused_by_name(run, media, tmp_path, text, said):
    policy = tmp_path / "policy.toml"
    if text is not None:
        policy.write_text(text, encoding="utf-8")
    message = run("retain", "--policy", policy, "--apply", code=2, user="eva", role="supervisor")
    assert said in message
    assert str(policy) in message
    assert (media / "copy.mp4").exists()


def test_a_session_that_is_not_there_is_named(run):
    assert "expected one of s1" in run("retain", "--session", "s9", code=2)


def test_reports_by_folder_or_id_in_every_format(run, folder, tmp_path):
    out = tmp_path / "out"
    asked = ("--candidate", "A001", "--out", out, "--pictures", "0", "--language", "both")
    (row,) = json.loads(run("report", "s1", *asked, "--format", "html, pdf,xlsx,json,csv,vtt",
                            "--json"))  # fmt: skip
    assert row["state"] == "done"
    assert {path.name for path in out.rglob("*") if path.is_file()} == {
        "theory.both.html", "theory.both.pdf", "theory.json", "flags.csv", "session.both.xlsx",
        "theory.recordings%2FA001%2Ftheory%2Ffront%2Fone.mp4.vtt".replace("%2F", "_"),
    }  # fmt: skip
    rows = json.loads(run("report", folder, "--out", out, "--pictures", "0", "--json", code=1))
    assert [row["state"] for row in rows] == ["done", "failed"]
    assert "expected one of html, pdf, docx" in run("report", "s1", "--format", "doc", code=2)
    assert "no such folder of templates" in run("report", "s1", "--templates", out / "x", code=2)
