"""Tables of one sitting as the front end takes them: plain lists and numbers."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from review import words
from review.figures import palette
from review.playback import plan
from review.session import LOGS, POSITIONS, STREAMS, VIEWS
from review.workbench.spans import Span, as_json, spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from review.playback import Playable
    from review.session import Sitting
    from review.workspace import Workspace

#: Longest text of an event's detail that is sent: it is shown in a line.
_DETAIL_CHARACTERS: Final = 160


@dataclass(frozen=True, kw_only=True)
class SittingTables:
    """The tables of one sitting that the workbench shows."""

    segments: pd.DataFrame
    clocks: pd.DataFrame
    coverage: pd.DataFrame
    events: pd.DataFrame
    flags: pd.DataFrame
    sittings: pd.DataFrame


def read_tables(workspace: Workspace, sitting: Sitting) -> SittingTables:
    """Read what the workbench shows of a sitting."""
    names = ("segments", "clocks", "coverage", "events", "flags", "sittings")
    return SittingTables(**{name: workspace.read_sitting(name, sitting) for name in names})


def sitting_data(
    sitting: Sitting, tables: SittingTables, *, workspace: Workspace, light: bool = False
) -> dict[str, Any]:
    """Return all that the player, the timeline and the flag list need, ready for JSON.

    Times are session time in seconds; ``start_ms`` is the subject's scheduled start, milliseconds
    since 1970 UTC.
    """
    folder, copies = sitting.session.folder, workspace.media(sitting)
    items = plan(tables.segments, folder=folder, copies=copies, light=light)
    shown = {s: spans(tables.segments, tables.clocks, items, s) for s in VIEWS}
    window = _window(tables.sittings)
    return {
        "key": "/".join(sitting.key),
        "candidate": {"id": sitting.candidate.id, "name": sitting.candidate.name},
        "subject": {"id": sitting.subject.id, "name": sitting.subject.name},
        "timezone": sitting.session.timezone,
        "start_ms": round(sitting.subject.start.timestamp() * 1000),
        "window": window,
        "extent": _extent(window, shown, sitting.subject.duration_s),
        "views": _views(sitting, tables.segments, shown, light=light),
        "streams": list(STREAMS),
        "coverage": _coverage(tables.coverage),
        "events": _events(tables.events),
        "flags": _flags(tables.flags),
        "families": dict(palette.FAMILY_OF),
    }


def file_items(
    sitting: Sitting, segments: pd.DataFrame, *, workspace: Workspace, light: bool
) -> dict[str, Playable]:
    """Return how every file of a sitting reaches the browser, by file."""
    folder, copies = sitting.session.folder, workspace.media(sitting)
    return {i.file: i for i in plan(segments, folder=folder, copies=copies, light=light)}


def _window(sittings: pd.DataFrame) -> list[float]:
    bounds = sittings[["window_start_s", "window_end_s"]].dropna()
    return [float(v) for v in bounds.iloc[0]] if len(bounds) else [0.0, 0.0]


def _extent(window: list[float], shown: dict[str, list[Span]], scheduled_s: float) -> list[float]:
    edges = [edge for found in shown.values() for s in found for edge in (s.from_s, s.to_s)]
    edges += window if window[1] > window[0] else [0.0, scheduled_s]
    return [min(edges), max(edges)]


def _views(
    sitting: Sitting, segments: pd.DataFrame, shown: dict[str, list[Span]], *, light: bool
) -> list[dict[str, Any]]:
    views = []
    for stream in VIEWS:
        rows = segments[segments["stream"] == stream]
        if rows.empty and stream not in sitting.session.required_streams:
            continue
        rates = rows["mean_fps"].dropna()
        views.append(
            {
                "stream": stream,
                "fps": float(rates.max()) if len(rates) else 25.0,
                "sound": bool(rows["audio_codec"].notna().any()),
                "spans": [as_json(span, sitting.key, light=light) for span in shown[stream]],
            }
        )
    return views


def _coverage(coverage: pd.DataFrame) -> dict[str, list[list[Any]]]:
    # What is wrong is drawn over what is recorded.
    later = coverage["state"].ne("recorded")
    rows = coverage.assign(later=later).sort_values(["later", "start_s"])
    return {
        str(stream): [[float(row.start_s), float(row.end_s), row.state] for row in _rows(own)]
        for stream, own in rows.groupby("stream")
        if stream in (*VIEWS, *POSITIONS)
    }


def _events(events: pd.DataFrame) -> dict[str, list[list[Any]]]:
    placed = events.dropna(subset=["time_s"]).sort_values("time_s", kind="stable")
    return {
        str(stream): [[float(row.time_s), row.type, _detail(row.detail)] for row in _rows(own)]
        for stream, own in placed.groupby("stream")
        if stream in LOGS
    }


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    return frame.itertuples(index=False)


def _detail(detail: str) -> str:
    facts = json.loads(detail) if detail else {}
    text = ", ".join(f"{name}: {value}" for name, value in facts.items())
    return text if len(text) <= _DETAIL_CHARACTERS else f"{text[: _DETAIL_CHARACTERS - 1]}…"


def _flags(flags: pd.DataFrame) -> list[dict[str, Any]]:
    ordered = flags.sort_values(["start_s", "end_s", "label"], kind="stable")
    return [
        {
            "id": row.flag_id,
            "label": row.label,
            "streams": list(row.streams),
            "start_s": float(row.start_s),
            "end_s": float(row.end_s),
            "score": float(row.score) if math.isfinite(row.score) else 0.0,
            "supports": list(row.supports),
            "contradicts": list(row.contradicts),
            "reason": {
                language: words.reason(row.reason_key, row.facts, language) or row.reason
                for language in words.LANGUAGES
            },
        }
        for row in _rows(ordered)
    ]
