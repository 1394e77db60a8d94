"""A camera view shows one and the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.presence import HOLD_S
from review.detectors.registry import register
from review.session import CAMERAS

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence

#: An encoder has refined a still picture within this time; how still the view otherwise is, is
#: taken from so much time before.
_REFINED_S: Final = 5.0
_LIVELY_S: Final = 65.0
#: A refinement changes a picture by less than this share of what hardly any live picture does.
_STILL: Final = 0.6


@register("frozen_picture", labels=["frozen_picture"])
def frozen_picture(evidence: Evidence, *, min_s: float = 10.0) -> pd.DataFrame:
    """Flag each interval in which a camera's pictures do not change at all.

    ITMC: true and usable recordings (annex 2, 1(1)). A still picture instead of the camera's is a
    way to leave unseen.

    What it cannot tell: a recorder that hangs from a still picture on purpose.

    Parameters
    ----------
    min_s
        Shortest interval; the coverage calls nothing frozen that is shorter than 10 s.
    """
    rows = [
        flag(
            evidence,
            label="frozen_picture",
            detector="frozen_picture",
            streams=[view],
            start_s=_first(evidence, view, start_s),
            end_s=end_s,
            score=0.6 + min((end_s - start_s) / 300.0, 0.3),
            reason_key="frozen_picture",
            facts={"seconds": round(end_s - start_s)},
            supports=[view],
        )
        for view in CAMERAS
        for start_s, end_s in evidence.covered(view, "frozen")
        if end_s - start_s >= min_s
    ]
    return table(evidence, rows)


def _first(evidence: Evidence, view: str, start_s: float) -> float:
    """Return the moment of the picture that all later ones repeat.

    The coverage begins with the first exact repetition: the picture before it is a still one. An
    encoder goes on refining it for some key frames, which changes it far less than life does.
    """
    looked = evidence.signal(view, "luma")["time_s"].to_numpy()
    before = looked[looked < start_s]
    if not len(before) or start_s - before[-1] > HOLD_S:
        return start_s
    first_s = float(before[-1])
    rows = evidence.signal(view, "change")
    times, changes = rows["time_s"].to_numpy(), rows["value"].to_numpy()
    lively = changes[(times >= first_s - _LIVELY_S) & (times < first_s - _REFINED_S)]
    if not len(lively):
        return first_s
    still = _STILL * float(np.quantile(lively, 0.05))
    refined = (times > first_s - _REFINED_S) & (changes < still)
    # The last change before the first small one brought the picture that was refined.
    return float(times[(times <= first_s) & ~refined].max())
