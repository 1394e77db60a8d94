import pandas as pd
import pytest

from review.timeline.seen import missing_time, states_time, views_seen, views_time

WINDOW = (0.0, 100.0)


def table(*rows):
    return pd.DataFrame(rows, columns=["stream", "start_s", "end_s", "state"])


def test_missing_time_of_mandatory_streams_counts_what_overlaps_once():
    covered = table(
        ("front", -10.0, 20.0, "recorded"),
        ("front", 15.0, 60.0, "recorded"),
        ("front", 80.0, 130.0, "recorded"),
    )
    made = missing_time(covered, ["front", "screen", "front"], window=WINDOW)
    assert made["stream"].tolist() == ["front", "screen"]
    assert made["missing_s"].tolist() == [20.0, 100.0]
    assert made["share"].tolist() == pytest.approx([0.2, 1.0])
    assert made["gaps"].tolist() == [1, 1]
    assert made["longest_s"].tolist() == [20.0, 100.0]


def test_nothing_is_missing_where_nothing_is_judged():
    made = missing_time(table(), ["front"], window=(0.0, 0.0))
    assert made[["missing_s", "share", "gaps"]].to_numpy().tolist() == [[0.0, 0.0, 0.0]]


def test_time_per_state_is_cut_to_the_window():
    covered = table(
        ("screen", -50.0, 150.0, "recorded"),
        ("screen", 90.0, 120.0, "silent"),
        ("screen", 95.0, 99.0, "muted"),
    )
    row = states_time(covered, window=WINDOW).iloc[0]
    assert (row["stream"], row["recorded_s"], row["silent_s"], row["muted_s"]) == (
        "screen", 100.0, 10.0, 4.0,
    )  # fmt: skip
    assert row["missing_s"] == 0.0


def test_views_that_see_each_moment_leave_out_black_covered_and_frozen_ones():
    covered = table(
        ("front", 0.0, 100.0, "recorded"),
        ("front", 10.0, 20.0, "black"),
        ("right_rear", 0.0, 50.0, "recorded"),
        ("right_rear", 15.0, 30.0, "covered"),
        ("screen", 20.0, 60.0, "recorded"),
        ("screen", 40.0, 50.0, "frozen"),
        ("gps_phone1", 0.0, 100.0, "recorded"),
    )
    made = views_seen(covered, window=WINDOW)
    assert made.to_numpy().tolist() == [
        [0.0, 10.0, 2], [10.0, 15.0, 1], [15.0, 20.0, 0], [20.0, 30.0, 2], [30.0, 40.0, 3],
        [40.0, 60.0, 2], [60.0, 100.0, 1],
    ]  # fmt: skip
    times = views_time(covered, window=WINDOW)
    assert dict(zip(times["views"], times["seconds"], strict=True)) == {
        0: 5.0, 1: 45.0, 2: 40.0, 3: 10.0, 4: 0.0,
    }  # fmt: skip


def test_no_view_at_all_is_a_count_too():
    made = views_seen(table(), window=WINDOW)
    assert made.to_numpy().tolist() == [[0.0, 100.0, 0]]
    assert views_seen(table(), window=(0.0, 0.0)).empty
