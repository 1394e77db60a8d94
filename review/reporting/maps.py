"""Where the phones were during a flag, as a small map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.figures.palette import INK, QUIET, RULE, label_colour, stream_colour
from review.figures.plane import Plane, View, border_lines, region_areas, view_of
from review.reporting.svg import Drawing
from review.session import POSITIONS
from review.signals.places import checkin_places

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    import pandas as pd
    import shapely
    from markupsafe import Markup
    from numpy.typing import NDArray

    from review.reporting.model import FlagSummary
    from review.reporting.voice import Voice

__all__ = ["checkin_places", "distance", "map_svg"]

_SIZE: Final = 420.0
#: More fixes than this of one phone are thinned evenly: they would hide each other.
_MOST: Final = 600
_MOST_CIRCLES: Final = 40
#: The permitted region.
_INSIDE: Final = "#e4efe6"


def map_svg(
    flag: FlagSummary,
    positions: pd.DataFrame,
    *,
    boundary: shapely.Geometry | None,
    checkin: dict[str, tuple[float, float]],
    voice: Voice,
) -> Markup | None:
    """Draw the tracks of the phones, the fixes of the flag with their accuracy, and the border.

    Parameters
    ----------
    positions
        Table ``positions`` of the sitting, ``time_s`` filled.

    Returns
    -------
    Markup or None
        None where no phone has a fix.
    """
    wanted = [s for s in flag.streams if s in POSITIONS] or list(POSITIONS)
    fixes = positions[positions["stream"].isin(wanted)].sort_values("time_s")
    if fixes.empty:
        return None
    plane = Plane(
        lat_deg=float(fixes["lat_deg"].median()), lon_deg=float(fixes["lon_deg"].median())
    )
    points = plane.to_metres(fixes["lat_deg"], fixes["lon_deg"])
    view = view_of(points, plane, boundary)
    extent = np.ptp(points, axis=0)
    drawing = Drawing(
        _SIZE,
        _SIZE,
        title=voice.plain(
            "report.map_alt",
            streams=voice.names("stream", tuple(wanted)),
            extent=distance(float(np.hypot(*extent))),
        ),
        ident=f"map-{flag.number}",
    )
    frame = _Frame(view)
    clip = drawing.add("clipPath", parent=drawing.add("defs"), id=f"map-{flag.number}-clip")
    drawing.add("rect", parent=clip, x=0, y=0, width=_SIZE, height=_SIZE)
    drawing.add("rect", x=0.5, y=0.5, width=_SIZE - 1, height=_SIZE - 1, fill="none", stroke=RULE)
    body = drawing.add("g", clip_path=f"url(#map-{flag.number}-clip)")
    areas = region_areas(view, plane, boundary)
    for area in areas:
        drawing.add("polygon", parent=body, points=frame.path(area), fill=_INSIDE)
    borders = border_lines(view, plane, boundary)
    for line in borders:
        drawing.add(
            "polyline",
            parent=body,
            points=frame.path(line),
            fill="none",
            stroke=INK,
            stroke_width=1.6,
            stroke_dasharray="7 4",
        )
    for stream in wanted:
        own = (fixes["stream"] == stream).to_numpy()
        inside = own & fixes["time_s"].between(flag.start_s, flag.end_s).to_numpy()
        _track(drawing, body, frame, points[own], stream_colour(stream))
        accuracy = fixes.loc[inside, "accuracy_m"].to_numpy(dtype=float)
        _flagged(drawing, body, frame, points[inside], accuracy, label_colour(flag.label))
        if stream in checkin:
            lat, lon = checkin[stream]
            _cross(drawing, body, frame, plane.to_metres(lat, lon)[0])
    marks = [("\u25cf", voice.plain("report.map_flagged"), label_colour(flag.label))]
    marks += [("+", voice.plain("report.map_checkin"), INK)] if set(checkin) & set(wanted) else []
    if borders:
        marks.append(("- -", voice.plain("report.map_border"), INK))
    elif view.border_m is not None:
        far = distance(view.border_m)
        marks.append(("", voice.plain("report.map_border_far", distance=far), INK))
    marks += [("\u25a0", voice.plain("report.map_region"), _INSIDE)] if areas and borders else []
    _legend(drawing, frame, marks, length_m=_round_length(view.width_m / 4))
    return drawing.markup()


def distance(metres: float) -> str:
    """Return a distance as it is read: metres below two kilometres.

    Examples
    --------
    >>> distance(123.4), distance(12345.0)
    ('123 m', '12.3 km')
    """
    return f"{metres:.0f} m" if metres < 2000 else f"{metres / 1000:.1f} km"


class _Frame:
    def __init__(self, view: View) -> None:
        self._view = view
        self.factor = _SIZE / view.width_m

    def __call__(self, point: NDArray[np.float64]) -> tuple[float, float]:
        return (
            float((point[0] - self._view.left_m) * self.factor),
            float((self._view.top_m - point[1]) * self.factor),
        )

    def path(self, points: NDArray[np.float64]) -> str:
        return " ".join("{:.1f},{:.1f}".format(*self(p)) for p in points)


def _track(
    drawing: Drawing, body: Element, frame: _Frame, points: NDArray[np.float64], colour: str
) -> None:
    thin = points[:: max(len(points) // _MOST, 1)]
    drawing.add(
        "polyline",
        parent=body,
        points=frame.path(thin),
        fill="none",
        stroke=colour,
        stroke_width=1,
        stroke_opacity=0.45,
    )
    for point in thin:
        x, y = frame(point)
        drawing.add("circle", parent=body, cx=x, cy=y, r=1.8, fill=colour, fill_opacity=0.7)


def _flagged(
    drawing: Drawing,
    body: Element,
    frame: _Frame,
    points: NDArray[np.float64],
    accuracy_m: NDArray[np.float64],
    colour: str,
) -> None:
    step = max(len(points) // _MOST_CIRCLES, 1)
    for point, radius_m in zip(points[::step], accuracy_m[::step], strict=True):
        x, y = frame(point)
        if np.isfinite(radius_m):
            drawing.add(
                "circle",
                parent=body,
                cx=x,
                cy=y,
                r=float(radius_m * frame.factor),
                fill=colour,
                fill_opacity=0.04,
                stroke=colour,
                stroke_opacity=0.35,
                stroke_width=0.7,
            )
        drawing.add("circle", parent=body, cx=x, cy=y, r=3, fill=colour)


def _cross(drawing: Drawing, body: Element, frame: _Frame, point: NDArray[np.float64]) -> None:
    x, y = frame(point)
    path = f"M{x - 6:.1f},{y:.1f} h12 M{x:.1f},{y - 6:.1f} v12"
    drawing.add("path", parent=body, d=path, stroke="white", stroke_width=4.5)
    drawing.add("path", parent=body, d=path, stroke=INK, stroke_width=2)


def _legend(
    drawing: Drawing, frame: _Frame, marks: list[tuple[str, str, str]], *, length_m: float
) -> None:
    y = _SIZE - 16
    width = length_m * frame.factor
    drawing.add("path", d=f"M12,{y - 4:.1f} v4 h{width:.1f} v-4", stroke=INK, fill="none")
    _words(drawing, distance(length_m), 18 + width, y, INK)
    for n, (sign, text, colour) in enumerate(marks):
        _words(drawing, sign, 12, 20 + 16 * n, colour)
        _words(drawing, text, 32, 20 + 16 * n, QUIET)


def _words(drawing: Drawing, text: str, x: float, y: float, colour: str) -> None:
    drawing.add(
        "text",
        text=text,
        x=float(x),
        y=float(y),
        font_size=12,
        fill=colour,
        stroke="white",
        stroke_width=3,
        paint_order="stroke",
    )


def _round_length(metres: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not longer."""
    power = 10.0 ** np.floor(np.log10(metres))
    return float(max(m * power for m in (1, 2, 5) if m * power <= metres))
