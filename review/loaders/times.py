"""Wall-clock times as logs and positions write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

#: 2022/12/10 8:30 and its relatives, as spreadsheet programs write times in China.
_PLAIN: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]+"
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
)
_EPOCH: Final = re.compile(r"\d{9,19}(\.\d+)?")
#: Recording programs put the moment into the file's name: 20221210T083000+0800.
_IN_NAME: Final = re.compile(
    r"(?<!\d)(\d{8})T(\d{6})(?:[.,](\d{1,6}))?(Z|[+-]\d{4}|[+-]\d{2})?(?![\d])"
)


def parse_time(value: object, timezone: ZoneInfo) -> tuple[datetime, bool] | None:
    """Read one time.

    Parameters
    ----------
    value
        ISO 8601, ``2022/12/10 8:30:00``, or seconds, milliseconds, microseconds or nanoseconds
        since 1970.
    timezone
        Of times without an offset.

    Returns
    -------
    (datetime, naive) or None
        Timezone-aware; ``naive`` where the offset was not written. None for what is no time.
    """
    text = str(value).strip() if value is not None else ""
    if not text or len(text) > 64:
        return None
    try:
        if _EPOCH.fullmatch(text):
            return _from_epoch(text), False
        moment = _from_iso(text)
        if moment is None:
            return None
        if moment.tzinfo is None:
            return moment.replace(tzinfo=timezone), True
        # A moment that cannot be told in UTC (year 1 or 9999) is no time of an exam.
        moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment, False


def time_in_name(name: str, timezone: ZoneInfo) -> tuple[datetime, bool] | None:
    """Read the time from a file name such as ``20221210T083000+0800_front.mp4``."""
    for match in _IN_NAME.finditer(name):
        day, clock, fraction, offset = match.groups()
        text = f"{day}T{clock}"
        if fraction:
            text += f".{fraction.ljust(6, '0')}"
        try:
            moment = datetime.fromisoformat(text + (offset or ""))
        except ValueError:
            continue
        if moment.tzinfo is None:
            return moment.replace(tzinfo=timezone), True
        return moment, False
    return None


def seconds_since(moments: Iterable[datetime], start: datetime) -> list[float]:
    """Return seconds from ``start`` to each moment."""
    return [(moment - start) / timedelta(seconds=1) for moment in moments]


def _from_epoch(text: str) -> datetime:
    whole = int(text.partition(".")[0])
    # A count since 1970 tells its unit by its size: 10 digits of seconds last until 2286.
    for unit in (10**9, 10**6, 10**3, 1):
        if whole >= 10**9 * unit:
            break
    seconds, rest = divmod(whole, unit)
    micro = rest * 10**6 // unit
    if unit == 1 and "." in text:
        micro = int(text.partition(".")[2][:6].ljust(6, "0"))
    return datetime.fromtimestamp(seconds, tz=UTC) + timedelta(microseconds=micro)


def _from_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction = match.groups()
    return datetime(  # noqa: DTZ001  (the caller puts the time zone on and says so)
        int(year), int(month), int(day), int(hour), int(minute), int(second or 0),
        int((fraction or "0")[:6].ljust(6, "0")),
    )  # fmt: skip
