import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from made import START, at

from review.errors import LoadError
from review.loaders import Context, load_session, load_sitting
from review.loaders.coordinates import from_wgs84
from review.loaders.positions import load_positions, positions_table

CONTEXT = Context(timezone=ZoneInfo("Asia/Shanghai"))
GPX = """<?xml version="1.0"?>
<gpx version="{version}" xmlns="http://www.topografix.com/GPX/{slash}">
<trk><trkseg>
<trkpt lat="39.9" lon="116.4"><ele>50</ele><time>2022-12-10T00:30:00Z</time>{speed}</trkpt>
<trkpt lat="39.91" lon="116.41"><time>2022-12-10T08:30:10.5+08:00</time></trkpt>
<trkpt lat="39.92" lon="116.42"></trkpt>
</trkseg></trk></gpx>
"""


def nmea(*bodies):
    lines = []
    for body in bodies:
        total = 0
        for byte in body.encode():
            total ^= byte
        lines.append(f"${body}*{total:02X}\r\n")
    return "".join(lines)


def load(tmp_path, name, text, context=CONTEXT):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_positions(path, context)


def seconds(rows):
    return [(row["time"] - START).total_seconds() for row in rows]


@pytest.mark.parametrize(("version", "speed"), [("1.0", "<speed>1.5</speed>"), ("1.1", "")])
def test_gpx(tmp_path, version, speed):
    text = GPX.format(version=version, slash=version.replace(".", "/"), speed=speed)
    loaded = load(tmp_path, "a.gpx", text)
    assert seconds(loaded.rows) == [0, 10.5]
    assert (loaded.rows[0]["lat_deg"], loaded.rows[0]["altitude_m"]) == (39.9, 50)
    assert loaded.rows[0]["speed_mps"] == (1.5 if speed else None)
    assert [p.code for p in loaded.problems] == ["line_bad"]


def test_gpx_with_what_phones_add(tmp_path):
    point = (
        '<trkpt lat="39.9" lon="116.4"><time>2022-12-10T00:30:00Z</time><src>gps</src><extensions>'
        '<accuracy>12.5</accuracy><x:speed xmlns:x="urn:x">2</x:speed><mock>true</mock>'
        "</extensions></trkpt>"
    )
    text = GPX.format(version="1.1", slash="1/1", speed="").replace("<trkseg>", f"<trkseg>{point}")
    row = load(tmp_path, "a.gpx", text).rows[0]
    assert (row["accuracy_m"], row["speed_mps"], row["mock"]) == (12.5, 2, True)
    assert row["provider"] == "gps"


def test_gpx_that_would_blow_up_is_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "aaaa">]><gpx version="1.1">&a;</gpx>'
    with pytest.raises(LoadError, match="document type"):
        load(tmp_path, "a.gpx", bomb)


def test_nmea_takes_date_place_height_and_speed_from_several_sentences(tmp_path):
    text = nmea(
        "GNGGA,003000.00,3954.0000,N,11624.0000,E,1,08,1.0,50.0,M,0.0,M,,",
        "GNRMC,003000.00,A,3954.0000,N,11624.0000,E,10.0,,101222,,,A",
        "GNGST,003000.00,10,,,,3.0,4.0,5.0",
        "GPGSV,1,1,00",
        "GNRMC,003001.50,A,3954.0000,S,11624.0000,W,0.0,,101222,,,A",
        "GNRMC,003002.00,V,,,,,,,101222,,,N",
    )
    loaded = load(tmp_path, "a.nmea", text)
    assert seconds(loaded.rows) == [0, 1.5]
    first, second = loaded.rows
    assert (first["lat_deg"], first["lon_deg"]) == (39.9, 116.4)
    assert (first["altitude_m"], first["accuracy_m"]) == (50, 5)
    assert first["speed_mps"] == pytest.approx(10 * 1852 / 3600)
    assert (second["lat_deg"], second["lon_deg"]) == (-39.9, -116.4)
    assert loaded.problems == []


