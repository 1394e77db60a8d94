"""The subjects of ``session.toml``: what is sat when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from review.errors import SessionError
from review.session import Subject

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

SUBJECT_KEYS: Final = ("id", "name", "start", "end", "allowed_apps")
#: Folder of a candidate for files that serve several subjects: no subject may have this name.
SHARED: Final = "all"


def safe_name(text: str, *, where: Path, what: str) -> str:
    """Return a name that can be a folder's; SessionError for one that could lead elsewhere."""
    leads_away = text in (".", "..") or "/" in text or "\\" in text
    if leads_away or not text.isprintable() or not text or text != text.strip():
        raise SessionError(
            f"{what} cannot be used as a name",
            where=where,
            expected="a name without slashes, line breaks or spaces around it",
            found=repr(text),
        )
    return text


def read_subjects(raw: dict[str, Any], timezone: ZoneInfo, path: Path) -> tuple[Subject, ...]:
    """Read ``[[subjects]]``; SessionError for what is missing, double, or no time."""
    entries = raw.get("subjects")
    if not isinstance(entries, list) or not entries:
        raise SessionError(
            "no subjects",
            where=path,
            expected="at least one [[subjects]] with id, name, start and end",
            found=repr(entries),
        )
    subjects = [_subject(entry, timezone, path, n) for n, entry in enumerate(entries, start=1)]
    ids = [s.id for s in subjects]
    twice = {i for i in ids if ids.count(i) > 1}
    if twice:
        raise SessionError(
            f"two subjects have the id {min(twice)!r}", where=path, expected="ids that differ"
        )
    return tuple(subjects)


def _subject(entry: Any, timezone: ZoneInfo, path: Path, number: int) -> Subject:
    where = f"{path}, subject {number}"
    if not isinstance(entry, dict):
        raise SessionError("not a table", where=where, expected="[[subjects]]", found=repr(entry))
    subject_id = entry.get("id")
    if not isinstance(subject_id, str) or subject_id == SHARED:
        raise SessionError(
            "id is missing or cannot be used",
            where=where,
            expected=f"a text other than {SHARED!r}",
            found=repr(subject_id),
        )
    safe_name(subject_id, where=path, what=f"id of subject {number}")
    start, end = (_moment(entry, key, timezone, where) for key in ("start", "end"))
    if end <= start:
        raise SessionError(
            "the end does not come after the start",
            where=where,
            found=f"start {start.isoformat()}, end {end.isoformat()}",
        )
    apps = entry.get("allowed_apps", [])
    if not isinstance(apps, list) or not all(isinstance(a, str) for a in apps):
        raise SessionError("allowed_apps is not a list of texts", where=where, found=repr(apps))
    return Subject(
        id=subject_id,
        name=str(entry.get("name", subject_id)),
        start=start,
        end=end,
        allowed_apps=tuple(apps),
    )


def _moment(entry: dict[str, Any], key: str, timezone: ZoneInfo, where: str) -> datetime:
    value = entry.get(key)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = entry[key]
    if not isinstance(value, datetime):
        raise SessionError(
            f"{key} is missing or is no time",
            where=where,
            expected=f"{key} = 2022-12-10T08:30:00+08:00",
            found=repr(value),
        )
    # A time without an offset is in the session's own time zone, which is declared beside it.
    return value if value.tzinfo is not None else value.replace(tzinfo=timezone)
