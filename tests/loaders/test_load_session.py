import pickle
import zipfile

import pytest
from made import CANDIDATES, MANIFEST

from review.errors import SessionError
from review.loaders import load_session

EXAMPLE = MANIFEST.replace('required_streams = ["front"]\n', "")


def rewrite(folder, old, new):
    path = folder / "session.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_session_is_read_as_it_is_written(session_folder):
    rewrite(
        session_folder,
        "[positions]",
        'off_screen_limit = 5\n[issuer]\nname = "考务中心"\n[region]\nname = "北京市"\n'
        'adcode = "110000"\n[thresholds.absent]\nshortest_s = 3\n[positions]',
    )
    session, problems = load_session(str(session_folder))
    assert problems.empty
    assert (session.id, session.kind, session.platform) == ("S1", "exam", "itmc")
    assert session.folder == session_folder.resolve()
    assert [s.duration_s for s in session.subjects] == [5400, 7200]
    assert session.candidates[0].subjects == ("theory", "skills")
    assert session.candidates[0].id_number == "110101199001011234"
    assert session.thresholds == {"absent": {"shortest_s": 3}}
    assert session.region is not None
    assert session.region.adcode == "110000"
    assert (session.off_screen_limit, session.issuer.name) == (5, "考务中心")
    # Sittings travel to worker processes.
    assert pickle.loads(pickle.dumps(session)) == session  # noqa: S301


@pytest.mark.parametrize(
    ("platform", "rulebook", "streams", "crs"),
    [
        ("itmc", "itmc-2022", 7, "gcj02"),
        ("eztest", "eztest-2023", 3, "gcj02"),
    ],
)
def test_the_platform_fills_in_what_the_session_does_not_say(
    session_folder, platform, rulebook, streams, crs
):
    rewrite(session_folder, '"itmc"', f'"{platform}"')
    rewrite(session_folder, 'required_streams = ["front"]\n', "")
    rewrite(session_folder, '[positions]\ncrs = "wgs84"\n', "")
    session, _ = load_session(session_folder)
    assert session.rulebook == rulebook
    assert len(session.required_streams) == streams
    assert session.positions_crs is None
    assert session.intake.positions_crs == crs
    assert session.intake.opens_s == 1800
    assert session.intake.event_words["交卷"] == "submit"


def test_the_generic_platform_wants_its_rulebook_named(session_folder):
    rewrite(session_folder, '"itmc"', '"generic"')
    with pytest.raises(SessionError, match="rulebook is missing"):
        load_session(session_folder)
    rewrite(session_folder, 'id = "S1"', 'id = "S1"\nrulebook = "itmc-2022"')
    assert load_session(session_folder)[0].rulebook == "itmc-2022"


def test_an_institution_edits_a_copy_of_a_profile(session_folder):
    (session_folder / "mine.toml").write_text(
        'platform = "itmc"\nrulebook = "itmc-2022"\nrequired_streams = ["screen"]\n'
        'positions_crs = "bd09"\nopens_s = 600\ntail_s = 60\n[event_words]\n"开考" = "login"\n'
        '[columns.positions]\ntime = "t"\n[columns.events]\n',
        encoding="utf-8",
    )
    rewrite(session_folder, 'required_streams = ["front"]\n', "")
    rewrite(session_folder, 'id = "S1"', 'id = "S1"\nprofile = "mine.toml"')
    session, _ = load_session(session_folder)
    assert session.required_streams == ("screen",)
    assert session.intake.event_words == {"开考": "login"}
    assert session.intake.columns["positions"] == {"time": "t"}
    assert (session.intake.opens_s, session.intake.positions_crs) == (600, "bd09")


