"""Figures in a notebook, without a script in every output."""

from __future__ import annotations

import json
from typing import Any


class Plot:
    """Shows a Plotly figure by JupyterLab's own renderer of it.

    Left to itself, Plotly puts its whole script, four megabytes, into the notebook, or loads it
    from the network.

    Parameters
    ----------
    figure
        From :mod:`review.figures`.
    """

    def __init__(self, figure: Any) -> None:
        self.figure = figure

    def __repr__(self) -> str:
        title = self.figure.layout.title.text
        return f"<figure: {title}>" if title else "<figure>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self.bundle()

    def bundle(self) -> dict[str, Any]:
        """Return the figure as a page's renderer takes it: MIME type -> content."""
        shown = json.loads(self.figure.to_json())
        return {"application/vnd.plotly.v1+json": shown, "text/plain": repr(self)}
