"""Happenings that pictures show: light that changes, somebody who moves or crosses, a new screen.

They are read from the measurements of :mod:`review.signals.measure`, on device time. Pictures are
looked at about once a second, so that a happening is known to lie between two of them, no better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.timeline.sync.votes import Marks

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Kinds of happenings; light and crossing go up or down.
LIGHT: Final = ("light_up", "light_down")
MOTION: Final = ("motion",)
CROSSING: Final = ("more_people", "fewer_people")
REDRAWN: Final = ("redrawn",)

#: A step of brightness stands this many times out of its usual change, and by this much (0 to 255):
#: the glow of a screen that turns from dark to white on a face is a few levels.
_STEP_NOISE: Final = 6.0
_STEP_LEAST: Final = 1.0
#: Pictures on either side whose median brightness says whether it stays.
_SIDE: Final = 3
#: Movement begins where the change between pictures rises this many times above the usual.
_MOTION_NOISE: Final = 8.0
_MOTION_LEAST: Final = 2.0
#: A screen is drawn anew where this much of the picture's brightness changes (0 to 255): typing and
#: a moving pointer come to less than one.
_REDRAWN_LEAST: Final = 3.0
#: Happenings closer than this are one.
_APART_S: Final = 4.0
#: Pictures further apart than this say nothing about what happened between them.
_HOLE_S: Final = 5.0
#: Two views see the same person begin to move, or enter, at somewhat different times.
_MOTION_SLACK_S: Final = 0.5
_CROSSING_SLACK_S: Final = 1.5


def sights(signals: pd.DataFrame, stream: str) -> Marks:
    """Return what the pictures of a view show to happen.

    Parameters
    ----------
    signals
        Table ``signals``: ``luma``, ``change`` and ``persons`` of the stream are used.
    """
    found: list[tuple[float, float, str]] = []
    if stream == "screen":
        found += _steps(*_series(signals, stream, "luma"))
        found += _bursts(*_series(signals, stream, "change"), REDRAWN[0], _REDRAWN_LEAST, 0.0)
    else:
        steps = _steps(*_series(signals, stream, "luma"))
        found += steps
        moved = _bursts(
            *_series(signals, stream, "change"), MOTION[0], _MOTION_LEAST, _MOTION_SLACK_S
        )
        # What changes the light changes every pixel: that is not somebody moving.
        found += [m for m in moved if not any(_touch(m, s) for s in steps)]
        found += _crossings(*_series(signals, stream, "persons"))
    found.sort()
    return Marks(
        stream=stream,
        from_s=np.array([f[0] for f in found], float),
        to_s=np.array([f[1] for f in found], float),
        kinds=tuple(f[2] for f in found),
    )


def _series(
    signals: pd.DataFrame, stream: str, name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = signals[(signals["stream"] == stream) & (signals["signal"] == name)]
    rows = rows[rows["value"].notna()].sort_values("device_s", kind="stable")
    return rows["device_s"].to_numpy(dtype=float), rows["value"].to_numpy(dtype=float)


def _steps(
    times: NDArray[np.float64], values: NDArray[np.float64]
) -> list[tuple[float, float, str]]:
    """Find where brightness changes between two pictures and stays so."""
    if len(values) < 2 * _SIDE + 1:
        return []
    jumps = np.diff(values)
    least = max(_STEP_NOISE * _spread(jumps), _STEP_LEAST)
    found = []
    for k in _peaks(times[1:], np.abs(jumps), least):
        before, after = values[max(0, k + 1 - _SIDE) : k + 1], values[k + 1 : k + 1 + _SIDE]
        stays = float(np.median(after) - np.median(before))
        if times[k + 1] - times[k] <= _HOLE_S and abs(stays) >= least / 2:
            found.append((float(times[k]), float(times[k + 1]), LIGHT[0 if stays > 0 else 1]))
    return found


def _bursts(
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    kind: str,
    least: float,
    slack_s: float,
) -> list[tuple[float, float, str]]:
    """Pictures that differ from the one before much more than usual, the first of each burst."""
    if len(values) < 2 * _SIDE + 1:
        return []
    usual = float(np.median(values))
    bar = usual + max(_MOTION_NOISE * _spread(values), least)
    found, last_s = [], -np.inf
    for k in np.flatnonzero(values > bar):
        if k == 0 or times[k] - times[k - 1] > _HOLE_S:
            continue
        if times[k] - last_s > _APART_S:
            found.append((float(times[k - 1]) - slack_s, float(times[k]) + slack_s, kind))
        last_s = times[k]
    return found


def _crossings(
    times: NDArray[np.float64], values: NDArray[np.float64]
) -> list[tuple[float, float, str]]:
    """Find changes of the number of people that last for more than one picture."""
    found: list[tuple[float, float, str]] = []
    for k in range(1, len(values) - 1):
        more = values[k] - values[k - 1]
        lasting = values[k + 1] == values[k] and (k < 2 or values[k - 2] == values[k - 1])
        if more and lasting and times[k] - times[k - 1] <= _HOLE_S:
            kind = CROSSING[0 if more > 0 else 1]
            found.append(
                (float(times[k - 1]) - _CROSSING_SLACK_S, float(times[k]) + _CROSSING_SLACK_S, kind)
            )
    return found


def _spread(values: NDArray[np.float64]) -> float:
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def _peaks(times: NDArray[np.float64], values: NDArray[np.float64], least: float) -> list[int]:
    """Return the highest values from ``least`` up, no two closer than ``_APART_S``."""
    taken: list[int] = []
    for k in np.argsort(-values, kind="stable"):
        if values[k] < least:
            break
        if all(abs(times[k] - times[n]) > _APART_S for n in taken):
            taken.append(int(k))
    return sorted(taken)


def _touch(one: tuple[float, float, str], two: tuple[float, float, str]) -> bool:
    return one[0] <= two[1] and two[0] <= one[1]
