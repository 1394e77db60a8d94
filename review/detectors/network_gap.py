"""The network was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.pairs import spans
from review.detectors.registry import register

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("network_gap", labels=["network_gap"])
def network_gap(evidence: Evidence, *, min_s: float = 1.0) -> pd.DataFrame:
    """Flag each interval from ``network_down`` to ``network_up`` of a log.

    ITMC: a stable line is the candidate's part (part 2, section 1), and pictures that are missing
    may void the result (annex 1, rule 25). eztest: time lost is not given back, and repeated loss
    counts towards the limit of log-ins (part 4, answers 11 and 12).

    What it cannot tell: who is to blame, nor whether the recording went on meanwhile; the flags of
    recording gaps say that.

    Parameters
    ----------
    min_s
        Shortest loss: changes of the network address take less.
    """
    rows = [
        flag(
            evidence,
            label="network_gap",
            detector="network_gap",
            streams=[span.stream],
            start_s=span.start_s,
            end_s=span.end_s,
            score=0.3 + min((span.end_s - span.start_s) / 600.0, 0.4),
            reason_key="network_gap" if span.closed else "network_gap_open",
            facts={"seconds": round(span.end_s - span.start_s)},
            supports=[span.stream],
        )
        for span in spans(evidence, ["network_down"], ["network_up"])
        if span.end_s - span.start_s >= min_s
    ]
    return table(evidence, rows)
