"""Whether a detector is harder on some people: flag rates by light, picture quality and view.

The unit is the sitting: its flags hang together. A class is compared with all other sittings of the
same view by Fisher's exact test, corrected for the number of comparisons (Holm, Scandinavian
Journal of Statistics 6, 1979). A difference is a reason to look into a detector; it does not say
whether the light or what happens in it differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from review.scoring.precision import precision
from review.scoring.proportions import CONFIDENCE, wilson
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Classes of :func:`review.scoring.conditions.classed` that are compared.
CLASSES: Final = ("quality", "sharpness", "light", "face", "face_light")
#: Fewer sittings than this in a class are not compared.
MIN_SITTINGS: Final = 10

_KEYS: Final = list(KEYS)
COLUMNS: Final = (
    "label", "stream", "by", "value", "sittings", "flagged", "share", "low", "high", "others",
    "p_value", "differs",
)  # fmt: skip


def flag_rates(
    flags: pd.DataFrame,
    classes: pd.DataFrame,
    *,
    by: Sequence[str] = CLASSES,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Compare how many sittings are flagged between classes of one view, and between views.

    Parameters
    ----------
    flags
        Table ``flags`` of a session, without what common causes explain.
    classes
        From :func:`review.scoring.conditions.classed`.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`: ``by`` is a class or ``view`` (whose ``value`` is the stream, and
        ``stream`` empty), ``share`` of the class's sittings with such a flag in that view,
        ``others`` the share among the rest, ``differs`` whether the corrected ``p_value`` is below
        one minus the confidence; the plainest differences first.
    """
    seen = flags[[*_KEYS, "label", "streams"]].explode("streams")
    seen = seen.rename(columns={"streams": "stream"}).drop_duplicates()
    rows: list[dict[str, Any]] = []
    for label, of_label in seen.groupby("label"):
        flagged = pd.MultiIndex.from_frame(of_label[[*_KEYS, "stream"]])
        is_hit = pd.MultiIndex.from_frame(classes[[*_KEYS, "stream"]]).isin(flagged)
        views = classes.assign(hit=is_hit)
        views = views[views["stream"].isin(set(of_label["stream"]))]
        rows += _compared(views, "stream", confidence, label=str(label), stream="", by="view")
        for stream, of_view in views.groupby("stream"):
            for name in by:
                rows += _compared(
                    of_view, name, confidence, label=str(label), stream=str(stream), by=name
                )
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    made["p_value"] = _holm(made["p_value"].astype(float))
    made["differs"] = made["p_value"] < 1 - confidence
    return made.sort_values("p_value", kind="stable", ignore_index=True)


def precision_by(
    decided: pd.DataFrame, classes: pd.DataFrame, *, by: Sequence[str] = CLASSES
) -> pd.DataFrame:
    """Return how often flags are confirmed, by class of the view that they lead with.

    Returns
    -------
    pandas.DataFrame
        As :func:`review.scoring.precision.precision`, with label, ``by`` and ``value``.
    """
    if decided.empty or classes.empty:
        return pd.DataFrame(columns=["label", "by", "value"])
    leading = decided.assign(stream=[streams[0] for streams in decided["streams"]])
    both = leading.merge(classes, on=[*_KEYS, "stream"])
    parts = []
    for name in by:
        known = both.dropna(subset=[name])
        if len(known):
            found = precision(known, by=["label", name]).rename(columns={name: "value"})
            parts.append(found.assign(by=name))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _compared(
    views: pd.DataFrame, column: str, confidence: float, **named: str
) -> list[dict[str, Any]]:
    counts = views.dropna(subset=[column]).groupby(column)["hit"].agg(["size", "sum"])
    counts = counts[counts["size"] >= MIN_SITTINGS]
    if len(counts) < 2:
        return []
    whole, hits = int(counts["size"].sum()), int(counts["sum"].sum())
    made = []
    for value, (size, hit) in zip(counts.index, counts.to_numpy(), strict=True):
        low, high = wilson(hit, size, confidence=confidence)
        table = [[hit, size - hit], [hits - hit, whole - size - (hits - hit)]]
        made.append(
            {
                **named,
                "value": str(value),
                "sittings": int(size),
                "flagged": int(hit),
                "share": hit / size,
                "low": float(low),
                "high": float(high),
                "others": (hits - hit) / (whole - size),
                "p_value": float(fisher_exact(table).pvalue),
            }
        )
    return made


def _holm(p: pd.Series[float]) -> pd.Series[float]:
    """Correct chances for the number of comparisons."""
    order = np.argsort(p.to_numpy(), kind="stable")
    stepped = p.to_numpy()[order] * np.arange(len(p), 0, -1)
    made = np.empty(len(p))
    made[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return pd.Series(made, index=p.index)
