"""What the front end is given."""

import gzip
import json

import handmade
import pytest

from review.workbench.data import read_tables, sitting_data
from review.workbench.record import packed


@pytest.fixture(scope="module")
def data(hand):
    tables = read_tables(hand.workspace, hand.sitting)
    return sitting_data(hand.sitting, tables, workspace=hand.workspace)


def test_it_is_json_without_an_identity_number(data, hand):
    text = json.dumps(data, allow_nan=False)
    assert hand.sitting.candidate.id_number not in text


def test_the_whole_sitting_is_on_it(data):
    assert data["window"] == [0.0, 60.0]
    first, last = data["extent"]
    assert first == pytest.approx(-2.0)
    assert last == pytest.approx(63.51, abs=0.02)  # right_rear: 62 s + 1.5 s and its drift
    assert [view["stream"] for view in data["views"]] == list(handmade.FILES)
    assert [view["sound"] for view in data["views"]] == [False, False, False, True]


def test_the_scheduled_start_is_an_instant(data):
    assert data["start_ms"] == 1670632200000  # 2022-12-10T00:30:00Z


def test_what_is_wrong_is_drawn_over_what_is_recorded(data):
    states = [state for _, _, state in data["coverage"]["left_front"]]
    assert states[0] == "recorded"
    assert set(states[1:]) == {"missing", "covered"}


def test_flags_come_in_order_with_reasons_in_both_languages(data):
    starts = [flag["start_s"] for flag in data["flags"]]
    assert starts == sorted(starts)
    assert all(set(flag["reason"]) == {"en", "zh"} for flag in data["flags"])
    assert all(flag["reason"]["zh"] for flag in data["flags"])


def test_long_details_of_the_log_are_cut(hand):
    tables = read_tables(hand.workspace, hand.sitting)
    tables.events.loc[tables.events["type"] == "submit", "detail"] = json.dumps({"a": "x" * 999})
    data = sitting_data(hand.sitting, tables, workspace=hand.workspace)
    (detail,) = [d for _, kind, d in rows(data["events"]["events_client"]) if kind == "submit"]
    assert len(detail) == 160


def rows(log):
    """A log as the page unpacks it: time, type, detail."""
    named = zip(log["at_s"], log["kind"], log["detail"], strict=True)
    return [(at_s, log["kinds"][kind], log["details"][detail]) for at_s, kind, detail in named]


def test_a_log_says_every_type_once_and_keeps_the_order_of_time(data, hand):
    log = data["events"]["events_client"]
    assert len(set(log["kinds"])) == len(log["kinds"])
    events = hand.workspace.read_sitting("events", hand.sitting).sort_values("time_s")
    mine = events[events["stream"] == "events_client"]
    assert [(at_s, kind) for at_s, kind, _ in rows(log)] == list(
        mine[["time_s", "type"]].itertuples(index=False, name=None)
    )


def test_a_sitting_is_packed_as_a_browser_unpacks_it(data):
    assert json.loads(gzip.decompress(packed(data))) == json.loads(json.dumps(data))


def test_only_what_the_timeline_draws_is_read_of_the_measurements(hand):
    signals = read_tables(hand.workspace, hand.sitting).signals
    assert "faces" not in set(signals["signal"])
