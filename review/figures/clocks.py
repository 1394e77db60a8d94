"""How the clocks of a sitting differ from the exam server's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from review.figures.layout import (
    axis,
    clock,
    moments,
    name,
    new_figure,
    nothing,
    say,
    time_axis,
)
from review.figures.palette import CLOCKS, INK, QUIET, stream_colour
from review.session import STREAMS
from review.timeline.clocks import to_device_s, to_session_s

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

    from review.words import Language

#: Span that is drawn where nobody says which is judged: that of the pieces, or this (seconds).
_SPAN_S = (0.0, 3600.0)
_POINTS = 120
#: Columns that may differ between streams with the same clock.
_NOT_THE_CLOCK = {"session_id", "candidate_id", "subject_id", "stream", "method", "anchors"}
#: Residuals smaller than this (ms) fill no axis: less cannot be measured.
_LEAST_REACH_MS = 2.0
#: Kind of anchor -> mark. Sound, then what is coarser.
_SYMBOLS = {
    "sound": "circle", "loudness": "circle-open", "server": "diamond", "gnss": "star",
    "events": "square", "screen": "square-open", "light": "triangle-up", "glow": "triangle-down",
    "motion": "cross", "crossing": "hexagon",
}  # fmt: skip


def clock_figure(
    clocks: pd.DataFrame,
    *,
    anchors: pd.DataFrame | None = None,
    window: tuple[float, float] | None = None,
    language: Language = "en",
    start: datetime | None = None,
) -> go.Figure:
    """Draw session time minus device time of every stream, with the band of its uncertainty.

    Streams of one device that share their clock are one curve. With anchors, every clock has a row
    of its own: at the left its line with the anchors, at the right how far each anchor is off it.

    Parameters
    ----------
    clocks
        Table ``clocks`` of one sitting.
    anchors
        Table ``anchors`` of the sitting.
    window
        Judged window, session time; the span that is drawn.
    start
        Scheduled start, aware, for wall clock on the axis.

    Returns
    -------
    plotly.graph_objects.Figure
        One curve per clock, named by its streams and its state; a clock whose uncertainty is not
        known is dotted and has no band. Anchors that were left out are crosses.
    """
    figure = new_figure("clocks", language, height_px=420)
    if clocks.empty:
        return nothing(figure, language)
    if anchors is not None and len(anchors):
        return _in_rows(figure, clocks, anchors, window=window, language=language, start=start)
    session_s = np.linspace(*(window or _SPAN_S), _POINTS)
    for streams in _alike(clocks):
        rows = clocks[clocks["stream"] == streams[0]].sort_values("from_device_s")
        for trace in _traces(rows, streams, session_s, language, start):
            figure.add_trace(trace)
    time_axis(figure, language, start=start, window=window)
    figure.update_yaxes(title_text=say("offset", language), tickformat="+.3~f")
    figure.add_hline(y=0.0, line={"color": QUIET, "width": 1})
    return figure


def _in_rows(
    figure: go.Figure,
    clocks: pd.DataFrame,
    anchors: pd.DataFrame,
    *,
    window: tuple[float, float] | None,
    language: Language,
    start: datetime | None,
) -> go.Figure:
    """Draw a row per clock: its line and anchors, and what the anchors are off it."""
    groups = [g for g in _alike(clocks) if g != ("events_proctor",)]
    all_rows = [clocks[clocks["stream"] == g[0]].sort_values("from_device_s") for g in groups]
    mine = [anchors[anchors["stream"].isin(g)] for g in groups]
    figure.set_subplots(
        rows=len(groups), cols=2, shared_xaxes="all", column_widths=[0.55, 0.45],
        horizontal_spacing=0.09, vertical_spacing=0.32 / len(groups),
    )  # fmt: skip
    figure.update_layout(height=130 + 175 * len(groups), margin={"t": 84})
    shown: set[str] = set()
    for n, (streams, rows, own) in enumerate(zip(groups, all_rows, mine, strict=True), start=1):
        span = window or _extent(rows, own)
        for trace in _traces(rows, streams, np.linspace(*span, _POINTS), language, start):
            figure.add_trace(trace.update(showlegend=False), row=n, col=1)
        points = _placed(rows, streams[0], own)
        for column, trace in _points(points, language, start, shown):
            figure.add_trace(trace, row=n, col=column)
        _title(figure, n, rows, streams, language)
        _ranges(figure, n, rows, points)
        figure.add_hline(y=0.0, line={"color": INK, "width": 1}, row=n, col=2)
    time_axis(figure, language, start=start, window=window)
    title = figure.layout.xaxis.title.text
    figure.update_xaxes(title_text="")
    figure.update_xaxes(title_text=title, row=len(groups))
    figure.update_yaxes({**axis(), "automargin": True})
    figure.update_yaxes(title_text=say("offset", language), tickformat="+.3~f", col=1)
    figure.update_yaxes(title_text=say("off_line", language), tickformat="+~g", col=2)
    figure.update_layout(legend={"y": -0.32 / len(groups), "yanchor": "top"})
    return figure


def _extent(rows: pd.DataFrame, anchors: pd.DataFrame) -> tuple[float, float]:
    if anchors.empty:
        return _SPAN_S
    at_s = to_session_s(rows, str(rows["stream"].iloc[0]), anchors["device_s"])
    return float(at_s.min()), float(max(at_s.max(), at_s.min() + 1.0))


def _placed(rows: pd.DataFrame, stream: str, anchors: pd.DataFrame) -> pd.DataFrame:
    """Add where an anchor is on session time, and how far it is off the line that is drawn."""
    device_s = anchors["device_s"].to_numpy(dtype=float)
    session_s = to_session_s(rows, stream, device_s)
    off_s = anchors["offset_s"].to_numpy(dtype=float) - (session_s - device_s)
    return anchors.assign(session_s=session_s, off_ms=off_s * 1e3)


def _points(
    points: pd.DataFrame, language: Language, start: datetime | None, shown: set[str]
) -> Iterator[tuple[int, go.Scatter]]:
    """Yield (column, trace): anchors of one other stream and kind, those left out as crosses."""
    groups = points.groupby(["other", "kind", points["weight"] > 0], sort=True)
    for key, part in groups:
        other, kind, counts = str(key[0]), str(key[1]), bool(key[2])
        with_what = name("stream", other, language) if other else say("exam_server", language)
        said = f"{with_what} ({name('anchor', kind, language)})"
        if not counts:
            said = f"{said}, {say('left_out', language)}"
        x = moments(part["session_s"].to_numpy(), start)
        marker = {
            "color": stream_colour(other) if other else INK,
            "symbol": _SYMBOLS.get(kind, "circle") if counts else "x-thin-open",
            "size": 5,
            "opacity": 0.75 if counts else 0.5,
        }
        words = [[clock(t)] for t in part["session_s"]]
        for column, y, unit in ((1, part["offset_s"], "s"), (2, part["off_ms"], "ms")):
            first = said not in shown
            shown.add(said)
            yield (
                column,
                go.Scatter(
                    x=x, y=y, mode="markers", name=said, legendgroup=said, showlegend=first,
                    marker=marker, customdata=words,
                    hovertemplate=(
                        f"{said}<br>%{{customdata[0]}}<br>%{{y:+.4f}} {unit}<extra></extra>"
                    ),
                ),
            )  # fmt: skip


def _title(
    figure: go.Figure, n: int, rows: pd.DataFrame, streams: tuple[str, ...], language: Language
) -> None:
    state = name("clock", str(rows["state"].iloc[0]), language)
    known = rows["uncertainty_s"].dropna()
    error = (
        f"\u00b1{float(known.max()) * 1e3:.3g} ms" if len(known) else say("unknown_error", language)
    )
    said = ", ".join(name("stream", s, language) for s in streams)
    cell = next(figure.select_yaxes(row=n, col=1))
    figure.add_annotation(
        text=f"<b>{said}</b> ({state}, {error})", x=0.0, xref="paper", xanchor="left",
        y=cell.domain[1], yref="paper", yanchor="bottom", showarrow=False,
    )  # fmt: skip


def _ranges(figure: go.Figure, n: int, rows: pd.DataFrame, points: pd.DataFrame) -> None:
    """Choose what the axes show, so that one wild anchor does not flatten everything."""
    used = points[points["weight"] > 0]
    if used.empty:
        return
    reach_ms = 1.3 * max(float(used["off_ms"].abs().quantile(0.98)), _LEAST_REACH_MS)
    error_s = rows["uncertainty_s"].fillna(0.0).max()
    low, high = used["offset_s"].quantile([0.01, 0.99])
    margin_s = max(0.15 * (high - low), 1.5 * float(error_s), reach_ms / 1e3)
    figure.update_yaxes(range=[low - margin_s, high + margin_s], row=n, col=1)
    figure.update_yaxes(range=[-reach_ms, reach_ms], row=n, col=2)


def _alike(clocks: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return groups of streams whose pieces are the same, however they were found."""
    columns = [c for c in clocks.columns if c not in _NOT_THE_CLOCK]
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
