"""Positions in CSV files, with a column map or well-known column names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from review.errors import LoadError
from review.loaders.badlines import Tally, text_problems
from review.loaders.csvfile import match_columns, read_header, read_rows
from review.loaders.position_nmea import SENTENCE
from review.loaders.registry import Context, Loaded, Loader
from review.loaders.text import read_text
from review.loaders.times import parse_time
from review.session import CRS

if TYPE_CHECKING:
    from pathlib import Path

#: The project's column -> well-known names, lower case.
NAMES: Final = {
    "time": (
        "timestamp", "tracked_at", "datetime", "date_time", "time_utc", "utc", "gps_time",
        "locate_time", "定位时间", "时间",
    ),
    "lat_deg": ("lat", "latitude", "纬度"),
    "lon_deg": ("lon", "lng", "long", "longitude", "经度"),
    "accuracy_m": ("accuracy", "horizontal_accuracy", "hacc", "radius", "精度"),
    "altitude_m": ("altitude", "alt", "elevation", "ele", "海拔"),
    "speed_mps": ("speed", "速度"),
    "provider": ("source", "loc_type", "定位方式"),
    "mock": ("is_mock", "ismock", "from_mock_provider", "isfrommockprovider", "模拟定位"),
    "gnss_time": ("gnss_utc", "satellite_time", "fix_time_utc", "卫星时间"),
    "crs": ("coord_type", "coordtype", "coordinate_system", "坐标系"),
}  # fmt: skip
_PLACE: Final = ("lat_deg", "lon_deg")
_NUMBERS: Final = (*_PLACE, "accuracy_m", "altitude_m", "speed_mps")
_TRUE: Final = ("1", "true", "yes", "y", "t", "是")
_FALSE: Final = ("", "0", "false", "no", "n", "f", "否")


def _takes(_path: Path, head: bytes) -> bool:
    if SENTENCE.search(head):
        return False
    return b"\0" not in head[:512] and not head.lstrip().startswith((b"{", b"[", b"<"))


def _load(path: Path, context: Context) -> Loaded:
    text, encoding = read_text(path)
    header, separator = read_header(text)
    places = match_columns(header, NAMES, context.columns)
    missing = [c for c in ("time", "lat_deg", "lon_deg") if c not in places]
    if missing:
        raise LoadError(
            f"no column for {', '.join(missing)}",
            where=path,
            expected="time, lat_deg, lon_deg, or a column map under [positions] in session.toml",
            found=", ".join(header[:12]) or "no header",
        )
    bad, naive, rows = Tally("line_bad"), 0, []
    for line, cells in read_rows(text, separator):
        row, reason = _row(cells, places, context)
        if row is None:
            bad.add(line, reason)
            continue
        naive += row.pop("naive")
        rows.append(row)
    problems = text_problems(bad=bad, encoding=encoding, naive=naive, timezone=context.timezone)
    return Loaded(rows=rows, problems=problems)


def _row(
    cells: list[str] | None, places: dict[str, int], context: Context
) -> tuple[dict[str, Any] | None, str]:
    if cells is None:
        return None, "no CSV"
    values = {c: cells[n].strip() if n < len(cells) else "" for c, n in places.items()}
    read = parse_time(values["time"], context.timezone)
    satellites = parse_time(values.get("gnss_time", ""), context.timezone)
    numbers = {c: to_number(values.get(c, "")) for c in _NUMBERS}
    mock, crs = values.get("mock", "").lower(), crs_name(values.get("crs", ""))
    wrong = [c for c, n in numbers.items() if n is None and (values.get(c) or c in _PLACE)]
    wrong += ["mock"] if mock not in _TRUE + _FALSE else []
    wrong += ["crs"] if crs not in ("", *CRS) else []
    if read is None or wrong:
        column = "time" if read is None else wrong[0]
        return None, f"{column} {values[column][:40]!r}"
    return {
        "time": read[0],
        "naive": read[1],
        **numbers,
        "mock": mock in _TRUE,
        "provider": values.get("provider") or None,
        "crs": crs or None,
        "gnss_time": None if satellites is None else satellites[0],
    }, ""


def crs_name(text: str) -> str:
    """``GCJ-02`` and ``bd09ll`` are ways to write ``gcj02`` and ``bd09``."""
    return text.lower().replace("-", "").replace("_", "").removesuffix("ll")


def to_number(text: str) -> float | None:
    """Return a finite number, or None for an empty cell or anything else."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


LOADER: Final = Loader(
    name="positions CSV", kind="positions", suffixes=(".csv", ".tsv", ".txt"), takes=_takes,
    load=_load,
)  # fmt: skip
