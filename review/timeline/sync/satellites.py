"""Anchors from positions: the satellites' time beside the phone's."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import numpy as np

from review.session import POSITIONS
from review.timeline.sync.logs import ServerAnchors, least_late, steps

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Times of fixes that differ from the satellites' by less are the satellites' own.
_SAME_S: Final = 1e-3
#: Fewer fixes than this map nothing.
_LEAST: Final = 5
#: A fix is computed some tenths of a second after the moment that it is for, and the exam server
#: keeps universal time as well as network time allows.
_COMMON_S: Final = 0.2
_SIGMA_S: Final = 0.1


def on_satellite_time(positions: pd.DataFrame) -> set[str]:
    """Return the position streams whose files tell no time but the satellites'.

    Such a stream has a clock of its own, whatever the phone's says.

    Parameters
    ----------
    positions
        Table ``positions``.
    """
    found = set()
    for stream in POSITIONS:
        device, satellites = _times(positions, stream)
        if len(device) and bool((np.abs(satellites - device) < _SAME_S).all()):
            found.add(stream)
    return found


def satellite_anchors(positions: pd.DataFrame) -> list[ServerAnchors]:
    """Return the anchors of every position stream that tells the satellites' time.

    The phone writes a fix down after the moment that it is for, never before: of fixes close
    together, those that are least late count. Fixes that an app made up tell nothing.
    """
    own = on_satellite_time(positions)
    made: list[ServerAnchors] = []
    for stream in POSITIONS:
        device, satellites = _times(positions, stream)
        if len(device) < _LEAST:
            continue
        if stream in own:
            made.append(_anchors(stream, device, satellites, (-np.inf, np.inf), _SIGMA_S))
            continue
        edges = [0, *steps(device - satellites), len(device)]
        for a, b in itertools.pairwise(edges):
            # The satellites' time takes the place of the device's: late is what the phone wrote.
            _, sigma_s, _, keep = least_late(satellites[a:b], device[a:b])
            bounds = (-np.inf if a == 0 else float(device[a]),
                      np.inf if b == len(device) else float(device[b]))  # fmt: skip
            made.append(_anchors(stream, device[a:b][keep], satellites[a:b][keep], bounds, sigma_s))
    return made


def _times(positions: pd.DataFrame, stream: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = positions[(positions["stream"] == stream) & ~positions["mock"].astype(bool)]
    rows = rows[rows["gnss_s"].notna()].sort_values("device_s", kind="stable")
    return rows["device_s"].to_numpy(dtype=float), rows["gnss_s"].to_numpy(dtype=float)


def _anchors(
    stream: str,
    device: NDArray[np.float64],
    satellites: NDArray[np.float64],
    bounds: tuple[float, float],
    sigma_s: float,
) -> ServerAnchors:
    return ServerAnchors(
        stream=stream,
        from_s=bounds[0],
        to_s=bounds[1],
        device_s=device,
        session_s=satellites,
        sigma_s=max(sigma_s, _SIGMA_S),
        common_s=max(sigma_s, _COMMON_S),
        kind="gnss",
    )
