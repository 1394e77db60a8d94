"""What is measured of the main face of the front view, beside its usual values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

    Floats = NDArray[np.float64]

#: A person's usual value is taken from at least so many looks.
LEAST_LOOKS = 5


def looks_at_face(evidence: Evidence, *names: str) -> pd.DataFrame:
    """Return signals of the front view side by side, within the window and where it is visible.

    Returns
    -------
    pandas.DataFrame
        ``time_s``, sorted, and a column for each name; NaN where that was not measured.
    """
    rows = evidence.signals
    rows = rows[(rows["stream"] == "front") & rows["signal"].isin(names)]
    wide = rows.pivot_table(index="time_s", columns="signal", values="value", aggfunc="last")
    wide = wide.reindex(columns=list(names)).reset_index()
    wide.columns.name = None
    seen = iv.intersection(evidence.visible("front"), [evidence.window])
    return wide[iv.contains(seen, wide["time_s"].to_numpy())].reset_index(drop=True)


def off_usual(values: Floats) -> Floats:
    """Return how far values lie from their median; NaN where there are too few to have one."""
    known = values[~np.isnan(values)]
    if len(known) < LEAST_LOOKS:
        return np.full(len(values), np.nan)
    return np.asarray(values - np.median(known))
