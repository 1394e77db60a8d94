"""The candidate logged in too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import DEVICE_OF, VIEWS

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("late_login", labels=["late_login"])
def late_login(
    evidence: Evidence, *, limit_s: float = 1800.0, counts_as: str = "late"
) -> pd.DataFrame:
    """Flag who was not logged in when the time for it had passed.

    ITMC: client and both monitoring phones are logged in 30 minutes after the subject's start
    (annex 1, rule 14). eztest: who has no first log-in 30 minutes after the start is not admitted
    (part 2, rule 3). The flag begins at the limit and ends with the last log-in that was missing,
    or with the window where none came.

    What it cannot tell: a log-in that the log does not hold. A log that is not there at all says
    nothing. A log without any log-in says something only if it has entries after the limit, none
    that needs a log-in before it, and the device recorded nothing before the limit either.

    Parameters
    ----------
    limit_s
        Seconds after the subject's scheduled start.
    counts_as
        ``late`` or ``absent``: what the rulebook calls it; eztest's notice has both.
    """
    logs = ["events_client"]
    if evidence.sitting.session.platform == "itmc":
        logs += ["events_phone1", "events_phone2"]
    late: dict[str, float | None] = {}
    for log in logs:
        at_s = _first_login(evidence, log)
        if at_s is not None and at_s > limit_s:
            late[log] = at_s
        elif at_s is None and _never(evidence, log, limit_s):
            late[log] = None
    if not late:
        return table(evidence, [])
    never = [log for log, at_s in late.items() if at_s is None]
    last = never[0] if never else max(late, key=lambda log: late[log] or 0.0)
    end_s = evidence.window[1] if never else float(late[last] or 0.0)
    # eztest is judged from the log-in on: of what lay before it, the log-in itself remains.
    start_s = limit_s if evidence.window[0] <= limit_s else end_s
    key = "late_login_absent" if counts_as == "absent" else "late_login"
    row = flag(
        evidence,
        label="late_login",
        detector="late_login",
        streams=[last, *(log for log in late if log != last)],
        start_s=start_s,
        end_s=end_s,
        score=0.6 if never else 0.9,
        reason_key="late_login_never" if never else key,
        facts={
            "minutes": round(end_s / 60.0, 1),
            "limit": round(limit_s / 60.0, 1),
            "missing": len(never),
        },
        supports=sorted(late),
        evidence_s=end_s,
    )
    return table(evidence, [row])


def _first_login(evidence: Evidence, log: str) -> float | None:
    times = evidence.events_of("login", stream=log)["time_s"].dropna()
    return float(times.min()) if len(times) else None


def _never(evidence: Evidence, log: str, limit_s: float) -> bool:
    """Say whether a log that runs on after the limit shows nobody logged in before it."""
    rows = evidence.events[evidence.events["stream"] == log]
    times = rows["time_s"].dropna().to_numpy(dtype=float)
    if not (times > limit_s).any() or (times <= limit_s).any():
        return False
    views = [view for view in VIEWS if DEVICE_OF[view] == DEVICE_OF[log]]
    began = [spans[0, 0] for view in views if len(spans := evidence.covered(view))]
    return not began or float(np.min(began)) > limit_s
