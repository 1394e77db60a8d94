"""The probability that a flag will be confirmed, learned from the decisions that people made.

A logistic regression over the flag's label, score, length and support is fitted on the earlier
sittings, calibrated on later ones and measured on the latest: what is claimed of it was seen on
decisions made after everything that it learned from. Sittings are not divided. Nothing is decided
by it: it says what to look at, and how much to expect.

Too few decisions are said, not extrapolated: without :data:`MIN_DECISIONS` and
:data:`MIN_OF_EACH` there is no model, and a label with fewer than :data:`MIN_OF_LABEL` decisions
has no probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from review.scoring.precision import CLEAR
from review.scoring.proportions import CONFIDENCE, wilson
from review.tables import KEYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Parts of the sittings, in the order of their first decision: to learn from, to calibrate with,
#: to measure on.
LEARN: Final = 0.6
CALIBRATE: Final = 0.2
#: Clear decisions below which there is no model: the latest fifth, 80 of them, places a share
#: within 0.11 at best.
MIN_DECISIONS: Final = 400
#: Confirmed and dismissed flags that each part must have: ten for each of the few things that the
#: regression weighs (Peduzzi and others, Journal of Clinical Epidemiology 49, 1996), in the
#: smallest part at least this many.
MIN_OF_EACH: Final = 20
#: Decisions to learn from that a label must have before its flags get a probability.
MIN_OF_LABEL: Final = 20
#: From so many decisions on calibration follows any monotonous curve, below them a sigmoid
#: (scikit-learn's own advice for isotonic regression).
_ISOTONIC_FROM: Final = 1000
BINS: Final = 10

_KEYS: Final = list(KEYS)
_NUMBERS: Final = ("score", "score_above", "length", "supports", "contradicts")


@dataclass(frozen=True, kw_only=True)
class Learned:
    """What decisions taught, or why they taught nothing.

    Parameters
    ----------
    model
        None where there were too few decisions.
    labels
        Labels that the model has learned enough about.
    calibration
        One row per bin of predicted probability on the latest decisions: low, high (edges),
        predicted (mean), confirmed (share), share_low, share_high (Wilson), decisions.
    card
        What it was trained on and how good it is; :func:`review.scoring.card.text` says it in
        words.
    """

    model: Any
    labels: tuple[str, ...]
    calibration: pd.DataFrame
    card: dict[str, Any]

    @property
    def why_not(self) -> str | None:
        """Say why there is no model; None if there is one."""
        return self.card.get("why_not")

    def predict(self, flags: pd.DataFrame) -> pd.DataFrame:
        """Return for each flag the probability that it will be confirmed.

        Returns
        -------
        pandas.DataFrame
            Index of ``flags``; probability (0 to 1), low, high: the interval of what was seen of
            such flags in the latest decisions. Missing without a model, and for labels of which too
            little is known.
        """
        made = pd.DataFrame(np.nan, index=flags.index, columns=["probability", "low", "high"])
        known = flags["label"].isin(self.labels).to_numpy()
        if self.model is None or not known.any():
            return made
        values = features(flags[known], self.labels)
        probability = self.model.predict_proba(values.to_numpy())[:, 1]
        made.loc[known, "probability"] = probability
        bins = self.calibration.set_index("bin")
        of_bin = _bin(probability)
        for name, column in (("low", "share_low"), ("high", "share_high")):
            made.loc[known, name] = bins[column].reindex(of_bin).to_numpy()
        return made


def learn(decided: pd.DataFrame) -> Learned:
    """Learn from decided flags.

    Parameters
    ----------
    decided
        From :func:`review.scoring.precision.decided_flags`. Unsure and disputed ones are left out.
    """
    clear = decided[decided["verdict"].isin(CLEAR) & ~decided["disputed"].astype(bool)]
    parts = _by_time(clear)
    card = _card(decided, clear, parts)
    lacking = _lacking(clear, parts)
    if lacking:
        return Learned(
            model=None, labels=(), calibration=calibration([], []), card=card | {"why_not": lacking}
        )
    early, middle, late = parts
    counts = early["label"].value_counts()
    labels = tuple(sorted(str(name) for name in counts.index[counts >= MIN_OF_LABEL]))
    early, middle, late = (part[part["label"].isin(labels)] for part in parts)
    lacking = _lacking(pd.concat([early, middle, late]), (early, middle, late))
    if lacking:
        return Learned(
            model=None, labels=(), calibration=calibration([], []), card=card | {"why_not": lacking}
        )
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    fitted.fit(features(early, labels).to_numpy(), early["confirmed"])
    method = "isotonic" if len(middle) >= _ISOTONIC_FROM else "sigmoid"
    model = CalibratedClassifierCV(FrozenEstimator(fitted), method=method)
    model.fit(features(middle, labels).to_numpy(), middle["confirmed"])
    probability = model.predict_proba(features(late, labels).to_numpy())[:, 1]
    right = late["confirmed"].to_numpy(dtype=bool)
    measured = calibration(probability, right)
    return Learned(
        model=model,
        labels=labels,
        calibration=measured,
        card=card
        | {
            "calibrated_by": method,
            "labels": list(labels),
            "labels_left_out": sorted(set(map(str, clear["label"])) - set(labels)),
            "weights": _weights(fitted, labels),
            **_quality(probability, right, measured, early),
        },
    )


def features(flags: pd.DataFrame, labels: tuple[str, ...]) -> pd.DataFrame:
    """Return what the model weighs: one column per label, its score, and what flags share.

    Returns
    -------
    pandas.DataFrame
        ``<label>`` (0 or 1), ``<label> score`` (the score, for flags of the label), and score,
        score_above (what of it lies above one half), length (logarithm of 1 + seconds), supports,
        contradicts (how many views).
    """
    made = pd.DataFrame(index=flags.index)
    score = flags["score"].astype(float).fillna(0.0)
    made["score"] = score
    made["score_above"] = (score - 0.5).clip(lower=0.0)
    made["length"] = np.log1p((flags["end_s"] - flags["start_s"]).astype(float).clip(lower=0.0))
    for name in ("supports", "contradicts"):
        made[name] = [float(len(views)) for views in flags[name]]
    for label in labels:
        made[label] = (flags["label"] == label).astype(float)
        made[f"{label} score"] = made[label] * score
    return made


def calibration(probability: Any, confirmed: Any) -> pd.DataFrame:
    """Hold predicted probabilities against what came true, in ten bins of equal width.

    Returns
    -------
    pandas.DataFrame
        See :class:`Learned`; bins without decisions are left out, and flags without a
        probability. The calibration error is the mean
        of ``|predicted - confirmed|`` over the decisions (:func:`calibration_error`).
    """
    predicted, right = np.asarray(probability, dtype=float), np.asarray(confirmed, dtype=float)
    known = np.isfinite(predicted)
    predicted, right = predicted[known], right[known]
    frame = pd.DataFrame({"bin": _bin(predicted), "predicted": predicted, "confirmed": right})
    made = frame.groupby("bin", as_index=False).agg(
        predicted=("predicted", "mean"),
        confirmed=("confirmed", "mean"),
        decisions=("confirmed", "size"),
        hits=("confirmed", "sum"),
    )
    made["share_low"], made["share_high"] = wilson(made["hits"], made["decisions"])
    made["low"], made["high"] = made["bin"] / BINS, (made["bin"] + 1) / BINS
    return made.drop(columns="hits")


def calibration_error(table: pd.DataFrame) -> float:
    """Return the expected calibration error of a calibration table, 0 to 1."""
    gap = (table["predicted"] - table["confirmed"]).abs()
    return float(np.average(gap, weights=table["decisions"]))


def _bin(probability: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.minimum((probability * BINS).astype(int), BINS - 1)


def _by_time(clear: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Divide decisions by time, no sitting being divided."""
    first = clear.groupby(_KEYS)["decided_at"].transform("min")
    ordered = clear.assign(first=first).sort_values(["first", *_KEYS, "flag_id"], kind="stable")
    sitting = ordered.groupby(_KEYS, sort=False).ngroup()
    # By the number of decisions, not of sittings: restless sittings have many.
    size = max(len(ordered), 1)
    ends = ordered.groupby(sitting.to_numpy(), sort=True).size().cumsum() / size
    share = sitting.map(ends).to_numpy(dtype=float)
    return (
        ordered[share <= LEARN],
        ordered[(share > LEARN) & (share <= LEARN + CALIBRATE)],
        ordered[share > LEARN + CALIBRATE],
    )


