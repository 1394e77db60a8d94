"""Whether a sitting is complete and sound: a row per stream, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from review import tables
from review.loaders.deep import deep_check
from review.loaders.sitting import load_sitting
from review.session import DEVICE_OF, LOGS, POSITIONS, STREAMS, VIEWS

if TYPE_CHECKING:
    from review.loaders.record import SittingRecord
    from review.session import Sitting

#: Columns of the summary, beside the three keys.
COLUMNS = (
    "stream", "device", "required", "segments", "entries", "coverage_percent", "codec",
    "audio_codec", "width_px", "height_px", "mean_fps", "size_bytes", "start_source", "first_s",
    "last_s",
)  # fmt: skip
#: A position stands for this long in the coverage that is printed here.
_FIX_HOLD_S = 60.0


def check_sitting(sitting: Sitting, *, deep: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Look a sitting through without decoding anything.

    Parameters
    ----------
    deep
        Walk all packets, and bear out or contradict what the headers claim.

    Returns
    -------
    streams : pandas.DataFrame
        One row per stream that is required or there: ``segments`` (files), ``entries`` (rows of a
        log or of positions), ``coverage_percent`` of the scheduled subject on the device's clock,
        codecs, size and rate of the first segment, ``start_source`` of all, ``first_s`` and
        ``last_s`` on device time.
    problems : pandas.DataFrame
        Table ``problems``.
    """
    record = load_sitting(sitting, hash_files=False)
    required = sitting.session.required_streams
    rows = [
        _row(record, stream, required=stream in required)
        for stream in STREAMS
        if stream in required or _is_there(record, stream)
    ]
    problems = record.problems
    if deep:
        problems = tables.join("problems", [problems, deep_check(record)])
    keys = dict(zip(tables.KEYS, sitting.key, strict=True))
    columns = [*tables.KEYS, *COLUMNS]
    return pd.DataFrame([{**keys, **row} for row in rows], columns=columns), problems


def _is_there(record: SittingRecord, stream: str) -> bool:
    tables_of = (record.segments, record.events, record.positions)
    return any((table["stream"] == stream).any() for table in tables_of)


def _row(record: SittingRecord, stream: str, *, required: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"stream": stream, "device": DEVICE_OF[stream], "required": required}
    if stream in VIEWS:
        return row | _view(record, stream)
    table = record.positions if stream in POSITIONS else record.events
    times = table.loc[table["stream"] == stream, "device_s"].to_numpy(dtype=float)
    # Entries that were carried over from an earlier subject are not this one's.
    times = times[times >= -record.sitting.session.intake.opens_s]
    row |= {"segments": 0, "entries": len(times)}
    if len(times):
        row |= {"first_s": times.min(), "last_s": times.max()}
    if stream in POSITIONS:
        ends = np.minimum(np.append(times[1:], np.inf), times + _FIX_HOLD_S)
        row["coverage_percent"] = _percent(record, times, ends)
    elif stream in LOGS:
        # A log that is there covers everything: it says nothing while nothing happens.
        row["coverage_percent"] = 100.0 if len(times) else 0.0
    return row


def _view(record: SittingRecord, stream: str) -> dict[str, Any]:
    segments = record.segments[record.segments["stream"] == stream]
    placed = segments[segments["device_start_s"].notna()]
    starts = placed["device_start_s"].to_numpy(dtype=float)
    ends = starts + placed["duration_s"].to_numpy(dtype=float)
    row: dict[str, Any] = {
        "segments": len(segments),
        "entries": 0,
        "coverage_percent": _percent(record, starts, ends),
        "size_bytes": int(segments["size_bytes"].sum()),
        "start_source": ", ".join(sorted(set(segments["start_source"]))) or None,
    }
    if len(starts):
        row |= {"first_s": starts.min(), "last_s": ends.max()}
    if len(segments):
        first = segments.iloc[0]
        row |= {"codec": first["video_codec"], "audio_codec": first["audio_codec"]}
        row |= {name: first[name] for name in ("width_px", "height_px", "mean_fps")}
    return row


def _percent(record: SittingRecord, starts: np.ndarray, ends: np.ndarray) -> float:
    """Share of the scheduled subject that intervals in order of start cover."""
    length_s = record.sitting.subject.duration_s
    order = np.argsort(starts, kind="stable")
    covered, reach = 0.0, 0.0
    for start, end in zip(starts[order].tolist(), ends[order].tolist(), strict=True):
        first, last = max(start, reach), min(end, length_s)
        covered += max(0.0, last - first)
        reach = max(reach, last)
    return round(100.0 * covered / length_s, 1)
