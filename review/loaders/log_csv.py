"""Logs in CSV files, with a column map or well-known column names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from review.errors import LoadError
from review.loaders.badlines import Tally, text_problems
from review.loaders.csvfile import match_columns, read_header, read_rows
from review.loaders.log_json import event
from review.loaders.registry import Context, Loaded, Loader
from review.loaders.text import read_text

if TYPE_CHECKING:
    from pathlib import Path

#: The project's column -> well-known names, lower case.
NAMES: Final = {
    "time": ("timestamp", "client_time", "device_time", "datetime", "时间", "客户端时间"),
    "type": ("event", "event_type", "action", "事件", "事件类型", "类型"),
    "server_time": ("server_timestamp", "服务器时间"),
    "detail": ("details", "data", "message", "内容", "详情"),
}
#: Column names of SEB Server's export, which has a loader of its own.
SEB_SERVER: Final = (b"Client Time (UTC)", b"Server Time (UTC)")


def _takes(_path: Path, head: bytes) -> bool:
    first = head.lstrip(b"\xef\xbb\xbf \r\n").split(b"\n", 1)[0]
    if all(name in first for name in SEB_SERVER):
        return False
    return b"\0" not in head[:512] and not first.startswith((b"{", b"<", b"/*", b"--"))


def _load(path: Path, context: Context) -> Loaded:
    text, encoding = read_text(path)
    header, separator = read_header(text)
    places = match_columns(header, NAMES, context.columns)
    missing = [c for c in ("time", "type") if c not in places]
    if missing:
        raise LoadError(
            f"no column for {', '.join(missing)}",
            where=path,
            expected="time and type, or a column map under [events] in session.toml",
            found=", ".join(header[:12]) or "no header",
        )
    bad, naive, rows = Tally("line_bad"), 0, []
    for line, cells in read_rows(text, separator):
        row, reason = _row(cells, header, places, context)
        if row is None:
            bad.add(line, reason)
            continue
        naive += row.pop("naive")
        rows.append(row)
    problems = text_problems(bad=bad, encoding=encoding, naive=naive, timezone=context.timezone)
    return Loaded(rows=rows, problems=problems)


def _row(
    cells: list[str] | None, header: list[str], places: dict[str, int], context: Context
) -> tuple[dict[str, Any] | None, str]:
    if cells is None:
        return None, "no CSV"
    if len(cells) > len(header):
        return None, f"{len(cells)} cells under {len(header)} headings"
    entry: dict[str, Any] = {c: cells[n] if n < len(cells) else "" for c, n in places.items()}
    taken = set(places.values())
    entry |= {
        header[n]: cell for n, cell in enumerate(cells) if n not in taken and header[n] not in entry
    }
    detail = entry.get("detail", "").strip()
    if detail.startswith("{"):
        try:
            entry["detail"] = json.loads(detail)
        except (ValueError, RecursionError):
            return None, f"detail {detail[:40]!r}"
    else:
        entry["detail"] = detail or None
    return event(entry, context)


LOADER: Final = Loader(
    name="CSV log", kind="events", suffixes=(".csv", ".tsv"), takes=_takes, load=_load
)
