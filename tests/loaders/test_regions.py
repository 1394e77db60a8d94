import json
from dataclasses import replace

import pytest
from shapely.geometry import Point

from review.errors import SessionError
from review.loaders import load_session
from review.loaders.coordinates import from_wgs84
from review.loaders.regions import known_adcode, region_boundary
from review.session import Region

BEIJING = Region(name="北京市", adcode="110000")
#: WGS-84, from public gazetteers: well inside, and well outside (Langfang, Tianjin, Shanghai).
INSIDE = [(39.9087, 116.3975), (40.3569, 116.0201), (39.7967, 116.2010)]
OUTSIDE = [(39.5380, 116.6838), (39.0842, 117.2009), (31.2304, 121.4737)]


def test_beijing_by_its_code():
    border = region_boundary(BEIJING)
    assert border.is_valid
    assert all(border.contains(Point(lon, lat)) for lat, lon in INSIDE)
    assert not any(border.contains(Point(lon, lat)) for lat, lon in OUTSIDE)


def test_the_borders_of_the_package_are_moved_from_gcj02():
    """The western corner moves by the shift that GCJ-02 has there, some hundred metres."""
    border = region_boundary(BEIJING)
    west = min(border.exterior.coords)
    raw = [float(v) for v in from_wgs84(west[1], west[0], "gcj02")]
    assert 0.002 < raw[1] - west[0] < 0.01
    # The package's own westernmost corner of Beijing, as its file has it.
    assert raw[1] == pytest.approx(115.4226, abs=0.001)


@pytest.mark.parametrize("crs", ["wgs84", "gcj02"])
@pytest.mark.parametrize("wrap", ["Polygon", "Feature", "FeatureCollection"])
def test_a_boundary_of_ones_own(tmp_path, crs, wrap):
    square = [(39.0, 116.0), (39.0, 117.0), (40.0, 117.0), (40.0, 116.0), (39.0, 116.0)]
    corners = [[float(v) for v in from_wgs84(lat, lon, crs)][::-1] for lat, lon in square]
    item = {"type": "Polygon", "coordinates": [corners]}
    if wrap != "Polygon":
        item = {"type": "Feature", "properties": {}, "geometry": item}
    if wrap == "FeatureCollection":
        item = {"type": "FeatureCollection", "features": [item]}
    path = tmp_path / "边界.geojson"
    path.write_text(json.dumps(item), encoding="utf-8")
    border = region_boundary(Region(name="x", boundary=path, crs=crs))
    assert border.bounds == pytest.approx((116, 39, 117, 40), abs=1e-6)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"type": "Point", "coordinates": [1, 2]}',
     '{"type": "Polygon", "coordinates": [[[1, 2], [1, 2], [1, 2], [1, 2]]]}',
     '{"type": "Polygon", "coordinates": "x"}', '{"type": "Feature", "geometry": null}'],
)  # fmt: skip
def test_a_file_without_an_area_is_refused(tmp_path, text):
    path = tmp_path / "a.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SessionError) as caught:
        region_boundary(Region(name="x", boundary=path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_codes():
    assert known_adcode("110000")
    for wrong in ("999999", "", "../110000", "１１００００", "110000.geojson"):
        assert not known_adcode(wrong)
    with pytest.raises(SessionError, match="unknown adcode '999999'"):
        region_boundary(Region(name="x", adcode="999999"))


def test_a_candidates_own_region_takes_the_place_of_the_sessions(session_folder):
    session, _ = load_session(session_folder)
    assert region_boundary(session) is None
    session = replace(session, region=BEIJING)
    candidate = replace(session.candidates[0], region="310000")
    shanghai = Point(121.4737, 31.2304)
    assert not region_boundary(session, session.candidates[0]).contains(shanghai)
    assert region_boundary(session, candidate).contains(shanghai)
