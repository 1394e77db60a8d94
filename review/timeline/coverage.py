"""What each stream shows when: recorded, missing, frozen, black, covered, muted, silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from review import tables
from review.session import CAMERAS, LOGS, POSITIONS, VIEWS
from review.timeline import intervals as iv
from review.timeline.clocks import to_session_s

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.session import Sitting


@dataclass(frozen=True, kw_only=True)
class CoverageOptions:
    """When a picture or sound counts as what.

    Parameters
    ----------
    fix_hold_s
        A position stands for this long. Phones report every 1 to 10 s in the foreground; Android
        throttles background apps to a few fixes an hour, which then shows as missing.
    black_luma
        Mean brightness (0 to 255) below which a picture is black: video black is 16 in limited
        range, 0 to 3 after conversion, and sensor noise in a dark room stays above.
    covered_contrast
        Signal ``contrast`` (0 to 255, see :func:`review.signals.sights.statistics`) below which a
        camera shows nothing: a lens under a finger or tape, a uniform wall at arm's length.
    frozen_change
        Mean absolute difference (0 to 255) between two looked-at pictures of a camera at or below
        which nothing moved, sensor noise included: only repeated pictures are that still. Measured:
        0.00 to 0.02 for a repeated picture under a burned-in clock that runs on, 1.2 and more for
        still people and rooms.
    frozen_s
        A camera picture must stay the same for at least this long to count as frozen.
    silent_db
        Level (dB of full scale) at or below which there is no sound at all, room noise included.
    silent_s
        Sound must stay so for at least this long.
    hold_s
        Longest time that one measurement stands for.
    """

    fix_hold_s: float = 60.0
    black_luma: float = 8.0
    covered_contrast: float = 4.0
    frozen_change: float = 0.05
    frozen_s: float = 10.0
    silent_db: float = -80.0
    silent_s: float = 10.0
    hold_s: float = 3.0


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The tables that coverage is made of, on session time (``time_s`` filled)."""

    segments: pd.DataFrame
    clocks: pd.DataFrame
    events: pd.DataFrame
    positions: pd.DataFrame
    signals: pd.DataFrame


def coverage(
    sitting: Sitting,
    placed: Placed,
    *,
    window: tuple[float, float],
    options: CoverageOptions | None = None,
) -> pd.DataFrame:
    """Return the table ``coverage``.

    ``missing`` is said within the window only, and only of streams that the session requires or
    that are there at all. The other states are said wherever something was recorded.
    """
    options = options or CoverageOptions()
    rows: list[dict[str, Any]] = []

    def add(stream: str, state: str, spans: NDArray[np.float64]) -> None:
        rows.extend(
            {"stream": stream, "start_s": a, "end_s": b, "state": state} for a, b in spans.tolist()
        )

    required = set(sitting.session.required_streams)
    for stream in VIEWS + POSITIONS + LOGS:
        recorded = _recorded(stream, placed, window, options)
        if not len(recorded) and stream not in required:
            continue
        add(stream, "recorded", recorded)
        if window[1] > window[0]:
            add(stream, "missing", iv.difference([window], recorded))
        for state, spans in _states(stream, placed, options).items():
            add(stream, state, iv.intersection(spans, recorded))
    return tables.build("coverage", rows, key=sitting.key)


def _recorded(
    stream: str, placed: Placed, window: tuple[float, float], options: CoverageOptions
) -> NDArray[np.float64]:
    if stream in VIEWS:
        return segment_spans(placed.segments, placed.clocks, stream)
    if stream in POSITIONS:
        fixes = placed.positions[placed.positions["stream"] == stream]["time_s"].to_numpy()
        return iv.runs(fixes, np.ones(len(fixes)), hold_s=options.fix_hold_s)
    # A log says nothing while nothing happens, so a log that is there covers the whole window.
    there = (placed.events["stream"] == stream).any()
    return iv.as_intervals([window]) if there else np.empty((0, 2))


def segment_spans(segments: pd.DataFrame, clocks: pd.DataFrame, stream: str) -> NDArray[np.float64]:
    """Return when a stream's files run, session time; files that nothing places are left out."""
    rows = segments[
        (segments["stream"] == stream)
        & segments["device_start_s"].notna()
        & segments["duration_s"].notna()
    ]
    start = rows["device_start_s"].to_numpy(dtype=float)
    end = start + rows["duration_s"].to_numpy(dtype=float)
    return iv.union(
        np.column_stack([to_session_s(clocks, stream, start), to_session_s(clocks, stream, end)])
    )


def _states(
    stream: str, placed: Placed, options: CoverageOptions
) -> dict[str, NDArray[np.float64]]:
    found: dict[str, NDArray[np.float64]] = {}
    signals = placed.signals[placed.signals["stream"] == stream]
    if stream in VIEWS:
        black = _where(signals, "luma", options, at_most=options.black_luma)
        found["black"] = black
    if stream in CAMERAS:
        flat = _where(signals, "contrast", options, at_most=options.covered_contrast)
        found["covered"] = iv.difference(flat, found["black"])
        still = _where(signals, "change", options, at_most=options.frozen_change)
        # A black or covered picture does not change either; its own name says more.
        still = iv.difference(still, iv.union(found["black"], found["covered"]))
        found["frozen"] = still[still[:, 1] - still[:, 0] >= options.frozen_s]
    if stream in VIEWS:
        found["muted"] = _muted(placed, stream)
        silent = _where(signals, "level_db", options, at_most=options.silent_db)
        found["silent"] = silent[silent[:, 1] - silent[:, 0] >= options.silent_s]
    return found


def _where(
    signals: pd.DataFrame, name: str, options: CoverageOptions, *, at_most: float
) -> NDArray[np.float64]:
    rows = signals[(signals["signal"] == name) & signals["value"].notna()]
    return iv.runs(
        rows["time_s"].to_numpy(), rows["value"].to_numpy() <= at_most, hold_s=options.hold_s
    )


def _muted(placed: Placed, stream: str) -> NDArray[np.float64]:
    """Return when files without a sound track run; others of the stream may have one."""
    without = placed.segments[placed.segments["audio_codec"].isna()]
    return segment_spans(without, placed.clocks, stream)
