"""Who is seen in which view when: shared by the detectors that look at people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.timeline import intervals as iv

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

    Intervals = NDArray[np.float64]

#: A looked-at picture stands for the time until the next one, at most for this long: pictures are
#: looked at once a second, and one that does not decode may be skipped.
HOLD_S: Final = 2.5


def seen(evidence: Evidence, view: str) -> pd.DataFrame:
    """Return whether a view shows anybody, at each looked-at picture in which it shows something.

    Returns
    -------
    pandas.DataFrame
        ``time_s`` and ``somebody``; pictures that are black, covered or frozen are left out.
    """
    found = evidence.signal(view, "faces").rename(columns={"value": "faces"})
    persons = evidence.signal(view, "persons").rename(columns={"value": "persons"})
    both = found.merge(persons, on="time_s", how="outer").sort_values("time_s", ignore_index=True)
    both = both[iv.contains(evidence.visible(view), both["time_s"].to_numpy())]
    somebody = (both[["faces", "persons"]].fillna(0.0) > 0).any(axis=1)
    return both[["time_s"]].assign(somebody=somebody).reset_index(drop=True)


def nobody_in(evidence: Evidence, view: str, *, join_s: float = 0.0) -> Intervals:
    """Return when a view shows something but nobody, session time.

    Parameters
    ----------
    join_s
        Intervals at most this far apart are one.
    """
    pictures = seen(evidence, view)
    empty = iv.runs(
        pictures["time_s"].to_numpy(),
        ~pictures["somebody"].to_numpy(dtype=bool),
        hold_s=HOLD_S,
        join_s=join_s,
    )
    return iv.intersection(empty, evidence.visible(view))


def somebody_in(evidence: Evidence, view: str) -> Intervals:
    """Return when a view shows at least one face or person, session time."""
    pictures = seen(evidence, view)
    return iv.runs(
        pictures["time_s"].to_numpy(),
        pictures["somebody"].to_numpy(dtype=bool),
        hold_s=HOLD_S,
    )


def usually_shows_somebody(evidence: Evidence, view: str, *, share: float = 0.5) -> bool:
    """Say whether a view is one in which the candidate is normally recognised at all.

    From behind no face is seen; without the person detector such a view can say nothing.
    """
    pictures = seen(evidence, view)
    return bool(len(pictures)) and float(pictures["somebody"].mean()) >= share


def has_persons(evidence: Evidence, view: str) -> bool:
    """Say whether the person detector has looked at a view."""
    rows = evidence.signals
    return bool(((rows["stream"] == view) & (rows["signal"] == "persons")).any())


def witnesses(
    evidence: Evidence, views: Sequence[str], interval: tuple[float, float]
) -> tuple[list[str], list[str]]:
    """Return the views that show nobody during an interval, and those that show somebody.

    A view counts only if it usually shows somebody, and only with what it shows for at least half
    of the interval.
    """
    empty, filled = [], []
    length_s = interval[1] - interval[0]
    for view in views:
        if length_s <= 0 or not usually_shows_somebody(evidence, view):
            continue
        if iv.total_s(iv.intersection(nobody_in(evidence, view), [interval])) >= length_s / 2:
            empty.append(view)
        elif iv.total_s(iv.intersection(somebody_in(evidence, view), [interval])) >= length_s / 2:
            filled.append(view)
    return empty, filled


def absences(evidence: Evidence, *, join_s: float = 1.2) -> Intervals:
    """Return when the front view shows nobody and no other view shows somebody, session time.

    Absence in the front view while another view shows the candidate bending down is none. Only
    views in which the candidate is normally recognised are asked.

    Parameters
    ----------
    join_s
        One picture in between with a face that is none does not end an absence.
    """
    empty = nobody_in(evidence, "front", join_s=join_s)
    others = [v for v in ("left_front", "right_rear") if usually_shows_somebody(evidence, v)]
    return iv.difference(empty, iv.union(*(_steady(evidence, view) for view in others)))


def _steady(evidence: Evidence, view: str) -> Intervals:
    """Return when a view shows somebody in two looked-at pictures in a row or more."""
    shown = somebody_in(evidence, view)
    return shown[shown[:, 1] - shown[:, 0] > 1.5]
