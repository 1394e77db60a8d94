"""Where the phones are: distance to the border and to the check-in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyproj
import shapely
from scipy.special import ndtr

from review.session import DEVICE_OF, POSITIONS
from review.signals.samples import Samples

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from review.loaders.record import SittingRecord

#: Fixes within this time of the identity check make the check-in place.
CHECKIN_S: Final = 60.0
#: Android states the radius that holds 68 % of the fixes (documentation of Location.getAccuracy);
#: of a round normal distribution that is 1.515 standard deviations along one axis.
RADIUS_68: Final = 1.515
#: Taken where a fix states no accuracy: a phone indoors on WLAN positions.
UNKNOWN_ACCURACY_M: Final = 30.0
_GEOD: Final = pyproj.Geod(ellps="WGS84")
#: Of the fixes around the identity check only those count whose stated accuracy is at most this
#: many times the best: a phone that starts cold first states hundreds of metres (1,001 m is found
#: in real trajectories), and its median would move the check-in place by a street.
_COLD: Final = 3.0


@dataclass(frozen=True, kw_only=True)
class Checkin:
    """Where a phone checked in.

    Parameters
    ----------
    lat_deg, lon_deg
        Median of the good fixes, WGS-84.
    accuracy_m
        Median of their stated accuracies.
    device_s
        When, on the phone's clock.
    assumed
        Why it had to be taken from the first fixes; None where it did not.
    """

    lat_deg: float
    lon_deg: float
    accuracy_m: float
    device_s: float
    assumed: str | None = None


def checkin(positions: pd.DataFrame, events: pd.DataFrame, stream: str) -> Checkin | None:
    """Return where a phone checked in: the median of the fixes around its identity check.

    The last check up to the subject's start counts, else the first one after it. Without a check,
    or without a fix near it, the first minute of fixes stands in.

    Parameters
    ----------
    positions, events
        Tables of one sitting, device time.
    stream
        ``gps_phone1`` or ``gps_phone2``.

    Returns
    -------
    Checkin or None
        None where the phone has no fix at all.
    """
    rows = positions[positions["stream"] == stream].dropna(subset=["lat_deg", "lon_deg"])
    if not len(rows):
        return None
    rows = rows.sort_values("device_s", kind="stable")
    times = rows["device_s"].to_numpy(dtype=float)
    check_s = _check_time(events, f"events_{DEVICE_OF[stream]}")
    assumed = "no identity_check in the phone's log" if check_s is None else None
    near = np.zeros(len(times), dtype=bool)
    if check_s is not None:
        near = np.abs(times - check_s) <= CHECKIN_S
        assumed = None if near.any() else "no fix near it"
    if assumed is not None:
        near = times <= times[0] + CHECKIN_S
    accuracy = _stated(rows["accuracy_m"].to_numpy(dtype=float))
    good = near & (accuracy <= _COLD * accuracy[near].min())
    return Checkin(
        lat_deg=float(np.median(rows["lat_deg"].to_numpy(dtype=float)[good])),
        lon_deg=float(np.median(rows["lon_deg"].to_numpy(dtype=float)[good])),
        accuracy_m=float(np.median(accuracy[good])),
        device_s=float(times[0] if check_s is None or assumed else check_s),
        assumed=assumed,
    )


def checkin_places(positions: pd.DataFrame, events: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return position stream -> (lat_deg, lon_deg) of each phone whose check-in is on record."""
    found = {stream: checkin(positions, events, stream) for stream in POSITIONS}
    return {
        stream: (place.lat_deg, place.lon_deg)
        for stream, place in found.items()
        if place is not None and place.assumed is None
    }


