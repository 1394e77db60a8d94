"""Speech without words: a voice's pulses through moving resonances, in syllables and phrases.

It carries no content. It has what voice activity detectors listen for: a fundamental that glides,
formants that move from vowel to vowel, fricatives and stops between them, pauses for breath.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.signal import lfilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Samples per second.
RATE_HZ: Final = 16000
#: First four formants (Hz) of a man's a, e, i, o, u and schwa (Peterson and Barney 1952, rounded).
_VOWELS: Final = (
    (730, 1090, 2440, 3400), (530, 1840, 2480, 3500), (270, 2290, 3010, 3600),
    (570, 840, 2410, 3300), (300, 870, 2240, 3200), (500, 1400, 2400, 3400),
)  # fmt: skip
_BANDWIDTHS: Final = (70.0, 100.0, 150.0, 220.0)
_FRAME: Final = 80


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Whose voice: fundamental in Hz, and the length of the vocal tract as a factor on formants."""

    pitch_hz: float
    formants: float


MAN: Final = Voice(pitch_hz=118.0, formants=1.0)
WOMAN: Final = Voice(pitch_hz=205.0, formants=1.16)


def utterance(duration_s: float, *, voice: Voice, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return speech of a length, peak near 1, at ``RATE_HZ``."""
    frames = max(1, round(duration_s * RATE_HZ / _FRAME))
    targets, voiced, hiss, pitch = _score(frames, voice, rng)
    count = frames * _FRAME
    source = _pulses(np.repeat(pitch, _FRAME), rng) * np.repeat(voiced, _FRAME)
    source += 0.02 * rng.standard_normal(count) * np.repeat(voiced, _FRAME)
    sound = _resonate(source, targets)
    sound /= max(float(np.abs(sound).max()), 1e-9)
    sound += 0.22 * _hiss(rng.standard_normal(count)) * np.repeat(hiss, _FRAME)
    sound = sound[: round(duration_s * RATE_HZ)]
    return (sound / max(float(np.abs(sound).max()), 1e-9)).astype(np.float32)


def _score(frames: int, voice: Voice, rng: np.random.Generator) -> tuple[NDArray[np.float64], ...]:
    """Return, by frame of 5 ms: formants, loudness of the voice and of hiss, pitch."""
    formants = np.empty((frames, 4))
    voiced, hiss, pitch = np.zeros(frames), np.zeros(frames), np.full(frames, voice.pitch_hz)
    previous = np.array(_VOWELS[5], float)
    at, left = 0, int(rng.integers(6, 14))
    while at < frames:
        vowel = np.array(_VOWELS[int(rng.integers(len(_VOWELS)))], float)
        consonant, length = int(rng.integers(6, 16)), int(rng.integers(20, 44))
        start, end = at + consonant, min(at + consonant + length, frames)
        kind = rng.random()
        if kind < 0.45:
            hiss[at : min(start, frames)] = rng.uniform(0.3, 1.0)
        elif kind < 0.75:
            voiced[at : min(start, frames)] = 0.18
        steps = np.arange(at, end)
        glide = np.clip((steps - at) / (consonant + 0.4 * length), 0, 1)[:, None]
        formants[at:end] = previous + (vowel - previous) * (0.5 - 0.5 * np.cos(np.pi * glide))
        if end > start:
            shape = np.sin(np.pi * np.linspace(0.12, 0.95, end - start)) ** 0.5
            voiced[start:end] = shape * rng.uniform(0.6, 1.0)
        tone = rng.uniform(-0.18, 0.18)
        pitch[at:end] *= 1 + tone * np.linspace(-1, 1, end - at) + rng.uniform(-0.08, 0.1)
        previous, at, left = vowel, end, left - 1
        if left == 0:
            pause = int(rng.integers(30, 70))
            formants[at : at + pause] = previous
            at, left = at + pause, int(rng.integers(6, 14))
    soft = np.hanning(7) / np.hanning(7).sum()
    voiced, hiss = (np.convolve(plane, soft, "same") for plane in (voiced, hiss))
    return formants * voice.formants, voiced, hiss, pitch


def _pulses(pitch: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the flow's derivative of a Rosenberg glottis with a little jitter."""
    jitter = np.convolve(rng.standard_normal(len(pitch)), np.ones(400) / 20, "same")
    phase = np.cumsum(pitch * (1 + 0.01 * jitter) / RATE_HZ) % 1.0
    opening = np.where(phase < 0.4, 0.5 * (1 - np.cos(np.pi * phase / 0.4)), 0.0)
    closing = np.where((phase >= 0.4) & (phase < 0.56), np.cos(np.pi * (phase - 0.4) / 0.32), 0.0)
    return np.diff(opening + closing, prepend=0.0)


def _resonate(source: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    sound = source
    for index, bandwidth in enumerate(_BANDWIDTHS):
        made = np.empty_like(sound)
        radius = np.exp(-np.pi * bandwidth / RATE_HZ)
        state = np.zeros(2)
        for frame, formant in enumerate(targets[:, index]):
            cosine = np.cos(2 * np.pi * formant / RATE_HZ)
            back = [1.0, -2 * radius * cosine, radius * radius]
            part = slice(frame * _FRAME, (frame + 1) * _FRAME)
            made[part], state = lfilter([sum(back)], back, sound[part], zi=state)
        sound = made
    return sound


def _hiss(noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return noise as of an s: high, by a difference and a resonance at 5 kHz."""
    radius, cosine = 0.75, np.cos(2 * np.pi * 5000 / RATE_HZ)
    shaped = lfilter([1.0, -1.0], [1.0, -2 * radius * cosine, radius * radius], noise)
    return np.asarray(shaped / max(float(np.abs(shaped).max()), 1e-9))
