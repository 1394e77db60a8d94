"""What the system cannot tell about one sitting, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review import words
from review.reporting.voice import Voice, percent
from review.session import VIEWS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review.reporting.model import ClockSummary, FlagSummary, StreamSummary, Texts

#: States in which a view shows nothing that could be judged.
HIDDEN = ("black", "covered", "frozen")


def limits_of(
    flags: Sequence[FlagSummary],
    streams: Sequence[StreamSummary],
    clocks: Sequence[ClockSummary],
    window: tuple[float, float] | None,
) -> tuple[Texts, ...]:
    """Return what cannot be told: from coverage, from the clocks, from the labels that occur.

    Returns
    -------
    tuple of mapping
        Language -> sentence, the gravest first.
    """
    found: list[Texts] = []
    if window is None:
        found.append(_texts("report.limit_no_window"))
    found += [_unseen(stream, window) for stream in streams if _is_unseen(stream, window)]
    found += [_unheard(stream) for stream in streams if _silent_s(stream) > 0]
    loose = [c.stream for c in clocks if c.state in {"declared", "unsynchronised"}]
    if loose:
        found.append(_texts("report.limit_clocks", streams=tuple(loose)))
    labels = dict.fromkeys(flag.label for flag in flags)
    found += [_texts(f"cannot.{label}") for label in labels if f"cannot.{label}" in words.table()]
    found.append(_texts("report.limit_general"))
    return tuple(found)


def seen_s(stream: StreamSummary, window: tuple[float, float] | None) -> float:
    """Return for how many seconds of the window a stream is recorded and shows something."""
    if window is None:
        return 0.0
    recorded = [(a, b) for a, b, state in stream.stretches if state == "recorded"]
    hidden = [(a, b) for a, b, state in stream.stretches if state in HIDDEN]
    return iv.total_s(iv.intersection(iv.difference(recorded, hidden), [window]))


def _is_unseen(stream: StreamSummary, window: tuple[float, float] | None) -> bool:
    if window is None or not (stream.required or stream.stream in VIEWS):
        return False
    # Logs have no coverage of their own: an entry is an instant.
    if not stream.stretches and stream.stream.startswith("events_"):
        return False
    return stream.window_s - seen_s(stream, window) >= 0.05


def _unseen(stream: StreamSummary, window: tuple[float, float] | None) -> Texts:
    lost_s = stream.window_s - seen_s(stream, window)
    return {
        one: words.say(
            "report.limit_unseen",
            one,
            stream=Voice((one,)).name("stream", stream.stream),
            length=Voice((one,)).length(lost_s),
            share=percent(min(lost_s / stream.window_s, 1.0)),
        )
        for one in words.LANGUAGES
    }


def _silent_s(stream: StreamSummary) -> float:
    return stream.totals_s.get("muted", 0.0) + stream.totals_s.get("silent", 0.0)


def _unheard(stream: StreamSummary) -> Texts:
    return {
        one: words.say(
            "report.limit_unheard",
            one,
            stream=Voice((one,)).name("stream", stream.stream),
            length=Voice((one,)).length(_silent_s(stream)),
        )
        for one in words.LANGUAGES
    }


def _texts(key: str, *, streams: tuple[str, ...] = ()) -> Texts:
    return {
        one: words.say(key, one, streams=Voice((one,)).names("stream", streams))
        for one in words.LANGUAGES
    }
