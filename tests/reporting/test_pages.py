import itertools
import re
from datetime import UTC, datetime

import pytest

from review.errors import RenderError
from review.reporting.drafting import exhibits_of
from review.reporting.render import Renderer
from review.reporting.summary import summarise
from review.reporting.voice import Voice

MADE = datetime(2022, 12, 12, tzinfo=UTC)


def page(case, language="en", *, templates=None, pictures=40):
    summary = summarise(case.sitting, case.workspace)
    shown = exhibits_of(summary, case.sitting, case.workspace, Voice.of(language), most=pictures)
    return Renderer(templates).page(summary, shown, language=language, made=MADE, pictures=pictures)


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_a_page_is_well_formed_and_needs_nothing_from_elsewhere(case, tree, language):
    text = page(case, language)
    made = tree(text)
    assert made.faults == []
    for node in made.all():
        for name in ("src", "href", "xlink:href", "data", "action"):
            target = node.attrs.get(name, "#")
            assert target.startswith(("#", "data:")), f"{node.tag} {name}={target}"
        assert node.tag not in {"script", "link", "iframe", "object"}
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []


@pytest.mark.parametrize(
    ("language", "tag"), [("en", "en"), ("zh", "zh-Hans"), ("both", "zh-Hans")]
)
def test_a_page_can_be_read_aloud(case, tree, language, tag):
    made = tree(page(case, language))
    assert made.one("html").attrs["lang"] == tag
    assert len(list(made.all("h1"))) == 1
    levels = [int(n.tag[1]) for n in made.all() if re.fullmatch("h[1-6]", n.tag)]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert all(node.attrs.get("alt") for node in made.all("img"))
    assert all(node.attrs.get("scope") in {"row", "col"} for node in made.all("th"))
    idents = [n.attrs["id"] for n in made.all() if "id" in n.attrs]
    assert len(idents) == len(set(idents))
    for node in made.all():
        if "aria-labelledby" in node.attrs:
            assert node.attrs["aria-labelledby"] in idents
    for drawing in (n for n in made.all("svg") if n.attrs.get("role") == "img"):
        assert made.text(next(made.all("title", drawing))).strip()


def test_the_numbers_of_the_page_are_those_of_the_tables(case, tree):
    made = tree(page(case))
    flags = case.workspace.read_sitting("flags", case.sitting).sort_values("start_s")
    rows = made.rows("flags")
    assert [row[1] for row in rows] == ["extra person", "recording gap", "outside the region"]
    assert [row[2] for row in rows] == ["0:00:10", "0:00:30", "0:00:50"]
    assert [row[3] for row in rows] == ["0:00:14", "0:01:15", "0:01:00"]
    assert [row[4] for row in rows] == ["4.0 s", "45.5 s", "10.0 s"]
    assert [float(row[6]) for row in rows] == flags["score"].tolist()
    assert {row[7] for row in rows} == {"undecided"}
    coverage = {row[0]: row[1:] for row in made.rows("coverage")}
    assert coverage["front camera"][1] == "20.0 s (16.7 %)"
    assert coverage["front camera"][2] == "missing 1 min 38 s"
    assert coverage["screen"][2] == "missing 45.5 s; frozen 10.0 s"
    assert coverage["front camera"][3] == "synchronised, ±40 ms"
    assert coverage["client log"][1:3] == ["–", "–"]
    text = made.text()
    assert "Risk 42 of 100; 25.0 % of" in text
    assert "08:30:10–08:30:14" in text
    assert "the reason of f-gap" in text
    assert "front is <odd> & short" in text
    assert "ab" * 32 in text


