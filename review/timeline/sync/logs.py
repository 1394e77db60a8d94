"""Anchors from logs: the server's time beside the device's."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from review.session import LOGS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.session import Sitting

#: Fewer entries than this with a server time say nothing about a drift.
_LEAST_FOR_DRIFT: Final = 8
#: Smallest error (standard deviation, s) of a server's time: what nobody promises better.
_LEAST_SIGMA_S: Final = 0.01
#: Error (standard deviation, s) of times in whole seconds: evenly anywhere in a second.
_WHOLE_S: Final = 0.29
#: Entries further than this from the others begin a piece of their own, if there are this many.
_STEP_S: Final = 0.5
_LEAST_RUN: Final = 3


@dataclass(frozen=True, kw_only=True)
class ServerAnchors:
    """Entries of one stream in which the device's time stands beside the server's.

    Parameters
    ----------
    from_s, to_s
        Device time for which they speak.
    device_s, session_s
        Shape (n,), in order of device time.
    sigma_s, common_s
        Standard deviation of one entry, and of what all have in common.
    kind
        ``server``, or ``gnss`` where the time is the satellites'.
    """

    stream: str
    from_s: float
    to_s: float
    device_s: NDArray[np.float64]
    session_s: NDArray[np.float64]
    sigma_s: float
    common_s: float
    kind: str = "server"


def server_anchors(events: pd.DataFrame, sitting: Sitting) -> list[ServerAnchors]:
    """Return the anchors of every log, one entry of the list per log and piece of its clock.

    The server's stamp is made when the message arrives, so it is late by the way through the
    network, never early: of entries close together, those that are least late count.

    Parameters
    ----------
    events
        Table ``events``.
    """
    start = sitting.subject.start
    made: list[ServerAnchors] = []
    for stream in LOGS:
        rows = events[(events["stream"] == stream) & events["server_time"].notna()]
        if stream == "events_proctor" or not len(rows):
            continue
        device = rows["device_s"].to_numpy(dtype=float)
        session = np.array(
            [(datetime.fromisoformat(t) - start).total_seconds() for t in rows["server_time"]]
        )
        order = np.argsort(device, kind="stable")
        made += _pieces(stream, device[order], session[order])
    return made


def _pieces(
    stream: str, device: NDArray[np.float64], session: NDArray[np.float64]
) -> list[ServerAnchors]:
    late = session - device
    borders = steps(late)
    edges = [0, *borders, len(late)]
    made = []
    for a, b in itertools.pairwise(edges):
        own_s, sigma_s, common_s, keep = least_late(device[a:b], session[a:b])
        made.append(
            ServerAnchors(
                stream=stream,
                from_s=-np.inf if a == 0 else float(device[a]),
                to_s=np.inf if b == len(late) else float(device[b]),
                device_s=device[a:b][keep],
                session_s=own_s[keep],
                sigma_s=sigma_s,
                common_s=common_s,
            )
        )
    return made


def steps(late: NDArray[np.float64]) -> list[int]:
    """Return where a clock was set: from there on all entries differ from all before."""
    borders: list[int] = []
    start = 0
    for k in range(_LEAST_RUN, len(late) - _LEAST_RUN + 1):
        if k - start < _LEAST_RUN:
            continue
        before, after = late[start:k], late[k : k + _LEAST_RUN]
        usual = float(np.median(before[-5:]))
        spread = float(np.median(np.abs(before - np.median(before))))
        far = np.abs(after - usual) > max(_STEP_S, 6 * spread)
        # All three on one side, and close together themselves: not three slow messages.
        if far.all() and np.ptp(after) < max(_STEP_S, 6 * spread):
            borders.append(k)
            start = k
    return borders


def least_late(
    device: NDArray[np.float64], session: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, float, NDArray[np.bool_]]:
    """Return server times, sigma, common error, and which entries are the least late."""
    if np.allclose(session, np.round(session), atol=1e-9):
        # Whole seconds: cut off or rounded, nobody says; between the two lies a quarter of one.
        return session + 0.25, _WHOLE_S, _WHOLE_S, np.ones(len(session), dtype=bool)
    late = session - device
    if len(late) < _LEAST_FOR_DRIFT:
        keep = late <= np.median(late)
        spread = max(0.05, float(np.ptp(late)) / 2)
        return session, spread, spread, keep
    slope, at = _lower_line(device, late)
    rest = late - (at + slope * device)
    # Half of the entries that lie lowest: a slow message says nothing.
    keep = rest <= np.median(rest)
    spread = max(_LEAST_SIGMA_S, 1.4826 * float(np.median(np.abs(rest[keep]))))
    return session, spread, spread, keep


def _lower_line(device: NDArray[np.float64], late: NDArray[np.float64]) -> tuple[float, float]:
    """Fit the line that a tenth of the entries lie below, by reweighting."""
    middle = device.mean()
    slope, at = 0.0, float(np.quantile(late, 0.1))
    x = device - middle
    for _ in range(50):
        rest = late - at - slope * x
        weight = np.where(rest < 0, 0.9, 0.1) / np.maximum(np.abs(rest), 1e-4)
        mean_x, mean_y = np.average(x, weights=weight), np.average(late, weights=weight)
        spread = float((weight * (x - mean_x) ** 2).sum())
        slope = float((weight * (x - mean_x) * (late - mean_y)).sum() / spread) if spread else 0.0
        at = float(mean_y - slope * mean_x)
    return slope, at - slope * float(middle)
