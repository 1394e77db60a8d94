import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from review.session import STREAMS
from review.timeline.clocks import declared_clocks, place, place_spans, to_device_s, to_session_s


def clocks(*pieces):
    columns = ["from_device_s", "to_device_s", "offset_s", "drift_ppm", "reference_device_s"]
    return pd.DataFrame([dict(zip(columns, p, strict=True)) for p in pieces]).assign(stream="front")


@given(
    st.floats(-600, 600),
    st.floats(-200, 200),
    st.floats(0, 6000),
    st.lists(st.floats(-100, 20000), min_size=1, max_size=5),
)
def test_there_and_back_is_the_same_time(offset, drift, reference, times):
    table = clocks((-1e9, 1e9, offset, drift, reference))
    back = to_device_s(table, "front", to_session_s(table, "front", times))
    np.testing.assert_allclose(back, times, atol=1e-6)


def test_drift_counts_from_the_reference():
    table = clocks((-1e9, 1e9, 2.0, 50.0, 1000.0))
    assert to_session_s(table, "front", 1000.0) == 1002.0
    np.testing.assert_allclose(to_session_s(table, "front", 21000.0), 21003.0)


def test_a_clock_that_was_set_forward_has_two_pieces():
    # At device time 100 the clock is set from 100 to 160: 60 s of device time never existed.
    table = clocks((-1e9, 100.0, 0.0, 0.0, 0.0), (160.0, 1e9, -60.0, 0.0, 0.0))
    assert to_session_s(table, "front", [99.0, 161.0]).tolist() == [99.0, 101.0]
    assert to_device_s(table, "front", [99.0, 101.0]).tolist() == [99.0, 161.0]


def test_a_clock_that_was_set_back_gives_the_earlier_device_time():
    table = clocks((-1e9, 100.0, 0.0, 0.0, 0.0), (100.0, 1e9, 60.0, 0.0, 0.0))
    assert to_session_s(table, "front", [50.0, 150.0]).tolist() == [50.0, 210.0]
    # Between 100 and 160 of session time nothing was on this clock.
    assert to_device_s(table, "front", [99.0, 130.0, 210.0]).tolist() == [99.0, 100.0, 150.0]


def test_declared_clocks_believe_every_device(sitting):
    table = declared_clocks(sitting)
    assert set(table["stream"]) == set(STREAMS)
    assert table["uncertainty_s"].isna().all()
    assert to_session_s(table, "screen", [1.5]).tolist() == [1.5]


def test_each_stream_goes_through_its_own_clock():
    table = pd.concat(
        [
            clocks((-1e9, 1e9, 1.0, 0.0, 0.0)),
            clocks((-1e9, 1e9, 5.0, 0.0, 0.0)).assign(stream="screen"),
        ]
    )
    frame = pd.DataFrame({"stream": ["front", "screen", "front"], "device_s": [0.0, 0.0, 2.0]})
    assert place(frame, table, device="device_s", session="time_s")["time_s"].tolist() == [1, 5, 3]
    assert "time_s" not in frame


def test_a_span_across_the_pieces_of_a_clock_begins_by_one_and_ends_by_the_other():
    table = clocks((-1e9, 100.0, 0.0, 0.0, 0.0), (160.0, 1e9, -60.0, 0.0, 0.0))
    said = pd.DataFrame({"stream": ["front"], "from": [99.0], "to": [161.0]})
    placed = place_spans(said, table, start="from", end="to")
    assert placed[["start_s", "end_s"]].to_numpy().tolist() == [[99.0, 101.0]]
    assert list(said.columns) == ["stream", "from", "to"]
