"""A map without tiles, with the position of the moment (``whereabouts.js``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import anywidget
import numpy as np
import traitlets

from review.figures.plane import Plane, border_lines, view_of
from review.session import POSITIONS
from review.workbench import assets

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import shapely

    from review.session import Sitting

#: Longest track that is sent, in fixes: one per pixel of a large map.
_MOST: Final = 4000


class Whereabouts(anywidget.AnyWidget):
    """Shows tracks with their accuracy, check-in places, the border, and where the phones are."""

    _esm = assets.module("whereabouts")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(self, data: dict[str, Any], *, language: str = "en") -> None:
        super().__init__(data=data, words=assets.texts(), language=language)


def whereabouts(
    sitting: Sitting,
    positions: pd.DataFrame,
    *,
    boundary: shapely.Geometry | None = None,
    checkin: Mapping[str, tuple[float, float]] | None = None,
) -> dict[str, Any]:
    """Return what the widget shows, in metres east and north of the median fix.

    Parameters
    ----------
    positions
        Table ``positions`` of the sitting.
    boundary
        Permitted region, WGS-84 degrees, longitude first.
    checkin
        Position stream -> (lat_deg, lon_deg).

    Returns
    -------
    dict
        ``tracks`` (stream -> rows of session time, east, north, accuracy or None, mock),
        ``checkin`` (stream -> east, north), ``border`` (lines), ``view`` (left, right, bottom,
        top) and ``border_m``, the distance to the border, None where there is none.
    """
    key = "/".join(sitting.key)
    placed = positions.dropna(subset=["time_s"]).sort_values("time_s", kind="stable")
    if placed.empty:
        return {"key": key, "tracks": {}, "checkin": {}, "border": [], "view": None}
    plane = Plane(
        lat_deg=float(placed["lat_deg"].median()), lon_deg=float(placed["lon_deg"].median())
    )
    points = plane.to_metres(placed["lat_deg"], placed["lon_deg"])
    view = view_of(points, plane, boundary)
    return {
        "key": key,
        "tracks": {
            stream: _track(placed[own], points[own])
            for stream in POSITIONS
            if (own := (placed["stream"] == stream).to_numpy()).any()
        },
        "checkin": {
            stream: plane.to_metres(*place)[0].round(2).tolist()
            for stream, place in (checkin or {}).items()
        },
        "border": [line.round(1).tolist() for line in border_lines(view, plane, boundary)],
        "view": [view.left_m, view.right_m, view.bottom_m, view.top_m],
        "border_m": view.border_m,
    }


def _track(rows: pd.DataFrame, points: np.ndarray[Any, Any]) -> list[list[Any]]:
    step = max(1, -(-len(rows) // _MOST))
    accuracy = rows["accuracy_m"].to_numpy(dtype=float)
    return [
        [
            float(time_s),
            round(float(at[0]), 2),
            round(float(at[1]), 2),
            float(radius) if np.isfinite(radius) else None,
            bool(mock),
        ]
        for time_s, at, radius, mock in zip(
            rows["time_s"].to_numpy()[::step],
            points[::step],
            accuracy[::step],
            rows["mock"].to_numpy()[::step],
            strict=True,
        )
    ]
