"""One room's sound as each device hears it.

The room's sound is a function of session time, so that any stretch can be made by itself: memory
stays constant and all devices hear the same keys. A device hears it through the air (delay,
reverberation, gain), with its own noise, and counts its samples by its own clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.signal import fftconvolve, lfilter

from review.session import DEVICE_OF
from review.simulate import speech
from review.simulate.clocks import rng
from review.simulate.speech import RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.simulate.clocks import Clock
    from review.simulate.script import Script
    from review.simulate.stage import Stage

#: Reverberation time (s) of a furnished room, and how much of it is made.
_REVERB_S: Final = 0.3
_TAIL: Final = int(0.25 * RATE_HZ)
#: Samples beside a stretch that the interpolation looks at.
_MARGIN: Final = 3
_CLICK: Final = int(0.07 * RATE_HZ)
_CREAK: Final = int(0.35 * RATE_HZ)
#: Kinds of sound: so many different keys, then the mouse, then the chair.
_KEYS: Final = 5
_MOUSE: Final = 5
_CHAIR: Final = 6


@dataclass(frozen=True, kw_only=True)
class Ear:
    """How a device hears: distance, loudness, echo, and the level of its own noise."""

    delay_s: float
    gain: float
    echo: float
    noise: float


class Room:
    """The sound of one sitting's room.

    Parameters
    ----------
    voice
        The candidate's; whoever else speaks has the other one.
    """

    def __init__(self, script: Script, stage: Stage, *, seed: int, voice: int) -> None:
        self._script, self._stage, self._seed = script, stage, seed
        voices = (speech.MAN, speech.WOMAN)
        self._voices = {1: voices[voice], 2: voices[1 - voice]}
        self._clicks = [_click(rng(seed, "click", index)) for index in range(_MOUSE + 1)]
        self._clicks.append(_creak(rng(seed, "creak")))
        self._second = lru_cache(maxsize=32)(self._make_second)
        self._utterance = lru_cache(maxsize=4)(self._make_utterance)

    def samples(self, start: int, count: int) -> NDArray[np.float32]:
        """Return samples ``start`` to ``start + count`` since session time 0, full scale 1."""
        first, last = start // RATE_HZ, (start + count - 1) // RATE_HZ
        joined = np.concatenate([self._second(second) for second in range(first, last + 1)])
        at = start - first * RATE_HZ
        return joined[at : at + count]

    def _make_second(self, second: int) -> NDArray[np.float32]:
        start = second * RATE_HZ
        hum = self._hum(second)
        # Keys pressed at the end of the second before still sound.
        for key in (second - 1, second):
            for place, strength, kind in self._keys(key):
                at = place - start
                click = self._clicks[kind]
                low, high = max(at, 0), min(at + len(click), RATE_HZ)
                if high > low:
                    hum[low:high] += strength * click[low - at : high - at]
        for index, spoken in enumerate(self._script.speech):
            low = max(round(spoken.start_s * RATE_HZ), start)
            high = min(round(spoken.end_s * RATE_HZ), start + RATE_HZ)
            if high > low:
                begin = round(spoken.start_s * RATE_HZ)
                part = self._utterance(index)[low - begin : high - begin]
                loud = 0.3 if spoken.voice == 1 else 0.2
                hum[low - start : low - start + len(part)] += loud * part
        return hum

    def _hum(self, second: int) -> NDArray[np.float32]:
        """Return a fan's noise; low-passed, with a start-up long enough to be seamless."""
        source = np.concatenate(
            [rng(self._seed, "air", s).standard_normal(RATE_HZ) for s in (second - 1, second)]
        )[RATE_HZ - 800 :]
        low = lfilter([0.06], [1.0, -0.94], source)[800:]
        time_s = second + np.arange(RATE_HZ) / RATE_HZ
        mains = 0.0012 * np.sin(2 * np.pi * 100 * time_s)
        return np.asarray(0.012 * low + mains, dtype=np.float32)

    def _keys(self, second: int) -> list[tuple[int, float, int]]:
        """Return the keys pressed in a second: sample, strength, kind of sound."""
        source = rng(self._seed, "keys", second)
        found = []
        for _ in range(int(source.integers(3, 8))):
            time_s = second + float(source.random())
            strength, kind = float(source.uniform(0.05, 0.16)), int(source.integers(_KEYS))
            if self._stage.typing(time_s):
                found.append((round(time_s * RATE_HZ), strength, kind))
        if source.random() < 0.12:
            # A mouse click is heard at any time, a chair now and then.
            found.append((round((second + float(source.random())) * RATE_HZ), 0.06, _MOUSE))
        if source.random() < 0.02:
            found.append((round((second + float(source.random())) * RATE_HZ), 0.12, _CHAIR))
        return found

    def _make_utterance(self, index: int) -> NDArray[np.float32]:
        spoken = self._script.speech[index]
        return speech.utterance(
            spoken.end_s - spoken.start_s,
            voice=self._voices[spoken.voice],
            rng=rng(self._seed, "speech", index),
        )


