"""The part of a sitting that is judged, by platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from review.session import Sitting


def judged_window(sitting: Sitting, events: pd.DataFrame) -> tuple[float, float]:
    """Return ``(start_s, end_s)`` on session time; start = end where nothing is judged.

    ITMC judges from the subject's start to its scheduled end, even after submitting (its notice,
    annex 1, rule 4: the monitored room is not left before the end, early submission or not).
    eztest judges from log-in (its client locks the screen from then on) to submission, at the
    latest to the scheduled end (part 4, answers 8, 9, 12). Only a session of kind ``exam`` is
    judged at all.

    Parameters
    ----------
    events
        Events of the sitting with ``time_s``.
    """
    end_s = sitting.subject.duration_s
    if sitting.session.kind != "exam":
        return (0.0, 0.0)
    if sitting.session.platform != "eztest":
        return (0.0, end_s)
    client = events[(events["stream"] == "events_client") & events["time_s"].notna()]
    logins = client.loc[client["type"] == "login", "time_s"]
    # Without a log-in on record there is no lawful start to judge from but the scheduled one.
    start_s = float(logins.min()) if len(logins) else 0.0
    submits = client.loc[client["type"].isin(["submit", "forced_submit"]), "time_s"]
    submits = submits[submits > start_s]
    # The last one: a candidate who comes back after a submission that failed is still sitting.
    last_s = float(submits.max()) if len(submits) else end_s
    return (start_s, max(start_s, min(last_s, end_s)))
