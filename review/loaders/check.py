"""Whether a sitting is complete and sound: a row per stream, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from review import tables
from review.loaders.deep import deep_check
from review.loaders.sitting import load_sitting
from review.session import DEVICE_OF, LOGS, POSITIONS, STREAMS, VIEWS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

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


class Checked(NamedTuple):
    """What :func:`check_sitting` found."""

    streams: pd.DataFrame
    problems: pd.DataFrame
    files: pd.DataFrame


def check_sitting(sitting: Sitting, *, deep: bool = False) -> Checked:
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
    files : pandas.DataFrame
        ``stream`` and ``file`` of every recording.
    """
    record = load_sitting(sitting, hash_files=False)
    required = sitting.session.required_streams
    segments = _by_stream(record.segments.to_dict("records"))
    entries = _by_stream(
        row
        for table in (record.positions, record.events)
        for row in table[["stream", "device_s"]].to_dict("records")
    )
    rows = []
    for stream in STREAMS:
        if stream in required or stream in segments or stream in entries:
            row = {"stream": stream, "device": DEVICE_OF[stream], "required": stream in required}
            if stream in VIEWS:
                rows.append(row | _view(record, segments.get(stream, [])))
            else:
                rows.append(row | _log(record, stream, entries.get(stream, [])))
    problems = record.problems
    if deep:
        problems = tables.join("problems", [problems, deep_check(record)])
    keys = dict(zip(tables.KEYS, sitting.key, strict=True))
    columns = [*tables.KEYS, *COLUMNS]
    return Checked(
        pd.DataFrame([{**keys, **row} for row in rows], columns=columns),
        problems,
        record.segments[["stream", "file"]],
    )


def in_short(streams: pd.DataFrame) -> pd.DataFrame:
    """Return the summary as a person reads it: fewer columns, sizes in words.

    Parameters
    ----------
    streams
        From :func:`check_sitting`, of one sitting or of many.
    """
    if streams.empty:
        return streams
    short = streams[["candidate_id", "subject_id", "stream"]].copy()
    short["files"] = streams["segments"].where(streams["stream"].isin(VIEWS))
    short["entries"] = streams["entries"].where(~streams["stream"].isin(VIEWS))
    short["coverage_%"] = streams["coverage_percent"]
    short["codec"] = [
        "+".join(str(c) for c in codecs if isinstance(c, str))
        for codecs in zip(streams["codec"], streams["audio_codec"], strict=True)
    ]
    short["size"] = [
        "" if pd.isna(w) else f"{w:.0f}x{h:.0f}"
        for w, h in zip(streams["width_px"], streams["height_px"], strict=True)
    ]
    short["fps"], short["MB"] = streams["mean_fps"], streams["size_bytes"] / 1e6
    short["clock_from"] = streams["start_source"].fillna("")
    missing = streams["required"] & (streams["coverage_percent"] == 0)
    if missing.any():
        short[""] = missing.map({True: "MISSING", False: ""})
    return short


def _by_stream(rows: Iterable[Mapping[Hashable, Any]]) -> dict[str, list[Any]]:
    """Rows by stream: a hundred times cheaper than asking a small table again and again."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["stream"], []).append(row)
    return found


def _log(record: SittingRecord, stream: str, entries: list[Any]) -> dict[str, Any]:
    times = np.array([row["device_s"] for row in entries], dtype=float)
    # Entries that were carried over from an earlier subject are not this one's.
    times = times[times >= -record.sitting.session.intake.opens_s]
    row: dict[str, Any] = {"segments": 0, "entries": len(times)}
    if len(times):
        row |= {"first_s": times.min(), "last_s": times.max()}
    if stream in POSITIONS:
        ends = np.minimum(np.append(times[1:], np.inf), times + _FIX_HOLD_S)
        row["coverage_percent"] = _percent(record, times, ends)
    elif stream in LOGS:
        # A log that is there covers everything: it says nothing while nothing happens.
        row["coverage_percent"] = 100.0 if len(times) else 0.0
    return row


def _view(record: SittingRecord, segments: list[Any]) -> dict[str, Any]:
    placed = [row for row in segments if not pd.isna(row["device_start_s"])]
    starts = np.array([row["device_start_s"] for row in placed], dtype=float)
    ends = starts + np.array([row["duration_s"] for row in placed], dtype=float)
    row: dict[str, Any] = {
        "segments": len(segments),
        "entries": 0,
        "coverage_percent": _percent(record, starts, ends),
        "size_bytes": int(sum(row["size_bytes"] for row in segments)),
        "start_source": ", ".join(sorted({row["start_source"] for row in segments})) or None,
    }
    if len(starts):
        row |= {"first_s": starts.min(), "last_s": ends.max()}
    if segments:
        first = segments[0]
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
