"""Measurements over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from review.figures.layout import (
    axis,
    clock,
    moments,
    name,
    new_figure,
    nothing,
    thinned,
    time_axis,
)
from review.figures.palette import label_colour, stream_colour
from review.session import STREAMS
from review.timeline.clocks import place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd

    from review.words import Language


def signal_figure(
    signals: pd.DataFrame,
    *,
    clocks: pd.DataFrame | None = None,
    names: Sequence[str] | None = None,
    streams: Sequence[str] | None = None,
    flags: pd.DataFrame | None = None,
    window: tuple[float, float] | None = None,
    language: Language = "en",
    start: datetime | None = None,
) -> go.Figure:
    """Draw measurements of one sitting, one plot below the other, on one time axis.

    Parameters
    ----------
    signals
        Table ``signals``. Its ``time_s`` is used if it has one; else ``device_s`` is taken to
        session time through ``clocks``, or as it is without them.
    names, streams
        Only these measurements and streams; None for all.
    flags
        Flags whose intervals are shaded behind the plots.
    window
        Judged window, session time: the figure opens on it.
    start
        Scheduled start, aware, for wall clock on the axis.

    Returns
    -------
    plotly.graph_objects.Figure
        One plot per measurement, one curve per stream; long curves are thinned so that no peak is
        lost.
    """
    rows = signals
    if names is not None:
        rows = rows[rows["signal"].isin(names)]
    if streams is not None:
        rows = rows[rows["stream"].isin(streams)]
    kinds = list(names) if names is not None else sorted(set(rows["signal"]))
    kinds = [kind for kind in kinds if kind in set(rows["signal"])]
    figure = new_figure("signals", language, height_px=120 + 130 * max(len(kinds), 1))
    if not kinds:
        return nothing(figure, language)
    if "time_s" not in rows:
        rows = (
            rows.assign(time_s=rows["device_s"])
            if clocks is None
            else place(rows, clocks, device="device_s", session="time_s")
        )
    layout = figure.layout
    figure = make_subplots(
        rows=len(kinds),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=min(0.35 / len(kinds), 0.12),
        subplot_titles=[name("signal", kind, language) for kind in kinds],
        figure=go.Figure(layout=layout),
    )
    figure.update_annotations(font_size=12, xanchor="left", x=0.0)
    figure.update_yaxes(**axis())
    named: set[str] = set()
    for n, kind in enumerate(kinds, start=1):
        own = rows[rows["signal"] == kind]
        for stream in [s for s in STREAMS if s in set(own["stream"])]:
            curve = _curve(own[own["stream"] == stream], stream, language, start)
            figure.add_trace(curve.update(showlegend=stream not in named), row=n, col=1)
            named.add(stream)
    time_axis(figure, language, start=start, window=window)
    # Only the lowest of the shared axes is named.
    for n in range(1, len(kinds)):
        figure.update_xaxes(title_text=None, row=n, col=1)
    figure.update_layout(hovermode="x unified" if len(kinds) == 1 else "closest")
    if flags is not None:
        _shade(figure, flags, start)
    return figure


def _curve(
    rows: pd.DataFrame, stream: str, language: Language, start: datetime | None
) -> go.Scatter:
    ordered = rows.sort_values("time_s")
    x, y = thinned(ordered["time_s"].to_numpy(dtype=float), ordered["value"].to_numpy(dtype=float))
    said = name("stream", stream, language)
    return go.Scatter(
        x=moments(x, start),
        y=y,
        mode="lines" if len(x) > 1 else "markers",
        name=said,
        legendgroup=stream,
        line={"color": stream_colour(stream), "width": 1.3},
        connectgaps=False,
        customdata=[clock(t) for t in x],
        hovertemplate=f"{said}<br>%{{customdata}}<br>%{{y:.3~g}}<extra></extra>",
    )


def _shade(figure: go.Figure, flags: pd.DataFrame, start: datetime | None) -> None:
    shapes: list[dict[str, Any]] = []
    for label, start_s, end_s in zip(flags["label"], flags["start_s"], flags["end_s"], strict=True):
        left, right = moments(np.array([start_s, end_s]), start)
        shapes.append(
            {
                "type": "rect",
                "x0": left,
                "x1": right,
                "y0": 0,
                "y1": 1,
                "xref": "x",
                "yref": "paper",
                "fillcolor": label_colour(label),
                "opacity": 0.1,
                "line": {"width": 0},
                "layer": "below",
            }
        )
    figure.update_layout(shapes=shapes)
