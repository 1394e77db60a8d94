"""Somebody speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.detectors.talk import CALL_S, Speakers, heard, lawful, listeners, speakers
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence


@register("speech", labels=["speech"], platforms=["eztest", "generic"])
def speech(
    evidence: Evidence,
    *,
    min_s: float = 1.0,
    join_s: float = 2.0,
    aloud_s: float = 6.0,
    call_s: float = CALL_S,
) -> pd.DataFrame:
    """Flag speech in the room, the candidate's own and reading aloud included.

    eztest: nothing is said and nothing read aloud (part 3, rule 7). ITMC forbids only the voice of
    others; see :mod:`review.detectors.second_voice`. Speech while the client tests the microphone
    and in answered calls is lawful.

    What it cannot tell: what is said; a voice in the room from one out of a loudspeaker, from next
    door or from the street; singing and humming count as speech where they sound like it. Whispers
    have no voice and are often missed. Words shorter than half a second are not looked for.

    Parameters
    ----------
    min_s
        Least time of speech within a flag: a sigh or a single word is no speech.
    join_s
        Pauses within one flag.
    aloud_s
        From here on the candidate's voice alone is said to read aloud or talk to itself.
    call_s
        How long a call lasts where its entry does not say.
    """
    hears = {view: heard(evidence, view) for view in listeners(evidence)}
    allowed = lawful(evidence, call_s=call_s)
    anywhere = iv.intersection(iv.difference(iv.union(*hears.values()), allowed), [evidence.window])
    whose = {view: speakers(evidence, view) for view in hears}
    rows = []
    for start_s, end_s in iv.union(anywhere, gap_s=join_s):
        spoken_s = iv.total_s(iv.intersection(anywhere, [(start_s, end_s)]))
        supports = [v for v, at in hears.items() if _share(at, (start_s, end_s), spoken_s) >= 0.5]
        if spoken_s < min_s or not supports:
            continue
        against = [
            v for v in hears if v not in supports and _deaf(evidence, v, hears[v], start_s, end_s)
        ]
        own = _own([whose[v] for v in supports], (start_s, end_s), spoken_s)
        rows.append(
            flag(
                evidence,
                label="speech",
                detector="speech",
                streams=supports,
                start_s=start_s,
                end_s=end_s,
                # One device alone may have heard the street; a sentence weighs more than a word.
                score=0.4
                + min(spoken_s / 40.0, 0.3)
                + 0.1 * min(len(supports) - 1, 2)
                - 0.1 * len(against),
                reason_key="speech_aloud" if own and spoken_s >= aloud_s else "speech",
                facts={"seconds": round(spoken_s, 1), "devices": len(supports)},
                supports=supports,
                contradicts=against,
            )
        )
    return table(evidence, rows)


def _share(at: NDArray[np.float64], interval: tuple[float, float], spoken_s: float) -> float:
    return iv.total_s(iv.intersection(at, [interval])) / max(spoken_s, 1e-6)


def _deaf(
    evidence: Evidence, view: str, at: NDArray[np.float64], start_s: float, end_s: float
) -> bool:
    """Say whether a view recorded sound all the time and heard nothing of it."""
    lost = iv.union(evidence.covered(view, "muted"), evidence.covered(view, "silent"))
    listened = iv.intersection(iv.difference(evidence.covered(view), lost), [(start_s, end_s)])
    whole = iv.total_s(listened) >= 0.9 * (end_s - start_s)
    return whole and not len(iv.intersection(at, [(start_s, end_s)]))


def _own(whose: list[Speakers], interval: tuple[float, float], spoken_s: float) -> bool:
    """Say whether the voices heard are one, and it is the candidate's as far as can be told."""
    own = iv.union(*(s.own for s in whose)) if whose else np.empty((0, 2))
    others = [iv.union(s.other, s.mixed) for s in whose]
    other_s = sum(iv.total_s(iv.intersection(o, [interval])) for o in others)
    return _share(own, interval, spoken_s) >= 0.5 and other_s < 0.2 * spoken_s
