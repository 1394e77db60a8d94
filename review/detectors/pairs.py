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


def program_of(detail: dict[str, Any]) -> str:
    """Return one name for an entry's program, by which its entries find each other.

    Examples
    --------
    >>> program_of({"app": "微信", "process": "WeChat.exe"})
    'wechat'
    """
    names = names_of(detail)
    return _plain(str(detail.get("process") or (names[0] if names else "")))


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


def client_names(evidence: Evidence) -> set[str]:
    """Return what the exam client calls itself: ``process`` and ``app`` of its own log-in."""
    rows = evidence.events_of("login", "client_restart", stream="events_client")
    found = {"client", "exam_client"}
    for text in rows["detail"]:
        detail = detail_of(text)
        found |= {
            _plain(str(detail[key])) for key in ("process", "app", "client") if detail.get(key)
        }
    return found


def opened_by(detail: dict[str, Any], programs: Collection[str]) -> bool:
    """Say whether a window belongs to one of the programs: its own, or a dialog that it opened.

    An entry names its opener as ``opened_by``, ``parent`` or ``owner``. A title alone is not
    believed.

    Examples
    --------
    >>> opened_by({"title": "打开", "opened_by": "client"}, {"client"})
    True
    >>> opened_by({"title": "打开"}, {"client"})
    False
    """
    wanted = {_plain(name) for name in programs}
    keys = ("opened_by", "parent", "owner", "process")
    return any(_plain(str(detail[k])) in wanted for k in keys if detail.get(k))


def no_input(detail: dict[str, Any]) -> bool:
    """Say whether an entry tells that a window opened without the candidate's doing.

    ``input`` is false or 0, or ``trigger`` is ``popup``, ``notification``, ``system`` or
    ``update``.

    Examples
    --------
    >>> no_input({"input": False}), no_input({"trigger": "popup"}), no_input({"app": "QQ"})
    (True, True, False)
    """
    given = detail.get("input")
    if given is not None and not isinstance(given, str):
        return not given
    return str(detail.get("trigger", "")).casefold() in {
        "popup",
        "notification",
        "system",
        "update",
    }


def _plain(name: str) -> str:
    return name.strip().casefold().removesuffix(".exe")
