"""NMEA 0183 logs: positions from RMC, GGA, GNS and GLL, the date from RMC and ZDA."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from pynmeagps import (
    NMEAMessageError,
    NMEAParseError,
    NMEAReader,
    NMEAStreamError,
    NMEATypeError,
)

from review.errors import LoadError
from review.loaders.badlines import Tally
from review.loaders.problems import Problem
from review.loaders.registry import Context, Loaded, Loader
from review.loaders.text import MOST_BYTES

if TYPE_CHECKING:
    from pathlib import Path

#: A sentence with a talker of two letters; what else stands in the line is another protocol's.
SENTENCE: Final = re.compile(rb"\$([A-Z]{2})([A-Z]{3}),([^$*\r\n\0]{0,120})\*([0-9A-Fa-f]{2})")
#: The same, damaged: without the end or with a checksum that is no number.
_BROKEN: Final = re.compile(rb"\$[A-Z]{5},")
_WANTED: Final = (b"RMC", b"GGA", b"GNS", b"GLL", b"GST", b"ZDA")
_KNOT_MPS: Final = 1852.0 / 3600.0
#: Without a date in between, a clock that goes back by more than this has passed midnight.
_MIDNIGHT: Final = timedelta(hours=12)


@dataclass
class _Fix:
    """What the sentences of one instant say together."""

    clock: time
    day: date | None
    values: dict[str, Any] = field(default_factory=dict)


def _takes(_path: Path, head: bytes) -> bool:
    return SENTENCE.search(head) is not None


def _load(path: Path, _context: Context) -> Loaded:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LoadError("the file is too large", where=path)
        raw = path.read_bytes()
    except OSError as error:
        raise LoadError("the file cannot be read", where=path, found=str(error)) from error
    bad_sum, bad = Tally("checksum_bad"), Tally("line_bad")
    fixes = _fixes(_messages(raw, bad_sum, bad))
    problems = bad_sum.problems("sentences fail their checksum") + bad.problems(
        "sentences cannot be read"
    )
    rows, undated = _dated(fixes)
    if undated:
        message = f"{undated} positions without a date (no RMC or ZDA before or after them)"
        problems.append(Problem(code="line_bad", message=message))
    return Loaded(rows=rows, problems=problems)


def _messages(raw: bytes, bad_sum: Tally, bad: Tally) -> list[Any]:
    """Read the sentences that are wanted; what fails is counted."""
    found: list[Any] = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        matches = list(SENTENCE.finditer(line))
        if not matches and _BROKEN.search(line):
            bad_sum.add(number, "the checksum is missing or cut off")
        for match in matches:
            body = match.group(0)[1:].partition(b"*")[0]
            if _checksum(body) != int(match.group(4), 16):
                bad_sum.add(number, match.group(0)[:60].decode("ascii", "replace"))
                continue
            if match.group(2) not in _WANTED:
                continue
            try:
                message = NMEAReader.parse(match.group(0))
            except (NMEAMessageError, NMEAParseError, NMEAStreamError, NMEATypeError,
                    ValueError, LookupError, TypeError, ArithmeticError) as error:  # fmt: skip
                bad.add(number, str(error)[:80])
                continue
            if message is not None:
                found.append(message)
    return found


def _checksum(body: bytes) -> int:
    total = 0
    for byte in body:
        total ^= byte
    return total


def _fixes(messages: list[Any]) -> list[_Fix]:
    """Put the sentences of one instant together, whichever talkers they are from.

    The combined solution (talker GN) goes before those of single systems.
    """
    fixes: list[_Fix] = []
    today: date | None = None
    for message in messages:
        kind = message.msgID
        if kind == "ZDA":
            today = _day(message) or today
            continue
        clock = getattr(message, "time", None)
        if not isinstance(clock, time):
            continue
        if kind == "RMC" and isinstance(message.date, date):
            today = message.date
        if fixes and fixes[-1].clock != clock and today == fixes[-1].day:
            today = _next_day(today, fixes[-1].clock, clock)
        if not fixes or fixes[-1].clock != clock:
            fixes.append(_Fix(clock=clock, day=today))
        fixes[-1].day = today
        _add(fixes[-1].values, message, kind)
    return [fix for fix in fixes if "lat_deg" in fix.values]


def _day(message: Any) -> date | None:
    try:
        return date(int(message.year), int(message.month), int(message.day))
    except (TypeError, ValueError):
        return None


def _next_day(today: date | None, before: time, now: time) -> date | None:
    if today is None:
        return None
    back = datetime.combine(today, before) - datetime.combine(today, now)
    return today + timedelta(days=1) if back > _MIDNIGHT else today


def _add(values: dict[str, Any], message: Any, kind: str) -> None:
    if kind == "GST":
        spread = [_number(getattr(message, name, None)) for name in ("stdLat", "stdLong")]
        if None not in spread:
            values["accuracy_m"] = math.hypot(*(s for s in spread if s is not None))
        return
    if not _valid(message, kind):
        return
    lat, lon = _number(message.lat), _number(message.lon)
    if lat is None or lon is None:
        return
    if "lat_deg" not in values or message.talker == "GN":
        values |= {"lat_deg": lat, "lon_deg": lon, "provider": f"nmea {message.talker}"}
    if kind == "RMC":
        knots = _number(message.spd)
        values["speed_mps"] = None if knots is None else knots * _KNOT_MPS
    elif kind in ("GGA", "GNS"):
        values["altitude_m"] = _number(message.alt)


def _valid(message: Any, kind: str) -> bool:
    if kind == "GGA":
        return _number(message.quality) not in (None, 0.0)
    if kind == "GNS":
        return str(message.posMode).strip("N") != ""
    return str(message.status) == "A"


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _dated(fixes: list[_Fix]) -> tuple[list[dict[str, Any]], int]:
    """Give every fix its day: the last that was told, or for the first ones the first told."""
    first = next((n for n, fix in enumerate(fixes) if fix.day is not None), None)
    rows: list[dict[str, Any]] = []
    for number, fix in enumerate(fixes):
        day = fix.day
        if day is None and first is not None and number < first:
            day = fixes[first].day
            if day is not None and fix.clock > fixes[first].clock:
                day -= timedelta(days=1)
        if day is None:
            continue
        moment = datetime.combine(day, fix.clock, tzinfo=UTC)
        rows.append({"mock": False, "crs": None, **fix.values, "time": moment, "gnss_time": moment})
    return rows, len(fixes) - len(rows)


LOADER: Final = Loader(
    name="NMEA 0183", kind="positions", suffixes=(".nmea", ".log", ".txt", ".nma"), takes=_takes,
    load=_load,
)  # fmt: skip
