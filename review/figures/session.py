"""A whole session in one figure, however many sittings it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go

from review.figures.layout import new_figure, nothing, say
from review.figures.palette import COVERAGE, FAMILIES, INK, QUIET

if TYPE_CHECKING:
    import pandas as pd

    from review.words import Language

#: Shares of a sitting that could not be seen, in classes: (from, to, colour).
_UNSEEN: Final = (
    (0.0, 0.05, FAMILIES["screen"]),
    (0.05, 0.2, COVERAGE["covered"][0]),
    (0.2, 1.01, COVERAGE["missing"][0]),
)


def session_figure(scores: pd.DataFrame, *, language: Language = "en") -> go.Figure:
    """Draw how many sittings have which risk, by how much of them could not be seen.

    Parameters
    ----------
    scores
        Table ``scores``, or the worklist: risk (0 to 100), unseen (0 to 1).
    """
    figure = new_figure("session", language, height_px=340)
    rows = scores.dropna(subset=["risk", "unseen"])
    if rows.empty:
        return nothing(figure, language)
    edges = np.arange(0, 105, 5)
    for low, high, colour in _UNSEEN:
        mine = rows[(rows["unseen"] >= low) & (rows["unseen"] < high)]
        counts = np.histogram(np.minimum(mine["risk"].to_numpy(dtype=float), 99.999), edges)[0]
        figure.add_trace(
            go.Bar(
                x=edges[:-1] + 2.5,
                y=counts,
                name=say("unseen_class", language, low=f"{low:.0%}", high=f"{min(high, 1):.0%}"),
                marker={"color": colour, "line": {"width": 0}},
                customdata=[f"{a}–{a + 5}" for a in edges[:-1]],
                hovertemplate="%{customdata}: %{y}<extra>%{fullData.name}</extra>",
            )
        )
    # A few of high risk are what one looks for: they must not vanish beside thousands.
    figure.update_layout(barmode="stack", bargap=0.06)
    figure.update_xaxes(title_text=say("risk_axis", language), range=[0, 100])
    figure.update_yaxes(title_text=say("sittings", language))
    return figure


def calibration_figure(table: pd.DataFrame, *, language: Language = "en") -> go.Figure:
    """Draw what was predicted against what came true, bin by bin, with its interval.

    Parameters
    ----------
    table
        From :func:`review.scoring.learning.calibration`: predicted, confirmed, share_low,
        share_high (0 to 1), decisions.
    """
    figure = new_figure("calibration", language, height_px=420)
    if table.empty:
        return nothing(figure, language)
    figure.add_trace(
        go.Scatter(
            x=[0, 1], y=[0, 1], mode="lines", line={"color": QUIET, "dash": "dot"},
            hoverinfo="skip", showlegend=False,
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=table["predicted"],
            y=table["confirmed"],
            mode="markers",
            marker={"size": 9, "color": INK},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": table["share_high"] - table["confirmed"],
                "arrayminus": table["confirmed"] - table["share_low"],
                "color": QUIET,
                "width": 4,
            },
            customdata=table["decisions"],
            hovertemplate="%{x:.0%} → %{y:.1%} (%{customdata})<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_xaxes(
        title_text=say("predicted", language), range=[-0.02, 1.02], tickformat=".0%"
    )
    figure.update_yaxes(
        title_text=say("came_true", language), range=[-0.02, 1.02], tickformat=".0%"
    )
    return figure