def test_nmea_midnight_and_dates_told_late(tmp_path):
    place = "3954.0000,N,11624.0000,E"
    text = nmea(
        f"GPGGA,235958.00,{place},1,08,1.0,50.0,M,0.0,M,,",
        "GPZDA,235959.00,09,12,2022,00,00",
        f"GPGGA,235959.00,{place},1,08,1.0,50.0,M,0.0,M,,",
        f"GPGGA,000001.00,{place},1,08,1.0,50.0,M,0.0,M,,",
        f"GPRMC,000002.00,A,{place},0.0,,101222,,,A",
    )
    times = [row["time"] for row in load(tmp_path, "a.log", text).rows]
    assert times == [
        datetime(2022, 12, 9, 23, 59, 58, tzinfo=UTC),
        datetime(2022, 12, 9, 23, 59, 59, tzinfo=UTC),
        datetime(2022, 12, 10, 0, 0, 1, tzinfo=UTC),
        datetime(2022, 12, 10, 0, 0, 2, tzinfo=UTC),
    ]


def test_nmea_the_combined_solution_goes_before_single_systems(tmp_path):
    text = nmea(
        "GPRMC,003000.00,A,3950.0000,N,11624.0000,E,0.0,,101222,,,A",
        "GNRMC,003000.00,A,3954.0000,N,11624.0000,E,0.0,,101222,,,A",
        "GBRMC,003000.00,A,3958.0000,N,11624.0000,E,0.0,,101222,,,A",
    )
    (row,) = load(tmp_path, "a.nmea", text).rows
    assert (row["lat_deg"], row["provider"]) == (39.9, "nmea GN")


def test_nmea_bad_checksums_are_skipped_and_counted(tmp_path):
    good = nmea("GNRMC,003000.00,A,3954.0000,N,11624.0000,E,0.0,,101222,,,A")
    loaded = load(tmp_path, "a.nmea", good + good.replace("3954", "3955") + good[:-6] + "\n" + good)
    assert len(loaded.rows) == 1
    (problem,) = loaded.problems
    assert problem.code == "checksum_bad"
    assert problem.message.startswith("2 sentences")
    assert "line 2, 3" in problem.message


def test_nmea_without_any_date_cannot_be_placed(tmp_path):
    text = nmea("GNGGA,003000.00,3954.0000,N,11624.0000,E,1,08,1.0,50.0,M,0.0,M,,")
    loaded = load(tmp_path, "a.nmea", text)
    assert loaded.rows == []
    assert "without a date" in loaded.problems[0].message


def test_geojson_points_and_lines(tmp_path):
    point = {
        "type": "Feature",
        "properties": {"timestamp": at(0), "accuracy": 7, "isMock": True, "source": "gps"},
        "geometry": {"type": "Point", "coordinates": [116.4, 39.9, 44]},
    }
    line = {
        "type": "Feature",
        "properties": {"coordTimes": [at(1), at(2)]},
        "geometry": {"type": "LineString", "coordinates": [[116.4, 39.9], [116.5, 39.8]]},
    }
    lost = {"type": "Feature", "properties": {}, "geometry": None}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    whole = {"type": "FeatureCollection", "crs": crs, "features": [point, line, lost]}
    loaded = load(tmp_path, "a.geojson", json.dumps(whole))
    assert seconds(loaded.rows) == [0, 1, 2]
    first = loaded.rows[0]
    assert (first["lon_deg"], first["altitude_m"], first["accuracy_m"]) == (116.4, 44, 7)
    assert (first["mock"], first["provider"], first["crs"]) == (True, "gps", "wgs84")
    assert loaded.rows[2]["lat_deg"] == 39.8
    assert [p.code for p in loaded.problems] == ["line_bad"]


