"""A second display was connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.pairs import spans
from review.detectors.registry import register

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("external_display", labels=["external_display"])
def external_display(evidence: Evidence) -> pd.DataFrame:
    """Flag each interval from ``display_added`` to ``display_removed`` of the client's log.

    ITMC: the computer has no extended screen (annex 1, rule 19). eztest: no help from other
    devices (part 2, rule 6).

    What it cannot tell: what the display shows, and one that the client does not see, such as a
    splitter's copy.
    """
    rows = [
        flag(
            evidence,
            label="external_display",
            detector="external_display",
            streams=["events_client"],
            start_s=span.start_s,
            end_s=span.end_s,
            score=0.8,
            reason_key="external_display" if span.closed else "external_display_open",
            facts={"seconds": round(span.end_s - span.start_s)},
            supports=["events_client"],
        )
        for span in spans(evidence, ["display_added"], ["display_removed"], stream="events_client")
    ]
    return table(evidence, rows)
