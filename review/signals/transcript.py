"""What was said, as a machine writes it down: the sound of stretches of speech, cut and handed on.

Nothing is judged by it. Which machine listens is the caller's choice (:class:`Transcriber`); the
one for Whisper's models is :class:`review.signals.whisper.Whisper`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from review.loaders.streams import sound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from review.loaders.record import SittingRecord

#: Rate that Whisper's models are made for (its feature extractor takes no other).
RATE_HZ: Final = 16000
#: Stretches of speech closer than this are heard as one: a sentence has pauses.
JOIN_S: Final = 1.0
#: Heard before and after a stretch: words begin and end quietly. Less than half of JOIN_S, so that
#: nothing is heard twice.
PAD_S: Final = 0.3
#: Longest sound handed on at once: Whisper looks at 30 s at a time (Radford et al. 2022, 2.1).
LONGEST_S: Final = 30.0
#: What goes on for longer is parted at the quietest moment of this length in its last third.
_PAUSE_S: Final = 0.2
_SOUGHT_S: Final = 10.0
#: Shortest line: the step of Whisper's time stamps.
_STEP_S: Final = 0.02


@dataclass(frozen=True, kw_only=True)
class Said:
    """One line of what a machine heard.

    Parameters
    ----------
    start_s, end_s
        From the beginning of the sound that it was given.
    language
        Code (ISO 639-1) that was assumed or recognised.
    confidence
        0 to 1; None where the machine gives none.
    """

    start_s: float
    end_s: float
    text: str
    language: str
    confidence: float | None = None


class Transcriber(Protocol):
    """A machine that writes down what it hears.

    Attributes
    ----------
    model, model_sha256
        What the table ``transcripts`` names as its maker, and the hash of its weights.
    language
        Code of the language that is assumed; None where it is recognised from the sound.
    """

    @property
    def model(self) -> str: ...  # noqa: D102  see Attributes
    @property
    def model_sha256(self) -> str: ...  # noqa: D102
    @property
    def language(self) -> str | None: ...  # noqa: D102

    def hear(self, samples: NDArray[np.float32]) -> Iterable[Said]:
        """Write down what is said in up to 30 s of sound (16 kHz, one channel, full scale 1.0)."""


def transcribe(
    record: SittingRecord,
    stream: str,
    spans: Sequence[Sequence[float]] | NDArray[np.float64],
    transcriber: Transcriber,
) -> list[dict[str, Any]]:
    """Write down what one recording says within given stretches of speech.

    Parameters
    ----------
    spans
        Where speech is, device time, shape (n, 2), in order and without overlap.

    Returns
    -------
    list of dict
        Rows of the table ``transcripts`` in order of device time, without its session time.
    """
    of_recording = recording_sha256(record.segments, stream)
    rows = []
    for start_s, samples in stretches(record, stream, spans):
        length_s = len(samples) / RATE_HZ
        for said in transcriber.hear(samples):
            text = " ".join(said.text.split())
            if not text:
                continue
            # A machine's times may run past what it was given.
            begins_s = min(max(said.start_s, 0.0), length_s - _STEP_S)
            ends_s = min(max(said.end_s, begins_s + _STEP_S), length_s)
            rows.append(
                {
                    "stream": stream,
                    "device_start_s": start_s + begins_s,
                    "device_end_s": start_s + ends_s,
                    "text": text,
                    "language": said.language,
                    "confidence": said.confidence,
                    "model": transcriber.model,
                    "model_sha256": transcriber.model_sha256,
                    "recording_sha256": of_recording,
                }
            )
    return rows


def stretches(
    record: SittingRecord, stream: str, spans: Sequence[Sequence[float]] | NDArray[np.float64]
) -> Iterator[tuple[float, NDArray[np.float32]]]:
    """Give (device time, samples) of the sound around speech, at most 30 s at a time.

    What was not recorded within a stretch is silence, so that times hold; a stretch of which
    nothing was recorded is left out.
    """
    for first_s, last_s in joined(spans):
        at_s = first_s
        while at_s < last_s:
            samples = _sound(record, stream, at_s, min(last_s, at_s + LONGEST_S))
            length_s = LONGEST_S
            if samples is not None and at_s + LONGEST_S < last_s:
                length_s = _quietest_s(samples)
                samples = samples[: round(length_s * RATE_HZ)]
            if samples is not None and len(samples) > _STEP_S * RATE_HZ:
                yield at_s, samples
            at_s += length_s


def joined(spans: Sequence[Sequence[float]] | NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return stretches of speech joined over short pauses, each with a little around it.

    Examples
    --------
    >>> joined([[1.0, 2.0], [2.5, 4.0], [9.0, 9.5]])
    [(0.7, 4.3), (8.7, 9.8)]
    """
    whole: list[tuple[float, float]] = []
    for start_s, end_s in spans:
        if whole and start_s - whole[-1][1] < JOIN_S:
            whole[-1] = (whole[-1][0], float(end_s))
        else:
            whole.append((float(start_s), float(end_s)))
    return [(start_s - PAD_S, end_s + PAD_S) for start_s, end_s in whole]


def recording_sha256(segments: pd.DataFrame, stream: str) -> str:
    """Return a hash of the files that a stream is made of and of where they lie in time.

    A transcript holds for as long as it is the same.
    """
    columns = ["file", "device_start_s", "origin_pts_s", "size_bytes", "sha256"]
    own = segments.loc[segments["stream"] == stream, columns].sort_values(["file"])
    return hashlib.sha256(own.to_csv(index=False).encode()).hexdigest()


def _sound(
    record: SittingRecord, stream: str, start_s: float, end_s: float
) -> NDArray[np.float32] | None:
    samples = np.zeros(max(0, round((end_s - start_s) * RATE_HZ)), np.float32)
    heard = False
    for block in sound(record, stream, start_s=start_s, end_s=end_s, rate_hz=RATE_HZ):
        at = round((block.device_s - start_s) * RATE_HZ)
        part = block.samples[max(0, -at) : max(0, len(samples) - at)]
        samples[max(0, at) : max(0, at) + len(part)] = part
        heard = heard or len(part) > 0
    return samples if heard else None


def _quietest_s(samples: NDArray[np.float32]) -> float:
    """Return the middle of the quietest moment near the end of a sound, from its beginning."""
    width = round(_PAUSE_S * RATE_HZ)
    first = len(samples) - round(_SOUGHT_S * RATE_HZ)
    power = np.cumsum(np.square(samples[first:], dtype=np.float64))
    return (first + int(np.argmin(power[width:] - power[:-width])) + width / 2) / RATE_HZ
