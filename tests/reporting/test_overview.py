"""The pages about a session: plots whose lengths are the numbers, on screen and on paper."""

from dataclasses import replace

import pypdfium2
import pytest

from review.ledger import open_ledger
from review.reporting.drafting import Drafter, Order
from review.reporting.overview import Overview
from review.reporting.paper import Paper
from review.reporting.render import Renderer
from review.reporting.summary import summarise


@pytest.fixture
def pages(case, tmp_path):
    """The session's pages over four sittings: risks 5, 15, 18 and none; one speech flag more."""
    made = summarise(case.sitting, case.workspace)
    more = replace(made.flags[0], label="speech", flag_id="more")
    ledger = open_ledger(case.workspace.ledger)
    overview = Overview(case.session, case.workspace, ledger)
    for risk, flags in ((5.0, made.flags), (15.0, (*made.flags, more)), (18.0, ()), (None, ())):
        overview.add(replace(made, risk=risk, flags=flags))
    overview.add_failed(case.sitting, "its <recording> is gone")
    order = Order(out=tmp_path)
    drafter = Drafter(order, case.workspace, ledger=ledger)
    yield overview.pages(drafter.renderer, order)
    ledger.close()


def plot(page, ident):
    """Names, lengths and words of a plot's bars, in their order."""
    (drawing,) = [one for one in page.all("svg") if one.attrs.get("aria-labelledby") == ident]
    lengths = [float(one.attrs["width"]) for one in page.all("rect", drawing)]
    heights = [float(one.attrs["height"]) for one in page.all("rect", drawing)]
    return [page.text(one) for one in page.all("text", drawing)], lengths, heights


def test_bars_are_as_long_as_there_are_flags(pages, tree):
    page = tree(pages["session"])
    assert page.faults == []
    said, lengths, _ = plot(page, "plot-labels-title")
    assert said == ["extra person", "2 · 2/4", "recording gap", "2 · 2/4",
                    "outside the region", "2 · 2/4", "speech", "1 · 1/4"]  # fmt: skip
    assert lengths == pytest.approx([lengths[0]] * 3 + [lengths[0] / 2])


def test_the_histogram_counts_each_sitting_that_has_a_risk_once(pages, tree):
    said, _, heights = plot(tree(pages["session"]), "plot-risk-title")
    assert said[:3] == ["1", "0\u201310", "2"]
    assert heights[1] == pytest.approx(2 * heights[0])
    assert max(heights[2:]) <= 0.1


def test_coverage_is_a_share_of_the_whole_width(pages, tree):
    page = tree(pages["session"])
    said, lengths, _ = plot(page, "plot-coverage-title")
    shares = dict(zip(said[::2], said[1::2], strict=True))
    # 20 of 120 s of the front view are recorded; the position all the time.
    assert shares["front camera"].startswith("16.7 %")
    assert lengths[0] == pytest.approx(lengths[-1] / 6, rel=1e-3)


def test_every_plot_is_on_paper(pages):
    document = pypdfium2.PdfDocument(Paper().pdf(pages["session"]))
    text = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    for words in ("extra person", "2 · 2/4", "90\u2013100", "front camera", "16.7 %"):
        assert words in text
    document = pypdfium2.PdfDocument(Paper().pdf(pages["certificate"]))
    assert len(document) == 1
    document.close()


def test_a_copy_without_pictures_has_no_empty_places_for_them(case, tree):
    made = summarise(case.sitting, case.workspace)
    given = {"language": "en", "made": made.exam.start}
    without = tree(Renderer().page(made, {}, pictures=0, **given))
    assert "made without evidence pictures" in without.text()
    assert not list(without.all("div", class_="none"))
    some = tree(Renderer().page(made, {}, pictures=1, **given))
    assert len(list(some.all("div", class_="none"))) == len(made.flags)
