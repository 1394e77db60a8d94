import pandas as pd
import pytest

from review.errors import TableError
from review.timeline.clocks import declared_clocks
from review.timeline.sync.by_hand import Override, apply_by_hand


@pytest.fixture
def clocks(sitting):
    table = declared_clocks(sitting)
    table.loc[table["device"] == "phone1", ["offset_s", "state"]] = [5.0, "synchronised"]
    table.loc[table["device"] == "phone2", "state"] = "unsynchronised"
    return table


def of(table, stream):
    return table[table["stream"] == stream].iloc[0]


def test_an_offset_set_by_hand_wins_and_the_device_follows(clocks):
    made = apply_by_hand(clocks, [Override(stream="left_front", offset_s=-3.25)])
    for stream in ("left_front", "gps_phone2", "events_phone2"):
        assert of(made, stream)["offset_s"] == -3.25
        assert of(made, stream)["state"] == "by_hand"
    assert of(made, "right_rear")["offset_s"] == 5.0
    assert of(clocks, "left_front")["offset_s"] == 0.0


def test_a_stream_can_be_moved_alone(clocks):
    made = apply_by_hand(clocks, [Override(stream="right_rear", offset_s=6.0, alone=True)])
    assert of(made, "right_rear")["offset_s"] == 6.0
    assert of(made, "events_phone1")["state"] == "synchronised"


def test_a_log_that_was_measured_apart_does_not_follow(clocks):
    clocks.loc[clocks["stream"] == "events_phone1", "offset_s"] = 8.0
    made = apply_by_hand(clocks, [Override(stream="right_rear", offset_s=6.0)])
    assert of(made, "events_phone1")["offset_s"] == 8.0
    assert of(made, "gps_phone1")["offset_s"] == 6.0


def test_the_last_entry_of_a_stream_counts_and_each_stream_keeps_its_own(clocks):
    entries = [
        Override(stream="right_rear", offset_s=1.0),
        Override(stream="right_rear", offset_s=2.0),
        Override(stream="gps_phone1", offset_s=9.0, alone=True),
    ]
    made = apply_by_hand(clocks, entries)
    assert of(made, "right_rear")["offset_s"] == 2.0
    assert of(made, "events_phone1")["offset_s"] == 2.0
    assert of(made, "gps_phone1")["offset_s"] == 9.0


def test_all_pieces_move_by_what_the_set_one_moves(clocks):
    late = clocks[clocks["stream"] == "right_rear"].assign(
        piece=1, from_device_s=600.0, offset_s=7.0
    )
    clocks.loc[clocks["stream"] == "right_rear", "to_device_s"] = 600.0
    table = pd.concat([clocks, late], ignore_index=True)
    made = apply_by_hand(table, [Override(stream="right_rear", offset_s=7.5, device_s=900.0)])
    assert made.loc[made["stream"] == "right_rear", "offset_s"].tolist() == [5.5, 7.5]


def test_a_stream_that_nobody_knows_is_an_error(clocks):
    with pytest.raises(TableError, match="no clock"):
        apply_by_hand(clocks, [Override(stream="rear", offset_s=1.0)])
