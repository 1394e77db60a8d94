"""WGS-84, GCJ-02 and BD-09: the three coordinate systems that phones in China give positions in.

GCJ-02 shifts WGS-84 by a smooth function of the place, by 300 to 700 m; BD-09 shifts GCJ-02 again.
Neither has a closed inverse, so the way back is found by iteration. Outside China nothing is
shifted. Source of the formulas and constants: the published reverse engineering, checked here
against pairs from googollee/eviltransform and wandergis/coordtransform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.errors import LoadError
from review.session import CRS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Pair = tuple[NDArray[np.float64], NDArray[np.float64]]

#: Krasovsky 1940: semi-major axis (m) and first eccentricity squared.
_AXIS_M: Final = 6378245.0
_ECCENTRICITY2: Final = 0.00669342162296594323
#: Baidu's constant: pi * 3000 / 180.
_BD_PI: Final = np.pi * 3000.0 / 180.0
#: Latitudes and longitudes within which positions are shifted, as all implementations have them.
_CHINA: Final = (0.8293, 55.8271, 72.004, 137.8347)
#: Steps of the inverse. The shift changes by at most 1 % of a step, so each gains two digits.
_STEPS: Final = 12


def to_wgs84(lat: ArrayLike, lon: ArrayLike, crs: str) -> Pair:
    """Convert positions to WGS-84.

    Parameters
    ----------
    lat, lon
        Degrees, of one shape; NaN stays NaN.
    crs
        ``wgs84``, ``gcj02`` or ``bd09``: what they are given in.

    Returns
    -------
    lat, lon : numpy.ndarray
        New arrays. Positions outside China are returned as they are.

    Raises
    ------
    LoadError
        For another coordinate system.
    """
    lat, lon = _arrays(lat, lon)
    forward = _forward(crs)
    return (lat, lon) if forward is None else _inverse(forward, lat, lon)


def from_wgs84(lat: ArrayLike, lon: ArrayLike, crs: str) -> Pair:
    """Convert WGS-84 positions to a coordinate system; the inverse of :func:`to_wgs84`."""
    lat, lon = _arrays(lat, lon)
    forward = _forward(crs)
    return (lat, lon) if forward is None else forward(lat, lon)


def in_china(lat: ArrayLike, lon: ArrayLike) -> NDArray[np.bool_]:
    """Say which positions lie in the rectangle within which the shifts apply."""
    lat, lon = _arrays(lat, lon)
    south, north, west, east = _CHINA
    return np.asarray((lat >= south) & (lat <= north) & (lon >= west) & (lon <= east))


def _arrays(lat: ArrayLike, lon: ArrayLike) -> Pair:
    return np.array(lat, dtype=float), np.array(lon, dtype=float)


def _forward(crs: str) -> Callable[[NDArray[np.float64], NDArray[np.float64]], Pair] | None:
    known = {"wgs84": None, "gcj02": _wgs84_to_gcj02, "bd09": _wgs84_to_bd09}
    if crs not in known:
        raise LoadError(f"unknown coordinate system {crs!r}", expected=f"one of {', '.join(CRS)}")
    return known[crs]


def _inverse(
    forward: Callable[[NDArray[np.float64], NDArray[np.float64]], Pair],
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
) -> Pair:
    guess_lat, guess_lon = lat.copy(), lon.copy()
    for _ in range(_STEPS):
        shifted_lat, shifted_lon = forward(guess_lat, guess_lon)
        guess_lat = guess_lat + (lat - shifted_lat)
        guess_lon = guess_lon + (lon - shifted_lon)
    # Given places outside China were never shifted; this also holds on the very border.
    inside = in_china(lat, lon)
    return np.where(inside, guess_lat, lat), np.where(inside, guess_lon, lon)


def _wgs84_to_bd09(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> Pair:
    gcj_lat, gcj_lon = _wgs84_to_gcj02(lat, lon)
    radius = np.hypot(gcj_lon, gcj_lat) + 2e-5 * np.sin(gcj_lat * _BD_PI)
    angle = np.arctan2(gcj_lat, gcj_lon) + 3e-6 * np.cos(gcj_lon * _BD_PI)
    inside = in_china(lat, lon)
    return (
        np.where(inside, radius * np.sin(angle) + 0.006, lat),
        np.where(inside, radius * np.cos(angle) + 0.0065, lon),
    )


def _wgs84_to_gcj02(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> Pair:
    east, north = _wave(lon - 105.0, lat - 35.0)
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    north_deg = np.degrees(north * magic**1.5 / (_AXIS_M * (1.0 - _ECCENTRICITY2)))
    east_deg = np.degrees(east * np.sqrt(magic) / (_AXIS_M * np.cos(phi)))
    inside = in_china(lat, lon)
    return np.where(inside, lat + north_deg, lat), np.where(inside, lon + east_deg, lon)


def _wave(x: NDArray[np.float64], y: NDArray[np.float64]) -> Pair:
    """Shift to the east and to the north in metres, for degrees east of 105° and north of 35°."""
    root, product = np.sqrt(np.abs(x)), x * y
    short = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * product + 0.1 * root
    east = east + (
        short
        + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)
        + 150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)
    ) * 2.0 / 3.0  # fmt: skip
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * product + 0.2 * root
    north = north + (
        short
        + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)
        + 160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)
    ) * 2.0 / 3.0  # fmt: skip
    return east, north
