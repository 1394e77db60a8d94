"""The exam window has lost the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.pairs import is_allowed, names_of, spans
from review.detectors.registry import register

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("off_screen", labels=["off_screen"])
def off_screen(evidence: Evidence, *, min_s: float = 0.0) -> pd.DataFrame:
    """Flag each interval from ``focus_lost`` to ``focus_gained`` of the client's log.

    ITMC: nothing is looked up and nothing else opened (annex 1, rules 6 and 20; annex 2, 1(6));
    programs that the subject allows are part of its tasks (part 5, short cuts), so focus in one of
    them is not off screen. eztest: the client locks the screen, so every loss counts, and more than
    the set number of them ends the log-in (part 4, answer 12); that number is the session's
    ``off_screen_limit``.

    What it cannot tell: what was read there, and whether a window opened by itself; the screen
    recording shows it.

    Parameters
    ----------
    min_s
        Shortest interval. The notices name none.
    """
    session = evidence.sitting.session
    allowed = () if session.platform == "eztest" else evidence.sitting.subject.allowed_apps
    away = [
        span
        for span in spans(
            evidence, ["focus_lost"], ["focus_gained", "client_exit"], stream="events_client"
        )
        if span.end_s - span.start_s >= min_s and not is_allowed(span.detail, allowed)
    ]
    limit = session.off_screen_limit
    rows = []
    number = 0
    for span in away:
        inside = evidence.window[0] <= span.start_s < evidence.window[1]
        number += inside
        names = names_of(span.detail)
        over = limit is not None and number > limit
        key = "off_screen_app" if names else "off_screen"
        rows.append(
            flag(
                evidence,
                label="off_screen",
                detector="off_screen",
                streams=["events_client"],
                start_s=span.start_s,
                end_s=span.end_s,
                # An instant may be a window that opened by itself; half a minute is no accident.
                score=(0.8 if over else 0.5) + min((span.end_s - span.start_s) / 60.0, 0.4),
                reason_key=f"{key}_over_limit" if over else key,
                facts={
                    "seconds": round(span.end_s - span.start_s, 1),
                    "app": names[0] if names else "",
                    "number": number,
                    "limit": limit,
                },
                supports=["events_client"],
            )
        )
    return table(evidence, rows)
