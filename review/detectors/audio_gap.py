"""A recording that should have sound has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import VIEWS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence


@register("audio_gap", labels=["audio_gap"])
def audio_gap(evidence: Evidence, *, min_s: float = 10.0) -> pd.DataFrame:
    """Flag when a required view that has sound elsewhere in the sitting is muted or silent.

    ITMC: sound is recorded throughout, and a microphone that is off is a violation if it is not
    put right (annex 1, rule 2; annex 2, 1(2)). eztest: picture and sound are watched throughout
    (part 4, answer 5).

    A view that never has sound is not flagged: not every camera has a microphone. Where no view
    has any at all, all required views are flagged.

    What it cannot tell: a microphone covered by a finger from a quiet room; only digital silence
    is found.

    Parameters
    ----------
    min_s
        Shortest interval; the coverage calls nothing silent that is shorter than 10 s.
    """
    required = [v for v in VIEWS if v in evidence.sitting.session.required_streams]
    heard = {view: _heard(evidence, view) for view in required}
    anywhere = any(iv.total_s(spans) > 0 for spans in heard.values())
    rows = []
    for view in required:
        if anywhere and not iv.total_s(heard[view]):
            continue
        lost = iv.difference(evidence.covered(view), heard[view])
        others = [v for v in required if v != view]
        for start_s, end_s in lost:
            if end_s - start_s < min_s:
                continue
            against = [v for v in others if len(iv.intersection(heard[v], [(start_s, end_s)]))]
            rows.append(
                flag(
                    evidence,
                    label="audio_gap",
                    detector="audio_gap",
                    streams=[view],
                    start_s=start_s,
                    end_s=end_s,
                    # Where another device heard the room meanwhile, less is lost.
                    score=(0.4 if against else 0.6) + min((end_s - start_s) / 300.0, 0.3),
                    reason_key="audio_gap_heard" if against else "audio_gap",
                    facts={"seconds": round(end_s - start_s)},
                    supports=[view],
                )
            )
    return table(evidence, rows)


def _heard(evidence: Evidence, view: str) -> NDArray[np.float64]:
    silent = iv.union(evidence.covered(view, "muted"), evidence.covered(view, "silent"))
    return iv.difference(evidence.covered(view), silent)
