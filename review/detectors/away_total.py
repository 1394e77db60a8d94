"""The candidate was out of the picture for too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.presence import absences
from review.detectors.registry import register
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("away_total", labels=["away_total"], platforms=["itmc", "generic"])
def away_total(
    evidence: Evidence, *, limit_s: float = 600.0, measure: str = "total", min_s: float = 3.0
) -> pd.DataFrame:
    """Flag when the absences of a sitting exceed the limit, together or the longest alone.

    ITMC: more than 10 minutes out of the picture cost the subject's result (annex 2, 1(4)); the
    notice does not say whether in all or at a time, so the rulebook does.

    What it cannot tell: what :mod:`review.detectors.absent` cannot.

    Parameters
    ----------
    limit_s
        Time that is not yet too long.
    measure
        ``total`` adds all absences up, ``longest`` looks at the longest one.
    min_s
        Absences shorter than this are not counted, as in the detector ``absent``.
    """
    away = iv.intersection(absences(evidence), [evidence.window])
    away = away[away[:, 1] - away[:, 0] >= min_s]
    lengths = away[:, 1] - away[:, 0]
    total_s = float(lengths.sum())
    longest_s = float(lengths.max()) if len(away) else 0.0
    if (longest_s if measure == "longest" else total_s) <= limit_s:
        return table(evidence, [])
    if measure == "longest":
        start_s, end_s = away[int(np.argmax(lengths))]
    else:
        start_s, end_s = away[0, 0], away[-1, 1]
    row = flag(
        evidence,
        label="away_total",
        detector="away_total",
        streams=["front"],
        start_s=float(start_s),
        end_s=float(end_s),
        score=0.8,
        reason_key="away_total",
        facts={
            "minutes": round(total_s / 60.0, 1),
            "longest": round(longest_s / 60.0, 1),
            "limit": round(limit_s / 60.0, 1),
        },
        supports=["front"],
        evidence_s=float(away[int(np.argmax(lengths))].mean()),
    )
    return table(evidence, [row])
