"""Raw tables and measurements of one sitting, put on session time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.timeline.clocks import place, place_spans
from review.timeline.coverage import CoverageOptions, Placed, coverage
from review.timeline.evidence import Evidence
from review.timeline.windows import judged_window

if TYPE_CHECKING:
    import pandas as pd

    from review.loaders.record import SittingRecord
    from review.signals.measure import Measurements


def assemble(
    record: SittingRecord,
    measured: Measurements,
    clocks: pd.DataFrame,
    *,
    options: CoverageOptions | None = None,
) -> Evidence:
    """Convert everything of a sitting to session time.

    Parameters
    ----------
    record
        As loaded, device time.
    measured
        Signals, detections and texts, device time.
    clocks
        Table ``clocks``.

    Returns
    -------
    Evidence
        With window and coverage.
    """
    events = place(record.events, clocks, device="device_s", session="time_s")
    events = events.sort_values("time_s", kind="stable", ignore_index=True)
    positions = place(record.positions, clocks, device="device_s", session="time_s")
    positions = positions.sort_values(["stream", "time_s"], kind="stable", ignore_index=True)
    signals = place(measured.signals, clocks, device="device_s", session="time_s")
    signals = signals.sort_values(["stream", "signal", "time_s"], kind="stable", ignore_index=True)
    detections = place(measured.detections, clocks, device="device_s", session="time_s")
    detections = detections.sort_values(["stream", "time_s"], kind="stable", ignore_index=True)
    texts = place_spans(measured.texts, clocks, start="start_device_s", end="end_device_s")
    window = judged_window(record.sitting, events)
    placed = Placed(
        segments=record.segments,
        clocks=clocks,
        events=events,
        positions=positions,
        signals=signals,
    )
    return Evidence(
        sitting=record.sitting,
        window=window,
        segments=record.segments,
        clocks=clocks,
        coverage=coverage(record.sitting, placed, window=window, options=options),
        events=events,
        positions=positions,
        signals=signals,
        detections=detections,
        texts=texts,
    )
