"""Logs -> the table ``events`` on device time."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review import tables
from review.loaders import registry
from review.loaders.problems import Problem
from review.loaders.text import plain
from review.loaders.times import seconds_since

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from review.loaders.registry import Context, Loaded
    from review.session import Sitting

#: Event types that the project knows. Others are kept, and counted in ``problems``.
EVENT_TYPES: Final = (
    "login", "identity_check", "answer_start", "focus_lost", "focus_gained", "hand_raise",
    "voice_call", "audio_check", "app_launch", "app_exit", "process", "network_down",
    "network_up", "battery", "power", "app_background", "app_foreground", "recording_start",
    "recording_stop", "client_exit", "client_restart", "display_added", "display_removed",
    "screenshot", "clipboard", "warning", "permission_granted", "paper_shown", "submit",
    "forced_submit",
)  # fmt: skip
#: Types that a message names before it says "and so on".
_NAMED: Final = 12


def load_log(path: Path, context: Context) -> Loaded:
    """Read one log with the loader that takes it; LoadError if none does."""
    loaded: Loaded = registry.find(path, "events").load(path, context)
    return loaded


def events_table(
    sitting: Sitting, stream: str, rows: Iterable[dict[str, Any]]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Put what loaders read of one log stream under the contract.

    Parameters
    ----------
    rows
        As in :class:`review.loaders.registry.Loaded`, of all files of the stream.

    Returns
    -------
    events : pandas.DataFrame
        Table ``events`` sorted by ``device_s``, entries of one instant in the log's order.
        ``device_time`` and ``server_time`` are ISO 8601 with an offset.
    problems : list of Problem
        Types that the project does not know, counted.
    """
    words = sitting.session.intake.event_words
    made = [_row(row, words) for row in rows]
    unknown = Counter(row["type"] for row in made if row["type"] not in EVENT_TYPES)
    problems = []
    if unknown:
        named = ", ".join(f"{kind[:40]} ({n})" for kind, n in unknown.most_common(_NAMED))
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        message = f"event types that are not known, kept as they are: {named}{more}"
        problems.append(Problem(code="event_unknown", stream=stream, message=message))
    if not made:
        return tables.empty("events"), problems
    frame = pd.DataFrame(made)
    frame["device_s"] = seconds_since((row["time"] for row in made), sitting.subject.start)
    frame = frame.assign(stream=stream, time_s=math.nan).drop(columns="time")
    frame = frame.sort_values("device_s", kind="stable", ignore_index=True)
    keys = dict(zip(tables.KEYS, sitting.key, strict=True))
    return tables.conform(frame.assign(**keys), "events"), problems


def _row(row: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    kind, detail = row["type"], dict(row.get("detail") or {})
    if kind not in EVENT_TYPES and kind in words:
        detail.setdefault("word", kind)
        kind = words[kind]
    server = row.get("server_time")
    return {
        "time": row["time"],
        "device_time": row["time"].isoformat(),
        "server_time": None if server is None else server.astimezone(UTC).isoformat(),
        "type": plain(kind),
        "detail": plain(json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)),
    }
