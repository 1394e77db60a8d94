"""Positions in JSON: GeoJSON, and the location history that Android phones export."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from review.errors import LoadError
from review.loaders.badlines import Tally, text_problems
from review.loaders.position_csv import NAMES, to_number
from review.loaders.registry import Context, Loaded, Loader
from review.loaders.text import read_json
from review.loaders.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_LAT_LNG: Final = re.compile(r"\s*(?:geo:)?(-?[\d.]+)°?\s*,\s*(-?[\d.]+)°?\s*")
#: Names of WGS-84 in the "crs" member of older GeoJSON.
_WGS84: Final = ("CRS84", "EPSG::4326", "EPSG:4326")


def _takes_geojson(_path: Path, head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and re.search(rb'"type"\s*:\s*"Feature', head) is not None


def _load_geojson(path: Path, context: Context) -> Loaded:
    whole, encoding = read_json(path)
    if not isinstance(whole, dict):
        raise LoadError("not GeoJSON", where=path, expected="an object with a type")
    crs = "wgs84" if any(name in str(whole.get("crs", "")) for name in _WGS84) else None
    features = whole.get("features") if whole.get("type") == "FeatureCollection" else [whole]
    if not isinstance(features, list):
        raise LoadError("not GeoJSON", where=path, expected="a list of features")
    return _loaded(_points(features), context, encoding, crs)


def _points(features: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield the properties of every point; a line has its times in ``coordTimes`` or ``times``."""
    for feature in features:
        geometry = _dict(_dict(feature).get("geometry"))
        own = _dict(_dict(feature).get("properties"))
        coordinates = geometry.get("coordinates")
        if not isinstance(coordinates, list):
            yield own
        elif geometry.get("type") == "Point":
            yield own | _place(coordinates)
        elif geometry.get("type") in ("LineString", "MultiPoint"):
            listed = _dict(own.get("coordinateProperties")).get("times")
            times = own.get("coordTimes") or own.get("times") or listed
            times = times if isinstance(times, list) else []
            for number, place in enumerate(coordinates):
                moment = times[number] if number < len(times) else None
                yield own | {"time": moment} | _place(place)
        else:
            yield own


def _place(coordinates: Any) -> dict[str, Any]:
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return {"lat_deg": None, "lon_deg": None}
    place = {"lon_deg": coordinates[0], "lat_deg": coordinates[1]}
    return place | ({"altitude_m": coordinates[2]} if len(coordinates) > 2 else {})


def _takes_android(_path: Path, head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    named = (b'"locations"', b'"rawSignals"', b'"semanticSegments"', b'"timelinePath"')
    return start.startswith((b"{", b"[")) and any(name in head for name in named)


def _load_android(path: Path, context: Context) -> Loaded:
    whole, encoding = read_json(path)
    # What the export gives is WGS-84 by its documentation (latitudeE7: "WGS84 latitude").
    return _loaded(_history(whole), context, encoding, "wgs84")


def _history(whole: Any) -> Iterator[dict[str, Any]]:
    """Yield the positions of ``Records.json`` (Takeout) or ``Timeline.json`` (on the phone)."""
    top = whole if isinstance(whole, dict) else {"semanticSegments": whole}
    for entry in _list(top.get("locations")):
        record = _dict(entry)
        yield {
            "time": record.get("timestamp") or record.get("timestampMs"),
            "lat_deg": _e7(record.get("latitudeE7")),
            "lon_deg": _e7(record.get("longitudeE7")),
            "accuracy_m": record.get("accuracy"),
            "altitude_m": record.get("altitude"),
            "speed_mps": record.get("velocity"),
            "provider": record.get("source"),
        }
    for entry in _list(top.get("rawSignals")):
        position = _dict(_dict(entry).get("position"))
        if position:
            yield {
                "time": position.get("timestamp"),
                **_lat_lng(position.get("LatLng")),
                "accuracy_m": position.get("accuracyMeters"),
                "altitude_m": position.get("altitudeMeters"),
                "speed_mps": position.get("speedMetersPerSecond"),
                "provider": position.get("source"),
            }
    for entry in _list(top.get("semanticSegments")):
        for step in _list(_dict(entry).get("timelinePath")):
            if "time" in _dict(step):
                yield {"time": step["time"], **_lat_lng(step.get("point"))}


def _lat_lng(text: Any) -> dict[str, Any]:
    match = _LAT_LNG.fullmatch(str(text))
    return {"lat_deg": match and match.group(1), "lon_deg": match and match.group(2)}


def _e7(value: Any) -> float | None:
    number = to_number(str(value))
    return None if number is None else number / 1e7


def _loaded(
    points: Iterable[dict[str, Any]], context: Context, encoding: str | None, crs: str | None
) -> Loaded:
    bad, naive, rows = Tally("line_bad"), 0, []
    for number, point in enumerate(points, start=1):
        known = _known(point)
        read = parse_time(known.get("time"), context.timezone)
        lat, lon = (to_number(str(known.get(c))) for c in ("lat_deg", "lon_deg"))
        if read is None or lat is None or lon is None:
            bad.add(
                number, f"time {str(known.get('time'))[:40]!r}, latitude {lat}, longitude {lon}"
            )
            continue
        naive += read[1]
        numbers = {
            c: to_number(str(known.get(c))) for c in ("accuracy_m", "altitude_m", "speed_mps")
        }
        provider = known.get("provider")
        rows.append(
            {
                "time": read[0],
                "lat_deg": lat,
                "lon_deg": lon,
                **numbers,
                "provider": None if provider is None else str(provider),
                "mock": known.get("mock") in (True, 1, "true", "True", "1"),
                "crs": crs,
            }
        )
    problems = text_problems(
        bad=bad,
        encoding=encoding,
        naive=naive,
        timezone=context.timezone,
        what="points cannot be used",
    )
    return Loaded(rows=rows, problems=problems)


def _known(point: dict[str, Any]) -> dict[str, Any]:
    """Rename well-known property names to the project's columns."""
    lower = {str(key).lower(): value for key, value in point.items()}
    found: dict[str, Any] = {}
    for column, names in NAMES.items():
        for name in (column, *names):
            if lower.get(name) is not None:
                found[column] = lower[name]
                break
    return found


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


GEOJSON: Final = Loader(
    name="GeoJSON", kind="positions", suffixes=(".geojson", ".json"), takes=_takes_geojson,
    load=_load_geojson,
)  # fmt: skip
ANDROID: Final = Loader(
    name="Android location history", kind="positions", suffixes=(".json",), takes=_takes_android,
    load=_load_android,
)  # fmt: skip
