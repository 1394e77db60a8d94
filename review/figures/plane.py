"""A flat map in metres around one place: no tiles, no network, equal scales on both axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: Mean radius of the Earth (IUGG, GRS 80).
_RADIUS_M: Final = 6_371_008.8


@dataclass(frozen=True, kw_only=True)
class Plane:
    """Equirectangular projection around a centre, WGS-84: within 100 km true to some 0.1 %."""

    lat_deg: float
    lon_deg: float

    def to_metres(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> NDArray[np.float64]:
        """Return metres east and north of the centre, shape (n, 2).

        Examples
        --------
        >>> Plane(lat_deg=0.0, lon_deg=100.0).to_metres([0.0], [100.001]).round(1).tolist()
        [[111.2, 0.0]]
        """
        lat, lon = np.asarray(lat_deg, dtype=float), np.asarray(lon_deg, dtype=float)
        east = np.radians(lon - self.lon_deg) * np.cos(np.radians(self.lat_deg)) * _RADIUS_M
        north = np.radians(lat - self.lat_deg) * _RADIUS_M
        return np.column_stack([np.atleast_1d(east), np.atleast_1d(north)])

    def to_degrees(self, metres: ArrayLike) -> NDArray[np.float64]:
        """Return longitude and latitude, shape (n, 2): the inverse, in the order of shapely."""
        points = np.asarray(metres, dtype=float).reshape(-1, 2)
        lon = self.lon_deg + np.degrees(
            points[:, 0] / (_RADIUS_M * np.cos(np.radians(self.lat_deg)))
        )
        return np.column_stack([lon, self.lat_deg + np.degrees(points[:, 1] / _RADIUS_M)])


@dataclass(frozen=True, kw_only=True)
class View:
    """The part of a plane that is shown, in metres; ``border_m`` is the distance to the border."""

    left_m: float
    right_m: float
    bottom_m: float
    top_m: float
    border_m: float | None

    @property
    def width_m(self) -> float:
        """From west to east."""
        return self.right_m - self.left_m


#: A view is at least this wide, so that the noise of a phone at rest does not look like a walk.
_LEAST_M: Final = 120.0
#: The border is taken into view if it is at most this many times as far as the points are apart...
_REACH: Final = 3.0
#: ...or nearer than this.
_NEAR_M: Final = 2_000.0


def view_of(points_m: NDArray[np.float64], plane: Plane, boundary: shapely.Geometry | None) -> View:
    """Choose what is shown: all points, and the nearest of the border where it is not far.

    Parameters
    ----------
    points_m
        Shape (n, 2), n > 0.
    boundary
        Polygon of the permitted region, WGS-84 degrees, longitude first.
    """
    low, high = points_m.min(axis=0), points_m.max(axis=0)
    extent = max(float((high - low).max()), _LEAST_M)
    border_m = None
    if boundary is not None and not boundary.is_empty:
        nearest, border_m = _nearest_border(points_m, plane, boundary)
        if border_m <= max(_REACH * extent, _NEAR_M):
            low, high = np.minimum(low, nearest), np.maximum(high, nearest)
    extent = max(float((high - low).max()), _LEAST_M)
    middle, half = (low + high) / 2, 0.6 * extent
    return View(
        left_m=float(middle[0] - half),
        right_m=float(middle[0] + half),
        bottom_m=float(middle[1] - half),
        top_m=float(middle[1] + half),
        border_m=border_m,
    )


def border_lines(
    view: View, plane: Plane, boundary: shapely.Geometry | None
) -> list[NDArray[np.float64]]:
    """Return the pieces of a region's border that lie in view, each of shape (n, 2) in metres."""
    if boundary is None or boundary.is_empty:
        return []
    cut = shapely.intersection(shapely.boundary(boundary), _frame(view, plane))
    lines = [g for g in shapely.get_parts(cut) if g.geom_type == "LineString" and len(g.coords)]
    made = []
    for line in lines:
        lonlat = shapely.get_coordinates(line)
        made.append(plane.to_metres(lonlat[:, 1], lonlat[:, 0]))
    return made


def region_areas(
    view: View, plane: Plane, boundary: shapely.Geometry | None
) -> list[NDArray[np.float64]]:
    """Return the outlines of a region's areas as far as they lie in view, shape (n, 2) in metres.

    Holes are left out: a region's enclaves are seen by their border.
    """
    if boundary is None or boundary.is_empty:
        return []
    cut = shapely.intersection(boundary, _frame(view, plane))
    made = []
    for area in (g for g in shapely.get_parts(cut) if g.geom_type == "Polygon" and g.area):
        lonlat = shapely.get_coordinates(shapely.get_exterior_ring(area))
        made.append(plane.to_metres(lonlat[:, 1], lonlat[:, 0]))
    return made


def _frame(view: View, plane: Plane) -> shapely.Geometry:
    corners = plane.to_degrees([(view.left_m, view.bottom_m), (view.right_m, view.top_m)])
    return shapely.box(*corners[0], *corners[1])


def _nearest_border(
    points_m: NDArray[np.float64], plane: Plane, boundary: shapely.Geometry
) -> tuple[NDArray[np.float64], float]:
    lonlat = shapely.points(plane.to_degrees(points_m))
    edge = shapely.boundary(boundary)
    # Degrees are no distance, but near one place they order points as metres do well enough.
    start = lonlat[int(np.argmin(shapely.distance(lonlat, edge)))]
    joined = shapely.get_coordinates(shapely.shortest_line(start, edge))
    ends = plane.to_metres(joined[:, 1], joined[:, 0])
    return ends[1], float(np.hypot(*(ends[1] - ends[0])))
