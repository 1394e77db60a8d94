"""Logs in JSON Lines: ``{"time": ..., "type": ..., "server_time": ..., "detail": {...}}``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from review.loaders.badlines import Tally, text_problems
from review.loaders.registry import Context, Loaded, Loader
from review.loaders.text import read_text
from review.loaders.times import parse_time

if TYPE_CHECKING:
    from pathlib import Path

_OWN: Final = ("time", "server_time", "type", "detail")


def _takes(_path: Path, head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _load(path: Path, context: Context) -> Loaded:
    text, encoding = read_text(path)
    bad, naive, rows = Tally("line_bad"), 0, []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        row, reason = _row(line, context)
        if row is None:
            bad.add(number, reason)
            continue
        naive += row.pop("naive")
        rows.append(row)
    problems = text_problems(bad=bad, encoding=encoding, naive=naive, timezone=context.timezone)
    return Loaded(rows=rows, problems=problems)


def _row(line: str, context: Context) -> tuple[dict[str, Any] | None, str]:
    try:
        # NaN and Infinity are no JSON; a log that holds them fails where it is read again.
        entry = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None, f"no JSON: {line[:60]!r}"
    if not isinstance(entry, dict):
        return None, f"no JSON object: {line[:60]!r}"
    return event(entry, context)


def event(entry: dict[str, Any], context: Context) -> tuple[dict[str, Any] | None, str]:
    """Make one event of a mapping; (None, why) where time or type are missing."""
    read = parse_time(entry.get("time"), context.timezone)
    if read is None:
        return None, f"time {str(entry.get('time'))[:40]!r}"
    kind = entry.get("type")
    if not isinstance(kind, str) or not kind.strip():
        return None, f"type {str(kind)[:40]!r}"
    server = None
    if entry.get("server_time") not in (None, ""):
        found = parse_time(entry["server_time"], context.timezone)
        if found is None:
            return None, f"server_time {str(entry['server_time'])[:40]!r}"
        server = found[0]
    detail = entry.get("detail")
    # What stands beside the known keys belongs to the event as well.
    extra = {k: v for k, v in entry.items() if k not in _OWN and v not in (None, "")}
    whole = dict(detail) if isinstance(detail, dict) else {} if detail is None else {"text": detail}
    return {
        "time": read[0],
        "naive": read[1],
        "server_time": server,
        "type": kind.strip(),
        "detail": {**extra, **whole},
    }, ""


def _refuse(name: str) -> None:
    raise ValueError(name)


LOADER: Final = Loader(
    name="JSON Lines log", kind="events", suffixes=(".jsonl", ".ndjson", ".json", ".log"),
    takes=_takes, load=_load,
)  # fmt: skip