BROKEN = {
    "id": ('id = "S1"', "", "id is missing"),
    "id that leads away": ('id = "S1"', 'id = "../S1"', "id cannot be used"),
    "format": ("format = 1", "format = 2", "format 2 is not known"),
    "no format": ("format = 1\n", "", "format is missing"),
    "kind": ('kind = "exam"', 'kind = "quiz"', "exam, mock, debug"),
    "platform": ('"itmc"', '"zoom"', "itmc, eztest, generic"),
    "timezone": ("Asia/Shanghai", "Asia/Peking2", "unknown timezone"),
    "toml": ('kind = "exam"', 'kind = "exam', "not valid TOML"),
    "streams": ('["front"]', '["fronts"]', "unknown stream in required_streams: 'fronts'"),
    "crs": ('crs = "wgs84"', 'crs = "utm"', "wgs84, gcj02, bd09"),
    "start": ("start = 2022-12-10T08:30:00+08:00", 'start = "soon"', "subject 1: start"),
    "end": ("end = 2022-12-10T10:00:00+08:00", "end = 2022-12-10T08:00:00+08:00", "subject 1"),
    "twice": ('id = "skills"', 'id = "theory"', "two subjects have the id 'theory'"),
    "reserved": ('id = "skills"', 'id = "all"', "subject 2: id"),
    "adcode": ("[positions]", '[region]\nadcode = "999999"\n[positions]', "unknown adcode"),
    "boundary": ("[positions]", '[region]\nboundary = "no.json"\n[positions]', "no.json"),
    "region": ("[positions]", '[region]\nname = "x"\n[positions]', "not said in one way"),
    "limit": ("[positions]", "off_screen_limit = -1\n[positions]", "off_screen_limit"),
    "thresholds": ("[positions]", "[thresholds]\nabsent = 3\n[positions]", "thresholds.absent"),
    "profile": ('id = "S1"', 'id = "S1"\nprofile = "none.toml"', "none.toml"),
    "subjects": ("[[subjects]]", "[[papers]]", "no subjects"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_makes_a_session_unusable_is_said_in_one_line(session_folder, case):
    old, new, words = BROKEN[case]
    rewrite(session_folder, old, new)
    with pytest.raises(SessionError) as caught:
        load_session(session_folder)
    message = str(caught.value)
    assert words in message
    assert "\n" not in message
    assert str(session_folder.resolve()) in message


@pytest.mark.parametrize("name", ["session.toml", "candidates.csv"])
def test_a_missing_file_is_named_with_what_to_do(session_folder, name):
    (session_folder / name).unlink()
    with pytest.raises(SessionError, match="missing") as caught:
        load_session(session_folder)
    assert name in str(caught.value)
    assert "to do:" in str(caught.value)


def test_no_folder_at_all(tmp_path):
    with pytest.raises(SessionError, match="no such session folder"):
        load_session(tmp_path / "none")


def test_a_misspelt_key_is_not_obeyed_in_silence(session_folder):
    rewrite(session_folder, "required_streams", "required_stream")
    rewrite(session_folder, "[positions]\ncrs", "[positions]\nccrs")
    _, problems = load_session(session_folder)
    assert list(problems["code"]) == ["unknown_key", "unknown_key"]
    assert "required_stream" in problems.loc[0, "message"]
    assert "positions.ccrs" in problems.loc[1, "message"]


def test_times_without_an_offset_are_in_the_sessions_time_zone(session_folder):
    rewrite(session_folder, "start = 2022-12-10T08:30:00+08:00", "start = 2022-12-10T08:30:00")
    session, _ = load_session(session_folder)
    assert session.subjects[0].start.isoformat() == "2022-12-10T08:30:00+08:00"


ROWS = {
    "C2,李雷,1,a,b,theory": [],
    "C2,李雷,1,a,b,theory；skills": [],
    "C2,李雷,1,a,b,theory;chess": ["candidate_subject"],
    "C2,李雷,1,a,b,chess": ["candidate_subject", "candidate_row"],
    "C2,李雷,1,a,b,": ["candidate_row"],
    ",李雷,1,a,b,theory": ["candidate_row"],
    "../C2,李雷,1,a,b,theory": ["candidate_row"],
    "C1,李雷,1,a,b,theory": ["candidate_row"],
    "C2,李,雷,1,a,b,theory,x,y": ["candidate_row"],
    "C2,李雷,1.10101E+17,a,b,theory": ["candidate_cell"],
}


@pytest.mark.parametrize("row", ROWS)
def test_a_bad_row_is_a_problem_and_the_others_go_on(session_folder, row):
    path = session_folder / "candidates.csv"
    path.write_text(f"{CANDIDATES}{row}\nC9,韩梅梅,2,a,b,skills\n", encoding="utf-8")
    session, problems = load_session(session_folder)
    names = [c.id for c in session.candidates]
    assert names[0] == "C1"
    assert names[-1] == "C9"
    assert sorted(problems["code"]) == sorted(ROWS[row])
    assert all("line 3" in m for m in problems["message"])
    kept = "candidate_row" not in ROWS[row]
    assert len(names) == (3 if kept else 2)
    assert "10101E" not in "".join(problems["message"]), "an identity number is not repeated"


def test_a_table_from_a_chinese_spreadsheet_program(session_folder):
    path = session_folder / "candidates.csv"
    path.write_bytes(CANDIDATES.replace("\n", "\r\n").encode("gbk"))
    session, problems = load_session(session_folder)
    assert session.candidates[0].name == "王小明"
    assert list(problems["code"]) == ["encoding"]
    path.write_bytes(b"\xef\xbb\xbf" + CANDIDATES.encode())
    assert load_session(session_folder)[1].empty


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "column candidate_id, name, subjects is missing"),
        ("candidate_id,name\nC1,x\n", "column subjects is missing"),
        ("candidate_id,name,subjects\n", "no usable row"),
        ("candidate_id,name,subjects\nC1,x,chess\n", "no usable row"),
    ],
)
def test_a_table_without_anybody_is_unusable(session_folder, text, words):
    (session_folder / "candidates.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SessionError, match=words):
        load_session(session_folder)


def test_an_own_region_of_a_candidate(session_folder):
    table = "candidate_id,name,subjects,region\nC1,a,theory,310000\nC2,b,theory,777\n"
    (session_folder / "candidates.csv").write_text(table, encoding="utf-8")
    session, problems = load_session(session_folder)
    assert [c.region for c in session.candidates] == ["310000", None]
    assert "777" in problems.loc[0, "message"]


def test_a_session_in_an_archive(session_folder, tmp_path):
    archive = tmp_path / "session.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for path in session_folder.iterdir():
            out.write(path, f"2022/{path.name}")
    session, problems = load_session(archive, unpack_into=tmp_path / "unpacked")
    assert problems.empty
    assert session.folder.is_relative_to(tmp_path / "unpacked")
    assert load_session(archive, unpack_into=tmp_path / "unpacked")[0] == session
