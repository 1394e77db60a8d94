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
#: What is drawn is sent to the millisecond.
_PLACES: Final = 3
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


class Measured:
    """What was measured in one sitting, on session time; every lane asks for a part of it.

    Parameters
    ----------
    signals, clocks
        Tables of one sitting.
    """

    def __init__(self, signals: pd.DataFrame, clocks: pd.DataFrame) -> None:
        self._clocks = clocks
        self._rows = signals.groupby(["stream", "signal"], sort=False).indices
        self._device_s = signals["device_s"].to_numpy(dtype=float)
        self._values = signals["value"].to_numpy(dtype=float)
        self._known: dict[tuple[str, str], NDArray[np.float64]] = {}

    def __contains__(self, of: tuple[str, str]) -> bool:
        return of in self._rows

    def of(self, stream: str, name: str) -> NDArray[np.float64]:
        """Return session time and value of one measurement, in order of time, shape (n, 2)."""
        if (stream, name) not in self._known:
            self._known[stream, name] = self._placed(stream, name)
        return self._known[stream, name]

    def _placed(self, stream: str, name: str) -> NDArray[np.float64]:
        rows = self._rows.get((stream, name), np.empty(0, dtype=int))
        rows = rows[~np.isnan(self._values[rows])]
        rows = rows[np.argsort(self._device_s[rows], kind="stable")]
        times = to_session_s(self._clocks, stream, self._device_s[rows])
        return np.column_stack([times, self._values[rows]])

    def spoken(self, stream: str) -> NDArray[np.float64]:
        """Return when somebody spoke, shape (n, 2)."""
        found = self.of(stream, "speech")
        if not len(found):
            return np.empty((0, 2))
        step_s = float(np.median(np.diff(found[:, 0]))) if len(found) > 1 else 0.1
        times = found[found[:, 1] > _SPEECH, 0]
        # Words stand apart; a sentence is one stretch.
        return np.asarray(iv.union(np.column_stack([times, times + max(2 * step_s, 0.3)])))


def waveform(measured: Measured, stream: str) -> dict[str, Any] | None:
    """Return how loud a stream is over time, for drawing: of ``level_db`` and ``speech``.

    Returns
    -------
    dict or None
        ``start_s`` and ``step_s`` (session time), ``level`` (0 to 100, the loudest of each step,
        -1 where nothing was measured) and ``speech`` (intervals of session time); None where the
        stream was not heard.
    """
    level = measured.of(stream, "level_db")
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
        "speech": measured.spoken(stream).round(_PLACES).tolist(),
    }


def distance(measured: Measured, stream: str) -> list[list[float]]:
    """Return how far a phone is from its check-in place: pairs of session time and metres."""
    found = measured.of(stream, "checkin_distance_m")
    step = max(1, -(-len(found) // _POINTS))
    thinned: list[list[float]] = found[::step].round(2).tolist()
    return thinned


def quiet(
    measured: Measured,
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
    views = [view for view in VIEWS if (view, "change") in measured]
    if not views or not window[0] < window[1]:
        return []
    loud = [busy.reshape(-1, 2)]
    kept = np.array([window], dtype=float)
    for view in views:
        found = measured.of(view, "change")
        step_s = float(np.median(np.diff(found[:, 0]))) if len(found) > 1 else 1.0
        lively = found[found[:, 1] > _USUAL * np.median(found[:, 1]), 0]
        loud.append(np.column_stack([lively, lively + step_s]))
        loud.append(measured.spoken(view))
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


def positions(measured: Measured) -> dict[str, list[list[float]]]:
    """Return :func:`distance` of every phone that has one."""
    lanes = {stream: distance(measured, stream) for stream in POSITIONS}
    return {stream: points for stream, points in lanes.items() if points}
