from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.errors import RenderError
from review.reporting import write
from review.reporting.write import report_path, safe_name, write_text


def test_where_a_report_goes():
    key = ("2022-12", "A001", "theory")
    assert report_path(Path("out"), key, language="en") == Path("out/2022-12/A001/theory.html")
    assert report_path(Path("out"), key, language="zh") == Path("out/2022-12/A001/theory.zh.html")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_a_name_never_leaves_its_folder(part):
    path = report_path(Path("/out"), (part, part, part), language="en")
    assert len(path.parts) == 5
    assert ".." not in path.parts
    assert path.resolve().is_relative_to("/out")


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=15),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=15),
)
def test_two_names_never_meet(one, other):
    assert (safe_name(one) == safe_name(other)) == (one == other)


def test_a_full_disk_leaves_nothing_under_the_name(tmp_path, monkeypatch):
    target = tmp_path / "r.html"
    target.write_text("the report before", encoding="utf-8")

    def full(self, *args, **kwargs):
        Path.open(self, "w").close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RenderError, match=r"r\.html.*No space left"):
        write_text(target, "the new report")
    monkeypatch.undo()
    assert target.read_text(encoding="utf-8") == "the report before"
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]
    assert write.write_text(target, "new").read_text(encoding="utf-8") == "new"
