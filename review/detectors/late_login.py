"""The candidate logged in too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.registry import register

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("late_login", labels=["late_login"])
def late_login(evidence: Evidence, *, limit_s: float = 1800.0) -> pd.DataFrame:
    """Flag who was not logged in when the time for it had passed.

    ITMC: client and both monitoring phones are logged in 30 minutes after the subject's start
    (annex 1, rule 14). eztest: a first log-in later than 30 minutes after the start is not admitted
    (part 2, rule 3). The flag begins at the limit and ends with the last log-in that was missing.

    What it cannot tell: a log-in that the log does not hold. A log that is not there at all, or
    holds no log-in of any kind, says nothing and raises nothing, unless the client's log has
    other entries after the limit.

    Parameters
    ----------
    limit_s
        Seconds after the subject's scheduled start.
    """
    logs = ["events_client"]
    if evidence.sitting.session.platform == "itmc":
        logs += ["events_phone1", "events_phone2"]
    first = {log: _first_login(evidence, log) for log in logs}
    late = {log: at_s for log, at_s in first.items() if at_s is not None and at_s > limit_s}
    if not late:
        return table(evidence, [])
    last = max(late, key=lambda log: late[log])
    end_s = late[last]
    # eztest is judged from the log-in on: of what lay before it, the log-in itself remains.
    start_s = limit_s if evidence.window[0] <= limit_s else end_s
    row = flag(
        evidence,
        label="late_login",
        detector="late_login",
        streams=[last, *(log for log in late if log != last)],
        start_s=start_s,
        end_s=end_s,
        score=0.9,
        reason_key="late_login",
        facts={"minutes": round(end_s / 60.0, 1), "limit": round(limit_s / 60.0, 1)},
        supports=sorted(late),
        evidence_s=end_s,
    )
    return table(evidence, [row])


def _first_login(evidence: Evidence, log: str) -> float | None:
    times = evidence.events_of("login", stream=log)["time_s"].dropna()
    return float(times.min()) if len(times) else None
