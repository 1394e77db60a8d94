"""Device clocks to session time and back.

``session_s = device_s + offset_s + drift_ppm * 1e-6 * (device_s - reference_device_s)``, per stream
and piece. A piece holds from ``from_device_s`` up to ``to_device_s`` of its stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review import tables
from review.session import DEVICE_OF, STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from review.session import Sitting

#: Bounds of a piece that holds for all time (seconds; about 31 years).
FOREVER_S: Final = 1e9


def declared_clocks(sitting: Sitting, streams: Iterable[str] = STREAMS) -> pd.DataFrame:
    """Return the table ``clocks`` in which every device is believed: offset 0, drift 0.

    The uncertainty is missing: nothing was measured.
    """
    rows = [
        {
            "stream": stream,
            "device": DEVICE_OF[stream],
            "piece": 0,
            "from_device_s": -FOREVER_S,
            "to_device_s": FOREVER_S,
            "offset_s": 0.0,
            "drift_ppm": 0.0,
            "reference_device_s": 0.0,
            "method": "declared",
            "anchors": 0,
            "state": "declared",
        }
        for stream in streams
    ]
    return tables.build("clocks", rows, key=sitting.key)


def to_session_s(clocks: pd.DataFrame, stream: str, device_s: ArrayLike) -> NDArray[np.float64]:
    """Convert times of one stream from its device clock to session time.

    Times before the first or after the last piece are taken through the nearest one.

    Examples
    --------
    >>> import pandas as pd
    >>> clocks = pd.DataFrame({"stream": ["front"], "from_device_s": [-1e9], "to_device_s": [1e9],
    ...     "offset_s": [2.0], "drift_ppm": [100.0], "reference_device_s": [0.0]})
    >>> to_session_s(clocks, "front", [0.0, 1000.0]).round(6).tolist()
    [2.0, 1002.1]
    """
    device = np.asarray(device_s, dtype=float)
    pieces = _pieces(clocks, stream)
    if not len(pieces):
        return device.copy()
    piece = np.clip(
        np.searchsorted(pieces["from_device_s"].to_numpy(), device, side="right") - 1, 0, None
    )
    return device + _shift(pieces, piece, device)


def to_device_s(clocks: pd.DataFrame, stream: str, session_s: ArrayLike) -> NDArray[np.float64]:
    """Convert session time to the device clock of a stream: the inverse of :func:`to_session_s`.

    Where a clock was set back, one session time may have two device times: the earlier piece's is
    returned. Where it was set forward, a time in between goes to the start of the later piece.
    """
    session = np.asarray(session_s, dtype=float)
    pieces = _pieces(clocks, stream)
    if not len(pieces):
        return session.copy()
    slope = 1.0 + pieces["drift_ppm"].to_numpy() * 1e-6
    reference = pieces["reference_device_s"].to_numpy()
    start = pieces["from_device_s"].to_numpy()
    end = pieces["to_device_s"].to_numpy()
    ends_session = end + _shift(pieces, np.arange(len(pieces)), end)
    index = np.clip(np.searchsorted(ends_session, session, side="right"), 0, len(pieces) - 1)
    offset = pieces["offset_s"].to_numpy()[index]
    device = (session - offset - reference[index]) / slope[index] + reference[index]
    return np.where(index > 0, np.maximum(device, start[index]), device)


def place(frame: pd.DataFrame, clocks: pd.DataFrame, *, device: str, session: str) -> pd.DataFrame:
    """Return a copy with the column ``session`` computed from ``device`` for every stream."""
    placed = frame.copy()
    values = np.full(len(frame), np.nan)
    for stream, rows in frame.groupby("stream", sort=False).indices.items():
        values[rows] = to_session_s(clocks, str(stream), frame[device].to_numpy(dtype=float)[rows])
    placed[session] = values
    return placed


def place_spans(frame: pd.DataFrame, clocks: pd.DataFrame, *, start: str, end: str) -> pd.DataFrame:
    """Return a copy with ``start_s`` and ``end_s`` computed from two columns of device time."""
    begun = place(frame, clocks, device=start, session="start_s")
    return place(begun, clocks, device=end, session="end_s")


def _pieces(clocks: pd.DataFrame, stream: str) -> pd.DataFrame:
    return clocks[clocks["stream"] == stream].sort_values("from_device_s", kind="stable")


def _shift(
    pieces: pd.DataFrame, index: NDArray[np.intp], device: NDArray[np.float64]
) -> NDArray[np.float64]:
    drift = pieces["drift_ppm"].to_numpy()[index] * 1e-6
    reference = pieces["reference_device_s"].to_numpy()[index]
    return np.asarray(pieces["offset_s"].to_numpy()[index] + drift * (device - reference))
