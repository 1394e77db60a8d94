"""Where the phones are: fixes that jitter as real ones do, and one that leaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj
import shapely

from review.errors import SessionError
from review.loaders.regions import region_boundary
from review.session import DEVICE_OF, Region
from review.simulate.anomalies import INSIDE_M
from review.simulate.clocks import rng

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from review.simulate.script import Script

#: Beijing: the permitted region of the ITMC notice (part 2, section 1, 1).
REGION: Final = Region(name="北京市", adcode="110000")
#: Middle of its urban area, WGS-84, and how far around it people live here.
_URBAN: Final = (39.92, 116.38)
_AROUND_M: Final = 9000.0
#: Jitter of a phone indoors: deviation (m) of the slow error along an axis, and how long it lasts.
_SLOW_M: Final = 5.0
_LASTS_S: Final = 60.0
_FAST_M: Final = 0.8
#: How far somebody who leaves gets from the check-in place.
_GOES_M: Final = 1600.0
_GEOD: Final = pyproj.Geod(ellps="WGS84")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A check-in place, WGS-84, and the direction (degrees from north) in which one may leave."""

    lat_deg: float
    lon_deg: float
    bearing_deg: float


@dataclass(frozen=True, kw_only=True)
class Fix:
    """One fix; time on the phone's clock, WGS-84."""

    device_s: float
    lat_deg: float
    lon_deg: float
    accuracy_m: float
    altitude_m: float
    speed_mps: float
    provider: str
    mock: bool


def choose(source: np.random.Generator, *, near_border: bool) -> Place:
    """Choose a check-in place: in town, or ``INSIDE_M`` inside a simple stretch of the border."""
    if not near_border:
        bearing, distance = source.uniform(0, 360), _AROUND_M * np.sqrt(source.random())
        lon, lat, _ = _GEOD.fwd(_URBAN[1], _URBAN[0], bearing, distance)
        return Place(lat_deg=float(lat), lon_deg=float(lon), bearing_deg=float(bearing))
    places = _border_places()
    return places[int(source.integers(len(places)))]


@cache
def _border_places() -> tuple[Place, ...]:
    """Return places from which a straight way leads out, and stays out."""
    region = region_boundary(REGION)
    if region is None:  # the region names an administrative code, so there is one
        raise SessionError("no border", where=REGION.name)
    area = max(getattr(region, "geoms", [region]), key=lambda part: part.area)
    line = area.exterior
    found = []
    for share in np.linspace(0, 1, 400, endpoint=False):
        here = line.interpolate(share, normalized=True)
        ahead = line.interpolate((share + 0.0002) % 1, normalized=True)
        along, _, _ = _GEOD.inv(here.x, here.y, ahead.x, ahead.y)
        for side in (-90, 90):
            place = _inside(region, here.x, here.y, along + side)
            if place is not None:
                found.append(place)
    return tuple(found)


def _inside(region: BaseGeometry, lon: float, lat: float, bearing: float) -> Place | None:
    steps = np.array([-2.5 * INSIDE_M, -INSIDE_M, -0.2 * INSIDE_M, 60, 200, 500, 900, _GOES_M])
    count = len(steps)
    lons, lats, _ = _GEOD.fwd([lon] * count, [lat] * count, [bearing] * count, steps)
    inside = shapely.contains_xy(region, lons, lats)
    if inside.tolist() != [True] * 3 + [False] * (count - 3):
        return None
    return Place(lat_deg=float(lats[1]), lon_deg=float(lons[1]), bearing_deg=float(bearing))


def fixes(script: Script, stream: str, place: Place, *, from_s: float, seed: int) -> list[Fix]:
    """Return the fixes of one phone, from ``from_s`` (session time) to the end of recording."""
    source = rng(seed, "fixes", stream)
    step_s = 2.0 if script.duration_s <= 600 else 5.0
    times = np.arange(from_s, script.stop_s, step_s) + source.uniform(-0.2, 0.2)
    east, north = _jitter(len(times), step_s, source)
    accuracy = np.round(5 + 6 * source.random(len(times)) + np.hypot(east, north) / 3, 1)
    # Now and then a fix comes from Wi-Fi alone: further off, and it says so.
    coarse = source.random(len(times)) < 0.01
    for axis in (east, north):
        axis[coarse] += source.normal(0, 18, int(coarse.sum()))
    accuracy[coarse] = 45.0
    gone_s, speed = script.drift.get(stream, (script.stop_s, 0.0))
    away = np.clip((times - gone_s) * speed, 0, _GOES_M)
    moving = (away > 0) & (away < _GOES_M)
    clock = script.clocks[DEVICE_OF[stream]]
    mock = np.zeros(len(times), bool)
    for start_s, end_s in script.mock.get(stream, []):
        mock |= (times >= start_s) & (times < end_s)
    # An invented fix does not jitter.
    east[mock] = north[mock] = 0.0
    accuracy[mock] = 1.0
    lon, lat = _moved(place, east, north, away)
    return [
        Fix(
            device_s=float(clock.to_device(time_s)),
            lat_deg=round(float(lat[i]), 7),
            lon_deg=round(float(lon[i]), 7),
            accuracy_m=float(accuracy[i]),
            altitude_m=round(float(45 + 3 * source.standard_normal()), 1),
            speed_mps=round(float(speed if moving[i] else abs(0.1 * source.standard_normal())), 2),
            provider="network" if coarse[i] else "gps",
            mock=bool(mock[i]),
        )
        for i, time_s in enumerate(times)
    ]


def _jitter(
    count: int, step_s: float, source: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return errors east and north (m): a slow wandering (first-order Gauss-Markov) and noise."""
    keep = np.exp(-step_s / _LASTS_S)
    walk = np.empty((count, 2))
    state = source.normal(0, _SLOW_M, 2)
    for index in range(count):
        walk[index] = state
        state = keep * state + np.sqrt(1 - keep**2) * source.normal(0, _SLOW_M, 2)
    walk += source.normal(0, _FAST_M, (count, 2))
    return walk[:, 0], walk[:, 1]


def _moved(
    place: Place, east: np.ndarray, north: np.ndarray, away: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    angle = np.deg2rad(place.bearing_deg)
    x, y = east + away * np.sin(angle), north + away * np.cos(angle)
    count = len(x)
    lon, lat, _ = _GEOD.fwd(
        np.full(count, place.lon_deg),
        np.full(count, place.lat_deg),
        np.rad2deg(np.arctan2(x, y)),
        np.hypot(x, y),
    )
    return np.asarray(lon), np.asarray(lat)
