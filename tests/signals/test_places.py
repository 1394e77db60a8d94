"""Distances on the ground."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from review.signals.places import (
    border_distance_m,
    checkin,
    checkin_places,
    distance_m,
    measure_places,
    outside_probability,
)

#: A degree of latitude at 40 degrees north is 111.03 km, of longitude 85.39 km.
SQUARE = shapely.box(116.0, 39.5, 117.0, 40.5)


def test_distance_to_the_border_is_positive_outside():
    lat, lon = np.array([40.0, 40.0, 40.0]), np.array([115.9, 116.1, 117.0])
    found = border_distance_m(SQUARE, lat, lon)
    np.testing.assert_allclose(found, [8539, -8539, 0], atol=15)


def test_a_hole_in_the_region_is_outside():
    holed = SQUARE.difference(shapely.box(116.4, 39.9, 116.6, 40.1))
    assert border_distance_m(holed, np.array([40.0]), np.array([116.5]))[0] == pytest.approx(
        8539, abs=15
    )


@given(st.floats(-500, 500), st.floats(1, 1000))
def test_probability_rises_with_distance_and_is_even_on_the_border(metres, accuracy):
    at = outside_probability(np.array([metres, 0.0, -metres]), np.full(3, accuracy))
    assert at[1] == pytest.approx(0.5)
    assert at[0] + at[2] == pytest.approx(1.0)
    assert np.sign(at[0] - at[2]) in (0, np.sign(metres))


def test_poor_accuracy_leaves_doubt():
    sure, unsure, unknown = outside_probability(
        np.array([100.0] * 3), np.array([10.0, 1000.0, np.nan])
    )
    assert sure > 0.999
    assert 0.5 < unsure < 0.6
    assert unsure < unknown < 1.0


def fixes(stream, times, lats, lons):
    return [
        {
            "stream": stream, "device_s": float(t), "lat_deg": float(a), "lon_deg": float(o),
            "accuracy_m": 10.0, "mock": False, "crs": "wgs84",
        }
        for t, a, o in zip(times, lats, lons, strict=True)
    ]  # fmt: skip


def check(device_s, stream="events_phone1"):
    return {
        "stream": stream, "device_s": device_s, "device_time": "", "type": "identity_check",
        "detail": "{}",
    }  # fmt: skip


def test_the_check_in_place_is_the_median_around_the_identity_check(make_record):
    times = np.arange(-900.0, 0.0, 30.0)
    # Elsewhere until the check at -300, with one outlier within the minute around it.
    lats = np.where(times < -360, 40.1, 40.0)
    lats[np.flatnonzero(times == -300.0)] = 41.0
    record = make_record(
        positions=fixes("gps_phone1", times, lats, np.full(len(times), 116.4)),
        events=[check(-800.0, "events_phone2"), check(-300.0)],
    )
    (samples,) = measure_places(record, boundary=None)
    far = {t: v for _, t, name, v in samples._signals if name == "checkin_distance_m"}
    assert far[-30.0] == pytest.approx(0.0, abs=1.0)
    assert far[-900.0] == pytest.approx(11_103, abs=20)
    assert samples.problems == []


def test_without_an_identity_check_it_is_assumed_and_said(make_record):
    times = np.arange(0.0, 600.0, 10.0)
    lats = np.where(times < 300, 40.0, 40.1)
    record = make_record(positions=fixes("gps_phone2", times, lats, np.full(60, 116.4)))
    (samples,) = measure_places(record, boundary=SQUARE)
    assert [p["code"] for p in samples.problems] == ["checkin_assumed"]
    names = {name for _, _, name, _ in samples._signals}
    assert names == {
        "checkin_distance_m", "checkin_accuracy_m", "border_distance_m", "outside_probability",
    }  # fmt: skip
    far = [v for _, t, name, v in samples._signals if name == "checkin_distance_m"]
    assert far[0] == pytest.approx(0.0, abs=0.1)
    assert far[-1] == pytest.approx(11_103, abs=20)


def test_no_positions_no_signals(make_record):
    assert measure_places(make_record(), boundary=SQUARE) == []


def test_distance_of_the_antipode_is_finite():
    assert distance_m(np.array([0.0]), np.array([0.0]), 0.0, 180.0)[0] == pytest.approx(
        20_003_931, abs=1000
    )


def test_a_cold_start_does_not_move_the_check_in_place(make_record):
    times = np.arange(-330.0, -270.0, 10.0)
    rows = fixes("gps_phone1", times, np.where(times < -290, 40.01, 40.0), np.full(6, 116.4))
    for row in rows:
        row["accuracy_m"] = 900.0 if row["device_s"] < -290 else 12.0
    record = make_record(positions=rows, events=[check(-300.0)])
    place = checkin(record.positions, record.events, "gps_phone1")
    assert (place.lat_deg, place.accuracy_m, place.assumed) == (40.0, 12.0, None)


def test_one_function_says_where_phones_checked_in(make_record):
    times = np.arange(-100.0, 100.0, 10.0)
    rows = fixes("gps_phone1", times, np.full(20, 40.0), np.full(20, 116.4))
    rows += fixes("gps_phone2", times, np.full(20, 40.1), np.full(20, 116.4))
    record = make_record(positions=rows, events=[check(0.0)])
    # Of the second phone nothing is on record: nothing is made up.
    assert checkin_places(record.positions, record.events) == {"gps_phone1": (40.0, 116.4)}


def test_positions_all_in_one_place_are_no_distance_apart(make_record):
    rows = fixes("gps_phone1", np.arange(0.0, 600.0, 5.0), np.full(120, 40.0), np.full(120, 116.4))
    record = make_record(positions=rows, events=[check(-5.0)])
    (samples,) = measure_places(record, boundary=SQUARE)
    away = [v for _, _, name, v in samples._signals if name == "checkin_distance_m"]
    assert max(away) == 0.0
