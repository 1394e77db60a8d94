"""One registry of loaders: each says what it takes and checks it.

Modelled on the loader protocol of neuroinformatics-unit/movement: a loader is registered with the
suffixes it takes and a check of the content, and what it returns is put under one contract. An
outside package registers its own with :func:`register`, without touching this code; an entry point
in the group ``review.loaders`` has it called in every process (:mod:`review.plugins`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from review import plugins
from review.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from review.loaders.problems import Problem

Kind = Literal["media", "positions", "events"]
KINDS: Final[tuple[Kind, ...]] = ("media", "positions", "events")
#: Bytes of a file that a check gets to see.
HEAD_BYTES: Final = 8192


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a loader may need to know besides the file.

    Parameters
    ----------
    timezone
        The session's, for times without an offset.
    columns
        The project's column -> the file's column, for CSV files.
    words
        The platform's word -> event type.
    """

    timezone: ZoneInfo
    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a loader returns.

    Parameters
    ----------
    rows
        One mapping per row, in any order. Positions: ``time`` (timezone-aware datetime),
        ``lat_deg``, ``lon_deg``, and where known ``accuracy_m``, ``altitude_m``, ``speed_mps``,
        ``provider``, ``mock``, ``crs``, ``gnss_time`` (the satellites' time of the fix, where the
        file tells it beside or instead of the phone's). Events: ``time``, ``type``, ``detail`` (a
        mapping), and where known ``server_time`` (timezone-aware datetime).
    problems
        What could not be used; stream and file are filled in by the caller.
    """

    rows: list[dict[str, Any]]
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Loader:
    """One loader.

    Parameters
    ----------
    name
        How messages name it.
    kind
        ``media``, ``positions`` or ``events``.
    suffixes
        File name endings it takes, lower case with the dot.
    takes
        ``takes(path, head)`` says whether the content is its kind; ``head`` is the beginning.
    load
        ``load(path, context)`` -> :class:`Loaded`, or :class:`review.loaders.spans.Recording` for
        ``media`` (its pictures are then read by PyAV). It raises LoadError for a file
        that cannot be used at all.
    """

    name: str
    kind: Kind
    suffixes: tuple[str, ...]
    takes: Callable[[Path, bytes], bool]
    load: Callable[[Path, Context], Any]


_REGISTRY: Final[dict[str, Loader]] = {}


def register(loader: Loader) -> Loader:
    """Add a loader.

    Raises
    ------
    LoadError
        If the name is taken or the kind unknown.
    """
    if loader.name in _REGISTRY:
        raise LoadError("a loader of this name is registered already", where=loader.name)
    if loader.kind not in KINDS:
        raise LoadError(
            f"unknown kind {loader.kind!r}", where=loader.name, expected=", ".join(KINDS)
        )
    _REGISTRY[loader.name] = loader
    return loader


def unregister(name: str) -> None:
    """Take a loader out again (tests of outside loaders need it)."""
    _REGISTRY.pop(name, None)


def loaders(kind: Kind | None = None) -> tuple[Loader, ...]:
    """Return the registered loaders, of one kind if it is given, in order of name."""
    plugins.load("review.loaders")
    return tuple(x for _, x in sorted(_REGISTRY.items()) if kind is None or x.kind == kind)


def find(path: Path, kind: Kind) -> Loader:
    """Return the one loader that takes a file.

    Raises
    ------
    LoadError
        If the file cannot be read, or none or several loaders take it; lists what was tried.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise LoadError("the file cannot be read", where=path, found=str(error)) from error
    if not head:
        raise LoadError("the file is empty", where=path, todo="ask for it again")
    tried: list[str] = []
    taking: list[Loader] = []
    for loader in loaders(kind):
        if path.suffix.lower() not in loader.suffixes:
            tried.append(f"{loader.name} (takes {' '.join(loader.suffixes)})")
        elif not loader.takes(path, head):
            tried.append(f"{loader.name} (the content is something else)")
        else:
            taking.append(loader)
    if len(taking) == 1:
        return taking[0]
    if taking:
        raise LoadError(
            f"several loaders take this file: {', '.join(x.name for x in taking)}",
            where=path,
            todo="unregister one of them",
        )
    raise LoadError("no loader takes this file", where=path, found=f"tried {'; '.join(tried)}")
