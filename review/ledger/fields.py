"""What a payload is: a frozen type whose fields are checked at the door."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from review.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Payload:
    """One level above every kind: how it becomes an object for JSON."""

    KIND: ClassVar[str]

    def as_payload(self) -> dict[str, Any]:
        """Return the fields as JSON knows them; those that are None are left out."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in ((f.name, getattr(self, f.name)) for f in dataclasses.fields(self))
            if value is not None
        }

    def __post_init__(self) -> None:
        for name, hint, rules in _fields(type(self)):  # type: ignore[arg-type]
            value = getattr(self, name)
            if not _fits(value, hint):
                raise LedgerError(
                    f"{name} is not of the right type",
                    where=f"entry {self.KIND!r}",
                    expected=str(hint),
                    found=repr(value),
                )
            # One spelling for one number: the hash depends on it.
            if hint in (float, float | None) and value is not None:
                object.__setattr__(self, name, float(value))
            elif hint == tuple[float, ...]:
                object.__setattr__(self, name, tuple(map(float, value)))
            if value is not None:
                _check_value(self.KIND, name, value, rules)
        start = getattr(self, "device_start_s", None)
        end = getattr(self, "device_end_s", None)
        if start is not None and end is not None and not start <= end:
            raise LedgerError(
                "the interval ends before it starts",
                where=f"entry {self.KIND!r}",
                found=f"{start} to {end}",
            )


def one_of(*known: str) -> Any:
    """Return a field whose value is one of these."""
    return dataclasses.field(metadata={"one_of": known})


def filled() -> Any:
    """Return a field that may not be empty."""
    return dataclasses.field(metadata={"filled": True})


def time() -> Any:
    """Return a field for a date or a time with its offset (ISO 8601); absent if not given."""
    return dataclasses.field(default=None, metadata={"time": True})


@functools.cache
def _fields(kind: type[Payload]) -> tuple[tuple[str, Any, Mapping[str, Any]], ...]:
    """Return name, type and rules of a payload's fields: worked out once, not at every entry."""
    hints = typing.get_type_hints(kind)
    return tuple((f.name, hints[f.name], f.metadata) for f in dataclasses.fields(kind))


def _check_value(kind: str, name: str, value: Any, rules: Mapping[str, Any]) -> None:
    known = rules.get("one_of")
    if known and value not in known:
        raise LedgerError(
            f"unknown {name}",
            where=f"entry {kind!r}",
            expected=f"one of {', '.join(known)}",
            found=repr(value),
        )
    if rules.get("filled") and not str(value).strip():
        raise LedgerError(f"{name} is empty", where=f"entry {kind!r}")
    if rules.get("time"):
        _check_time(kind, name, value)


def _fits(value: Any, hint: Any) -> bool:
    if isinstance(hint, types.UnionType):
        return any(_fits(value, part) for part in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        part = typing.get_args(hint)[0]
        return isinstance(value, tuple) and all(_fits(v, part) for v in value)
    if hint is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and abs(value) < float("inf")
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _check_time(kind: str, name: str, value: str) -> None:
    try:
        if "T" in value or " " in value:
            if datetime.fromisoformat(value).tzinfo is not None:
                return
        else:
            date.fromisoformat(value)
            return
    except ValueError:
        pass
    raise LedgerError(
        f"{name} is no time",
        where=f"entry {kind!r}",
        expected="a date, or a time with its offset from UTC (ISO 8601)",
        found=repr(value),
    )
