"""Files of positions -> the table ``positions``: WGS-84, device time, in order of time."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from review import tables
from review.loaders import registry
from review.loaders.coordinates import in_china, to_wgs84
from review.loaders.problems import Problem
from review.loaders.text import plain
from review.loaders.times import seconds_since
from review.session import CRS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from review.loaders.registry import Context, Loaded
    from review.session import Sitting


def load_positions(path: Path, context: Context) -> Loaded:
    """Read one file of positions with the loader that takes it; LoadError if none does."""
    loaded: Loaded = registry.find(path, "positions").load(path, context)
    return loaded


def positions_table(
    sitting: Sitting, stream: str, rows: Iterable[dict[str, Any]]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Put what loaders read of one stream under the contract.

    Parameters
    ----------
    rows
        As in :class:`review.loaders.registry.Loaded`, of all files of the stream.

    Returns
    -------
    positions : pandas.DataFrame
        Table ``positions``: sorted by ``device_s``, without repetitions, in WGS-84; ``crs`` says
        what a row was given in.
    problems : list of Problem
        Rows dropped, and a coordinate system that nobody declared.
    """
    kept, problems = _usable(list(rows), stream)
    if not kept:
        return tables.empty("positions"), problems
    frame = pd.DataFrame(kept)
    frame["device_s"] = seconds_since(frame["time"], sitting.subject.start)
    told = frame["gnss_time"].notna()
    frame["gnss_s"] = np.nan
    frame.loc[told, "gnss_s"] = seconds_since(frame.loc[told, "gnss_time"], sitting.subject.start)
    given, assumed = _systems(frame, sitting)
    if assumed.any():
        problems.append(_undeclared(int(assumed.sum()), given[assumed][0], stream, sitting))
    frame["crs"] = given
    lat, lon = (np.array(frame[c], dtype=float) for c in ("lat_deg", "lon_deg"))
    for crs in dict.fromkeys(given):
        of = given == crs
        lat[of], lon[of] = to_wgs84(lat[of], lon[of], crs)
    frame = frame.assign(lat_deg=lat, lon_deg=lon, stream=stream, time_s=np.nan)
    frame = frame.sort_values("device_s", kind="stable", ignore_index=True)
    again = frame.duplicated(["device_s", "lat_deg", "lon_deg"])
    if again.any():
        message = f"{int(again.sum())} positions repeat another one and were dropped"
        problems.append(Problem(code="duplicates", stream=stream, message=message))
    keys = dict(zip(tables.KEYS, sitting.key, strict=True))
    return tables.conform(frame[~again].assign(**keys), "positions"), problems


def _usable(rows: list[dict[str, Any]], stream: str) -> tuple[list[dict[str, Any]], list[Problem]]:
    kept, off_globe = [], 0
    systems: Counter[str] = Counter()
    for row in rows:
        if row.get("crs") not in (None, *CRS):
            systems[str(row["crs"])[:40]] += 1
            continue
        lat, lon = float(row["lat_deg"]), float(row["lon_deg"])
        # 0, 0 is what a phone reports that knows nothing.
        if not (abs(lat) <= 90 and abs(lon) <= 180) or (lat == 0 and lon == 0):
            off_globe += 1
            continue
        kept.append(
            {
                "time": row["time"],
                "lat_deg": lat,
                "lon_deg": lon,
                # Phones write -1 for an accuracy or speed that they do not know.
                "accuracy_m": _not_negative(row.get("accuracy_m")),
                "altitude_m": _number(row.get("altitude_m")),
                "speed_mps": _not_negative(row.get("speed_mps")),
                "provider": None if row.get("provider") is None else plain(row["provider"]),
                "mock": bool(row.get("mock", False)),
                "crs": row.get("crs"),
                "gnss_time": row.get("gnss_time"),
            }
        )
    problems = []
    if off_globe:
        message = f"{off_globe} positions are outside of the globe or at 0, 0 and were dropped"
        problems.append(Problem(code="position_bad", stream=stream, message=message))
    if systems:
        named = ", ".join(f"{name!r} ({count})" for name, count in systems.most_common(5))
        message = f"positions in an unknown coordinate system were dropped: {named}"
        problems.append(Problem(code="position_bad", stream=stream, message=message))
    return kept, problems


def _number(value: float | None) -> float:
    return float(value) if value is not None and math.isfinite(value) else math.nan


def _not_negative(value: float | None) -> float:
    number = _number(value)
    return number if number >= 0 else math.nan


def _systems(frame: pd.DataFrame, sitting: Sitting) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's coordinate system, and where it was assumed for a place in China."""
    session = sitting.session
    declared = session.positions_crs
    own = np.array(frame["crs"], dtype=object)
    silent = pd.isna(own)
    own[silent] = declared or session.intake.positions_crs
    assumed = silent & (declared is None) & in_china(frame["lat_deg"], frame["lon_deg"])
    return own, assumed


def _undeclared(count: int, crs: str, stream: str, sitting: Sitting) -> Problem:
    return Problem(
        code="crs_undeclared",
        stream=stream,
        message=(
            f"{count} positions in China without a declared coordinate system, taken as {crs} "
            f"as the {sitting.session.platform} profile says; declare [positions] crs in "
            f"session.toml"
        ),
    )


def named(problems: Iterable[Problem], *, stream: str, file: str) -> list[Problem]:
    """Fill in stream and file of a loader's problems."""
    return [replace(p, stream=p.stream or stream, file=p.file or file) for p in problems]
