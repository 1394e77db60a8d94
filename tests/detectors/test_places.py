"""Positions."""

import numpy as np
import pytest

TIMES = np.arange(0.0, 600.0, 5.0)
#: Half-way from the last fix that lies right to the first that does not.
BETWEEN_S = 297.5


def leaving(case, at_s=300.0, to_m=2000.0, **keywords):
    north = np.where(at_s <= TIMES, to_m, 0.0)
    return case().fixes("gps_phone2", TIMES, north_m=north, **keywords)


def test_a_phone_that_leaves_its_place(case):
    flags = leaving(case).flags("location_drift")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[BETWEEN_S, 600.0]]
    assert flags["streams"].iloc[0] == ["gps_phone2"]
    assert "2000" in flags["reason"].iloc[0]


def test_accuracy_explains_distance(case):
    assert leaving(case, to_m=150.0).spans("location_drift") == [[BETWEEN_S, 600.0]]
    assert leaving(case, to_m=150.0, accuracy_m=100.0).spans("location_drift") == []
    assert leaving(case, to_m=90.0).spans("location_drift") == []


def test_one_or_two_outliers_are_no_drift_and_one_good_fix_ends_none(case):
    north = np.zeros(len(TIMES))
    north[[20, 21, 50]] = 5000.0
    assert case().fixes("gps_phone1", TIMES, north_m=north).spans("location_drift") == []
    north = np.where(TIMES >= 300, 500.0, 0.0)
    north[80] = 0.0
    made = case().fixes("gps_phone1", TIMES, north_m=north)
    assert made.spans("location_drift") == [[BETWEEN_S, 600.0]]


def test_outside_by_probability(case):
    made = case()
    for stream, chance in (("gps_phone1", 0.9), ("gps_phone2", 0.99)):
        made.signal(stream, "outside_probability", TIMES, np.where(TIMES >= 200, chance, 0.0))
        made.signal(stream, "border_distance_m", TIMES, np.where(TIMES >= 200, 40.0, -500.0))
    flags = made.flags("location_outside")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[200.0 - 2.5, 600.0]]
    assert flags["streams"].iloc[0] == ["gps_phone2"]
    # The other phone leans to outside as well: it denies nothing.
    assert flags["contradicts"].iloc[0] == []
    assert len(made.flags("location_outside", probability=0.9)) == 2


def test_the_other_phone_may_deny(case):
    made = case().signal("gps_phone1", "outside_probability", TIMES, 0.0)
    made.signal("gps_phone2", "outside_probability", TIMES, 1.0)
    assert made.flags("location_outside")["contradicts"].iloc[0] == ["gps_phone1"]


def test_eztest_has_no_rule_on_place(case):
    from review import detectors

    made = case(platform="eztest").fixes("gps_phone1", TIMES, north_m=5000.0, mock=True)
    made.signal("gps_phone1", "outside_probability", TIMES, 1.0)
    assert not len(detectors.run(made.evidence)[0])


def test_phones_side_by_side_or_apart(case):
    made = leaving(case).fixes("gps_phone1", TIMES + 2.0, north_m=20.0)
    assert made.spans("phones_apart") == [[302.0 - 2.5, 600.0]]
    made = leaving(case, to_m=60.0).fixes("gps_phone1", TIMES, north_m=0.0)
    assert made.spans("phones_apart") == []
    # Without the other phone there is nothing to compare.
    assert leaving(case).spans("phones_apart") == []


def test_a_jump_is_faster_than_anything_drives_and_stays(case):
    assert leaving(case, to_m=20_000.0).spans("location_jump") == [[295.0, 300.0]]
    # 250 m in 5 s: a bad fix may do that.
    assert leaving(case, to_m=250.0).spans("location_jump") == []
    drive = 20.0 * np.clip(TIMES - 300.0, 0, None)
    assert case().fixes("gps_phone1", TIMES, north_m=drive).spans("location_jump") == []
    spike = np.where(TIMES == 300.0, 20_000.0, 0.0)
    assert case().fixes("gps_phone1", TIMES, north_m=spike).spans("location_jump") == []
    # A cold start states how bad it is.
    radius = np.where(TIMES < 300, 8000.0, 10.0)
    assert leaving(case, to_m=20_000.0, accuracy_m=radius).spans("location_jump") == []


def test_marked_fixes(case):
    made = case().fixes("gps_phone1", TIMES, mock=(TIMES >= 100) & (TIMES < 200) & (TIMES != 150))
    flags = made.flags("mock_location")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[100.0 - 2.5, 200.0 - 2.5]]
    assert "19" in flags["reason"].iloc[0]


def test_a_candidate_near_the_border_gets_a_probability(case):
    def border(first, second=None):
        made = case(platform="itmc")
        for stream, chance in (("gps_phone1", first), ("gps_phone2", second)):
            if chance is not None:
                made.signal(stream, "outside_probability", TIMES, chance)
                made.signal(stream, "border_distance_m", TIMES, 20.0 if chance > 0.5 else -20.0)
        return made.flags("location_outside")

    (alone,) = border(0.8).itertuples()
    assert alone.reason_key == "location_border"
    assert "80 %" in alone.reason
    assert alone.score == pytest.approx(0.48)
    (both,) = border(0.8, 0.8).itertuples()
    # Odds of four to one, twice: sixteen to one.
    assert "94 %" in both.reason
    assert both.supports == ["gps_phone1", "gps_phone2"]
    (torn,) = border(0.8, 0.2).itertuples()
    assert torn.contradicts == ["gps_phone2"]
    assert torn.score < alone.score
    assert border(0.6).empty
    assert border(0.5).empty


def test_a_poor_check_in_place_explains_more(case):
    made = case(platform="itmc").fixes("gps_phone1", TIMES, north_m=250.0)
    assert len(made.flags("location_drift")) == 1
    made.signal("gps_phone1", "checkin_accuracy_m", [0.0], 200.0)
    assert made.flags("location_drift").empty


def test_walls_and_cold_starts_explain_themselves(case):
    """Indoors a phone at rest may state 1,000 m and be 800 m off; every other fix is good."""
    times = np.arange(0.0, 600.0, 5.0)
    far = (times % 60 >= 30) & (times % 60 < 45)
    made = case(platform="itmc")
    made.fixes("gps_phone1", times, north_m=np.where(far, 800.0, 5.0),
               accuracy_m=np.where(far, 1000.0, 15.0))  # fmt: skip
    # The second phone starts cold: the first minute is elsewhere, and says that it does not know.
    cold = times < 60
    made.fixes("gps_phone2", times, north_m=np.where(cold, 400.0, 0.0),
               accuracy_m=np.where(cold, 600.0, 12.0))  # fmt: skip
    for detector in ("location_drift", "location_jump", "phones_apart"):
        assert made.flags(detector).empty, detector
