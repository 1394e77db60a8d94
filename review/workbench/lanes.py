"""What the timeline draws besides flags, coverage and events, and what playback may skip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from review.session import POSITIONS, VIEWS
from review.timeline import intervals as iv
from review.timeline.clocks import to_session_s

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Longest list of values that one lane is sent: four per pixel of a wide screen.
_POINTS: Final = 8000
#: Level that is drawn as silence, in dB of full scale; full scale is drawn at full height.
_FLOOR_DB: Final = -60.0
#: Probability from which a moment counts as speech (the detector's own default).
_SPEECH: Final = 0.5
#: A view's pictures change more than usual when ``change`` exceeds its median by this factor.
_USUAL: Final = 2.0
#: Quiet stretches shorter than this are not worth a jump; around anything else a reviewer sees
#: at least this much of what comes before and after. Both are this project's choice.
_LEAST_QUIET_S: Final = 10.0
_MARGIN_S: Final = 3.0


def waveform(signals: pd.DataFrame, clocks: pd.DataFrame, stream: str) -> dict[str, Any] | None:
    """Return how loud a stream is over time, for drawing.

    Parameters
    ----------
    signals
        Table ``signals`` of one sitting: ``level_db`` and ``speech`` are read.

    Returns
    -------
    dict or None
        ``start_s`` and ``step_s`` (session time), ``level`` (0 to 100, the loudest of each step,
        -1 where nothing was measured) and ``speech`` (intervals of session time); None where the
        stream was not heard.
    """
    level = _of(signals, clocks, stream, "level_db")
    if not len(level):
        return None
    start_s, end_s = float(level[0, 0]), float(level[-1, 0])
    usual_s = float(np.median(np.diff(level[:, 0]))) if len(level) > 1 else 1.0
    step_s = max(usual_s, (end_s - start_s) / _POINTS, 0.02)
    slots = np.floor((level[:, 0] - start_s) / step_s + 1e-6).astype(int)
    loud = np.full(slots.max() + 1, -1.0)
    height = np.clip((level[:, 1] - _FLOOR_DB) / -_FLOOR_DB, 0, 1) * 100
    np.maximum.at(loud, slots, height)
    return {
        "start_s": start_s,
        "step_s": step_s,
        "level": loud.round().astype(int).tolist(),
        "speech": _spoken(signals, clocks, stream).tolist(),
    }


def distance(signals: pd.DataFrame, clocks: pd.DataFrame, stream: str) -> list[list[float]]:
    """Return how far a phone is from its check-in place: pairs of session time and metres."""
    found = _of(signals, clocks, stream, "checkin_distance_m")
    step = max(1, -(-len(found) // _POINTS))
    thinned: list[list[float]] = found[::step].round(2).tolist()
    return thinned


def quiet(
    signals: pd.DataFrame,
    clocks: pd.DataFrame,
    coverage: pd.DataFrame,
    busy: NDArray[np.float64],
    *,
    window: tuple[float, float],
) -> list[list[float]]:
    """Return the stretches in which every view shows that nothing happens.

    A moment is quiet if every view that was measured is recorded, changes no more than it usually
    does, nobody speaks, and nothing of ``busy`` is near. Where a view was not recorded, nobody
    knows: it is not quiet.

    Parameters
    ----------
    busy
        Intervals of flags and instants of events, session time, shape (n, 2).
    window
        What is judged; only within it is anything skipped.
    """
    views = [view for view in VIEWS if _any(signals, view, "change")]
    if not views or not window[0] < window[1]:
        return []
    loud = [busy.reshape(-1, 2)]
    kept = np.array([window], dtype=float)
    for view in views:
        found = _of(signals, clocks, view, "change")
        step_s = float(np.median(np.diff(found[:, 0]))) if len(found) > 1 else 1.0
        lively = found[found[:, 1] > _USUAL * np.median(found[:, 1]), 0]
        loud.append(np.column_stack([lively, lively + step_s]))
        loud.append(_spoken(signals, clocks, view))
        rows = coverage[coverage["stream"] == view]
        kept = iv.intersection(kept, rows.loc[rows["state"] == "recorded", _SPAN].to_numpy())
        wrong = ~rows["state"].isin(["recorded", "muted", "silent"])
        loud.append(rows.loc[wrong, _SPAN].to_numpy())
    near = np.concatenate([part for part in loud if len(part)] or [np.empty((0, 2))])
    near = near + np.array([-_MARGIN_S, _MARGIN_S])
    still = iv.difference(kept, iv.union(near))
    long = still[still[:, 1] - still[:, 0] >= _LEAST_QUIET_S]
    return [[float(a), float(b)] for a, b in long]


_SPAN: Final = ["start_s", "end_s"]


def positions(signals: pd.DataFrame, clocks: pd.DataFrame) -> dict[str, list[list[float]]]:
    """Return :func:`distance` of every phone that has one."""
    lanes = {stream: distance(signals, clocks, stream) for stream in POSITIONS}
    return {stream: points for stream, points in lanes.items() if points}


def _spoken(signals: pd.DataFrame, clocks: pd.DataFrame, stream: str) -> NDArray[np.float64]:
    found = _of(signals, clocks, stream, "speech")
    if not len(found):
        return np.empty((0, 2))
    step_s = float(np.median(np.diff(found[:, 0]))) if len(found) > 1 else 0.1
    times = found[found[:, 1] > _SPEECH, 0]
    # Words stand apart; a sentence is one stretch.
    return np.asarray(iv.union(np.column_stack([times, times + max(2 * step_s, 0.3)])))


def _of(signals: pd.DataFrame, clocks: pd.DataFrame, stream: str, name: str) -> NDArray[np.float64]:
    """Return session time and value of one measurement, in order, shape (n, 2)."""
    rows = signals[(signals["stream"] == stream) & (signals["signal"] == name)]
    rows = rows.dropna(subset=["value"]).sort_values("device_s")
    times = to_session_s(clocks, stream, rows["device_s"].to_numpy(dtype=float))
    return np.column_stack([times, rows["value"].to_numpy(dtype=float)])


def _any(signals: pd.DataFrame, stream: str, name: str) -> bool:
    return bool(((signals["stream"] == stream) & (signals["signal"] == name)).any())
