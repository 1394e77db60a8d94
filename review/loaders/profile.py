"""Platform profiles: what a platform hands in, as data files that an institution can copy."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from review.errors import SessionError
from review.session import CRS, PLATFORMS, STREAMS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_KEYS: Final = (
    "platform",
    "rulebook",
    "required_streams",
    "positions_crs",
    "opens_s",
    "tail_s",
    "event_words",
    "columns",
)
_TABLES: Final = ("positions", "events")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a platform hands in.

    Parameters
    ----------
    required_streams
        Streams that every sitting must have, unless session.toml says otherwise.
    positions_crs
        What positions are taken to be given in where nothing declares it.
    opens_s, tail_s
        A recording that serves several subjects gives each the part from ``opens_s`` before its
        start to ``tail_s`` after its end.
    event_words
        The platform's word -> event type.
    columns
        ``positions`` and ``events`` -> the project's column -> the column's name in CSV files.
    """

    platform: str
    rulebook: str
    required_streams: tuple[str, ...]
    positions_crs: str
    opens_s: float
    tail_s: float
    event_words: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]


@cache
def shipped_profile(platform: str) -> Profile:
    """Return the profile of a platform; SessionError names the known ones."""
    if platform not in PLATFORMS:
        raise SessionError(
            f"unknown platform {platform!r}", expected=f"one of {', '.join(PLATFORMS)}"
        )
    source = files("review.loaders").joinpath("profiles", f"{platform}.toml")
    return _parse(source.read_text(encoding="utf-8"), where=f"profile {platform}")


def read_profile(path: Path) -> Profile:
    """Read a profile that an institution wrote.

    Raises
    ------
    SessionError
        If the file is missing or malformed, naming file and key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SessionError(
            "the profile cannot be read",
            where=path,
            found=str(error),
            todo="copy a shipped profile from review/loaders/profiles and edit it",
        ) from error
    return _parse(text, where=str(path))


def _parse(text: str, *, where: str) -> Profile:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SessionError("not valid TOML", where=where, found=str(error)) from error
    missing = [key for key in _KEYS if key not in raw]
    if missing:
        raise SessionError("keys are missing", where=where, expected=", ".join(missing))
    _check(raw, where)
    return Profile(
        platform=raw["platform"],
        rulebook=raw["rulebook"],
        required_streams=tuple(raw["required_streams"]),
        positions_crs=raw["positions_crs"],
        opens_s=float(raw["opens_s"]),
        tail_s=float(raw["tail_s"]),
        event_words=dict(raw["event_words"]),
        columns={name: dict(raw["columns"].get(name, {})) for name in _TABLES},
    )


def _check(raw: dict[str, Any], where: str) -> None:
    kinds: dict[str, type | tuple[type, ...]] = {
        "platform": str,
        "rulebook": str,
        "required_streams": list,
        "positions_crs": str,
        "opens_s": (int, float),
        "tail_s": (int, float),
        "event_words": dict,
        "columns": dict,
    }
    for key, kind in kinds.items():
        if not isinstance(raw[key], kind):
            raise SessionError(f"{key} is of the wrong type", where=where, found=repr(raw[key]))
    unknown = [s for s in raw["required_streams"] if s not in STREAMS]
    if unknown:
        raise SessionError(
            f"unknown streams in required_streams: {', '.join(map(repr, unknown))}",
            where=where,
            expected=f"some of {', '.join(STREAMS)}",
        )
    if raw["positions_crs"] not in CRS:
        raise SessionError(
            f"unknown positions_crs {raw['positions_crs']!r}",
            where=where,
            expected=f"one of {', '.join(CRS)}",
        )
