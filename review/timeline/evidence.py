"""All that is known of one sitting, on session time: what detectors read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from review.timeline import intervals

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from review.session import Sitting


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Tables of one sitting on session time.

    Parameters
    ----------
    sitting
        Whose evidence it is.
    window
        ``(start_s, end_s)`` that is judged, session time. Empty (start = end) where nothing is.
    segments, clocks, coverage, events, positions
        As loaded and synchronised; ``events`` and ``positions`` with ``time_s`` filled.
    signals, detections, texts
        Measurements with an added column ``time_s`` (``start_s`` and ``end_s`` for ``texts``).
        ``signals`` and ``detections`` are sorted by time within a stream.
    """

    sitting: Sitting
    window: tuple[float, float]
    segments: pd.DataFrame
    clocks: pd.DataFrame
    coverage: pd.DataFrame
    events: pd.DataFrame
    positions: pd.DataFrame
    signals: pd.DataFrame
    detections: pd.DataFrame
    texts: pd.DataFrame

    def signal(self, stream: str, name: str) -> pd.DataFrame:
        """Return one signal of one stream: columns ``time_s`` and ``value``, sorted by time."""
        rows = self.signals
        rows = rows[(rows["stream"] == stream) & (rows["signal"] == name)]
        return rows[["time_s", "value"]].sort_values("time_s", ignore_index=True)

    def covered(self, stream: str, state: str = "recorded") -> NDArray[np.float64]:
        """Return the intervals in which a stream has a coverage state, within the window."""
        rows = self.coverage
        rows = rows[(rows["stream"] == stream) & (rows["state"] == state)]
        return intervals.intersection(rows[["start_s", "end_s"]].to_numpy(), [self.window])

    def visible(self, stream: str) -> NDArray[np.float64]:
        """Return when a view shows something: recorded, and neither black, covered nor frozen."""
        hidden = [self.covered(stream, state) for state in ("black", "covered", "frozen")]
        return intervals.difference(self.covered(stream), intervals.union(*hidden))

    def events_of(self, *types: str, stream: str | None = None) -> pd.DataFrame:
        """Return the events of the given types, sorted by session time, window or not."""
        rows = self.events[self.events["type"].isin(types)]
        if stream is not None:
            rows = rows[rows["stream"] == stream]
        return rows.sort_values("time_s", kind="stable", ignore_index=True)
