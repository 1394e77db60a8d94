"""A session at a glance: who stands out, and who could not be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from review.figures.layout import axis, new_figure, nothing, safe, say
from review.figures.palette import FAMILIES, QUIET

if TYPE_CHECKING:
    import pandas as pd

    from review.words import Language


def risk_figure(scores: pd.DataFrame, *, language: Language = "en") -> go.Figure:
    """Draw every sitting by its risk and by what could not be seen of it.

    A sitting that could not be seen is not a clean one: it stands to the right, whatever its risk.

    Parameters
    ----------
    scores
        Table ``scores``, or the worklist; risk 0 to 100, unseen 0 to 1, reasons.

    Returns
    -------
    plotly.graph_objects.Figure
        Points, one per sitting, with its keys as ``customdata``; the distribution of risk beside.
    """
    figure = new_figure("risk", language, height_px=460)
    rows = scores.dropna(subset=["risk", "unseen"])
    if rows.empty:
        return nothing(figure, language)
    figure = make_subplots(
        cols=2,
        rows=1,
        shared_yaxes=True,
        column_widths=[0.78, 0.22],
        horizontal_spacing=0.02,
        figure=go.Figure(layout=figure.layout),
    )
    names = [
        safe(f"{c} {s}") for c, s in zip(rows["candidate_id"], rows["subject_id"], strict=True)
    ]
    reasons = [
        "<br>".join(safe(r) for r in list(given)[:6])
        for given in (rows["reasons"] if "reasons" in rows else [()] * len(rows))
    ]
    figure.add_trace(
        go.Scatter(
            x=rows["unseen"],
            y=rows["risk"],
            mode="markers",
            marker={"size": 9, "color": FAMILIES["person"], "opacity": 0.65, "line": {"width": 0}},
            customdata=list(
                zip(rows["session_id"], rows["candidate_id"], rows["subject_id"], reasons,
                    strict=True)
            ),
            text=names,
            hovertemplate="<b>%{text}</b><br>%{y:.0f}, %{x:.0%}<br>%{customdata[3]}<extra></extra>",
            showlegend=False,
        ),
        row=1,
        col=1,
    )  # fmt: skip
    figure.add_trace(
        go.Histogram(
            y=rows["risk"],
            ybins={"start": 0, "end": 105, "size": 5},
            marker={"color": QUIET, "opacity": 0.55},
            showlegend=False,
            hovertemplate="%{y}: %{x}<extra></extra>",
        ),
        row=1,
        col=2,
    )
    figure.update_xaxes(**axis())
    figure.update_yaxes(**axis())
    figure.update_xaxes(
        title_text=say("unseen_axis", language), tickformat=".0%", row=1, col=1,
        range=[-0.02, max(float(rows["unseen"].max()) * 1.1, 0.2)],
    )  # fmt: skip
    figure.update_yaxes(title_text=say("risk_axis", language), range=[-3, 103], row=1, col=1)
    figure.update_xaxes(title_text=say("sittings", language), row=1, col=2)
    return figure
