from datetime import datetime, timedelta

import pytest

from review import tables, words
from review.figures import timeline_figure
from review.figures.palette import FAMILIES

ZERO = datetime(1970, 1, 1)  # noqa: DTZ001


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


def test_every_interval_stands_at_its_time_in_its_lane(coverage, flags, events):
    figure = timeline_figure(coverage, flags, events, window=(0.0, 100.0))
    missing = trace(figure, "missing")
    assert list(missing.y) == ["front camera"]
    assert missing.base[0] == ZERO + timedelta(seconds=40)
    assert list(missing.x) == [60_000.0]
    absent = trace(figure, "absent")
    assert (absent.base[0], list(absent.x)) == (ZERO + timedelta(seconds=10), [15_000.0])
    assert list(absent.ids) == ["f1"]
    assert absent.marker.color == FAMILIES["presence"]
    # An event that nothing placed in time has no place on a timeline.
    assert list(trace(figure, "log entry").x) == [ZERO + timedelta(seconds=2)]


def test_lanes_are_streams_then_labels_in_order_of_time(coverage, flags, events):
    figure = timeline_figure(coverage, flags, events, window=None, language="zh")
    lanes = list(figure.layout.yaxis.categoryarray)[::-1]
    streams = [words.say(f"stream.{s}", "zh") for s in ("front", "screen", "events_client")]
    labels = [words.label(x, "zh") for x in ("absent", "location_outside", "speech")]
    assert lanes == streams + labels


def test_the_axis_is_wall_clock_where_the_start_is_known(coverage, flags, events, start):
    figure = timeline_figure(coverage, flags, events, window=(0.0, 100.0), start=start)
    assert figure.layout.xaxis.range == (
        datetime(2022, 12, 10, 8, 30),  # noqa: DTZ001
        datetime(2022, 12, 10, 8, 31, 40),  # noqa: DTZ001
    )
    assert "Asia/Shanghai" in figure.layout.xaxis.title.text


def test_words_of_others_are_shown_literally(coverage, flags, events):
    figure = timeline_figure(coverage, flags, events, window=None)
    assert trace(figure, "absent").customdata[0][2] == "&lt;i&gt;because&lt;/i&gt; f1"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_nothing_at_all_is_said(language):
    empty = (tables.empty(name) for name in ("coverage", "flags", "events"))
    figure = timeline_figure(*empty, window=None, language=language)
    assert figure.layout.annotations[0].text == words.say("figure.nothing", language)


def test_inputs_are_left_alone(coverage, flags, events):
    before = [t.copy() for t in (coverage, flags, events)]
    timeline_figure(coverage, flags, events, window=(0.0, 50.0))
    for old, new in zip(before, (coverage, flags, events), strict=True):
        assert old.equals(new)