def test_the_location_history_of_android_phones(tmp_path):
    takeout = {
        "locations": [
            {"latitudeE7": 399000000, "longitudeE7": 1164000000, "accuracy": 20,
             "timestamp": at(0), "velocity": 2, "source": "WIFI"},
            {"latitudeE7": 399100000, "longitudeE7": 1164000000,
             "timestampMs": str(int(START.timestamp() * 1000) + 1500)},
            {"accuracy": 3},
        ]
    }  # fmt: skip
    loaded = load(tmp_path, "a.json", json.dumps(takeout))
    assert seconds(loaded.rows) == [0, 1.5]
    assert loaded.rows[0]["lat_deg"] == pytest.approx(39.9)
    assert (loaded.rows[0]["accuracy_m"], loaded.rows[0]["provider"]) == (20, "WIFI")
    assert [p.code for p in loaded.problems] == ["line_bad"]
    on_phone = {
        "semanticSegments": [
            {"timelinePath": [{"point": "39.9000000°, 116.4000000°", "time": at(5)}]}
        ],
        "rawSignals": [
            {"position": {"LatLng": "39.91°, 116.4°", "accuracyMeters": 9, "timestamp": at(3),
                          "source": "GPS", "speedMetersPerSecond": 1.5, "altitudeMeters": 50}},
            {"wifiScan": {}},
        ],
    }  # fmt: skip
    loaded = load(tmp_path, "a.json", json.dumps(on_phone))
    assert seconds(loaded.rows) == [3, 5]
    assert (loaded.rows[0]["speed_mps"], loaded.rows[1]["lat_deg"]) == (1.5, 39.9)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("time,lat_deg,lon_deg,accuracy_m", f"{at(0)},39.9,116.4,5"),
        ("Timestamp;Latitude;Longitude;Accuracy", f"{at(0)};39.9;116.4;5"),
        ("时间,纬度,经度,精度", "2022/12/10 8:30:00,39.9,116.4,5"),
        ("lng\tlat\ttimestamp\tradius", f"116.4\t39.9\t{int(START.timestamp())}\t5"),
        ("lng,lat,time,accuracy", f"116.4,39.9,{int(START.timestamp() * 1000)},5"),
    ],
)
def test_csv_by_well_known_names(tmp_path, header, row):
    loaded = load(tmp_path, "a.csv", f"{header}\n{row}\n")
    assert seconds(loaded.rows) == [0]
    got = loaded.rows[0]
    assert (got["lat_deg"], got["lon_deg"], got["accuracy_m"]) == (39.9, 116.4, 5)


def test_csv_with_a_column_map(tmp_path):
    columns = {"time": "wann", "lat_deg": "lon", "lon_deg": "Y"}
    context = Context(timezone=CONTEXT.timezone, columns=columns)
    (row,) = load(tmp_path, "a.csv", f"wann,lon,Y\n{at(0)},39.9,116.4\n", context).rows
    assert (row["lat_deg"], row["lon_deg"]) == (39.9, 116.4)
    with pytest.raises(LoadError, match="no column for time"):
        load(tmp_path, "b.csv", f"time,lon,Y\n{at(0)},39.9,116.4\n", context)


def test_csv_text_in_a_number_costs_that_line_alone(tmp_path):
    text = (
        "time,lat_deg,lon_deg,accuracy_m,mock\n"
        f"{at(0)},39.9,116.4,5,true\n{at(1)},north,116.4,5,\n{at(2)},39.9,116.4,good,\n"
        f"yesterday,39.9,116.4,5,\n{at(4)},39.9\n{at(5)},nan,116.4,,\n{at(6)},39.9,116.4,,0\n"
    )
    loaded = load(tmp_path, "a.csv", text)
    assert seconds(loaded.rows) == [0, 6]
    assert [row["mock"] for row in loaded.rows] == [True, False]
    (problem,) = loaded.problems
    assert problem.code == "line_bad"
    assert problem.message.startswith("5 lines")
    assert "line 3" in problem.message
    assert "north" in problem.message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", ""),
        ("a.csv", "a,b,c\n1,2,3\n"),
        ("a.gpx", "<html></html>"),
        ("a.gpx", "<gpx><trk>"),
        ("a.nmea", "hello"),
        ("a.geojson", '{"type": "FeatureCollection", "features": 3}'),
        ("a.json", "[]"),
        ("a.seb", "x"),
    ],
)
def test_what_holds_no_positions_is_refused_in_one_line(tmp_path, name, text):
    with pytest.raises(LoadError) as caught:
        load(tmp_path, name, text)
    assert "\n" not in str(caught.value)


