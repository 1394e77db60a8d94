"""The candidate handed in or left before it was allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.presence import HOLD_S, absences
from review.detectors.registry import register

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("left_early", labels=["left_early"])
def left_early(
    evidence: Evidence,
    *,
    earliest_submit_s: float = 3600.0,
    counts_from: str = "exam_start",
    min_s: float = 10.0,
) -> pd.DataFrame:
    """Flag leaving for good before the end (ITMC), or handing in too early (eztest).

    ITMC: the monitored room is not left before the subject's scheduled end, early submission or not
    (annex 1, rule 4). eztest: the paper can be handed in 60 minutes after the exam's start at the
    earliest (part 2, rule 4).

    What it cannot tell: a candidate who left with the recording switched off; that is a recording
    gap.

    Parameters
    ----------
    earliest_submit_s
        Seconds after the subject's scheduled start (eztest).
    counts_from
        ``exam_start`` or ``answer_start``: the notice's sentence can be read both ways. Where the
        log does not say when answering began, the exam's start counts.
    min_s
        An absence of at least this length that lasts to the end is leaving (ITMC): a candidate who
        leans out of the picture in the last seconds has not left.
    """
    if evidence.sitting.session.platform == "eztest":
        return table(evidence, _early_submit(evidence, earliest_submit_s, counts_from))
    end_of_pictures_s = _last_picture(evidence)
    rows = [
        flag(
            evidence,
            label="left_early",
            detector="left_early",
            streams=["front"],
            start_s=start_s,
            end_s=end_s,
            score=0.7,
            reason_key="left_early",
            facts={"minutes": round((evidence.window[1] - start_s) / 60.0, 1)},
            supports=["front"],
            evidence_s=start_s,
        )
        for start_s, end_s in absences(evidence)
        if end_s - start_s >= min_s and end_s >= end_of_pictures_s - HOLD_S
    ]
    return table(evidence, rows)


def _last_picture(evidence: Evidence) -> float:
    """Return the end of the window, or of the front view's recording if that ends before."""
    covered = evidence.covered("front")
    return float(covered[-1, 1]) if len(covered) else evidence.window[1]


def _early_submit(
    evidence: Evidence, earliest_submit_s: float, counts_from: str
) -> list[dict[str, object]]:
    submits = evidence.events_of("submit", stream="events_client")["time_s"].dropna()
    begun = evidence.events_of("answer_start", stream="events_client")["time_s"].dropna()
    from_s = float(begun.min()) if counts_from == "answer_start" and len(begun) else 0.0
    if not len(submits) or submits.max() >= from_s + earliest_submit_s:
        return []
    at_s = float(submits.max())
    return [
        flag(
            evidence,
            label="left_early",
            detector="left_early",
            streams=["events_client"],
            # The window ends with the submission: the second before it is still judged.
            start_s=at_s - 1.0,
            end_s=at_s,
            score=0.9,
            reason_key="left_early_submit",
            facts={
                "minutes": round((at_s - from_s) / 60.0, 1),
                "earliest": round(earliest_submit_s / 60.0, 1),
            },
            supports=["events_client"],
        )
    ]
