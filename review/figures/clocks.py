"""How the clocks of a sitting differ from the exam server's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from review.figures.layout import clock, moments, name, new_figure, nothing, say, time_axis
from review.figures.palette import CLOCKS, QUIET, stream_colour
from review.session import STREAMS
from review.timeline.clocks import to_device_s, to_session_s

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

    from review.words import Language

#: Span that is drawn where nobody says which is judged: that of the pieces, or this (seconds).
_SPAN_S = (0.0, 3600.0)
_POINTS = 120


def clock_figure(
    clocks: pd.DataFrame,
    *,
    window: tuple[float, float] | None = None,
    language: Language = "en",
    start: datetime | None = None,
) -> go.Figure:
    """Draw session time minus device time of every stream, with the band of its uncertainty.

    Streams of one device that share their clock are one curve.

    Parameters
    ----------
    clocks
        Table ``clocks`` of one sitting.
    window
        Judged window, session time; the span that is drawn.
    start
        Scheduled start, aware, for wall clock on the axis.

    Returns
    -------
    plotly.graph_objects.Figure
        One curve per clock, named by its streams and its state; a clock whose uncertainty is not
        known is dotted and has no band.
    """
    figure = new_figure("clocks", language, height_px=420)
    if clocks.empty:
        return nothing(figure, language)
    session_s = np.linspace(*(window or _SPAN_S), _POINTS)
    for streams in _alike(clocks):
        rows = clocks[clocks["stream"] == streams[0]].sort_values("from_device_s")
        for trace in _traces(rows, streams, session_s, language, start):
            figure.add_trace(trace)
    time_axis(figure, language, start=start, window=window)
    figure.update_yaxes(title_text=say("offset", language), tickformat="+.3~f")
    figure.add_hline(y=0.0, line={"color": QUIET, "width": 1})
    return figure


def _alike(clocks: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return groups of streams whose pieces are the same."""
    columns = [c for c in clocks.columns if c not in {"stream", "session_id", "candidate_id",
                                                      "subject_id"}]  # fmt: skip
    groups: dict[str, list[str]] = {}
    order = {stream: n for n, stream in enumerate(STREAMS)}
    for stream, rows in clocks.groupby("stream", sort=False):
        pieces = rows.sort_values("from_device_s")[columns].to_json(orient="split", index=False)
        groups.setdefault(str(pieces), []).append(str(stream))
    made = [tuple(sorted(g, key=lambda s: order.get(s, len(order)))) for g in groups.values()]
    return sorted(made, key=lambda g: order.get(g[0], len(order)))


def _traces(
    rows: pd.DataFrame,
    streams: tuple[str, ...],
    session_s: NDArray[np.float64],
    language: Language,
    start: datetime | None,
) -> list[go.Scatter]:
    stream = streams[0]
    device_s = to_device_s(rows, stream, session_s)
    offset_s = to_session_s(rows, stream, device_s) - device_s
    piece = np.clip(
        np.searchsorted(rows["from_device_s"].to_numpy(), device_s, side="right") - 1, 0, None
    )
    error_s = rows["uncertainty_s"].to_numpy(dtype=float)[piece]
    state = str(rows["state"].iloc[0])
    said = ", ".join(name("stream", s, language) for s in streams)
    said = f"{said} ({name('clock', state, language)})"
    colour = stream_colour(stream)
    x = moments(session_s, start)
    made = []
    if np.isfinite(error_s).any():
        band = np.nan_to_num(error_s)
        made.append(
            go.Scatter(
                x=[*x, *x[::-1]],
                y=[*(offset_s + band), *(offset_s - band)[::-1]],
                fill="toself",
                fillcolor=colour,
                opacity=0.18,
                mode="none",
                legendgroup=stream,
                showlegend=False,
                hoverinfo="skip",
            )
        )
    unknown = say("unknown_error", language)
    made.append(
        go.Scatter(
            x=x,
            y=offset_s,
            mode="lines",
            name=said,
            legendgroup=stream,
            line={
                "color": colour if state != "unsynchronised" else CLOCKS["unsynchronised"],
                "width": 2,
                "dash": "solid" if np.isfinite(error_s).all() else "dot",
            },
            customdata=[
                [clock(t), f"\u00b1{e:.3f} s" if np.isfinite(e) else unknown]
                for t, e in zip(session_s, error_s, strict=True)
            ],
            hovertemplate=(
                f"{said}<br>%{{customdata[0]}}<br>%{{y:+.3f}} s, %{{customdata[1]}}<extra></extra>"
            ),
        )
    )
    return made