def _lacking(clear: pd.DataFrame, parts: tuple[pd.DataFrame, ...]) -> str | None:
    if len(clear) < MIN_DECISIONS:
        return f"{len(clear)} clear decisions; a model wants {MIN_DECISIONS}"
    for name, part in zip(("learn from", "calibrate with", "measure on"), parts, strict=True):
        least = min(int(part["confirmed"].sum()), int((~part["confirmed"]).sum()))
        if least < MIN_OF_EACH:
            return (
                f"only {least} confirmed or dismissed flags to {name}; "
                f"a model wants {MIN_OF_EACH} of each"
            )
    return None


def _card(
    decided: pd.DataFrame, clear: pd.DataFrame, parts: tuple[pd.DataFrame, ...]
) -> dict[str, Any]:
    return {
        "decisions": len(decided),
        "clear": len(clear),
        "confirmed": int(clear["confirmed"].sum()),
        "sessions": sorted(map(str, clear["session_id"].unique())),
        "sittings": int(clear[_KEYS].drop_duplicates().shape[0]),
        "parts": [
            {
                "decisions": len(part),
                "from": None if part.empty else part["decided_at"].min().isoformat(),
                "to": None if part.empty else part["decided_at"].max().isoformat(),
            }
            for part in parts
        ],
    }


def _quality(
    probability: NDArray[np.float64],
    right: NDArray[np.bool_],
    measured: pd.DataFrame,
    early: pd.DataFrame,
) -> dict[str, Any]:
    base = float(early["confirmed"].mean())
    low, high = wilson(right.sum(), len(right))
    return {
        "confidence": CONFIDENCE,
        "calibration_error": calibration_error(measured),
        "brier": float(np.mean((probability - right) ** 2)),
        "brier_of_the_mean": float(np.mean((base - right) ** 2)),
        "share_confirmed": [float(right.mean()), float(low), float(high)],
    }


def _weights(fitted: Any, labels: tuple[str, ...]) -> dict[str, float]:
    names = [*_NUMBERS]
    for label in labels:
        names += [label, f"{label} score"]
    return dict(zip(names, map(float, fitted[-1].coef_[0]), strict=True))
