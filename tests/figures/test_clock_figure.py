"""The figure of clocks with their anchors."""

import numpy as np
import pytest

from review import figures, words


def clock(stream, device, **more):
    return {"stream": stream, "device": device, "piece": 0, "from_device_s": -1e9,
            "to_device_s": 1e9, "offset_s": 0.0, "drift_ppm": 0.0, "reference_device_s": 0.0,
            "uncertainty_s": 0.005, "method": "sound", "anchors": 3, "state": "synchronised",
            **more}  # fmt: skip


def anchor(device_s, off_s, *, weight=1.0, kind="sound", other="front"):
    return {"stream": "right_rear", "other": other, "kind": kind, "piece": 0,
            "device_s": device_s, "other_device_s": device_s + 2.0,
            "offset_s": 2.0 + 1e-4 * device_s + off_s, "residual_s": off_s,
            "weight": weight}  # fmt: skip


@pytest.fixture
def clocks(build):
    moved = {"offset_s": 2.0, "drift_ppm": 100.0}
    return build("clocks", [
        clock("front", "computer", method="reference"),
        clock("right_rear", "phone1", **moved),
        clock("gps_phone1", "phone1", **moved, method="device"),
        clock("left_front", "phone2", state="unsynchronised", uncertainty_s=None, anchors=0),
        clock("events_proctor", "server"),
    ])  # fmt: skip


@pytest.fixture
def anchors(build):
    return build("anchors", [
        anchor(100.0, 0.003),
        anchor(500.0, -0.001),
        anchor(700.0, 0.4, weight=0.0),
        anchor(800.0, 0.010, kind="server", other=""),
    ])  # fmt: skip


def points(figure, *, axis):
    """Marks of one panel: name -> values."""
    return {t.name: np.asarray(t.y) for t in figure.data if t.mode == "markers" and t.yaxis == axis}


def test_anchors_stand_about_their_line_and_beside_it_by_what_they_are_off(clocks, anchors):
    figure = figures.clock_figure(clocks, anchors=anchors, window=(0.0, 1000.0))
    # Rows: front, right rear with its positions, left front; two panels each.
    offsets, residuals = points(figure, axis="y3"), points(figure, axis="y4")
    said = "front camera (sound)"
    assert offsets[said] == pytest.approx([2.013, 2.049])
    assert residuals[said] == pytest.approx([3.0, -1.0], abs=1e-6)
    assert residuals["exam server (server time)"] == pytest.approx([10.0], abs=1e-6)


def test_an_anchor_that_was_left_out_is_drawn_and_named_so_but_sets_no_axis(clocks, anchors):
    figure = figures.clock_figure(clocks, anchors=anchors, window=(0.0, 1000.0))
    out = points(figure, axis="y4")["front camera (sound), left out"]
    assert out == pytest.approx([400.0])
    assert max(figure.layout.yaxis4.range) < 20


def test_every_clock_has_a_row_that_says_its_state_and_error(clocks, anchors):
    figure = figures.clock_figure(clocks, anchors=anchors, window=(0.0, 1000.0))
    titles = [a.text for a in figure.layout.annotations]
    assert titles == [
        "<b>front camera</b> (synchronised, \u00b15 ms)",
        "<b>right rear phone, position of phone 1</b> (synchronised, \u00b15 ms)",
        f"<b>left front phone</b> (not synchronised, {words.say('figure.unknown_error', 'en')})",
    ]


def test_an_offset_set_by_hand_shows_how_far_it_is_from_what_was_measured(clocks, anchors):
    moved = clocks.copy()
    moved.loc[moved["stream"] == "right_rear", ["offset_s", "state"]] = [2.25, "by_hand"]
    figure = figures.clock_figure(moved, anchors=anchors, window=(0.0, 1000.0))
    assert points(figure, axis="y4")["front camera (sound)"] == pytest.approx([-247.0, -251.0])


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_it_speaks_both_languages_and_takes_any_window(clocks, anchors, language):
    for window in (None, (0.0, 10.0)):
        figure = figures.clock_figure(clocks, anchors=anchors, window=window, language=language)
        said = {t.name for t in figure.data if t.mode == "markers"}
        assert any(words.say("figure.left_out", language) in name for name in said)
