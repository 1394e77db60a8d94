import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.errors import LoadError
from review.loaders.coordinates import from_wgs84, in_china, to_wgs84

METRE_DEG = 1 / 111_320
#: WGS-84 -> GCJ-02 of published test suites (googollee/eviltransform, wandergis/coordtransform).
PAIRS = [
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]


@pytest.mark.parametrize(("wgs", "gcj"), PAIRS)
def test_gcj02_agrees_with_published_pairs(wgs, gcj):
    assert np.allclose(from_wgs84(*wgs, "gcj02"), gcj, atol=1e-6)
    assert np.allclose(to_wgs84(*gcj, "gcj02"), wgs, atol=1e-6)


def test_all_vectors_of_the_test_data():
    folder = os.environ.get("REVIEW_TESTDATA")
    path = Path(folder or "", "gps", "coord_vectors.json")
    if not folder or not path.exists():
        pytest.skip("REVIEW_TESTDATA is not there")
    vectors = json.loads(path.read_text(encoding="utf-8"))
    for pair in vectors["wgs84_to_gcj02"]:
        assert np.allclose(from_wgs84(*pair["wgs"], "gcj02"), pair["gcj"], atol=1e-6)
    for pair in vectors["gcj02_to_bd09"]:
        found = from_wgs84(*to_wgs84(*pair["gcj"], "gcj02"), "bd09")
        assert np.allclose(found, pair["bd"], atol=1e-6)
    for pair in vectors["bd09_to_gcj02"]:
        found = from_wgs84(*to_wgs84(*pair["bd"], "bd09"), "gcj02")
        # The published way back is a single step and off by up to half a metre.
        assert np.allclose(found, pair["gcj"], atol=0.6 * METRE_DEG)
    for pair in vectors["gcj02_to_wgs84_one_step"]:
        found = to_wgs84(*pair["gcj"], "gcj02")
        assert np.allclose(found, pair["wgs"], atol=3 * METRE_DEG)


@settings(max_examples=200, deadline=None)
@given(
    lat=st.floats(18.2, 53.5),
    lon=st.floats(73.6, 134.7),
    crs=st.sampled_from(["gcj02", "bd09"]),
)
def test_round_trips_inside_china_stay_within_a_tenth_of_a_metre(lat, lon, crs):
    there = from_wgs84(lat, lon, crs)
    back = to_wgs84(*there, crs)
    assert abs(back[0] - lat) < 0.1 * METRE_DEG
    assert abs(back[1] - lon) < 0.1 * METRE_DEG
    # ... and it was really moved: some metres at the very least, 2 km at the most.
    moved_m = np.hypot(there[0] - lat, (there[1] - lon) * np.cos(np.radians(lat))) / METRE_DEG
    assert 5 < moved_m < 2000


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
@pytest.mark.parametrize("place", [(48.8566, 2.3522), (-33.9, 151.2), (37.77, -122.42), (60, 100)])
def test_places_outside_china_are_untouched(place, crs):
    assert tuple(map(float, to_wgs84(*place, crs))) == place
    assert tuple(map(float, from_wgs84(*place, crs))) == place
    assert not in_china(*place)


def test_wgs84_is_returned_as_it_is_and_inputs_are_not_changed():
    lat, lon = np.array([39.9, np.nan]), np.array([116.4, np.nan])
    same = to_wgs84(lat, lon, "wgs84")
    assert np.array_equal(same, (lat, lon), equal_nan=True)
    moved = to_wgs84(lat, lon, "bd09")
    assert np.isnan(moved[0][1])
    assert lat[0] == 39.9


def test_an_unknown_system_is_refused_by_name():
    with pytest.raises(LoadError, match="wgs84, gcj02, bd09"):
        to_wgs84(1.0, 2.0, "epsg:4490")
