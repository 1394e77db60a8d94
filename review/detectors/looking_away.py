"""Head or eyes of the candidate point elsewhere for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.heads import looks_at_face, off_usual
from review.detectors.presence import HOLD_S
from review.detectors.registry import register
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence

#: One look in between that says otherwise does not end the interval.
_JOIN_S = 1.2


@register("looking_away", labels=["looking_away"])
def looking_away(
    evidence: Evidence, *, min_s: float = 4.0, turn: float = 0.3, gaze: float = 0.14
) -> pd.DataFrame:
    """Flag when the head is turned aside, or only the eyes, beyond this person's usual.

    ITMC: candidates do not look about or read elsewhere (annex 1, rules 3 and 9; annex 2, 3);
    eztest: no help from outside (part 2, rule 6). Neither notice forbids a glance: the flag says
    where to look, and weighs little.

    Everything is judged against the sitting's own median, so that a camera beside the screen does
    not matter.

    What it cannot tell: what was looked at; thinking people look away. A second screen at which
    the candidate looks most of the time is this person's usual. Heads bent down to the keyboard or
    to permitted paper are not judged. Faces with eyes under 14 px, behind dark or mirroring glasses
    and in profile (no face is found then; see ``face_hidden``) say nothing.

    Parameters
    ----------
    min_s
        Shortest time; looked at once a second, four looks in a row.
    turn
        How far the tip of the nose moves aside, in distances between the eyes: 0.3 is about 35
        degrees. Measured: people before a web camera stay within 0.07, talking with their hands
        within 0.18.
    gaze
        How far the irises move between the corners of the eyes (0 to 1). Measured: within 0.08 on
        people who look ahead, 0.25 where the eyes alone look aside.
    """
    seen = looks_at_face(evidence, "turn", "gaze")
    times = seen["time_s"].to_numpy(dtype=float)
    turned = off_usual(seen["turn"].to_numpy(dtype=float))
    eyes = off_usual(seen["gaze"].to_numpy(dtype=float))
    head = np.abs(turned) > turn
    # On a turned head the eyes' corners are foreshortened: there the head alone is judged.
    only_eyes = (np.abs(eyes) > gaze) & (np.abs(turned) <= turn / 2)
    rows = []
    for key, mask, by in (("head", head, turned), ("eyes", only_eyes, eyes)):
        for start_s, end_s in iv.runs(times, mask, hold_s=HOLD_S, join_s=_JOIN_S):
            if end_s - start_s < min_s:
                continue
            inside = (times >= start_s) & (times < end_s) & mask
            most = float(np.median(by[inside]))
            # The camera faces the candidate: the picture's left is the candidate's right.
            side = "left" if most < 0 else "right"
            rows.append(
                flag(
                    evidence,
                    label="looking_away",
                    detector="looking_away",
                    streams=["front"],
                    start_s=start_s,
                    end_s=end_s,
                    score=0.3 + min(0.02 * (end_s - start_s), 0.3),
                    reason_key=f"looking_away_{key}_{side}",
                    facts={"seconds": round(end_s - start_s)},
                    supports=["front"],
                )
            )
    return table(evidence, rows)