class Microphone:
    """Records the room for one stream.

    Parameters
    ----------
    view
        Stream; its device's clock counts the samples. The two streams of the computer hear with
        the same microphone.
    """

    def __init__(self, room: Room, script: Script, view: str, *, seed: int) -> None:
        device = DEVICE_OF[view]
        self._room, self._clock = room, script.clocks[device]
        self._muted = script.silenced.get(view, [])
        source = rng(seed, "ear", device)
        self._ear = draw_ear(device, source)
        self._response = _response(self._ear, source)
        self._seed, self._device = seed, device

    def record(self, start_s: float, count: int) -> NDArray[np.float32]:
        """Return ``count`` samples from ``start_s`` on the device's clock."""
        device_s = start_s + np.arange(count) / RATE_HZ
        session_s = np.asarray(self._clock.to_session(device_s))
        place = session_s * RATE_HZ
        first = int(np.floor(place[0])) - _MARGIN
        span = int(np.ceil(place[-1])) + _MARGIN + 1 - first
        raw = self._room.samples(first - _TAIL, span + _TAIL)
        heard = fftconvolve(raw, self._response, mode="full")[_TAIL : _TAIL + span]
        sound = self._ear.gain * _interpolate(heard, place - first)
        noise = rng(self._seed, "noise", self._device, round(start_s * 1000))
        sound += self._ear.noise * noise.standard_normal(count)
        for a, b in self._muted:
            sound[(session_s >= a) & (session_s < b)] = 0.0
        return np.clip(sound, -0.98, 0.98).astype(np.float32)

    @property
    def clock(self) -> Clock:
        """The clock by which samples are counted."""
        return self._clock


def draw_ear(device: str, source: np.random.Generator) -> Ear:
    """Draw how a device hears: the computer from arm's length, phones from 1.5 to 2 m."""
    if device == "computer":
        distance_m, gain, echo = source.uniform(0.3, 0.6), source.uniform(0.9, 1.2), 0.12
    else:
        distance_m, gain, echo = source.uniform(1.5, 2.0), source.uniform(0.45, 0.8), 0.4
    return Ear(
        delay_s=float(distance_m) / 343.0,
        gain=float(gain),
        echo=echo,
        noise=float(source.uniform(0.0008, 0.002)),
    )


def _response(ear: Ear, source: np.random.Generator) -> NDArray[np.float64]:
    """Return the impulse response: the direct sound, then a decaying noise."""
    direct = round(ear.delay_s * RATE_HZ)
    response = np.zeros(_TAIL)
    time_s = np.arange(_TAIL - direct) / RATE_HZ
    # Down by 60 dB after the reverberation time.
    decay = 10 ** (-3 * time_s / _REVERB_S)
    late = source.standard_normal(len(time_s)) * decay
    response[direct:] = ear.echo * late / np.sqrt((late**2).sum())
    response[direct] += 1.0
    return response


def _interpolate(sound: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sound at fractional places, by the cubic through four samples."""
    whole = np.floor(place).astype(np.int64)
    x = place - whole
    a, b, c, d = (sound[whole + k] for k in (-1, 0, 1, 2))
    return np.asarray(
        b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))
    )


def _click(source: np.random.Generator) -> NDArray[np.float32]:
    """Return the sound of a key: two short knocks with resonances."""
    time_s = np.arange(_CLICK) / RATE_HZ
    made = np.zeros(_CLICK)
    for at_s, strength in ((0.0, 1.0), (float(source.uniform(0.025, 0.04)), 0.5)):
        since = np.clip(time_s - at_s, 0, None)
        burst = source.standard_normal(_CLICK) * np.exp(-since / 0.0025)
        for hertz in source.uniform(900, 4200, 3):
            burst += 0.8 * np.sin(2 * np.pi * hertz * since) * np.exp(-since / 0.005)
        made += strength * np.where(time_s >= at_s, burst, 0.0)
    return np.asarray(made / np.abs(made).max(), dtype=np.float32)


def _creak(source: np.random.Generator) -> NDArray[np.float32]:
    """Return the sound of a chair: a low noise that comes and goes."""
    noise = lfilter([0.05], [1.0, -0.95], source.standard_normal(_CREAK))
    made = noise * np.hanning(_CREAK)
    return np.asarray(made / np.abs(made).max(), dtype=np.float32)
