"""The exam client was left before the paper was handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.pairs import spans
from review.detectors.registry import register

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("unscheduled_exit", labels=["unscheduled_exit"])
def unscheduled_exit(evidence: Evidence) -> pd.DataFrame:
    """Flag each exit of the client before submission, until it runs or is logged into again.

    ITMC: after an abnormal exit the candidate logs in again at once (annex 1, rule 25). eztest: a
    forced exit is recorded and judged after the exam (part 4, answer 9).

    What it cannot tell: a crash from an exit on purpose. The log may lack the exit when the
    computer lost its power; then the log-in after it is the only trace and nothing is flagged.
    """
    submits = evidence.events_of("submit", "forced_submit", stream="events_client")["time_s"]
    submitted_s = float(submits.max()) if submits.notna().any() else float("inf")
    rows = [
        flag(
            evidence,
            label="unscheduled_exit",
            detector="unscheduled_exit",
            streams=["events_client"],
            start_s=span.start_s,
            end_s=span.end_s,
            score=0.5 + min((span.end_s - span.start_s) / 600.0, 0.4),
            reason_key="unscheduled_exit" if span.closed else "unscheduled_exit_open",
            facts={"seconds": round(span.end_s - span.start_s)},
            supports=["events_client"],
            evidence_s=span.start_s,
        )
        for span in spans(
            evidence, ["client_exit"], ["client_restart", "login"], stream="events_client"
        )
        if span.start_s < submitted_s
    ]
    return table(evidence, rows)
