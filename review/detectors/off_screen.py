"""The exam window has lost the focus, or something else stands before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.pairs import client_names, is_allowed, names_of, no_input, opened_by, spans
from review.detectors.registry import register
from review.detectors.screens import Screenful, look_at, unexplained

if TYPE_CHECKING:
    import pandas as pd

    from review.detectors.pairs import Span
    from review.timeline.evidence import Evidence

#: Entries of the two kinds this close together are one return to the client.
_SAME_RETURN_S = 30.0


@dataclass(frozen=True, kw_only=True)
class _Count:
    """How often the exam was left so far; ``limit`` 0 is none: counted, not judged."""

    number: int
    limit: int

    @property
    def over(self) -> bool:
        return bool(self.limit) and self.number > self.limit


@register("off_screen", labels=["off_screen"])
def off_screen(
    evidence: Evidence, *, min_s: float = 0.0, limit: int = 0, unlogged_s: float = 4.0
) -> pd.DataFrame:
    """Flag each interval from ``focus_lost`` to ``focus_gained`` of the client's log.

    ITMC: nothing is looked up and nothing else opened (annex 1, rules 6 and 20; annex 2, 1(6));
    programs that the subject allows are part of its tasks (part 5, short cuts), so focus in one of
    them, or in a file dialog that the client or such a program opens, is not off screen. A window
    that opened without any input says so in its reason. eztest: the client locks the screen, so
    every loss counts, log-ins after a lost network or an exit count with them, and more than the
    set number of them ends the log-in (part 4, answer 12).

    Where the screen was read, its picture supports a loss (another window's text is seen) or
    contradicts it (nothing on the screen changed). A search page, a chat or a remote control that
    stands on the screen while the log knows of nothing is flagged from the picture alone.

    What it cannot tell: what was thought or looked up; whether a window opened by itself where the
    log does not say so. A screen that is recorded once in some seconds may miss a short window.
    Exam questions about chat programs or search engines are not taken for them, unless they stand
    alone in a line in more than one place.

    Parameters
    ----------
    min_s
        Shortest interval. The notices name none.
    limit
        Number that is not yet too many; 0 is no limit. The session's ``off_screen_limit`` holds
        before it.
    unlogged_s
        Shortest time for which a page must be seen that no log entry explains.
    """
    session = evidence.sitting.session
    eztest = session.platform == "eztest"
    limit = limit if session.off_screen_limit is None else session.off_screen_limit
    allowed = () if eztest else evidence.sitting.subject.allowed_apps
    own = client_names(evidence) | set(allowed)
    all_spans = list(
        spans(evidence, ["focus_lost"], ["focus_gained", "client_exit"], stream="events_client")
    )
    away = [
        span
        for span in all_spans
        if span.end_s - span.start_s >= min_s
        and not is_allowed(span.detail, allowed)
        and (eztest or not opened_by(span.detail, own))
    ]
    returns = _returns(evidence) if eztest else []
    rows: list[dict[str, object]] = []
    number = 0
    happened: list[tuple[float, Span | None]] = [(span.start_s, span) for span in away]
    happened += [(t, None) for t in returns]
    for at_s, span in sorted(happened, key=lambda item: item[0]):
        number += evidence.window[0] <= at_s < evidence.window[1]
        count = _Count(number=number, limit=limit)
        if span is not None:
            rows.append(_lost(evidence, span, count))
        elif count.over:
            rows.append(_returned(evidence, at_s, count))
    explained = [(span.start_s, span.end_s) for span in all_spans]
    rows += [
        _unlogged(evidence, seen) for seen in unexplained(evidence, explained, min_s=unlogged_s)
    ]
    return table(evidence, rows)


def _lost(evidence: Evidence, span: Span, count: _Count) -> dict[str, object]:
    names = names_of(span.detail)
    popup = no_input(span.detail)
    seen = look_at(evidence, span.start_s, span.end_s, names=names)
    key = "off_screen_popup" if popup else "off_screen_app" if names else "off_screen"
    long_s = span.end_s - span.start_s
    # An instant may be a window that opened by itself; half a minute is no accident.
    score = (0.8 if count.over else 0.3 if popup else 0.5) + min(long_s / 60.0, 0.4)
    return flag(
        evidence,
        label="off_screen",
        detector="off_screen",
        streams=["events_client"],
        start_s=span.start_s,
        end_s=span.end_s,
        score=score + (0.1 if seen.changed else -0.2 if seen.same else 0.0),
        reason_key=key + ("_over_limit" if count.over else "") + ("_seen" if seen.words else ""),
        facts={
            "seconds": round(long_s, 1),
            "app": names[0] if names else "",
            "number": count.number,
            "limit": count.limit,
            "seen": seen.words,
        },
        supports=["events_client", *(["screen"] if seen.changed else [])],
        contradicts=["screen"] if seen.same else [],
    )


def _returned(evidence: Evidence, at_s: float, count: _Count) -> dict[str, object]:
    return flag(
        evidence,
        label="off_screen",
        detector="off_screen",
        streams=["events_client"],
        start_s=at_s,
        end_s=at_s + 1.0,
        score=0.8,
        reason_key="off_screen_return_over_limit",
        facts={"number": count.number, "limit": count.limit},
        supports=["events_client"],
    )


def _unlogged(evidence: Evidence, seen: Screenful) -> dict[str, object]:
    return flag(
        evidence,
        label="off_screen",
        detector="off_screen",
        streams=["screen"],
        start_s=seen.start_s,
        end_s=seen.end_s,
        score=0.5 + min((seen.end_s - seen.start_s) / 120.0, 0.2),
        reason_key="off_screen_screen",
        facts={"seconds": round(seen.end_s - seen.start_s, 1), "seen": seen.words},
        supports=["screen"],
        contradicts=["events_client"] if _logged(evidence) else [],
    )


def _logged(evidence: Evidence) -> bool:
    """Say whether the client logs the focus at all."""
    return bool(len(evidence.events_of("focus_lost", "focus_gained", stream="events_client")))


def _returns(evidence: Evidence) -> list[float]:
    """Return when the client was entered again: each log-in after the first, restarts with it."""
    rows = evidence.events_of("login", "client_restart", stream="events_client")
    times = np.sort(rows["time_s"].dropna().to_numpy(dtype=float))
    logins = rows.loc[rows["type"] == "login", "time_s"].dropna()
    first = float(logins.min()) if len(logins) else -np.inf
    made: list[float] = []
    for time_s in times[times > first]:
        if not made or time_s - made[-1] > _SAME_RETURN_S:
            made.append(float(time_s))
    return made