def table(session_folder, rows, **changes):
    session, _ = load_session(session_folder)
    sitting = session.sitting("C1", "theory")
    if changes:
        from dataclasses import replace

        sitting = replace(sitting, session=replace(session, **changes))
    whole = [{"time": START, "mock": False, **row} for row in rows]
    return positions_table(sitting, "gps_phone1", whole)


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_the_table_is_wgs84_whatever_was_declared(session_folder, crs):
    lat, lon = (float(v) for v in from_wgs84(39.9, 116.4, crs))
    row = {"lat_deg": lat, "lon_deg": lon}
    frame, problems = table(session_folder, [row], positions_crs=crs)
    assert problems == []
    assert frame.loc[0, "lat_deg"] == pytest.approx(39.9, abs=1e-7)
    assert frame.loc[0, "lon_deg"] == pytest.approx(116.4, abs=1e-7)
    assert frame.loc[0, "crs"] == crs


def test_an_undeclared_system_in_china_is_the_platforms_and_is_said(session_folder):
    lat, lon = (float(v) for v in from_wgs84(39.9, 116.4, "gcj02"))
    rows = [{"lat_deg": lat, "lon_deg": lon}, {"lat_deg": 48.8, "lon_deg": 2.3}]
    frame, problems = table(session_folder, rows, positions_crs=None)
    assert [p.code for p in problems] == ["crs_undeclared"]
    assert problems[0].message.startswith("1 positions")
    assert np.allclose(frame["lat_deg"], [39.9, 48.8], atol=1e-7)
    # A row that says it itself needs no declaration.
    frame, problems = table(
        session_folder, [{"lat_deg": 39.9, "lon_deg": 116.4, "crs": "wgs84"}], positions_crs=None
    )
    assert problems == []
    assert frame.loc[0, "lat_deg"] == 39.9


def test_order_repetitions_and_places_off_the_globe(session_folder):
    times = [START.replace(second=s) for s in (9, 3, 3, 5, 6, 7)]
    places = [(39.9, 116.4), (39.8, 116.4), (39.8, 116.4), (95.0, 116.4), (0, 0), (39.7, 200)]
    rows = [
        {"time": t, "lat_deg": lat, "lon_deg": lon, "accuracy_m": -1}
        for t, (lat, lon) in zip(times, places, strict=True)
    ]
    frame, problems = table(session_folder, rows)
    assert list(frame["device_s"]) == [3, 9]
    assert frame["accuracy_m"].isna().all()
    assert sorted(p.code for p in problems) == ["duplicates", "position_bad"]
    assert next(p for p in problems if p.code == "position_bad").message.startswith("3 positions")


def test_a_system_that_nobody_knows(session_folder):
    rows = [{"lat_deg": 39.9, "lon_deg": 116.4, "crs": c} for c in ("utm50n", "gcj02", "utm50n")]
    frame, problems = table(session_folder, rows)
    assert list(frame["crs"]) == ["gcj02"]
    assert "'utm50n' (2)" in problems[0].message


def test_positions_days_away_are_kept_and_said(session_folder, place):
    path = place("theory/gps/phone2.csv", "time,lat,lon\n2019-01-01T00:00:00Z,39.9,116.4\n")
    record = load_sitting(path.parents[1])
    assert len(record.positions) == 1
    assert "time_far" in set(record.problems["code"])
