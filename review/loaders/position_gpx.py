"""GPX 1.0 and 1.1: tracks, and way points that carry a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import gpxpy
from gpxpy.gpx import GPXException

from review.errors import LoadError
from review.loaders.badlines import Tally, text_problems
from review.loaders.position_csv import crs_name, to_number
from review.loaders.registry import Context, Loaded, Loader
from review.loaders.text import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpxpy.gpx import GPX

#: Names of extension elements in which phones write what GPX has no element for.
_EXTENSIONS: Final = {
    "accuracy": "accuracy_m",
    "hacc": "accuracy_m",
    "accuracy_m": "accuracy_m",
    "speed": "speed_mps",
    "speed_mps": "speed_mps",
    "provider": "provider",
    "mock": "mock",
    "crs": "crs",
}


def _takes(_path: Path, head: bytes) -> bool:
    return b"<gpx" in head or b"<\0g\0p\0x\0" in head


def _load(path: Path, context: Context) -> Loaded:
    text, encoding = read_text(path)
    if "<!DOCTYPE" in text[:4096] or "<!ENTITY" in text:
        # No GPX needs a document type; entities can blow up a few bytes into gigabytes.
        raise LoadError("the file declares a document type", where=path, expected="plain GPX")
    try:
        gpx = gpxpy.parse(text)
    except (GPXException, ValueError, AttributeError, TypeError, LookupError) as error:
        raise LoadError(
            "not readable as GPX", where=path, expected="GPX 1.0 or 1.1", found=str(error)
        ) from error
    timeless, naive, rows = Tally("line_bad"), 0, []
    for number, point in enumerate(_points(gpx), start=1):
        if point.time is None:
            timeless.add(number, "no time")
            continue
        moment = point.time
        if moment.tzinfo is None:
            naive += 1
            moment = moment.replace(tzinfo=context.timezone)
        rows.append(_row(point) | {"time": moment})
    problems = text_problems(
        bad=timeless,
        encoding=encoding,
        naive=naive,
        timezone=context.timezone,
        what="points cannot be used",
    )
    return Loaded(rows=rows, problems=problems)


def _points(gpx: GPX) -> Iterator[Any]:
    for track in gpx.tracks:
        for segment in track.segments:
            yield from segment.points
    for point in gpx.waypoints:
        # A way point is a mark on a map unless it says when somebody was there.
        if point.time is not None:
            yield point


def _row(point: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "lat_deg": point.latitude,
        "lon_deg": point.longitude,
        "altitude_m": point.elevation,
        "speed_mps": getattr(point, "speed", None),
        "provider": point.source or None,
        "mock": False,
        "accuracy_m": None,
        "crs": None,
    }
    for element in point.extensions:
        for part in (element, *element):
            column = _EXTENSIONS.get(str(part.tag).rpartition("}")[2].lower())
            value = (part.text or "").strip()
            if column in ("accuracy_m", "speed_mps"):
                row[column] = to_number(value)
            elif column == "mock":
                row[column] = value.lower() in ("1", "true")
            elif column == "crs" and value:
                row["crs"] = crs_name(value)
            elif column is not None and value:
                row[column] = value
    return row


LOADER: Final = Loader(
    name="GPX", kind="positions", suffixes=(".gpx", ".xml"), takes=_takes, load=_load
)
