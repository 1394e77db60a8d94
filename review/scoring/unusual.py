"""What is unusual against the rest of the session, apart from any rule.

An isolation forest (Liu, Ting and Zhou, ICDM 2008) over how often and how long each label was
flagged, what of the evidence there is, and how well it was seen. It knows no rulebook: a sitting
can be unusual for being restless, or for being the only one that was recorded well. It is shown
beside the risk and never counted into it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest

from review.tables import KEYS

#: Fewer sittings than this are no session to be unusual in.
MIN_SITTINGS: Final = 20
#: Trees, and sittings that each sees: with the authors' 256 the order no longer changes beyond
#: 100 trees (Liu, Ting and Zhou, figures 4 and 5).
_TREES: Final = 100
_SEED: Final = 0
#: Of a sitting's features so many are told.
_TOLD: Final = 3
#: Only what so many of the others fall short of is told as a reason.
_RARE: Final = 0.9

_KEYS: Final = list(KEYS)


def features(sittings: pd.DataFrame, scores: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """Return what sittings are compared by.

    Parameters
    ----------
    sittings, scores, flags
        Tables of a session. Sittings that failed have no features.

    Returns
    -------
    pandas.DataFrame
        Key columns; per label ``<label>/h`` (flags an hour) and ``<label> %`` (share of the window
        in percent); ``unseen %``.
    """
    done = sittings.merge(scores[[*_KEYS, "unseen"]], on=_KEYS)
    done = done.dropna(subset=["window_start_s", "window_end_s"]).sort_values(_KEYS)
    hours = (done["window_end_s"] - done["window_start_s"]).clip(lower=60.0) / 3600.0
    index = pd.MultiIndex.from_frame(done[_KEYS])
    lengths = flags.assign(length_s=(flags["end_s"] - flags["start_s"]).clip(lower=0.0))
    by_label = lengths.pivot_table(
        index=_KEYS, columns="label", values="length_s", aggfunc=["size", "sum"]
    )
    made = {"unseen %": 100 * done["unseen"].to_numpy()}
    for label in sorted(flags["label"].unique()):
        counts = by_label["size", label].reindex(index).fillna(0.0).to_numpy()
        lasted_s = by_label["sum", label].reindex(index).fillna(0.0).to_numpy()
        made[f"{label}/h"] = counts / hours.to_numpy()
        made[f"{label} %"] = lasted_s / (36.0 * hours.to_numpy())
    return pd.concat(
        [done[_KEYS].reset_index(drop=True), pd.DataFrame(made, index=range(len(done)))], axis=1
    )


def unusual(
    sittings: pd.DataFrame, scores: pd.DataFrame, flags: pd.DataFrame, *, seed: int = _SEED
) -> pd.DataFrame:
    """Say how unusual each sitting is in its session.

    Parameters
    ----------
    sittings, scores, flags
        Tables of a session; what common causes explain should be left out of ``flags``.
    seed
        The same seed gives the same answer, whatever the order of the rows.

    Returns
    -------
    pandas.DataFrame
        Key columns; ``unusual`` (share of the session's sittings that are less unusual, 0 to 1;
        missing where the session has fewer than :data:`MIN_SITTINGS`); ``unusual_reasons``, lists
        of ``"<feature> <value> > <share of sittings with less>"``.
    """
    known = features(sittings, scores, flags)
    values = known.drop(columns=_KEYS)
    made = known[_KEYS].copy()
    if len(known) < MIN_SITTINGS:
        made["unusual"] = np.nan
        made["unusual_reasons"] = pd.Series([[] for _ in range(len(known))], dtype=object)
        return made
    forest = IsolationForest(n_estimators=_TREES, random_state=seed)
    scored = -forest.fit(values.to_numpy()).score_samples(values.to_numpy())
    made["unusual"] = _share_below(pd.Series(scored))
    shares = values.apply(_share_below)
    made["unusual_reasons"] = pd.Series(_reasons(values, shares), dtype=object)
    return made


def _share_below(column: pd.Series[float]) -> pd.Series[float]:
    """Return of each value the share of all that are smaller."""
    return (column.rank(method="min") - 1) / len(column)


def _reasons(values: pd.DataFrame, shares: pd.DataFrame) -> list[list[str]]:
    names = list(values.columns)
    value, share = values.to_numpy(), shares.to_numpy()
    order = np.argsort(-share, axis=1, kind="stable")[:, :_TOLD]
    return [
        [
            f"{names[n]} {value[row, n]:.1f} > {np.floor(100 * share[row, n]):.0f}%"
            for n in columns
            if share[row, n] >= _RARE
        ]
        for row, columns in enumerate(order)
    ]
