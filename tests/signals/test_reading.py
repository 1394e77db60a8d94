"""Reading the screen: what changed, once, and not what was read before."""

import numpy as np
import pytest

from review.signals.lettering import Letters, Line, alike
from review.signals.reading import Page, read_screen
from review.signals.regions import Changes, Region, merged
from review.simulate.moment import Page as Shown
from review.simulate.screen import Screen


@pytest.fixture(scope="module")
def screen():
    return Screen(size=(1920, 1080), title="电子商务师 理论知识", candidate="王某 2022")


@pytest.fixture
def draw(screen):
    def grey(**what):
        picture = screen.draw(Shown(**{"remaining_s": 3000, **what}))
        return np.ascontiguousarray(picture.mean(axis=2).astype(np.uint8))

    return grey


class Fake:
    """Calls everything that it is shown by a number."""

    def __init__(self):
        self.shown = []

    def lines(self, grey):
        self.shown.append(grey.shape)
        h, w = grey.shape
        name = f"text {len(self.shown)}"
        return [Line(text=name, score=1.0, x_px=0.0, y_px=0.0, w_px=float(w), h_px=float(h))]


def blank(*boxes, size=(1080, 1920)):
    made = np.full(size, 240, np.uint8)
    for x, y, w, h in boxes:
        made[y : y + h, x : x + w] = 20
    return made


def test_only_what_changed_is_read_and_only_if_it_can_hold_text():
    letters, rows = Fake(), []
    page = Page(letters, rows.append)
    page.see(0.0, blank())
    assert letters.shown == [(1080, 1920)]
    page._shown = []  # one line over everything would be read again with any part of it
    page.see(1.0, blank((900, 500, 20, 30)))  # the pointer
    page.see(2.0, blank((700, 300, 2, 24)))  # a caret
    assert len(letters.shown) == 1
    page.see(3.0, blank((400, 600, 120, 30)))
    (height, width) = letters.shown[1]
    assert 30 <= height <= 60
    assert 120 <= width <= 150
    page.close(9.0)
    (row,) = rows
    assert (row["start_device_s"], row["end_device_s"]) == (3.0, 9.0)
    assert abs(row["x_px"] - 400) <= 16


def test_a_clock_is_not_read_every_second_but_a_line_is_read_at_once():
    changes = Changes()
    changes.see(0.0, blank())
    read = []
    for second in range(1, 121):
        clock = (1600 + 7 * (second % 9), 40, 60, 40 + second % 7)
        line = [(200, 500, 300, 30)] if second >= 90 else []
        regions = changes.see(float(second), blank(clock, *line))
        read += [(second, region) for region in regions]
    times = [second for second, region in read if region.left > 1500]
    assert len(times) <= 12
    assert max(times) > 60
    assert [second for second, region in read if region.left < 1000] == [90]


def test_a_page_that_comes_back_is_remembered():
    letters, rows = Fake(), []
    page = Page(letters, rows.append)
    window = (300, 200, 900, 600)
    page.see(0.0, blank())
    page._shown = []
    page.see(10.0, blank(window))
    page.see(20.0, blank())
    read = len(letters.shown)
    page.see(30.0, blank(window))
    page.see(40.0, blank())
    assert len(letters.shown) == read
    texts = [(row["text"], row["start_device_s"], row["end_device_s"]) for row in rows]
    assert ("text 2", 10.0, 20.0) in texts
    assert ("text 2", 30.0, 40.0) in texts


def test_another_size_is_read_as_a_whole_and_boxes_are_in_original_pixels():
    letters, rows = Fake(), []
    page = Page(letters, rows.append)
    page.see(0.0, blank())
    page.see(5.0, blank(size=(720, 1280)), scale=2.0)
    page.close(6.0)
    assert letters.shown == [(1080, 1920), (720, 1280)]
    assert [(r["w_px"], r["start_device_s"], r["end_device_s"]) for r in rows] == [
        (1920.0, 0.0, 5.0), (2560.0, 5.0, 6.0),
    ]  # fmt: skip


def test_one_other_character_in_a_long_line_is_seen(draw):
    line = draw(kind="search", question=1)[120:172, 380:800]
    other = line.copy()
    other[:, 40:80] = line[:, 120:160]
    small = [np.ascontiguousarray(part[::3, ::3][:16]) for part in (line, other)]
    assert alike(small[0], small[0].copy())
    assert not alike(*small)


def test_regions_that_touch_each_other_are_one():
    chain = [Region(0, 0, 5, 5), Region(8, 0, 12, 5), Region(4, 0, 9, 5)]
    assert merged(chain) == [Region(0, 0, 12, 5)]


def test_a_screen_is_read_from_its_file(draw, make_video, make_record, models):
    chat = {"kind": "chat", "question": 2}
    pages = [draw(question=2)] * 6 + [draw(**chat)] * 6 + [draw(question=2)] * 4
    path = make_video([np.repeat(p[..., None], 3, 2) for p in pages], fps=1, gop=1)
    record = make_record([("screen", path, 100.0)])
    letters = Letters(models)
    samples = read_screen(
        record, models=models, span=(-1e6, 1e6), tell=lambda _: None, letters=letters
    )
    spans = {row["text"]: (row["start_device_s"], row["end_device_s"]) for row in samples.texts}
    assert spans["微信"] == (106.0, 112.0)
    assert spans["在吗？第十二题选什么"] == (106.0, 112.0)
    whole = [row for row in samples.texts if row["text"].startswith("电子商务师")]
    assert [(row["start_device_s"], row["end_device_s"]) for row in whole] == [(100.0, 116.0)]
    # The part of the question that the window hid is on the screen twice.
    question = [row["start_device_s"] for row in samples.texts if "客服首先" in row["text"]]
    assert question == [100.0, 112.0]
    box = next(row for row in samples.texts if row["text"] == "微信")
    assert 560 < box["x_px"] < 640
    assert 150 < box["y_px"] < 230
    assert not samples.problems


def test_without_the_models_a_problem_says_so(make_record):
    from review.signals.models import Models

    samples = read_screen(make_record(), models=Models(), span=(0, 9), tell=lambda _: None)
    (problem,) = samples.problems
    assert problem["code"] == "screen_not_read"
    assert "text_finder" in problem["message"]


def test_damaged_recordings_break_nothing(testdata, make_record):
    from review.errors import ReviewError

    read = 0
    for path in sorted((testdata / "damaged").rglob("*")):
        try:
            record = make_record([("screen", path, 0.0)])
        except ReviewError:
            continue
        samples = read_screen(
            record, models={}, span=(-1e6, 1e6), tell=lambda _: None, letters=Fake()
        )
        read += len(samples.texts)
        assert all(row["end_device_s"] > row["start_device_s"] for row in samples.texts)
    assert read > 10
