import json

import pytest

from review.errors import RenderError, SessionError
from review.reporting import report


def test_one_page_per_sitting_and_an_index(case, tree, tmp_path):
    out = tmp_path / "out"
    for language in ("en", "zh"):
        rows = report(case.session, workspace=case.workspace, out=out, language=language)
    assert rows[["candidate_id", "subject_id", "state", "flags"]].to_numpy().tolist() == [
        ["A001", "theory", "done", 3]
    ]
    assert rows.loc[0, "path"] == str(out / "s1/A001/theory.zh.html")
    assert (out / "s1/A001/theory.html").exists()
    index = tree((out / "s1/index.html").read_text(encoding="utf-8"))
    assert index.rows("sittings")[0][:5] == ["A001", "张三", "理论知识", "3", "42"]
    links = [a.attrs["href"] for a in index.all("a")]
    assert [link for link in links if "/" in link] == ["A001/theory.html", "A001/theory.zh.html"]
    about = {"session.html", "session.zh.html", "certificate.html", "certificate.zh.html"}
    assert about == {link for link in links if "/" not in link}
    assert all((out / "s1" / link).exists() for link in links)
    top = tree((out / "index.html").read_text(encoding="utf-8"))
    assert [a.attrs["href"] for a in top.all("a")] == ["s1/index.html"]


def test_a_failed_sitting_is_a_row_and_a_line_of_the_index(make_case, tree, tmp_path):
    case = make_case(state="failed", reason="cut off <here>")
    rows = report(case.session, workspace=case.workspace, out=tmp_path / "out")
    assert rows.loc[0, "state"] == "failed"
    assert "cut off <here>" in rows.loc[0, "reason"]
    index = tree((tmp_path / "out/s1/index.html").read_text(encoding="utf-8"))
    assert "cut off <here>" in index.text()
    assert [a for a in index.all("a") if "/" in a.attrs["href"]] == []


def test_the_session_folder_is_not_written_to(case, tmp_path):
    before = {p: p.stat().st_mtime_ns for p in case.session.folder.rglob("*")}
    report(case.session, workspace=case.workspace, out=tmp_path / "out")
    assert {p: p.stat().st_mtime_ns for p in case.session.folder.rglob("*")} == before


def test_an_unknown_candidate_is_an_error(case, tmp_path):
    with pytest.raises(SessionError, match="no candidate 'A009'"):
        report(case.session, workspace=case.workspace, out=tmp_path, candidate="A009")


def test_a_mistake_in_a_template_stops_the_run(case, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "report.html").write_text("{% endif %}", encoding="utf-8")
    with pytest.raises(RenderError, match="line 1"):
        report(case.session, workspace=case.workspace, out=tmp_path / "out", templates=own)
    assert not list((tmp_path / "out").rglob("*.html"))


def test_rows_can_be_printed_as_json(case, tmp_path):
    rows = report(case.session, workspace=case.workspace, out=tmp_path / "out", pictures=0)
    assert json.loads(rows.to_json(orient="records"))[0]["reason"] is None
