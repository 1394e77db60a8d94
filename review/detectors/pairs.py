"""Intervals between two kinds of log entries: shared by the detectors that read logs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from review.timeline.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class Span:
    """From one entry to the next that ends it; ``closed`` says whether one does."""

    stream: str
    start_s: float
    end_s: float
    detail: dict[str, Any]
    closed: bool


def spans(
    evidence: Evidence, begin: Collection[str], end: Collection[str], *, stream: str | None = None
) -> Iterator[Span]:
    """Give the intervals that entries open and close, per log, in order of time.

    A second opening entry inside an open interval changes nothing. What no entry closes lasts to
    the end of the window. An entry that nothing places in time is left out.
    """
    entries = evidence.events_of(*begin, *end, stream=stream)
    entries = entries[entries["time_s"].notna()]
    for name, rows in entries.groupby("stream", sort=True):
        opened: tuple[float, dict[str, Any]] | None = None
        for time_s, kind, text in zip(rows["time_s"], rows["type"], rows["detail"], strict=True):
            if kind in begin and opened is None:
                opened = (float(time_s), detail_of(text))
            elif kind in end and opened is not None:
                yield Span(
                    stream=str(name),
                    start_s=opened[0],
                    end_s=float(time_s),
                    detail=opened[1],
                    closed=True,
                )
                opened = None
        if opened is not None:
            yield Span(
                stream=str(name),
                start_s=opened[0],
                end_s=max(opened[0], evidence.window[1]),
                detail=opened[1],
                closed=False,
            )


def detail_of(text: str) -> dict[str, Any]:
    """Return the ``detail`` of an event as a mapping; whatever else it holds is an empty one.

    Examples
    --------
    >>> detail_of('{"app": "WPS"}'), detail_of('"x"'), detail_of("")
    ({'app': 'WPS'}, {}, {})
    """
    try:
        made = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return made if isinstance(made, dict) else {}


def names_of(detail: dict[str, Any]) -> list[str]:
    """Return what an entry calls the program: ``app``, ``process`` and ``title``, where given."""
    return [str(detail[key]) for key in ("app", "process", "title") if detail.get(key)]


def is_allowed(detail: dict[str, Any], allowed: Collection[str]) -> bool:
    """Say whether an entry's program is one of those that the subject allows.

    ``app`` and ``process`` are compared without case and without ``.exe``. A window title is not
    believed: any page can call itself anything.

    Examples
    --------
    >>> is_allowed({"app": "WPS Office", "process": "wps.exe"}, ["wps"])
    True
    >>> is_allowed({"app": "QQ", "title": "wps"}, ["wps"])
    False
    """
    wanted = {_plain(name) for name in allowed}
    return any(_plain(str(detail[k])) in wanted for k in ("app", "process") if detail.get(k))


def _plain(name: str) -> str:
    return name.strip().casefold().removesuffix(".exe")