def test_the_timeline_shows_every_flag_and_stretch_at_its_time(case, tree):
    made = tree(page(case))
    drawing = next(n for n in made.all("svg") if n.attrs.get("aria-labelledby") == "timeline-title")
    found = {}
    for rect in made.all("rect", drawing):
        for title in made.all("title", rect):
            x, width = float(rect.attrs["x"]), float(rect.attrs["width"])
            found[made.text(title)] = (x, x + width)
    left, right = 170.0, 970.0
    per_s = (right - left) / 120.0
    assert found["1. extra person 0:00:10–0:00:14"] == pytest.approx(
        (left + 10 * per_s, left + 14 * per_s), abs=0.02
    )
    assert found["missing 0:00:30–0:01:15"] == pytest.approx(
        (left + 30 * per_s, left + 75.5 * per_s), abs=0.02
    )


def test_every_flag_has_a_picture_a_map_or_a_sentence(case, tree):
    made = tree(page(case))
    person, gap, place = made.all("article")
    assert next(made.all("img", person)).attrs["src"].startswith("data:image/jpeg;base64,")
    assert "no view was recorded" in made.text(gap)
    assert next(made.all("svg", place)).attrs["role"] == "img"


def test_pictures_beyond_the_limit_are_said_to_be_left_out(case, tree):
    made = tree(page(case, pictures=1))
    assert len(list(made.all("img"))) == 1
    assert made.text().count("only the 1 strongest flags") == 2


def test_a_sitting_with_nothing_found_is_short(make_case, tree):
    case = make_case([])
    made = tree(page(case))
    assert "Nothing was flagged." in made.text()
    assert list(made.all("article")) == []
    assert [n.attrs["id"] for n in made.all("table")] == ["coverage", "problems"]
    assert list(made.all("img")) == []
    # What is whole is one sentence; only what is not has a row.
    assert [row[0] for row in made.rows("coverage")][:2] == ["front camera", "screen"]
    assert "position of phone 1" not in [row[0] for row in made.rows("coverage")]
    assert "Recorded throughout the judged time: position of phone 1" in made.text()


NASTY = [
    "<script>alert(1)</script>",
    '"><img onerror=alert(1) src=x>',
    "{{ 7*7 }}{% raw %}",
    "\u202emalo\u202c \u0645\u0631\u062d\u0628\u0627",
    "长" * 200,
    "a\x00\x1b[31mb",
    "𠮷野家 🀄",
]


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_a_name_is_text_whatever_it_contains(make_case, make_flag, tree, name):
    row = make_flag(
        "f1", "outside_label", ["front"], 10.0, 14.0, reason=name, detector=name, evidence_s=12.0
    )
    case = make_case([row], name=name, id_number=name)
    made = tree(page(case))
    assert made.faults == []
    shown = "".join(c for c in name if c.isprintable() or c in "\u202e\u202c")
    heading = made.one("h1")
    assert shown in made.text(heading)
    assert [n.tag for n in heading.children if not isinstance(n, str)] == ["bdi", "bdi"]
    assert list(made.all("script")) == []
    assert all("onerror" not in node.attrs for node in made.all())
    assert "49" not in made.text(heading)


def test_a_mistake_in_a_template_is_named_with_its_line(case, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "report.html").write_text("<p>\n{{ s.person.name }}\n{% if %}\n", encoding="utf-8")
    with pytest.raises(RenderError, match=r"own/report\.html, line 3"):
        page(case, templates=own)


def test_an_unknown_field_in_a_template_is_named_with_its_line(case, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "report.html").write_text("<p>\n\n\n{{ s.person.nmae }}\n", encoding="utf-8")
    with pytest.raises(RenderError, match=r"own/report\.html, line 4.*nmae"):
        page(case, templates=own)


def test_a_template_cannot_reach_into_the_machine(case, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "report.html").write_text("{{ s.__class__.__mro__ }}", encoding="utf-8")
    with pytest.raises(RenderError, match=r"report\.html, line 1"):
        page(case, templates=own)


def test_an_institution_replaces_one_file_and_keeps_the_rest(case, tree, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "style.css").write_text("body { color: navy }", encoding="utf-8")
    made = tree(page(case, templates=own))
    assert made.text(made.one("style")).strip() == "body { color: navy }"
    assert len(made.rows("flags")) == 3


def test_a_folder_of_templates_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(RenderError, match="no such folder of templates"):
        Renderer(tmp_path / "absent")
