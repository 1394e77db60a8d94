"""Rates with their intervals, so that nobody is fooled by small numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import plotly.graph_objects as go

from review import words
from review.figures.layout import name, new_figure, nothing, safe, say
from review.figures.palette import INK, QUIET, label_colour

if TYPE_CHECKING:
    import pandas as pd

    from review.words import Language

#: What :func:`review.trends.trends` puts behind the columns that it groups by.
_FIRST_NUMBER: Final = "people"
#: Groups whose members have names in the word table, and the section that holds them.
_NAMED: Final = {"label": "label", "stream": "stream", "platform": "platform"}


def rate_figure(rates: pd.DataFrame, *, language: Language = "en") -> go.Figure:
    """Draw rates as points with their 95 % intervals, the highest on top.

    Parameters
    ----------
    rates
        From :func:`review.trends.trends`: the columns grouped by, then ``people flagged rate low
        high note``. A group too small to say anything about has no rate and is named as such.

    Returns
    -------
    plotly.graph_objects.Figure
        A line per group.
    """
    figure = new_figure("rates", language, height_px=130 + 24 * max(len(rates), 3))
    if rates.empty:
        return nothing(figure, language)
    groups = list(rates.columns[: list(rates.columns).index(_FIRST_NUMBER)])
    rows = rates.sort_values("rate", ascending=False, na_position="last", kind="stable")
    named = [_name(row, groups, language) for row in rows[groups].to_dict("records")]
    known = rows["rate"].notna().to_numpy()
    shown = rows[known]
    colour = [label_colour(v) for v in shown["label"]] if "label" in groups else INK
    figure.add_trace(
        go.Scatter(
            x=shown["rate"],
            y=[n for n, k in zip(named, known, strict=True) if k],
            mode="markers",
            marker={"size": 9, "color": colour},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": shown["high"] - shown["rate"],
                "arrayminus": shown["rate"] - shown["low"],
                "color": QUIET,
                "thickness": 1.4,
                "width": 4,
            },
            customdata=_said(shown, language),
            hovertemplate="<b>%{y}</b><br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
            showlegend=False,
        )
    )
    for one, is_known in zip(named, known, strict=True):
        if not is_known:
            figure.add_annotation(
                x=0.0,
                y=one,
                text=say("too_few", language),
                xanchor="left",
                showarrow=False,
                font={"color": QUIET, "size": 11},
            )
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=named[::-1], showgrid=False
    )
    figure.update_xaxes(
        title_text=say("rate_axis", language, what=say("people", language)),
        tickformat=".0%",
        rangemode="tozero",
    )
    return figure


def _name(row: dict[Any, Any], groups: list[str], language: Language) -> str:
    parts = [
        name(_NAMED[group], str(row[group]), language) if group in _NAMED else str(row[group])
        for group in groups
    ]
    return " \u00b7 ".join(safe(part) for part in parts)


def _said(rows: pd.DataFrame, language: Language) -> list[list[str]]:
    return [
        [
            words.say("figure.of", language, k=int(k), n=int(n)),
            f"{rate:.1%} ({low:.1%} \u2013 {high:.1%})",
        ]
        for k, n, rate, low, high in zip(
            rows["flagged"], rows["people"], rows["rate"], rows["low"], rows["high"], strict=True
        )
    ]
