"""A sitting on one time axis: coverage, flags, log entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import plotly.graph_objects as go

from review import words
from review.figures.layout import clock, moments, name, new_figure, nothing, safe, say, time_axis
from review.figures.palette import COVERAGE, INK, QUIET, label_colour
from review.session import STREAMS

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from review.words import Language

#: Marks of a lane's log entries beyond this many are thinned evenly: they would hide each other.
_MOST_MARKS: Final = 2000
_LANE_PX: Final = 26


def timeline_figure(
    coverage: pd.DataFrame,
    flags: pd.DataFrame,
    events: pd.DataFrame,
    *,
    window: tuple[float, float] | None,
    language: Language = "en",
    start: datetime | None = None,
) -> go.Figure:
    """Draw the timeline of one sitting.

    Parameters
    ----------
    coverage, flags, events
        Tables of one sitting; ``events`` with ``time_s``.
    window
        ``(start_s, end_s)`` that is judged, session time: the figure opens on it.
    start
        Scheduled start, aware, for wall clock on the axis; None for session time.

    Returns
    -------
    plotly.graph_objects.Figure
        Lanes of streams above, lanes of labels below; one trace per coverage state, one per label,
        one for log entries.
    """
    placed = events[events["time_s"].notna()]
    found = set(coverage["stream"]) | set(placed["stream"])
    streams = [s for s in STREAMS if s in found] + sorted(found - set(STREAMS))
    labels = list(dict.fromkeys(flags.sort_values("start_s")["label"]))
    lanes = [name("stream", s, language) for s in streams]
    lanes += [name("label", label, language) for label in labels]
    figure = new_figure("timeline", language, height_px=150 + _LANE_PX * max(len(lanes), 2))
    if not lanes:
        return nothing(figure, language)
    for state in (s for s in COVERAGE if s in set(coverage["state"])):
        rows = coverage[coverage["state"] == state]
        figure.add_trace(_stretches(rows, state, language, start))
    for label in labels:
        figure.add_trace(_flags(flags[flags["label"] == label], label, language, start))
    if len(placed):
        figure.add_trace(_marks(placed, language, start))
    time_axis(figure, language, start=start, window=window)
    if window is not None:
        for edge in moments(window, start):
            figure.add_vline(x=edge, line={"color": QUIET, "width": 1, "dash": "dot"})
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=lanes[::-1], showgrid=False
    )
    figure.update_layout(barmode="overlay", bargap=0.25, hovermode="closest")
    return figure


def _stretches(
    rows: pd.DataFrame, state: str, language: Language, start: datetime | None
) -> go.Bar:
    colour, hatching = COVERAGE[state]
    said = name("state", state, language)
    return go.Bar(
        **_bars(rows, [name("stream", s, language) for s in rows["stream"]], start),
        orientation="h",
        name=said,
        marker={
            "color": colour,
            "opacity": 0.9,
            "line": {"width": 0},
            "pattern": {"shape": hatching, "fgcolor": colour, "bgcolor": "white", "size": 6}
            if hatching
            else {},
        },
        # What is in the sound is a thinner strip over what is in the picture.
        width=0.25 if state in {"muted", "silent"} else 0.7,
        customdata=[
            [clock(a), clock(b)] for a, b in zip(rows["start_s"], rows["end_s"], strict=True)
        ],
        hovertemplate=f"{said}<br>%{{customdata[0]}} \u2013 %{{customdata[1]}}<extra></extra>",
    )


def _flags(rows: pd.DataFrame, label: str, language: Language, start: datetime | None) -> go.Bar:
    said = name("label", label, language)
    reasons = [
        safe(words.reason(key, facts, language) or reason)
        for key, facts, reason in zip(
            rows["reason_key"], rows["facts"], rows["reason"], strict=True
        )
    ]
    scores = [say("score", language, score=f"{score:.2f}") for score in rows["score"]]
    return go.Bar(
        **_bars(rows, [said] * len(rows), start),
        orientation="h",
        name=said,
        # A flag of an instant still has an edge that can be seen.
        marker={"color": label_colour(label), "line": {"color": label_colour(label), "width": 1.5}},
        width=0.7,
        ids=rows["flag_id"].tolist(),
        customdata=[
            [clock(a), clock(b), reason, score]
            for a, b, reason, score in zip(
                rows["start_s"], rows["end_s"], reasons, scores, strict=True
            )
        ],
        hovertemplate=(
            f"<b>{said}</b>, %{{customdata[3]}}<br>%{{customdata[0]}} \u2013 %{{customdata[1]}}"
            "<br>%{customdata[2]}<extra></extra>"
        ),
    )


def _bars(rows: pd.DataFrame, lanes: list[str], start: datetime | None) -> dict[str, Any]:
    """Return base, length (milliseconds, as a time axis wants it) and lane of bars."""
    return {
        "base": moments(rows["start_s"], start),
        "x": (1000.0 * (rows["end_s"] - rows["start_s"])).tolist(),
        "y": lanes,
    }


def _marks(events: pd.DataFrame, language: Language, start: datetime | None) -> go.Scatter:
    rows = events.iloc[:: max(-(-len(events) // _MOST_MARKS), 1)]
    return go.Scatter(
        x=moments(rows["time_s"], start),
        y=[name("stream", s, language) for s in rows["stream"]],
        mode="markers",
        name=say("log_entry", language),
        marker={"symbol": "line-ns", "size": 11, "line": {"width": 1.4, "color": INK}},
        customdata=[
            [safe(kind), clock(time_s)]
            for kind, time_s in zip(rows["type"], rows["time_s"], strict=True)
        ],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    )
