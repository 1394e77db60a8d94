"""Logs of Safe Exam Browser for Windows (client, runtime and browser).

``yyyy-MM-dd HH:mm:ss.fff [TT] - LEVEL: [Module] text`` with local time and no offset. Entries
that speak of something the project knows become its event types; all others are kept as types
named after their module (``seb_<module>``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from review.loaders.badlines import Tally, text_problems
from review.loaders.problems import Problem
from review.loaders.registry import Context, Loaded, Loader
from review.loaders.text import read_text
from review.loaders.times import parse_time

if TYPE_CHECKING:
    from pathlib import Path

_RECORD: Final = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) \[(\d+)\] - (INFO|DEBUG|WARNING|ERROR): ?"
    r"(?:\[([^\]]{1,80})\] ?)?(.*)"
)
_LIFE: Final = re.compile(
    r"# (Application started|New client instance started|Application terminated) at "
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})"
)
_LIVES: Final = {
    "Application started": "app_launch",
    "New client instance started": "app_launch",
    "Application terminated": "client_exit",
}
#: Text of an entry -> event type and the names of what it holds. The first that fits is taken.
_KNOWN: Final = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"Process '(?P<process>[^']*)' \((?P<pid>\d+)\) has been started", "process"),
        (r"Process '(?P<process>[^']*)' \((?P<pid>\d+)\) has been terminated", "app_exit"),
        (r"Process '(?P<process>[^']*)' .*needs to be terminated", "process"),
        (r"Detected (?P<displays>\d+) active displays?, (?P<allowed>\d+) (?:is|are) allowed",
         "display_added"),
        (r"User session change detected: (?P<change>Session\w+)", "power"),
        (r"battery charge at (?P<percent>\d+)\s?%", "battery"),
        (r"Connection established", "network_up"),
        (r"(?:Connection lost|No (?:network )?connection|Disconnected)", "network_down"),
    )
)  # fmt: skip
_WINDOW: Final = re.compile(
    r"Window has changed from '(?P<before>.*)' \((?P<old>[^()]*)\) to "
    r"'(?P<after>.*)' \((?P<new>[^()]*)\)"
)
#: Title of the exam's own window.
_OWN_WINDOW: Final = re.compile(r"safe exam browser|\bSEB\b", re.IGNORECASE)


def _takes(_path: Path, head: bytes) -> bool:
    text = head.decode("utf-8", "replace")
    return any(_RECORD.match(line) or _LIFE.match(line) for line in text.splitlines()[:200])


def _load(path: Path, context: Context) -> Loaded:
    text, encoding = read_text(path)
    rows: list[dict[str, Any]] = []
    bad = Tally("line_bad")
    for number, line in enumerate(text.splitlines(), start=1):
        record, life = _RECORD.match(line), _LIFE.match(line)
        stamp = record.group(1) if record else life.group(2) if life else None
        if stamp is None:
            _continue(rows, line)
            continue
        moment = parse_time(stamp, context.timezone)
        if moment is None:
            bad.add(number, line[:60])
        elif record:
            rows.append({"time": moment[0], "server_time": None, **_entry(record)})
        elif life:
            rows.append(_born(moment[0], life.group(1)))
    kept, again = _without_repeats(rows)
    problems = text_problems(bad=bad, encoding=encoding, naive=len(rows), timezone=context.timezone)
    if again:
        message = f"{again} entries that several threads wrote alike were dropped"
        problems.append(Problem(code="duplicates", message=message))
    return Loaded(rows=_displays_gone(kept), problems=problems)


def _born(moment: Any, text: str) -> dict[str, Any]:
    return {"time": moment, "server_time": None, "type": _LIVES[text], "detail": {"text": text}}


def _entry(record: re.Match[str]) -> dict[str, Any]:
    _, thread, level, module, text = record.groups()
    detail: dict[str, Any] = {"text": text, "level": level, "thread": int(thread)}
    if module:
        detail["module"] = module
    window = _WINDOW.search(text)
    if window:
        after = window.group("after")
        detail |= {"from": window.group("before"), "to": after}
        return {
            "type": "focus_gained" if _OWN_WINDOW.search(after) else "focus_lost",
            "detail": detail,
        }
    for pattern, kind in _KNOWN:
        match = pattern.search(text)
        if match:
            return {"type": kind, "detail": detail | match.groupdict()}
    return {"type": f"seb_{(module or 'message').lower()}", "detail": detail}


def _continue(rows: list[dict[str, Any]], line: str) -> None:
    """Add what stands on a line of its own to the entry before it; headers start with # or /*."""
    if rows and line.strip() and not line.startswith(("#", "/*", " *", "*")):
        detail = rows[-1]["detail"]
        detail["text"] = f"{detail['text']} {line.strip()}"[:4000]


def _without_repeats(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Drop entries of one instant and text that differ in nothing but the thread."""
    seen: set[tuple[Any, str, str]] = set()
    kept = []
    for row in rows:
        mark = (row["time"], row["type"], row["detail"]["text"])
        if mark not in seen:
            seen.add(mark)
            kept.append(row)
    return kept, len(rows) - len(kept)


def _displays_gone(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn counts of displays into what changed: an allowed number is no added display."""
    for row in rows:
        detail = row["detail"]
        if row["type"] == "display_added" and int(detail["displays"]) <= int(detail["allowed"]):
            row["type"] = "display_removed"
    return rows


LOADER: Final = Loader(
    name="Safe Exam Browser log", kind="events", suffixes=(".log", ".txt"), takes=_takes,
    load=_load,
)  # fmt: skip
