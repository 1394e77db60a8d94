"""Figures of trends: what is drawn is what the rows say, and it stays whole on paper."""

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pypdfium2
import pytest

from review import figures

PERIODS = [f"2022-{month:02d}-01" for month in range(1, 13)]


@pytest.fixture
def over_time():
    """A year of 200 people a month: the last beyond its limit, the third of too few people."""
    rows = pd.DataFrame(
        {
            "month": PERIODS,
            "people": pd.array([200] * 12, dtype="Int64"),
            "flagged": pd.array([20] * 11 + [60], dtype="Int64"),
            "rate": [0.10] * 11 + [0.30],
            "low": [0.07] * 11 + [0.24],
            "high": [0.15] * 11 + [0.37],
            "whole": [0.117] * 12,
            "control_low": [0.06] * 12,
            "control_high": [0.18] * 12,
            "warning_low": [0.08] * 12,
            "warning_high": [0.16] * 12,
            "apart": [""] * 11 + ["above"],
        }
    )
    rows.loc[2, ["people", "flagged"]] = pd.NA
    rows.loc[2, ["rate", "low", "high"]] = float("nan")
    return rows


def named(figure, name):
    (found,) = [trace for trace in figure.data if trace.name == name]
    return found


def points(figure):
    (found,) = [trace for trace in figure.data if trace.mode == "markers" and trace.customdata]
    return found


def texts(figure):
    return " ".join(note.text for note in figure.layout.annotations)


def test_a_control_chart_marks_who_is_beyond_and_names_who_is_too_few(over_time):
    figure = figures.control_figure(over_time)
    shown = points(figure)
    assert list(shown.x) == [p for p in PERIODS if p != "2022-03-01"]
    assert list(shown.y) == pytest.approx([0.1] * 10 + [0.3])
    assert list(shown.marker.symbol) == ["circle"] * 10 + ["triangle-up"]
    # The bars are the interval, on each side its own length.
    assert list(shown.error_y.array)[-1] == pytest.approx(0.07)
    assert list(shown.error_y.arrayminus)[-1] == pytest.approx(0.06)
    limits = [trace for trace in figure.data if trace.line.shape == "hvh"]
    assert sorted(float(trace.y[0]) for trace in limits) == [0.06, 0.18]
    assert "2022-03-01" in texts(figure)
    assert "20 of 200" in shown.customdata[0][1]
    assert "200" in figures.control_figure(over_time, language="zh").data[-1].customdata[0][1]


def test_a_funnel_names_only_groups_that_are_apart(over_time):
    rows = over_time.rename(columns={"month": "region"}).drop(index=2)
    rows = rows.assign(region=[f"r<b>{n}" for n in range(11)], people=[11 - n for n in range(11)])
    figure = figures.funnel_figure(rows)
    shown = points(figure)
    # In the order of their sizes, so that the limits are a curve.
    assert list(shown.x) == sorted(rows["people"])
    assert [note.text for note in figure.layout.annotations] == ["r&lt;b&gt;10"]
    curves = [trace for trace in figure.data if trace.mode == "lines"]
    assert len(curves) == 4
    assert all(list(trace.x) == sorted(rows["people"]) for trace in curves)


def test_a_reviewer_stands_beside_what_all_would_confirm():
    rows = pd.DataFrame(
        {
            "reviewer": ["1", "2", "3"],
            "decided": [40, 50, 3],
            "expected": [20.0, 25.0, None],
            "share": [0.8, 0.2, None],
            "low": [0.65, 0.11, None],
            "high": [0.9, 0.33, None],
            "ratio": [1.6, 0.4, None],
            "apart": ["stricter", "more lenient", ""],
        }
    )
    figure = figures.leniency_figure(rows)
    expected, confirmed = figure.data
    assert list(expected.x) == pytest.approx([0.5, 0.5])
    assert dict(zip(confirmed.y, confirmed.x, strict=True)) == pytest.approx({"2": 0.2, "1": 0.8})
    assert list(confirmed.marker.symbol) == ["triangle-down", "triangle-up"]


def test_each_detector_has_a_line_that_colour_alone_does_not_tell():
    rows = pd.DataFrame(
        {
            "detector": ["absent", "absent", "speech"],
            "month": ["2022-01-01", "2022-02-01", "2022-01-01"],
            "precision": [0.9, 0.7, 0.5],
            "low": [0.8, 0.6, 0.4],
            "high": [0.95, 0.8, 0.6],
        }
    )
    figure = figures.precision_figure(rows)
    assert [list(trace.y) for trace in figure.data] == [[0.9, 0.7], [0.5]]
    assert len({trace.marker.symbol for trace in figure.data}) == 2
    assert list(figure.layout.xaxis.categoryarray) == ["2022-01-01", "2022-02-01"]


def test_time_per_case_has_its_middle_half():
    rows = pd.DataFrame(
        {"subject_id": ["theory"], "median_min": [6.0], "q25_min": [4.0], "q75_min": [9.0]}
    )
    (shown,) = figures.effort_figure(rows).data
    assert (list(shown.x), list(shown.error_x.array), list(shown.error_x.arrayminus)) == (
        [6.0], [3.0], [2.0],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("draw", "columns"),
    [
        ("control_figure", ["month", "rate"]),
        ("funnel_figure", ["region", "rate", "people"]),
        ("leniency_figure", ["reviewer", "share", "ratio"]),
        ("precision_figure", ["detector", "month", "precision"]),
        ("effort_figure", ["subject_id", "median_min"]),
    ],
)
@pytest.mark.parametrize(("language", "said"), [("en", "nothing"), ("zh", "无内容")])
def test_nothing_to_show_is_said(draw, columns, language, said):
    figure = getattr(figures, draw)(pd.DataFrame(columns=columns), language=language)
    assert said in texts(figure).lower()


def test_a_page_of_figures_asks_nothing_of_a_network(over_time):
    page = figures.page_of([figures.control_figure(over_time)], title="<a> & b", language="zh")
    assert '<html lang="zh-Hans">' in page
    assert "&lt;a&gt; &amp; b" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)


@pytest.mark.browser
def test_printed_figures_are_whole(over_time, tmp_path):
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("no Chromium")
    drawn = [figures.control_figure(over_time) for _ in range(3)]
    (tmp_path / "page.html").write_text(figures.page_of(drawn, title="T"), encoding="utf-8")
    made = tmp_path / "page.pdf"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
               "--no-first-run", "--disable-background-networking", "--disable-sync",
               "--disable-component-update", f"--user-data-dir={tmp_path}/profile",
               "--virtual-time-budget=20000", "--no-pdf-header-footer",
               f"--print-to-pdf={made}", Path(tmp_path / "page.html").as_uri()]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    document = pypdfium2.PdfDocument(made)
    seen = 0
    for page in document:
        width, height = page.get_size()
        text = page.get_textpage()
        whole = text.get_text_range()
        # As many last periods as first ones: no plot is cut at the right or between two pages.
        assert whole.count("2022-12-01") == whole.count("2022-01-01")
        seen += whole.count("2022-12-01")
        for n in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(n)
            assert 0 <= left < right <= width
            assert 0 <= bottom < top <= height
    document.close()
    assert seen == 3
