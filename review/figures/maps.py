"""Where the phones were: a map without tiles, in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go

from review.figures.layout import clock, name, new_figure, nothing, safe, say
from review.figures.palette import INK, label_colour, stream_colour
from review.figures.plane import Plane, border_lines, view_of
from review.session import POSITIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import shapely
    from numpy.typing import NDArray

    from review.words import Language

_CIRCLE: Final = np.linspace(0, 2 * np.pi, 25)
#: Circles of accuracy beyond this many per phone are thinned evenly.
_MOST_CIRCLES: Final = 150


def map_figure(
    positions: pd.DataFrame,
    boundary: shapely.Geometry | None = None,
    checkin: Mapping[str, tuple[float, float]] | None = None,
    *,
    flags: pd.DataFrame | None = None,
    language: Language = "en",
) -> go.Figure:
    """Draw the tracks of the phones with their accuracy, the check-in places and the border.

    Parameters
    ----------
    positions
        Table ``positions`` of one sitting, ``time_s`` filled where it is known.
    boundary
        Permitted region, WGS-84 degrees, longitude first.
    checkin
        Position stream -> (lat_deg, lon_deg).
    flags
        Flags of the sitting; fixes during one of the place are marked in its colour.

    Returns
    -------
    plotly.graph_objects.Figure
        Metres east and north of the median fix, equal scales; one trace per phone, and one each
        for accuracy, border, check-in and flags.
    """
    figure = new_figure("map", language, height_px=560)
    if positions.empty:
        return nothing(figure, language)
    plane = Plane(
        lat_deg=float(positions["lat_deg"].median()), lon_deg=float(positions["lon_deg"].median())
    )
    points = plane.to_metres(positions["lat_deg"], positions["lon_deg"])
    view = view_of(points, plane, boundary)
    for n, line in enumerate(border_lines(view, plane, boundary)):
        figure.add_trace(_border(line, language, first=n == 0))
    found = set(positions["stream"])
    for stream in [s for s in POSITIONS if s in found]:
        own = (positions["stream"] == stream).to_numpy()
        rows, at = positions[own], points[own]
        figure.add_trace(_accuracy(at, rows["accuracy_m"].to_numpy(dtype=float), stream, language))
        figure.add_trace(_track(rows, at, stream, language))
        if checkin and stream in checkin:
            figure.add_trace(_checkin(plane.to_metres(*checkin[stream])[0], stream, language))
    if flags is not None:
        for trace in _flagged(positions, points, flags, language):
            figure.add_trace(trace)
    figure.update_xaxes(
        range=[view.left_m, view.right_m], title_text=say("east", language), constrain="domain"
    )
    figure.update_yaxes(
        range=[view.bottom_m, view.top_m],
        title_text=say("north", language),
        scaleanchor="x",
        scaleratio=1,
        constrain="domain",
    )
    figure.update_layout(hovermode="closest")
    return figure


def _border(line: NDArray[np.float64], language: Language, *, first: bool) -> go.Scatter:
    return go.Scatter(
        x=line[:, 0],
        y=line[:, 1],
        mode="lines",
        name=say("border", language),
        legendgroup="border",
        showlegend=first,
        line={"color": INK, "width": 1.8, "dash": "dash"},
        hoverinfo="name",
    )


def _track(
    rows: pd.DataFrame, at: NDArray[np.float64], stream: str, language: Language
) -> go.Scatter:
    said = name("stream", stream, language)
    times = rows["time_s"].fillna(rows["device_s"])
    accuracy = ["\u2013" if np.isnan(m) else f"{m:.0f}" for m in rows["accuracy_m"].astype(float)]
    return go.Scatter(
        x=at[:, 0],
        y=at[:, 1],
        mode="lines+markers",
        name=said,
        legendgroup=stream,
        line={"color": stream_colour(stream), "width": 1},
        marker={"size": 5, "color": stream_colour(stream)},
        customdata=[
            [clock(t), say("accuracy", language, m=m)] for t, m in zip(times, accuracy, strict=True)
        ],
        hovertemplate=f"{said}<br>%{{customdata[0]}}<br>%{{customdata[1]}}<extra></extra>",
    )


def _accuracy(
    at: NDArray[np.float64], radius_m: NDArray[np.float64], stream: str, language: Language
) -> go.Scatter:
    step = max(-(-len(at) // _MOST_CIRCLES), 1)
    x: list[float] = []
    y: list[float] = []
    for point, radius in zip(at[::step], radius_m[::step], strict=True):
        if np.isfinite(radius):
            x += [*(point[0] + radius * np.cos(_CIRCLE)), np.nan]
            y += [*(point[1] + radius * np.sin(_CIRCLE)), np.nan]
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        name=name("stream", stream, language),
        legendgroup=stream,
        showlegend=False,
        line={"color": stream_colour(stream), "width": 0.5},
        opacity=0.35,
        hoverinfo="skip",
    )


def _checkin(point: NDArray[np.float64], stream: str, language: Language) -> go.Scatter:
    said = f"{say('checkin', language)}: {name('stream', stream, language)}"
    return go.Scatter(
        x=[point[0]],
        y=[point[1]],
        mode="markers",
        name=said,
        marker={"symbol": "cross-thin", "size": 16, "line": {"width": 3, "color": INK}},
        hoverinfo="name",
    )


def _flagged(
    positions: pd.DataFrame, points: NDArray[np.float64], flags: pd.DataFrame, language: Language
) -> list[go.Scatter]:
    made = []
    for label, rows in flags.groupby("label", sort=False):
        inside = np.zeros(len(positions), dtype=bool)
        for streams, start_s, end_s in zip(
            rows["streams"], rows["start_s"], rows["end_s"], strict=True
        ):
            inside |= (
                positions["stream"].isin(list(streams))
                & (positions["time_s"] >= start_s)
                & (positions["time_s"] < end_s)
            ).to_numpy()
        if inside.any():
            made.append(
                go.Scatter(
                    x=points[inside, 0],
                    y=points[inside, 1],
                    mode="markers",
                    name=safe(name("label", str(label), language)),
                    marker={
                        "size": 11,
                        "symbol": "circle-open",
                        "line": {"width": 1.6},
                        "color": label_colour(str(label)),
                    },
                    hoverinfo="name",
                )
            )
    return made
