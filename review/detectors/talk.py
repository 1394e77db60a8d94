"""Who speaks when: shared by the detectors that listen.

Speech is taken from the voice activity model's probabilities. Whose it is, is judged from pitch and
timbre within one sitting and one microphone: nobody is recognised, voices are only told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from review.detectors.pairs import detail_of
from review.session import VIEWS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

    Intervals = NDArray[np.float64]
    Floats = NDArray[np.float64]

#: One value of the signal ``speech`` stands for this long, a little more than its step of 0.256 s.
HOLD_S: Final = 0.3
#: Speech begins where the probability reaches the first and goes on while it keeps to the second:
#: words end quietly. Measured on labelled meetings (``python -m benchmarks speech``).
BEGIN: Final = 0.5
GO_ON: Final = 0.1
#: Pauses within what somebody says.
PAUSE_S: Final = 0.6
#: The client records five seconds and plays them back (ITMC notice, part 5, section 1), and its
#: entry may stand at the beginning or at the end of that.
AUDIO_CHECK_S: Final = 12.0
#: How long a voice call is taken to last where its entry does not say.
CALL_S: Final = 60.0
#: Differences at which two voices are taken to begin, either alone; both together count as the
#: root of their squares. Measured over two to three seconds, on five real speakers and two made
#: ones: pitch up to 0.42 octaves within one lively speaker, 0.7 and more between a man and a woman,
#: 0.1 to 0.4 between two men; timbre (in within-speaker spreads) up to 1.7 within one speaker of
#: whom four seconds are known and 1.2 to 1.7 between two men, so it only adds to the pitch.
PITCH_APART: Final = 0.5
TIMBRE_APART: Final = 2.2
#: The same where no sample of the candidate is known and two groups are sought among all that was
#: said: what is sought out lies farther apart than what is not.
SOUGHT: Final = 1.3
#: Spread of the timbre's twelve coefficients within a speaker over half seconds (same files).
_SPREAD: Final = np.array([1.8, 1.5, 1.6, 1.5, 1.0, 1.1, 0.9, 0.7, 0.8, 0.7, 0.5, 0.5])
#: Half seconds over which a voice is judged, and how many of a voice must be known.
_AROUND: Final = 5
_LEAST: Final = 4
#: Pauses within one talk, and the half seconds that each of two voices must have in it.
TALK_PAUSE_S: Final = 8.0
_BOTH: Final = 3
#: One half second of a described voice, and the longest pause within one turn.
ROW_S: Final = 0.512
_TURN_PAUSE_S: Final = 1.2


@dataclass(frozen=True, kw_only=True)
class Speakers:
    """What one microphone says about who speaks.

    Parameters
    ----------
    stream
        Whose microphone.
    own, other, mixed
        When the candidate speaks, when another voice does, and when two voices speak of which it is
        not known whose they are.
    known
        Whether the candidate's voice is known from the microphone test; otherwise it is the one
        that is heard most.
    """

    stream: str
    own: Intervals
    other: Intervals
    mixed: Intervals
    known: bool


def speech_spans(
    times_s: Floats, probability: Floats, *, begin: float = BEGIN, go_on: float = GO_ON
) -> Intervals:
    """Turn probabilities of speech into intervals.

    Examples
    --------
    >>> import numpy as np
    >>> times = np.arange(6) * 0.256
    >>> speech_spans(times, np.array([0.0, 0.2, 0.9, 0.2, 0.0, 0.2])).round(3).tolist()
    [[0.256, 1.024]]
    """
    low = iv.runs(times_s, probability >= go_on, hold_s=HOLD_S)
    sure = times_s[probability >= begin]
    kept = [(a, b) for a, b in low if ((sure >= a) & (sure < b)).any()]
    return iv.union(kept, gap_s=PAUSE_S) if kept else np.empty((0, 2))


def heard(evidence: Evidence, stream: str) -> Intervals:
    """Return when one stream hears speech, session time, window or not."""
    rows = evidence.signal(stream, "speech")
    return speech_spans(rows["time_s"].to_numpy(), rows["value"].to_numpy())


def lawful(evidence: Evidence, *, call_s: float = CALL_S) -> Intervals:
    """Return when speaking is part of the procedure: the microphone test and answered calls.

    A call's entry may state ``seconds`` or ``duration_s``, or come in pairs with ``state`` =
    ``start`` and ``end``.
    """
    checks = evidence.events_of("audio_check")["time_s"].dropna().to_numpy(dtype=float)
    allowed = [(t - AUDIO_CHECK_S, t + AUDIO_CHECK_S) for t in checks]
    rows = evidence.events_of("voice_call")
    rows = rows[rows["time_s"].notna()]
    begun: float | None = None
    for time_s, text in zip(rows["time_s"], rows["detail"], strict=True):
        detail = detail_of(text)
        state = str(detail.get("state", "")).casefold()
        length = detail.get("seconds", detail.get("duration_s"))
        if state in {"end", "ended", "stop"}:
            allowed.append((begun if begun is not None else time_s - call_s, time_s))
            begun = None
            continue
        begun = time_s if state in {"start", "started"} else None
        lasts_s = float(length) if isinstance(length, (int, float)) and length > 0 else call_s
        allowed.append((time_s, time_s + lasts_s))
    return iv.union(allowed) if allowed else np.empty((0, 2))


def checked(evidence: Evidence) -> Intervals:
    """Return when the candidate tests the microphone: nobody else's voice is expected then."""
    times = evidence.events_of("audio_check")["time_s"].dropna().to_numpy(dtype=float)
    return (
        iv.union([(t - AUDIO_CHECK_S, t + AUDIO_CHECK_S) for t in times])
        if len(times)
        else (np.empty((0, 2)))
    )


