"""Another voice than the candidate's is heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.detectors.talk import CALL_S, TALK_PAUSE_S, Speakers, heard, lawful, listeners, speakers
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence


@register("second_voice", labels=["second_voice"])
def second_voice(
    evidence: Evidence, *, min_s: float = 1.5, join_s: float = TALK_PAUSE_S, call_s: float = CALL_S
) -> pd.DataFrame:
    """Flag when a voice is heard that is not the candidate's.

    ITMC: nobody else is in the room and nobody helps (annex 1, rule 8; annex 2, 2(1)). eztest: the
    exam is taken alone, nobody is asked (part 2, rule 6; part 3, rule 7; part 4, answer 5).

    The candidate's voice is learnt from the microphone test. Where there is none (eztest has none),
    it is the voice heard far more than the other; where two voices share the talk it is only said
    that there are two. Voices differ by their pitch or their timbre over some seconds.

    What it cannot tell: who it is and what is said; two voices of like pitch and timbre, such as
    brothers; a candidate who disguises the voice, cries or laughs from somebody else; a person in
    the room from one out of a loudspeaker, a telephone or from next door. A single other voice in a
    sitting without a microphone test, in which the candidate says nothing, is taken for the
    candidate's. Whispers have no pitch and are not attributed. Of a talk over the top of each other
    the louder voice counts.

    Parameters
    ----------
    min_s
        Least time of the other voice within a flag.
    join_s
        Pauses within one talk: in between the candidate answers.
    call_s
        How long a call lasts where its entry does not say.
    """
    allowed = lawful(evidence, call_s=call_s)
    views = listeners(evidence)
    whose = {view: speakers(evidence, view) for view in views}
    leading = max(views, key=lambda v: iv.total_s(_all(whose[v])), default=None)
    if leading is None:
        return table(evidence, [])
    told = whose[leading]
    foreign = {v: iv.difference(iv.union(s.other, s.mixed), allowed) for v, s in whose.items()}
    in_window = iv.intersection(foreign[leading], [evidence.window])
    rows = []
    for first_s, last_s in iv.union(in_window, gap_s=join_s):
        spoken_s = iv.total_s(iv.intersection(in_window, [(first_s, last_s)]))
        if spoken_s < min_s:
            continue
        start_s, end_s = _whole(evidence, leading, allowed, (first_s, last_s))
        others = [v for v in views if v != leading]
        supports = [v for v in others if _says(foreign[v], (first_s, last_s), spoken_s)]
        against = [
            v
            for v in others
            if v not in supports and _says(whose[v].own, (first_s, last_s), spoken_s)
        ]
        mixed = len(iv.intersection(told.mixed, [(first_s, last_s)])) > 0
        rows.append(
            flag(
                evidence,
                label="second_voice",
                detector="second_voice",
                streams=[leading, *supports],
                start_s=start_s,
                end_s=end_s,
                score=(0.6 if told.known else 0.5)
                + min(spoken_s / 30.0, 0.2)
                + 0.1 * min(len(supports), 2)
                - 0.15 * len(against),
                reason_key="second_voice_two" if mixed else "second_voice",
                facts={"seconds": round(spoken_s, 1), "devices": 1 + len(supports)},
                supports=[leading, *supports],
                contradicts=against,
            )
        )
    return table(evidence, rows)


def _all(told: Speakers) -> NDArray[np.float64]:
    return iv.union(told.own, told.other, told.mixed)


def _says(at: NDArray[np.float64], interval: tuple[float, float], spoken_s: float) -> bool:
    return iv.total_s(iv.intersection(at, [interval])) >= 0.5 * spoken_s


def _whole(
    evidence: Evidence, view: str, allowed: NDArray[np.float64], interval: tuple[float, float]
) -> tuple[float, float]:
    """Widen to the edges of the speech: a voice is described in half seconds only."""
    spoken = iv.difference(heard(evidence, view), allowed)
    near = spoken[(spoken[:, 0] < interval[1]) & (spoken[:, 1] > interval[0])]
    begin = [a for a, _ in near if interval[0] - 1.5 <= a <= interval[0]]
    end = [b for _, b in near if interval[1] <= b <= interval[1] + 1.5]
    return (min(begin, default=interval[0]), max(end, default=interval[1]))
