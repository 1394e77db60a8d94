"""A device whose clock could not be tied to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import DEVICES, VIEWS

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("clock_unsynchronised", labels=["clock_unsynchronised"])
def clock_unsynchronised(evidence: Evidence) -> pd.DataFrame:
    """Flag each device with a view that nothing ties to the other streams, once.

    Neither rulebook speaks of clocks; but what a view shows at a moment is evidence only if it is
    known which moment that is.

    What it cannot tell: why. A muted microphone, a phone in another room and a recording of
    somebody else look the same; ``problems`` says which of them it may be.
    """
    rows = []
    clocks = evidence.clocks
    for device in DEVICES:
        mine = clocks[(clocks["device"] == device) & (clocks["state"] == "unsynchronised")]
        lost = [
            s for s in VIEWS if s in set(mine["stream"]) and len(evidence.covered(s, "recorded"))
        ]
        if not lost:
            continue
        start_s, end_s = evidence.window
        rows.append(
            flag(
                evidence,
                label="clock_unsynchronised",
                detector="clock_unsynchronised",
                streams=lost,
                start_s=start_s,
                end_s=end_s,
                score=0.5,
                reason_key="clock_unsynchronised",
                facts={"count": len(lost)},
                supports=lost,
                evidence_s=start_s,
            )
        )
    return table(evidence, rows)
