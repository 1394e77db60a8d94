"""Trends: control charts, funnels, reviewers, detectors, effort; on white, so that they print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import plotly.graph_objects as go

from review.figures.layout import name, new_figure, nothing, safe, say
from review.figures.palette import FAMILIES, INK, QUIET, RULE, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from review.words import Language

_APART: Final = {"above": VERDICTS["confirmed"], "below": VERDICTS["dismissed"], "": INK}
_SIGNS: Final = {"above": "triangle-up", "below": "triangle-down", "": "circle"}
#: Marks of curves that have no colour of their own: told apart without colour, too.
_MARKS: Final = ("circle", "square", "diamond", "cross", "x", "star", "hexagon", "pentagon")
#: Where a legend stands above many periods, whose names are long and slanted below.
_ABOVE: Final[Mapping[str, Any]] = {"y": 1.0, "yanchor": "bottom"}
#: BCP 47 tags for the page's language.
_TAGS: Final[Mapping[str, str]] = {"en": "en", "zh": "zh-Hans"}
_PAGE_STYLE: Final = (
    "body{margin:2rem auto;max-width:60rem;background:#fff;color:#1b1b1b;"
    "font-family:'Source Sans 3','Noto Sans','Noto Sans CJK SC','PingFang SC',Arial,sans-serif}"
    "h1{font-size:1.2rem;font-weight:600}"
    "@page{size:A4;margin:15mm}"
    "@media print{body{margin:0;max-width:none}.plot{break-inside:avoid}"
    ".modebar{display:none!important}"
    "*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}"
)
#: Plotly draws in pixels of the screen: what is wider than the paper would be cut off. 670 of them
#: are 177 mm, and A4 leaves 180 between its margins.
_PAGE_PRINT: Final = (
    "const each=(change)=>document.querySelectorAll('.js-plotly-plot')"
    ".forEach((plot)=>Plotly.relayout(plot,change));"
    "addEventListener('beforeprint',()=>each({autosize:false,width:670}));"
    "addEventListener('afterprint',()=>each({autosize:true,width:null}));"
)


def control_figure(rows: pd.DataFrame, *, language: Language = "en") -> go.Figure:
    """Draw a rate over time with its control limits.

    Parameters
    ----------
    rows
        From :func:`review.trends.over_time`; the first column is the period.

    Returns
    -------
    plotly.graph_objects.Figure
        Centre, limits of 99.73 % as steps, and a point per period with its 95 % interval; periods
        beyond a limit are triangles.
    """
    figure = new_figure("control", language, height_px=380)
    known = rows[rows["rate"].notna()]
    if known.empty:
        return nothing(figure, language)
    period = str(rows.columns[0])
    x = [str(value) for value in known[period]]
    for bound in ("control_low", "control_high"):
        figure.add_trace(
            go.Scatter(
                x=x, y=known[bound], mode="lines", name=say("control_limit", language),
                line={"color": QUIET, "dash": "dot", "width": 1.4, "shape": "hvh"},
                hoverinfo="skip", showlegend=bound == "control_high",
            )
        )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=x, y=known["whole"], mode="lines", name=say("whole", language),
            line={"color": QUIET, "width": 1.4}, hoverinfo="skip",
        )
    )  # fmt: skip
    figure.add_trace(_points(known, x, language, text=x))
    _few(figure, rows, period, language)
    figure.update_yaxes(title_text=_people_axis(language), tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=sorted(x))
    figure.update_layout(legend=_ABOVE)
    return figure


def funnel_figure(rows: pd.DataFrame, *, language: Language = "en") -> go.Figure:
    """Draw groups by their size and rate, in the funnel that chance leaves around the whole.

    Parameters
    ----------
    rows
        From :func:`review.trends.funnel`; the first column is the group.
    """
    figure = new_figure("funnel", language, height_px=420)
    known = rows[rows["rate"].notna()].sort_values("people")
    if known.empty:
        return nothing(figure, language)
    people = known["people"].astype(int).tolist()
    for kind, dash in (("warning", "dash"), ("control", "dot")):
        for bound in ("low", "high"):
            figure.add_trace(
                go.Scatter(
                    x=people, y=known[f"{kind}_{bound}"], mode="lines",
                    name=say(f"{kind}_limit", language), hoverinfo="skip",
                    line={"color": QUIET, "dash": dash, "width": 1.3},
                    showlegend=bound == "high",
                )
            )  # fmt: skip
    figure.add_hline(y=float(known["whole"].iloc[0]), line={"color": QUIET, "width": 1.2})
    group = str(rows.columns[0])
    names = [safe(str(value)) for value in known[group]]
    figure.add_trace(_points(known, people, language, text=names, intervals=False))
    for x, y, text, apart in zip(people, known["rate"], names, known["apart"], strict=True):
        if apart:
            figure.add_annotation(x=x, y=y, text=text, showarrow=False, yshift=14,
                                  font={"size": 11, "color": INK})  # fmt: skip
    figure.update_xaxes(title_text=say("people", language), rangemode="tozero")
    figure.update_yaxes(title_text=_people_axis(language), tickformat=".0%", rangemode="tozero")
    return figure


def leniency_figure(rows: pd.DataFrame, *, language: Language = "en") -> go.Figure:
    """Draw the share that each reviewer confirms beside what all would confirm of the same flags.

    Parameters
    ----------
    rows
        From :func:`review.trends.leniency`.
    """
    figure = new_figure("leniency", language, height_px=140 + 26 * max(len(rows), 3))
    known = rows[rows["share"].notna()].sort_values("ratio")
    if known.empty:
        return nothing(figure, language)
    names = [safe(str(one)) for one in known["reviewer"]]
    figure.add_trace(
        go.Scatter(
            x=known["expected"] / known["decided"].astype(float), y=names, mode="markers",
            name=say("expected", language),
            marker={"symbol": "line-ns", "size": 15, "line": {"width": 2.2, "color": QUIET}},
            hovertemplate="%{x:.1%}<extra></extra>",
        )
    )  # fmt: skip
    sign = {"stricter": "above", "more lenient": "below"}
    known = known.assign(rate=known["share"], apart=[sign.get(a, "") for a in known["apart"]])
    figure.add_trace(
        go.Scatter(
            x=known["rate"], y=names, mode="markers", name=say("confirmed_share", language),
            marker=_marker(known["apart"]), error_x=_bars(known),
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title_text=say("confirmed_share", language), tickformat=".0%")
    figure.update_yaxes(type="category", showgrid=False)
    return figure


def precision_figure(rows: pd.DataFrame, *, language: Language = "en") -> go.Figure:
    """Draw the precision of each detector over time with its intervals.

    Parameters
    ----------
    rows
        From :func:`review.trends.precision_over_time`.
    """
    figure = new_figure("precision", language, height_px=420)
    known = rows[rows["precision"].notna()]
    if known.empty:
        return nothing(figure, language)
    period = str(rows.columns[1])
    colours = list(FAMILIES.values())
    for n, (detector, own) in enumerate(known.groupby("detector", sort=True)):
        figure.add_trace(
            go.Scatter(
                x=[str(v) for v in own[period]], y=own["precision"], mode="lines+markers",
                name=name("label", str(detector), language),
                line={"color": colours[n % len(colours)], "width": 1.3},
                marker={"symbol": _MARKS[n % len(_MARKS)], "size": 8},
                error_y=_bars(own.assign(rate=own["precision"])),
                hovertemplate="%{x}: %{y:.0%}<extra>%{fullData.name}</extra>",
            )
        )  # fmt: skip
    periods = sorted({str(v) for v in known[period]})
    figure.update_xaxes(type="category", categoryorder="array", categoryarray=periods)
    figure.update_yaxes(title_text=say("confirmed_share", language), tickformat=".0%",
                        range=[0, 1.02])  # fmt: skip
    figure.update_layout(legend=_ABOVE)
    return figure


def effort_figure(rows: pd.DataFrame, *, language: Language = "en") -> go.Figure:
    """Draw the minutes of work per case: median and the middle half.

    Parameters
    ----------
    rows
        From :func:`review.trends.effort`; the first column is the group.
    """
    figure = new_figure("effort", language, height_px=140 + 26 * max(len(rows), 3))
    known = rows[rows["median_min"].notna()]
    if known.empty:
        return nothing(figure, language)
    figure.add_trace(
        go.Scatter(
            x=known["median_min"], y=[safe(str(v)) for v in known.iloc[:, 0]], mode="markers",
            marker={"size": 9, "color": INK}, showlegend=False,
            error_x={
                "type": "data", "symmetric": False, "color": QUIET,
                "array": known["q75_min"] - known["median_min"],
                "arrayminus": known["median_min"] - known["q25_min"],
            },
            hovertemplate="%{y}: %{x:.1f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title_text=say("minutes_axis", language), rangemode="tozero")
    figure.update_yaxes(type="category", showgrid=False)
    return figure


def page_of(figures: Sequence[go.Figure], *, title: str, language: Language = "en") -> str:
    """Return figures as one page that needs no network; printed, each stays whole.

    Returns
    -------
    str
        HTML with the drawing library inside (about 4 MB). On paper the figures are drawn anew in
        the width of an A4 page.
    """
    parts = [
        figure.to_html(
            full_html=False,
            include_plotlyjs=n == 0,
            config={"displaylogo": False, "responsive": True},
        )
        for n, figure in enumerate(figures)
    ]
    body = "".join(f'<div class="plot">{part}</div>' for part in parts)
    return (
        f'<!DOCTYPE html>\n<html lang="{_TAGS[language]}"><head><meta charset="utf-8">'
        f"<title>{safe(title)}</title><style>{_PAGE_STYLE}</style></head>"
        f"<body><h1>{safe(title)}</h1>{body}<script>{_PAGE_PRINT}</script></body></html>\n"
    )


def _points(
    rows: pd.DataFrame, x: list[Any], language: Language, *, text: list[str], intervals: bool = True
) -> go.Scatter:
    said = [
        [one, say("of", language, k=int(k), n=int(n)), f"{rate:.1%}"]
        for one, k, n, rate in zip(text, rows["flagged"], rows["people"], rows["rate"], strict=True)
    ]
    return go.Scatter(
        x=x, y=rows["rate"], mode="markers", showlegend=False, marker=_marker(rows["apart"]),
        error_y=_bars(rows) if intervals else None, customdata=said,
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}"
        "<extra></extra>",
    )  # fmt: skip


def _marker(apart: pd.Series[Any]) -> dict[str, Any]:
    return {
        "size": [13 if one else 9 for one in apart],
        "color": [_APART[one] for one in apart],
        "symbol": [_SIGNS[one] for one in apart],
        "line": {"color": RULE, "width": 0.5},
    }


def _bars(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": rows["high"] - rows["rate"],
        "arrayminus": rows["rate"] - rows["low"],
        "color": QUIET,
        "thickness": 1.2,
        "width": 3,
    }


def _few(figure: go.Figure, rows: pd.DataFrame, period: str, language: Language) -> None:
    few = rows[rows["rate"].isna()]
    if len(few):
        names = ", ".join(str(value) for value in few[period])
        figure.add_annotation(
            x=0, y=-0.32, xref="paper", yref="paper", showarrow=False, xanchor="left",
            text=f"{say('too_few', language)}: {safe(names[:300])}",
            font={"color": QUIET, "size": 11},
        )  # fmt: skip


def _people_axis(language: Language) -> str:
    return say("rate_axis", language, what=say("people", language))
