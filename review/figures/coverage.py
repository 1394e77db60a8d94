"""How much of every sitting each stream shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go

from review.figures.layout import name, new_figure, nothing, safe
from review.session import STREAMS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.words import Language

#: States in which a stream is recorded but shows nothing.
_HIDDEN: Final = ("black", "covered", "frozen")
#: Light is all there, dark red is nothing: single-hued, so that it also prints in grey.
_SCALE: Final = ((0.0, "#7a1712"), (0.5, "#d98b80"), (0.9, "#f3ded9"), (1.0, "#f4f7f8"))


def coverage_figure(
    coverage: pd.DataFrame, sittings: pd.DataFrame, *, language: Language = "en"
) -> go.Figure:
    """Draw the share of the judged time that each stream of each sitting shows something.

    Parameters
    ----------
    coverage
        Table ``coverage`` of one or many sittings.
    sittings
        Table ``sittings`` of the same, with the window of each; those without one are left out.

    Returns
    -------
    plotly.graph_objects.Figure
        A row per sitting, a column per stream; empty cells are streams without coverage.
    """
    judged = sittings[sittings["window_end_s"] > sittings["window_start_s"]]
    found = set(coverage["stream"])
    streams = [s for s in STREAMS if s in found] + sorted(found - set(STREAMS))
    figure = new_figure("coverage", language, height_px=150 + 20 * max(len(judged), 3))
    if judged.empty or not streams:
        return nothing(figure, language)
    shares = coverage_shares(coverage, judged, streams)
    rows = [
        safe(f"{c} {s}") for c, s in zip(judged["candidate_id"], judged["subject_id"], strict=True)
    ]
    figure.add_trace(
        go.Heatmap(
            z=shares,
            x=[name("stream", s, language) for s in streams],
            y=rows,
            zmin=0.0,
            zmax=1.0,
            colorscale=[list(step) for step in _SCALE],
            colorbar={"tickformat": ".0%", "outlinewidth": 0, "thickness": 12},
            xgap=2,
            ygap=2,
            texttemplate="%{z:.0%}" if len(rows) <= 40 else None,
            hovertemplate="%{y}<br>%{x}<br>%{z:.1%}<extra></extra>",
            hoverongaps=False,
        )
    )
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_xaxes(side="top", showgrid=False, tickangle=-30)
    figure.update_layout(margin={"t": 120})
    return figure


def coverage_shares(
    coverage: pd.DataFrame, sittings: pd.DataFrame, streams: list[str]
) -> NDArray[np.float64]:
    """Return the share of each sitting's window in which each stream shows something.

    Returns
    -------
    numpy.ndarray
        Shape (sittings, streams), 0 to 1; missing where a stream has no coverage at all.
    """
    keys = ["session_id", "candidate_id", "subject_id", "stream"]
    groups = dict(list(coverage.groupby(keys, sort=False)))
    shares = np.full((len(sittings), len(streams)), np.nan)
    for n, sitting in enumerate(sittings.to_dict("records")):
        window = (sitting["window_start_s"], sitting["window_end_s"])
        for m, stream in enumerate(streams):
            rows = groups.get((*(sitting[k] for k in keys[:3]), stream))
            if rows is None:
                continue
            pairs = rows[["start_s", "end_s"]].to_numpy()
            shown = iv.difference(
                pairs[(rows["state"] == "recorded").to_numpy()],
                pairs[rows["state"].isin(_HIDDEN).to_numpy()],
            )
            shares[n, m] = iv.total_s(iv.intersection(shown, [window])) / (window[1] - window[0])
    return shares