def listeners(evidence: Evidence) -> list[str]:
    """Return the views whose sound was listened to, the computer's first."""
    rows = evidence.signals
    there = set(rows.loc[rows["signal"] == "speech", "stream"])
    return [view for view in VIEWS if view in there]


def speakers(evidence: Evidence, stream: str) -> Speakers:
    """Say when which voice speaks, as one microphone hears it; window or not."""
    rows = evidence.detections
    rows = rows[(rows["stream"] == stream) & (rows["kind"] == "voice")]
    rows = rows[rows["embedding"].notna()].sort_values("time_s", kind="stable")
    none = np.empty((0, 2))
    if len(rows) < _LEAST:
        return Speakers(stream=stream, own=none, other=none, mixed=none, known=False)
    times = rows["time_s"].to_numpy(dtype=float)
    voices = np.stack([np.asarray(v, dtype=float) for v in rows["embedding"]])
    steady = _steady(times, voices)
    sample = iv.contains(checked(evidence), times)
    if sample.sum() >= _LEAST:
        far = apart(steady, np.median(voices[sample], axis=0))
        mine = far < 1.0
        return Speakers(
            stream=stream, own=_turns(times, mine), other=_turns(times, ~mine), mixed=none,
            known=True,
        )  # fmt: skip
    return _sought(stream, times, voices, steady)


def apart(voices: Floats, of: Floats) -> Floats:
    """Return how far voices are from one voice: 1 is where two voices are taken to begin.

    Parameters
    ----------
    voices
        Shape (n, 13), as :attr:`review.signals.voices.Voice.vector`.
    of
        Shape (13,).
    """
    timbre = np.sqrt((((voices[:, 1:] - of[1:]) / _SPREAD) ** 2).mean(axis=1))
    pitch = np.abs(voices[:, 0] - of[0])
    return np.asarray(np.hypot(timbre / TIMBRE_APART, pitch / PITCH_APART), dtype=float)


def _steady(times: Floats, voices: Floats) -> Floats:
    """Return each half second's voice as the median of those around it in the same turn."""
    made = np.empty_like(voices)
    half = _AROUND // 2
    # A change of voice within the neighbourhood is bridged by the half that fits better.
    for n in range(len(times)):
        first, last = max(0, n - half), min(len(times), n + half + 1)
        near = np.arange(first, last)
        near = near[np.abs(times[near] - times[n]) <= (half + 1) * ROW_S]
        near = (
            near[np.abs(voices[near, 0] - voices[n, 0]) <= PITCH_APART] if len(near) > 1 else near
        )
        made[n] = np.median(voices[near], axis=0)
    return made


def _sought(stream: str, times: Floats, voices: Floats, steady: Floats) -> Speakers:
    """Look for two voices where no sample of the candidate's is known."""
    none = np.empty((0, 2))
    everything = Speakers(
        stream=stream, own=_turns(times, np.ones(len(times), bool)), other=none, mixed=none,
        known=False,
    )  # fmt: skip
    first = np.median(voices, axis=0)
    second = steady[int(np.argmax(apart(steady, first)))]
    one = np.ones(len(times), dtype=bool)
    for _ in range(8):
        to_first, to_second = apart(steady, first), apart(steady, second)
        one = to_first <= to_second
        if one.sum() < _LEAST or (~one).sum() < _LEAST:
            return everything
        first, second = np.median(voices[one], axis=0), np.median(voices[~one], axis=0)
    if float(apart(second[None], first)[0]) < SOUGHT:
        return everything
    if one.sum() < (~one).sum():
        one = ~one
    # Whose is the voice that is heard most is only said where it is heard far more.
    if one.sum() >= 3 * (~one).sum():
        return Speakers(
            stream=stream, own=_turns(times, one), other=_turns(times, ~one), mixed=none,
            known=False,
        )  # fmt: skip
    talks = iv.union([(t, t + ROW_S) for t in times], gap_s=TALK_PAUSE_S)
    both = [
        talk
        for talk in talks
        if min(iv.contains([talk], times[part]).sum() for part in (one, ~one)) >= _BOTH
    ]
    within = iv.contains(both, times)
    # Whoever speaks where only one voice is heard is taken for the candidate.
    return Speakers(
        stream=stream,
        own=_turns(times, ~within),
        other=none,
        mixed=_turns(times, within),
        known=False,
    )


def _turns(times: Floats, mask: NDArray[np.bool_]) -> Intervals:
    """Return the stretches in which one voice speaks, pauses for breath included."""
    if not mask.any():
        return np.empty((0, 2))
    spans: Sequence[tuple[float, float]] = [(t, t + ROW_S) for t in times[mask]]
    turns = iv.union(spans, gap_s=_TURN_PAUSE_S)
    return iv.difference(turns, [(t, t + ROW_S) for t in times[~mask]])
