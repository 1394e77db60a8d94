"""The satellites' time of a fix, where a position log tells it."""

from zoneinfo import ZoneInfo

import pytest

from review.loaders import Context
from review.loaders.positions import load_positions, positions_table

CONTEXT = Context(timezone=ZoneInfo("Asia/Shanghai"))


def table(sitting, path):
    rows = load_positions(path, CONTEXT).rows
    return positions_table(sitting, "gps_phone1", rows)[0]


def test_a_column_of_satellite_time_stands_beside_the_phones(sitting, tmp_path):
    path = tmp_path / "phone1.csv"
    path.write_text(
        "time,lat_deg,lon_deg,gnss_time\n"
        "2022-12-10T08:30:10+08:00,39.9,116.4,2022-12-10T00:30:03.5Z\n"
        "2022-12-10T08:30:20+08:00,39.9,116.4,\n",
        encoding="utf-8",
    )
    made = table(sitting, path)
    assert made["device_s"].tolist() == [10.0, 20.0]
    assert made["gnss_s"].iloc[0] == pytest.approx(3.5)
    assert made["gnss_s"].isna().tolist() == [False, True]


def test_a_log_without_it_tells_none(sitting, tmp_path):
    path = tmp_path / "phone1.csv"
    path.write_text("time,lat_deg,lon_deg\n2022-12-10T08:30:10+08:00,39.9,116.4\n", "utf-8")
    assert table(sitting, path)["gnss_s"].isna().all()


def test_nmea_tells_the_satellites_time_alone(sitting, tmp_path):
    body = "GPRMC,003010.00,A,3954.0000,N,11624.0000,E,0.0,0.0,101222,,,A"
    total = 0
    for byte in body.encode():
        total ^= byte
    path = tmp_path / "phone1.nmea"
    path.write_text(f"${body}*{total:02X}\r\n", encoding="ascii")
    made = table(sitting, path)
    assert made["gnss_s"].tolist() == made["device_s"].tolist() == [10.0]
