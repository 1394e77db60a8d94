"""``session.toml``: what a session says of itself."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from review.errors import SessionError
from review.loaders.problems import Problem
from review.loaders.profile import Profile, read_profile, shipped_profile
from review.loaders.regions import check_region
from review.loaders.subjects import SUBJECT_KEYS, read_subjects, safe_name
from review.session import CRS, KINDS, PLATFORMS, STREAMS, Intake, Issuer, Region

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "session.toml"
FORMAT: Final = 1
_KEYS: Final = (
    "format", "id", "kind", "platform", "profile", "rulebook", "timezone", "issuer",
    "required_streams", "off_screen_limit", "region", "positions", "events", "subjects",
    "thresholds",
)  # fmt: skip
_TABLE_KEYS: Final = {
    "issuer": ("name", "contact"),
    "region": ("name", "adcode", "boundary", "crs"),
    "positions": ("crs", "columns"),
    "events": ("columns", "words"),
}


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """``session.toml``, checked; with what its profile fills in."""

    fields: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)


def read_manifest(folder: Path) -> Manifest:
    """Read and check ``session.toml``.

    Returns
    -------
    Manifest
        ``fields`` are keyword arguments of :class:`review.session.Session` but for the candidates.

    Raises
    ------
    SessionError
        For what makes the session unusable, naming file, key, expectation and remedy.
    """
    path = folder / FILE
    raw = _parse(path)
    number = raw.get("format")
    if number != FORMAT:
        raise SessionError(
            f"format {number!r} is not known" if "format" in raw else "format is missing",
            where=path,
            expected=f"format = {FORMAT}",
            todo="write the line, or use a version of this program that knows the format",
        )
    kind = _choice(raw, "kind", KINDS, path)
    platform = _choice(raw, "platform", PLATFORMS, path)
    profile = _profile(raw, platform, path)
    timezone = _timezone(raw, path)
    positions, events = _table(raw, "positions", path), _table(raw, "events", path)
    crs = positions.get("crs")
    if crs is not None:
        _choice(positions, "crs", CRS, path, name="positions.crs")
    fields = {
        "id": safe_name(_text(raw, "id", path), where=path, what="id"),
        "kind": kind,
        "platform": platform,
        "rulebook": _text(raw, "rulebook", path, default=profile.rulebook or None),
        "timezone": timezone.key,
        "required_streams": _required(raw, profile, path),
        "subjects": read_subjects(raw, timezone, path),
        "issuer": _issuer(raw, path),
        "region": _region(raw, path),
        "positions_crs": crs,
        "off_screen_limit": _limit(raw, path),
        "thresholds": _thresholds(raw, path),
        "intake": Intake(
            positions_crs=profile.positions_crs,
            opens_s=profile.opens_s,
            tail_s=profile.tail_s,
            event_words={**profile.event_words, **_strings(events, "words", path)},
            columns={
                name: {**profile.columns[name], **_strings(table, "columns", path)}
                for name, table in (("positions", positions), ("events", events))
            },
        ),
    }
    return Manifest(fields=fields, problems=_unknown(raw))


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SessionError(
            "the file is missing",
            where=path,
            expected="a session folder with session.toml and candidates.csv",
            todo="check the path, or write the file as the README shows",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SessionError(
            "the file cannot be read", where=path, expected="TOML in UTF-8", found=str(error)
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SessionError(
            "not valid TOML",
            where=path,
            found=str(error),
            todo="correct that line; the README shows a whole example",
        ) from error


def _text(raw: dict[str, Any], key: str, path: Path, *, default: str | None = None) -> str:
    value = raw.get(key, default)
    if value is None:
        raise SessionError(f"{key} is missing", where=path, todo=f'write {key} = "..."')
    if not isinstance(value, str) or not value.strip():
        raise SessionError(
            f"{key} is not a text", where=path, expected=f'{key} = "..."', found=repr(value)
        )
    return value


def _choice(
    raw: dict[str, Any], key: str, known: tuple[str, ...], path: Path, *, name: str | None = None
) -> str:
    name = name or key
    expected = f"{name} = one of {', '.join(known)}"
    if key not in raw:
        raise SessionError(f"{name} is missing", where=path, expected=expected)
    if raw[key] not in known:
        raise SessionError(f"unknown {name}", where=path, expected=expected, found=repr(raw[key]))
    return str(raw[key])


def _table(raw: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    value = raw.get(key, {})
    if not isinstance(value, dict):
        raise SessionError(
            f"{key} is not a table", where=path, expected=f"[{key}]", found=repr(value)
        )
    return value


def _strings(table: dict[str, Any], key: str, path: Path) -> dict[str, str]:
    value = table.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise SessionError(
            f"{key} is not a table of texts",
            where=path,
            expected=f'{key} = {{ name = "name" }}',
            found=repr(value),
        )
    return dict(value)


def _profile(raw: dict[str, Any], platform: str, path: Path) -> Profile:
    if "profile" not in raw:
        return shipped_profile(platform)
    profile = read_profile(path.parent / _text(raw, "profile", path))
    if profile.platform != platform:
        raise SessionError(
            "the profile is for another platform",
            where=path,
            expected=f"platform = {platform!r} in the profile",
            found=repr(profile.platform),
        )
    return profile


def _timezone(raw: dict[str, Any], path: Path) -> ZoneInfo:
    name = _text(raw, "timezone", path)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SessionError(
            f"unknown timezone {name!r}",
            where=path,
            expected='a name of the time zone database such as "Asia/Shanghai"',
        ) from None


def _required(raw: dict[str, Any], profile: Profile, path: Path) -> tuple[str, ...]:
    value = raw.get("required_streams", list(profile.required_streams))
    if not isinstance(value, list):
        raise SessionError(
            "required_streams is not a list",
            where=path,
            expected='required_streams = ["front", ...]',
            found=repr(value),
        )
    unknown = [v for v in value if v not in STREAMS]
    if unknown:
        raise SessionError(
            f"unknown stream in required_streams: {unknown[0]!r}",
            where=path,
            expected=f"some of {', '.join(STREAMS)}",
        )
    return tuple(dict.fromkeys(value))


def _issuer(raw: dict[str, Any], path: Path) -> Issuer:
    table = _table(raw, "issuer", path)
    return Issuer(name=str(table.get("name", "")), contact=str(table.get("contact", "")))


def _region(raw: dict[str, Any], path: Path) -> Region | None:
    if "region" not in raw:
        return None
    table = _table(raw, "region", path)
    if ("adcode" in table) == ("boundary" in table):
        raise SessionError(
            "the region is not said in one way",
            where=path,
            expected='in [region] either adcode = "110000" or boundary = "file.geojson"',
            found=", ".join(table) or "nothing",
        )
    adcode, boundary = table.get("adcode"), table.get("boundary")
    crs = _choice({"crs": table.get("crs", "wgs84")}, "crs", CRS, path, name="region.crs")
    region = Region(
        name=str(table.get("name", adcode or boundary)),
        adcode=None if adcode is None else str(adcode),
        boundary=None if boundary is None else path.parent / str(boundary),
        crs=crs,
    )
    check_region(region, where=path)
    return region


def _limit(raw: dict[str, Any], path: Path) -> int | None:
    value = raw.get("off_screen_limit")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise SessionError(
            "off_screen_limit is not a count",
            where=path,
            expected="a whole number, or no such line (then it is counted, not judged)",
            found=repr(value),
        )
    return value


def _thresholds(raw: dict[str, Any], path: Path) -> dict[str, dict[str, Any]]:
    table = _table(raw, "thresholds", path)
    for name, options in table.items():
        if not isinstance(options, dict):
            raise SessionError(
                f"thresholds.{name} is not a table",
                where=path,
                expected=f"[thresholds.{name}]",
                found=repr(options),
            )
    return {name: dict(options) for name, options in table.items()}


def _unknown(raw: dict[str, Any]) -> list[Problem]:
    """Name the keys that nothing reads: a misspelt key would otherwise be obeyed in silence."""
    names = [key for key in raw if key not in _KEYS]
    for table, known in _TABLE_KEYS.items():
        names += [f"{table}.{key}" for key in raw.get(table, {}) if key not in known]
    for entry in raw["subjects"]:
        names += [f"subjects.{key}" for key in entry if key not in SUBJECT_KEYS]
    return [
        Problem(code="unknown_key", file=FILE, message=f"{FILE}: nothing reads the key {name}")
        for name in dict.fromkeys(names)
    ]