def _stated(accuracy_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the accuracies with the unknown ones filled in, metres, at least 1."""
    known = np.isfinite(accuracy_m) & (accuracy_m > 0)
    return np.maximum(np.where(known, accuracy_m, UNKNOWN_ACCURACY_M), 1.0)


def measure_places(record: SittingRecord, *, boundary: BaseGeometry | None) -> list[Samples]:
    """Measure the positions of both phones.

    Parameters
    ----------
    boundary
        Permitted region, WGS-84 longitude and latitude in degrees; None where there is no rule.

    Returns
    -------
    list of Samples
        Per stream ``checkin_distance_m``, and ``checkin_accuracy_m`` once; with a boundary also
        ``border_distance_m`` (positive outside) and ``outside_probability`` (0 to 1, from the
        stated accuracy).
    """
    measured = []
    for stream in POSITIONS:
        rows = record.positions[record.positions["stream"] == stream]
        rows = rows.dropna(subset=["lat_deg", "lon_deg"]).sort_values("device_s", kind="stable")
        if not len(rows):
            continue
        samples = Samples(stream=stream)
        times = rows["device_s"].to_numpy(dtype=float)
        lat, lon = (rows[name].to_numpy(dtype=float) for name in ("lat_deg", "lon_deg"))
        place = checkin(record.positions, record.events, stream)
        if place is None:
            continue
        if place.assumed is not None:
            _say_assumed(samples, place)
        away = distance_m(lat, lon, place.lat_deg, place.lon_deg)
        samples.add_series("checkin_distance_m", times, away)
        samples.add(place.device_s, checkin_accuracy_m=place.accuracy_m)
        if boundary is not None:
            border = border_distance_m(boundary, lat, lon)
            samples.add_series("border_distance_m", times, border)
            chance = outside_probability(border, rows["accuracy_m"].to_numpy(dtype=float))
            samples.add_series("outside_probability", times, chance)
        measured.append(samples)
    return measured


def distance_m(
    lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], to_lat: float, to_lon: float
) -> NDArray[np.float64]:
    """Return geodesic distances to one place on the WGS-84 ellipsoid, metres.

    Examples
    --------
    >>> import numpy as np
    >>> distance_m(np.array([40.0]), np.array([116.0]), 41.0, 116.0).round(-2).tolist()
    [111000.0]
    """
    n = len(lat_deg)
    _, _, metres = _GEOD.inv(lon_deg, lat_deg, np.full(n, to_lon), np.full(n, to_lat))
    return np.asarray(metres, dtype=float)


def border_distance_m(
    boundary: BaseGeometry, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return distances to the border of a region, metres, positive outside and negative inside.

    Measured in an equidistant projection about the fixes' median, exact from there and wrong by
    less than 0.1 % within 200 km of it; a fix further away is outside by any account.
    """
    local = pyproj.Transformer.from_crs(
        "EPSG:4326",
        pyproj.CRS.from_proj4(
            f"+proj=aeqd +lat_0={np.median(lat_deg)} +lon_0={np.median(lon_deg)} +datum=WGS84"
        ),
        always_xy=True,
    )

    def project(pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(local.transform(pairs[:, 0], pairs[:, 1]))

    region = shapely.transform(boundary, project)
    shapely.prepare(region)
    x, y = local.transform(lon_deg, lat_deg)
    metres = shapely.distance(shapely.points(x, y), shapely.boundary(region))
    return np.asarray(np.where(shapely.contains_xy(region, x, y), -metres, metres), dtype=float)


def outside_probability(
    border_m: NDArray[np.float64], accuracy_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability that a fix's true place is outside, the border taken as straight.

    Examples
    --------
    >>> import numpy as np
    >>> outside_probability(np.array([0.0, 100.0]), np.array([20.0, 20.0])).round(3).tolist()
    [0.5, 1.0]
    """
    return np.asarray(ndtr(border_m / (_stated(accuracy_m) / RADIUS_68)), dtype=float)


def _say_assumed(samples: Samples, place: Checkin) -> None:
    samples.problem(
        "info",
        "checkin_assumed",
        f"{samples.stream}: the check-in place is taken from the first {CHECKIN_S:.0f} s of fixes, "
        f"expected fixes within {CHECKIN_S:.0f} s of the phone's identity_check ({place.assumed})",
    )


def _check_time(events: pd.DataFrame, stream: str) -> float | None:
    """Return the last identity check up to the subject's start, else the first one after it."""
    rows = events[(events["stream"] == stream) & (events["type"] == "identity_check")]
    times = np.sort(rows["device_s"].to_numpy(dtype=float))
    if not len(times):
        return None
    before = times[times <= 0.0]
    return float(before[-1] if len(before) else times[0])
