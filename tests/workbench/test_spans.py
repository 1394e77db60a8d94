"""Where the player shows which moment of which file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.playback import Playable
from review.timeline.clocks import FOREVER_S, to_session_s
from review.workbench.spans import address, spans


def segment(file, start_s, length_s, *, origin=0.0, stream="front"):
    return {
        "stream": stream, "file": file, "device_start_s": start_s, "duration_s": length_s,
        "origin_pts_s": origin,
    }  # fmt: skip


def piece(offset_s=0.0, drift_ppm=0.0, from_s=-FOREVER_S, to_s=FOREVER_S, reference_s=0.0):
    return {
        "stream": "front", "from_device_s": from_s, "to_device_s": to_s, "offset_s": offset_s,
        "drift_ppm": drift_ppm, "reference_device_s": reference_s,
    }  # fmt: skip


def item(file, *, origin=0.0, zero=0.0, number=0):
    return Playable(
        stream="front", number=number, file=file, way="original", reason="", path=Path(file),
        zero_pts_s=zero, origin_pts_s=origin, version="v",
    )  # fmt: skip


def placed(segments, pieces, items):
    return spans(pd.DataFrame(segments), pd.DataFrame(pieces), items, "front")


def media_at(found, session_s):
    span = next(s for s in found if s.from_s <= session_s < s.to_s)
    return span.media_s + (session_s - span.from_s) * span.slope


def test_a_file_is_shown_from_its_start_on_the_servers_clock():
    (span,) = placed([segment("a", 10, 20)], [piece(offset_s=2.5)], [item("a")])
    assert (span.from_s, span.to_s, span.media_s) == (12.5, 32.5, 0.0)


@given(
    offset_s=st.floats(-5, 5),
    drift_ppm=st.floats(-300, 300),
    start_s=st.floats(-10, 100),
    into_s=st.floats(0.001, 59.9),
    origin=st.floats(0, 20),
)
def test_the_moment_shown_is_the_moment_asked_for(offset_s, drift_ppm, start_s, into_s, origin):
    pieces = [piece(offset_s, drift_ppm, reference_s=30.0)]
    found = placed([segment("a", start_s, 60, origin=origin)], pieces, [item("a", origin=origin)])
    session_s = float(to_session_s(pd.DataFrame(pieces), "front", [start_s + into_s])[0])
    # The picture that was taken ``into_s`` after the file's first has this time stamp.
    assert media_at(found, session_s) == pytest.approx(origin + into_s, abs=1e-6)


def test_a_copy_begins_at_zero():
    found = placed([segment("a", 0, 9, origin=5)], [piece()], [item("a", origin=5, zero=5)])
    assert media_at(found, 2.0) == pytest.approx(2.0)


def test_a_clock_set_back_splits_the_file_and_shows_no_moment_twice():
    pieces = [piece(0.0, to_s=30.0), piece(4.0, from_s=30.0)]
    found = placed([segment("a", 0, 60)], pieces, [item("a")])
    assert [(s.from_s, s.to_s) for s in found] == [(0.0, 30.0), (34.0, 64.0)]
    pieces = [piece(4.0, to_s=30.0), piece(0.0, from_s=30.0)]
    found = placed([segment("a", 0, 60)], pieces, [item("a")])
    assert [(s.from_s, s.to_s) for s in found] == [(4.0, 34.0), (34.0, 60.0)]
    assert media_at(found, 34.0) == pytest.approx(34.0)


def test_of_two_overlapping_files_the_later_starting_one_holds_from_its_start():
    found = placed(
        [segment("a", 0, 10), segment("b", 8, 10)], [piece()], [item("a"), item("b", number=1)]
    )
    assert [(s.item.file, s.from_s, s.to_s) for s in found] == [("a", 0, 8), ("b", 8, 18)]
    assert media_at(found, 11.0) == pytest.approx(3.0)


def test_a_file_within_another_leaves_the_rest_of_the_other():
    found = placed(
        [segment("a", 0, 20), segment("b", 8, 4)], [piece()], [item("a"), item("b", number=1)]
    )
    shown = [(s.item.file, s.from_s, s.to_s) for s in found]
    assert shown == [("a", 0, 8), ("b", 8, 12), ("a", 12, 20)]
    assert media_at(found, 15.0) == pytest.approx(15.0)


def test_overlapping_files_are_shown_as_they_are_measured():
    from review.loaders.streams import pieces as measured

    rows = [segment("a", 0, 20), segment("b", 8, 4), segment("c", 11, 30)]
    table = pd.DataFrame(rows).assign(video_codec="h264")
    found = placed(rows, [piece()], [item(name, number=n) for n, name in enumerate("abc")])
    expected = [(p.file, p.start_s, p.end_s) for p in measured(table, "front")]
    assert [(s.item.file, s.from_s, s.to_s) for s in found] == expected


def test_a_gap_stays_a_gap_and_what_nothing_places_is_not_shown():
    segments = [segment("a", 0, 5), segment("b", 9, 5), segment("c", np.nan, 5)]
    found = placed(segments, [piece()], [item("a"), item("b"), item("c")])
    assert [(s.from_s, s.to_s) for s in found] == [(0, 5), (9, 14)]


def test_an_address_keeps_odd_names_in_their_place():
    made = address(item("a"), ("S/1", "王 小", "theory?x"), light=True)
    assert made == "review/media/S%2F1/%E7%8E%8B%20%E5%B0%8F/theory%3Fx/front/0?v=v&light=1"
