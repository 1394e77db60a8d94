"""A sitting's risk from its flags, and how much of it could not be seen.

Risk orders the work; it decides nothing. With ``w`` the rulebook's points of a label as a share of
one (:meth:`review.rules.Rulebook.label_weight` / 100), ``s`` the scores of its flags, and ``T`` the
length of the judged window of which the share ``1 - unseen`` could be seen:

* the strongest flag counts in full: ``p = max(s)``, whatever the length of the sitting, since what
  happened once happened;
* every further one counts by rate, so that long and short sittings compare:
  ``r = (sum(s) - p) * REFERENCE_S / max(T * (1 - unseen), SHORTEST_S)``; only what was seen can
  raise a flag, so that well and badly covered sittings compare, too;
* together ``e = 1 - (1 - p) * exp(-r / REPEATS)``, between 0 and 1;
* a label's ground is ``g = -log(1 - w * e)``; labels whose first clause is the same are mostly one
  and the same thing seen in different ways (a phone elsewhere is outside, adrift and apart), so
  of each clause the strongest label counts in full and every other with a share of
  :data:`ALSO`; clauses are independent grounds: ``risk = 100 * (1 - exp(-sum of grounds))``.

Each step rises with every flag and never passes its bound, so that adding a flag never lowers a
risk and none passes 100. The points of a label are its share of the sum, so that the points add up
to the risk whatever the order.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from review import tables
from review.timeline import intervals as iv

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from review.rules import Rulebook

#: The length to which repetition is referred: the theory paper of the ITMC notice, in seconds.
REFERENCE_S: Final = 5400.0
#: Windows below this count as this long: a few seconds of exam say nothing about a rate.
SHORTEST_S: Final = 600.0
#: Repetitions of full score per reference length that close 63 % of what was left open.
REPEATS: Final = 5.0
#: What a further label of the same clause counts. Chosen so that the three labels of one displaced
#: phone stay below one cheating clause (70 points).
ALSO: Final = 0.25
#: A label's share never reaches one: there is always room above, and its logarithm is finite.
_CEILING: Final = 0.999

#: States in which a view is recorded and still shows nothing.
_HIDDEN: Final = ("black", "covered", "frozen")


def score(
    flags: pd.DataFrame,
    coverage: pd.DataFrame,
    *,
    window: tuple[float, float],
    required_streams: Iterable[str],
    rulebook: Rulebook,
    key: tuple[str, str, str],
) -> pd.DataFrame:
    """Score one sitting.

    Parameters
    ----------
    flags, coverage
        Tables of the sitting (session time).
    window
        ``(start_s, end_s)`` that is judged, session time.
    required_streams
        Streams whose absence makes it unseen.
    rulebook
        Where the severity of a label comes from.
    key
        session_id, candidate_id, subject_id.

    Returns
    -------
    pandas.DataFrame
        Table ``scores``, one row; ``reasons`` are ``"<label> <points>"``, the heaviest first.
    """
    not_seen = unseen(coverage, window=window, required_streams=required_streams)
    points = label_points(flags, window=window, rulebook=rulebook, unseen=not_seen)
    row = {
        "risk": min(sum(points.values()), 100.0),
        "unseen": not_seen,
        "reasons": reasons(points),
    }
    return tables.build("scores", [row], key=key)


def reasons(points: Mapping[str, float]) -> list[str]:
    """Return the labels with their points as text, the heaviest first.

    Examples
    --------
    >>> reasons({"absent": 5.0, "speech": 0.0, "extra_person": 70.04})
    ['extra_person 70.0', 'absent 5.0']
    """
    ordered = sorted(points.items(), key=lambda item: (-item[1], item[0]))
    return [f"{label} {value:.1f}" for label, value in ordered if value > 0]


def label_points(
    flags: pd.DataFrame,
    *,
    window: tuple[float, float],
    rulebook: Rulebook,
    unseen: float = 0.0,
) -> dict[str, float]:
    """Return label -> risk points (0 to 100); their sum is the risk.

    Parameters
    ----------
    flags
        label, score.
    unseen
        Share of the window that could not be seen, 0 to 1.
    """
    return points_of(
        flags["label"], flags["score"], window=window, rulebook=rulebook, unseen=unseen
    )


def points_of(
    labels: Iterable[str],
    scores: Iterable[float],
    *,
    window: tuple[float, float],
    rulebook: Rulebook,
    unseen: float = 0.0,
) -> dict[str, float]:
    """Return :func:`label_points` of flags that are given as plain labels and scores."""
    length_s = seen_s(window, unseen)
    by_clause: dict[str, dict[str, float]] = {}
    for label, given in _scores(labels, scores).items():
        clauses = rulebook.clauses_for(label)
        share = rulebook.label_weight(label) / 100 * evidence(given, length_s)
        ground = -math.log1p(-min(share, _CEILING))
        by_clause.setdefault(clauses[0].id if clauses else "", {})[label] = ground
    grounds: dict[str, float] = {}
    for of_clause in by_clause.values():
        strongest = max(of_clause, key=lambda label: of_clause[label])
        for label, ground in of_clause.items():
            grounds[label] = ground if label == strongest else ALSO * ground
    total = math.fsum(grounds.values())
    risk = -100.0 * math.expm1(-total)
    return {label: risk * ground / total if total else 0.0 for label, ground in grounds.items()}


def flag_points(
    flags: pd.DataFrame,
    *,
    window: tuple[float, float],
    rulebook: Rulebook,
    unseen: float = 0.0,
) -> list[float]:
    """Return the risk points of every flag in its order; their sum is the risk.

    Within a label the strongest flag has what it would show alone, and the others share the rest by
    their scores.
    """
    points = label_points(flags, window=window, rulebook=rulebook, unseen=unseen)
    length_s = seen_s(window, unseen)
    made = np.zeros(len(flags))
    label_of = flags["label"].to_numpy()
    given = flags["score"].to_numpy(dtype=float)
    for label, value in points.items():
        mine = np.flatnonzero(label_of == label)
        scores = given[mine]
        strongest = int(scores.argmax())
        whole = evidence(scores, length_s)
        alone = float(scores[strongest]) / whole if whole else 1.0
        others = np.delete(scores, strongest)
        rest = others / others.sum() if others.sum() else np.zeros(len(others))
        made[mine[strongest]] = value * (alone if others.sum() else 1.0)
        made[np.delete(mine, strongest)] = value * (1.0 - alone) * rest
    return [float(value) for value in made]


def seen_s(window: tuple[float, float], unseen: float) -> float:
    """Return the length to which repetition is referred, in seconds."""
    return max((window[1] - window[0]) * (1.0 - unseen), SHORTEST_S)


def evidence(scores: NDArray[np.float64], length_s: float) -> float:
    """Return how much the flags of one label show together, 0 to 1.

    Parameters
    ----------
    scores
        Scores of the flags, each 0 to 1.
    length_s
        Length of what was seen of the judged window, in seconds.

    Examples
    --------
    >>> import numpy as np
    >>> evidence(np.array([0.5]), 5400.0)
    0.5
    >>> round(evidence(np.array([0.5, 0.5]), 5400.0), 3)
    0.548
    """
    peak = float(scores.max())
    rate = (math.fsum(scores) - peak) * REFERENCE_S / length_s
    return 1.0 - (1.0 - peak) * math.exp(-max(rate, 0.0) / REPEATS)


def unseen(
    coverage: pd.DataFrame, *, window: tuple[float, float], required_streams: Iterable[str]
) -> float:
    """Return the share (0 to 1) of the required coverage that is not there, or shows nothing.

    A window without length could not be seen at all: 1. Without required streams nothing is
    missing: 0.

    Parameters
    ----------
    coverage
        stream, start_s, end_s, state (session time).
    """
    streams = tuple(required_streams)
    length_s = window[1] - window[0]
    if length_s <= 0:
        return 1.0
    if not streams:
        return 0.0
    seen = [iv.total_s(_seen(coverage, stream, window)) for stream in streams]
    return float(np.clip(1.0 - math.fsum(seen) / (length_s * len(streams)), 0.0, 1.0))


def _seen(coverage: pd.DataFrame, stream: str, window: tuple[float, float]) -> NDArray[np.float64]:
    rows = coverage[coverage["stream"] == stream]
    recorded = rows.loc[rows["state"] == "recorded", ["start_s", "end_s"]].to_numpy(dtype=float)
    hidden = rows.loc[rows["state"].isin(_HIDDEN), ["start_s", "end_s"]].to_numpy(dtype=float)
    return iv.intersection(iv.difference(recorded, hidden), [window])


def _scores(labels: Iterable[str], scores: Iterable[float]) -> dict[str, NDArray[np.float64]]:
    by_label: dict[str, list[float]] = {}
    for label, score_of in zip(labels, scores, strict=True):
        by_label.setdefault(str(label), []).append(float(score_of))
    return {label: np.array(by_label[label]) for label in sorted(by_label)}
