"""SEB Server's export of client events.

``Event Type,Message,Value,Client Time (UTC),Server Time (UTC)``: both clocks in one row, which is
the best evidence on a device's clock that there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from review.errors import LoadError
from review.loaders.badlines import Tally, text_problems
from review.loaders.csvfile import match_columns, read_header, read_rows
from review.loaders.log_csv import SEB_SERVER
from review.loaders.registry import Context, Loaded, Loader
from review.loaders.text import read_text
from review.loaders.times import parse_time

if TYPE_CHECKING:
    from pathlib import Path

_NAMES: Final = {
    "type": ("event type",),
    "message": ("message",),
    "value": ("value",),
    "time": ("client time (utc)",),
    "server_time": ("server time (utc)",),
}
#: The columns say it: both times are in UTC.
_UTC: Final = ZoneInfo("UTC")


def _takes(_path: Path, head: bytes) -> bool:
    first = head.lstrip(b"\xef\xbb\xbf \r\n").split(b"\n", 1)[0]
    return all(name in first for name in SEB_SERVER)


def _load(path: Path, _context: Context) -> Loaded:
    text, encoding = read_text(path)
    header, separator = read_header(text)
    places = match_columns(header, _NAMES, {})
    missing = [name for name in ("type", "time", "server_time") if name not in places]
    if missing:
        raise LoadError(
            f"no column for {', '.join(missing)}", where=path, found=", ".join(header[:12])
        )
    bad, rows = Tally("line_bad"), []
    for line, cells in read_rows(text, separator):
        row, reason = _row(cells, len(header), places)
        if row is None:
            bad.add(line, reason)
        else:
            rows.append(row)
    return Loaded(
        rows=rows, problems=text_problems(bad=bad, encoding=encoding, naive=0, timezone=_UTC)
    )


def _row(
    cells: list[str] | None, width: int, places: dict[str, int]
) -> tuple[dict[str, Any] | None, str]:
    if cells is None or len(cells) > width:
        return None, "no CSV" if cells is None else f"{len(cells)} cells under {width} headings"
    values = {name: cells[n].strip() if n < len(cells) else "" for name, n in places.items()}
    times = [parse_time(values[name], _UTC) for name in ("time", "server_time")]
    if times[0] is None or times[1] is None or not values["type"]:
        return None, ",".join(cells)[:60]
    detail = {name: values[name] for name in ("message", "value") if values.get(name)}
    return {
        "time": times[0][0],
        "server_time": times[1][0],
        "type": values["type"],
        "detail": detail,
    }, ""


LOADER: Final = Loader(
    name="SEB Server export", kind="events", suffixes=(".csv",), takes=_takes, load=_load
)
