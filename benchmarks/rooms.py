"""Simulated rooms with known truth: one room, several recorders, each with its own clock.

Sound is made on session time from short events (keys, mouse, chair, speech) at places in a room,
carried to each microphone by an echoing path, and read off on that recorder's clock. What a
recorder adds is its own: noise, hum, frequency response, automatic gain, clipping, AAC.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import gcd
from typing import TYPE_CHECKING

import av
import numpy as np
import scipy.fft as sf
from scipy.signal import firwin2, lfilter, resample_poly

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

RATE_HZ = 16000
#: Speed of sound at 20 degrees Celsius, m/s.
SOUND_MPS = 343.0
_ECHO_S = 0.5
_CHUNK_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """One stream: where it stands, what clock it has, when it runs.

    Session time is ``device + offset_s + drift_ppm * 1e-6 * device``.
    """

    stream: str
    offset_s: float = 0.0
    drift_ppm: float = 0.0
    start_s: float = 0.0
    end_s: float = 60.0
    snr_db: float = 10.0
    distance_m: float = 1.75
    agc: bool = True
    hum: float = 0.1
    gain: float = 1.0
    hears: str = "room"
    declared_error_s: float = 0.0

    def to_device_s(self, session_s: float) -> float:
        """Convert session time to this recorder's clock."""
        return (session_s - self.offset_s) / (1.0 + self.drift_ppm * 1e-6)

    def to_session_s(self, device_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert this recorder's clock to session time."""
        return device_s * (1.0 + self.drift_ppm * 1e-6) + self.offset_s

    @property
    def device_start_s(self) -> float:
        """First sample on the recorder's clock."""
        return self.to_device_s(self.start_s)

    @property
    def device_end_s(self) -> float:
        """End of the last sample on the recorder's clock."""
        return self.to_device_s(self.end_s)


@dataclass(frozen=True, kw_only=True)
class Room:
    """A room with what happens in it.

    Parameters
    ----------
    seed
        Everything follows from it.
    from_s, to_s
        Session time in which something happens.
    keys_share, mouse_per_min, chairs_per_min, speech_per_min
        How busy it is: share of the time spent typing, events a minute.
    speech
        Clips of real speech at 16 kHz; without any, nobody speaks.
    echo_s
        Reverberation time (60 dB).
    prompts_per_min
        Sounds of the computer itself, heard through its loudspeaker.
    """

    seed: int
    from_s: float = -60.0
    to_s: float = 660.0
    keys_share: float = 0.4
    mouse_per_min: float = 6.0
    chairs_per_min: float = 0.5
    speech_per_min: float = 0.0
    speech: tuple[Samples, ...] = ()
    echo_s: float = 0.4
    prompts_per_min: float = 0.2

    @cached_property
    def _sounds(self) -> list[Samples]:
        rng = np.random.default_rng([self.seed, 1])
        sounds = [_key(rng) for _ in range(60)]
        sounds += [_mouse(rng) for _ in range(10)]
        sounds += [_chair(rng) for _ in range(10)]
        sounds += [_prompt(rng) for _ in range(10)]
        return [*sounds, *self.speech]

    @cached_property
    def _events(self) -> NDArray[np.float64]:
        """Rows (session time, sound, gain, place); places: 0 desk, 1 elsewhere, 2 loudspeaker."""
        rng = np.random.default_rng([self.seed, 2])
        length_min = (self.to_s - self.from_s) / 60.0
        rows = [(t, rng.integers(0, 60), rng.lognormal(0.0, 0.4), 0) for t in self._typing(rng)]

        def scatter(rate: float, first: int, count: int, loud: float, place: int) -> None:
            for t in rng.uniform(self.from_s, self.to_s, rng.poisson(rate * length_min)):
                sound = rng.integers(first, first + count)
                rows.append((t, sound, loud * rng.lognormal(0.0, 0.4), place))

        scatter(self.mouse_per_min, 60, 10, 0.7, 0)
        scatter(self.chairs_per_min, 70, 10, 1.0, 1)
        scatter(self.prompts_per_min, 80, 10, 1.0, 2)
        if self.speech:
            scatter(self.speech_per_min, 90, len(self.speech), 1.5, 0)
        return np.array(sorted(rows)).reshape(-1, 4)

    def _typing(self, rng: np.random.Generator) -> list[float]:
        times, now = [], self.from_s
        while now < self.to_s and self.keys_share > 0:
            burst = rng.exponential(20.0) * 2 * self.keys_share
            until = now + burst
            while now < until:
                times.append(now)
                now += 0.07 + rng.exponential(0.18)
            now += rng.exponential(20.0) * 2 * (1 - self.keys_share)
        return [t for t in times if t < self.to_s]

    def dry(self, place: int, start_s: float, count: int) -> Samples:
        """Render what sounds at one place: ``count`` samples from session time ``start_s``."""
        out = np.zeros(count, np.float32)
        events = self._events
        longest = max((len(s) for s in self._sounds), default=0) / RATE_HZ
        first = np.searchsorted(events[:, 0], start_s - longest)
        last = np.searchsorted(events[:, 0], start_s + count / RATE_HZ)
        for t, sound, gain, where in events[first:last]:
            if int(where) != place:
                continue
            clip = self._sounds[int(sound)]
            at = round((t - start_s) * RATE_HZ)
            a, b = max(at, 0), min(at + len(clip), count)
            if b > a:
                out[a:b] += gain * clip[a - at : b - at]
        return out

    def path(self, recorder: Recorder, place: int) -> Samples:
        """Impulse response from a place to a microphone, its frequency response included.

        The echoes are those of a box with walls (image sources; Allen and Berkley 1979).
        """
        size = np.random.default_rng([self.seed, 6]).uniform((3.0, 3.2, 2.5), (5.0, 6.0, 2.9))
        desk = size * (0.5, 0.4, 0.35)
        mic = np.random.default_rng([self.seed, 4, *recorder.stream.encode()])
        bearing = mic.uniform(0, 2 * np.pi)
        ear = desk + recorder.distance_m * np.array([np.cos(bearing), np.sin(bearing), 0.2])
        elsewhere = np.random.default_rng([self.seed, 7]).uniform(0.15, 0.85, 3) * size
        source = (desk, elsewhere, desk + np.array([0.2, 0.4, 0.1]))[place]
        echoes = _echoes(size, source, np.clip(ear, 0.1, size - 0.1), self.echo_s)
        low, high = mic.uniform(80, 300), mic.uniform(3500, 7500)
        tilt = mic.uniform(0.4, 2.5)
        taps = firwin2(
            129, [0, low / 2, low, 1000, high, 8000], [0.02, 0.1, 0.7, 1.0, tilt, 0.05], fs=RATE_HZ
        )
        return np.convolve(echoes, taps)[64 : 64 + len(echoes)].astype(np.float32)

    @cached_property
    def _paths(self) -> dict[tuple[str, float, int], Samples]:
        return {}

    def heard(self, recorder: Recorder, start_s: float, count: int) -> Samples:
        """Render what reaches a microphone, on session time, without what the recorder adds."""
        before = round(_ECHO_S * RATE_HZ)
        size = sf.next_fast_len(count + before, real=True)
        total = np.zeros(size // 2 + 1, np.complex64)
        places = {"room": (0, 1, 2), "system": (2,), "nothing": ()}[recorder.hears]
        for place in places:
            dry = self.dry(place, start_s - before / RATE_HZ, count + before)
            if not dry.any():
                continue
            known = (recorder.stream, recorder.distance_m, place)
            if known not in self._paths and recorder.hears != "system":
                self._paths[known] = self.path(recorder, place)
            if recorder.hears == "system":
                total += sf.rfft(dry, size)
            else:
                total += sf.rfft(dry, size) * self._transfer(known, size)
        return sf.irfft(total, size)[before : before + count]

    def _transfer(self, known: tuple[str, float, int], size: int) -> NDArray[np.complex64]:
        """Spectrum of a path; all chunks but the last have the same size."""
        if (*known, size) not in self._spectra:
            self._spectra[*known, size] = sf.rfft(self._paths[known], size)
        return self._spectra[*known, size]

    @cached_property
    def _spectra(self) -> dict[tuple[str, float, int, int], NDArray[np.complex64]]:
        return {}

    def loudness(self, recorder: Recorder) -> float:
        """Mean power of what reaches a microphone, estimated from ten stretches."""
        spots = np.linspace(recorder.start_s, max(recorder.start_s, recorder.end_s - 20.0), 10)
        parts = [self.heard(recorder, float(s), 20 * RATE_HZ) for s in spots]
        return float(np.mean([np.mean(p.astype(float) ** 2) for p in parts]))


def recorded(room: Room, recorder: Recorder) -> Iterator[Samples]:
    """Yield what a recorder writes, in chunks, sample by sample on its own clock, in [-1, 1]."""
    rng = np.random.default_rng([room.seed, 5, *recorder.stream.encode()])
    power = room.loudness(recorder) if recorder.hears != "nothing" else 0.0
    level = np.sqrt(power / 10 ** (recorder.snr_db / 10)) if power > 0 else 1e-3
    tilt = rng.uniform(0.0, 0.9)
    hums = [(k * 50.0, recorder.hum * rng.uniform(0.2, 1.0) / k, rng.uniform(0, 6.28))
            for k in (1, 2, 3, 5)]  # fmt: skip
    total = round((recorder.device_end_s - recorder.device_start_s) * RATE_HZ)
    noise_state, agc_state = np.zeros(1), np.zeros(1)
    scale = 0.05 / np.sqrt(power + level**2) * recorder.gain
    done = 0
    while done < total:
        count = min(round(_CHUNK_S * RATE_HZ), total - done)
        device_s = recorder.device_start_s + (done + np.arange(count)) / RATE_HZ
        session_s = recorder.to_session_s(device_s)
        start_s = float(session_s[0]) - 0.01
        clean = room.heard(recorder, start_s, count + 800)
        sound = _cubic(clean, (session_s - start_s) * RATE_HZ)
        noise, noise_state = lfilter(
            [np.sqrt(1 - tilt**2)], [1, -tilt], rng.standard_normal(count), zi=noise_state
        )
        mixed = sound + level * noise
        for hz, share, phase in hums:
            mixed += level * share * np.sin(2 * np.pi * hz * session_s + phase)
        mixed *= scale
        if recorder.agc:
            mixed, agc_state = _agc(mixed, agc_state)
        yield np.clip(mixed, -1.0, 1.0).astype(np.float32)
        done += count


def write_aac(
    path: Path, chunks: Iterator[Samples], *, rate_hz: int = RATE_HZ, bit_rate: int = 48000
) -> Path:
    """Write mono AAC in MP4, resampled from 16 kHz if another rate is asked for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4") as out:
        # Recorders encode while they record: the quick search, not the careful one.
        coder = {"aac_coder": "fast"}
        stream = out.add_stream("aac", rate=rate_hz, layout="mono", options=coder)
        stream.bit_rate = bit_rate
        done = 0
        for chunk in chunks:
            up, down = rate_hz // gcd(rate_hz, RATE_HZ), RATE_HZ // gcd(rate_hz, RATE_HZ)
            made = chunk if up == down else resample_poly(chunk, up, down).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(made[None]), format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts = rate_hz, done
            done += len(made)
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return path


def read_speech(folder: Path, names: Sequence[str]) -> tuple[Samples, ...]:
    """Read speech as 16 kHz mono clips of 6 s with unit power."""
    clips = []
    for name in names:
        parts = []
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        with av.open(str(folder / name)) as sound:
            for frame in sound.decode(audio=0):
                parts += [f.to_ndarray().reshape(-1) for f in resampler.resample(frame)]
        whole = np.concatenate(parts)
        size = 6 * RATE_HZ
        for n in range(len(whole) // size):
            clip = whole[n * size : (n + 1) * size]
            power = float(np.mean(clip.astype(float) ** 2))
            if power > 1e-8:
                clips.append((clip / np.sqrt(power) * 0.3).astype(np.float32))
    return tuple(clips)


def _echoes(
    size: NDArray[np.float64],
    source: NDArray[np.float64],
    ear: NDArray[np.float64],
    echo_s: float,
) -> NDArray[np.float64]:
    """Arrivals at a microphone in a box, walls as absorbing as the echo time asks (Sabine)."""
    count = round(_ECHO_S * RATE_HZ)
    walls = 2 * (size[0] * size[1] + size[1] * size[2] + size[0] * size[2])
    kept = np.sqrt(max(0.0, 1.0 - 0.161 * float(np.prod(size)) / (walls * echo_s)))
    reach = np.ceil(_ECHO_S * SOUND_MPS / size / 2).astype(int)
    axes = []
    for k in range(3):
        n = np.arange(-reach[k], reach[k] + 1)
        away = np.concatenate([2 * n * size[k] + source[k], 2 * n * size[k] - source[k]]) - ear[k]
        bounces = np.concatenate([np.abs(2 * n), np.abs(2 * n - 1)])
        axes.append((away**2, kept**bounces))
    (x, fx), (y, fy), (z, fz) = axes
    away = np.sqrt(x[:, None, None] + y[None, :, None] + z[None, None, :])
    power = fx[:, None, None] * fy[None, :, None] * fz[None, None, :] / away
    at = np.round(away / SOUND_MPS * RATE_HZ).astype(int)
    inside = at < count
    return np.bincount(at[inside], weights=power[inside], minlength=count)[:count]


def _key(rng: np.random.Generator) -> Samples:
    """Press and release: two short bursts of noise of their own colour, and a thump."""
    out = np.zeros(round(0.16 * RATE_HZ))
    for at, loud in ((0.0, 1.0), (rng.uniform(0.06, 0.12), rng.uniform(0.3, 0.7))):
        length = round(rng.uniform(0.008, 0.02) * RATE_HZ)
        t = np.arange(length) / RATE_HZ
        burst = rng.standard_normal(length) * np.exp(-t / rng.uniform(0.0015, 0.004))
        burst = lfilter([1, -rng.uniform(0.3, 0.95)], [1, -rng.uniform(-0.3, 0.6)], burst)
        thump = np.sin(2 * np.pi * rng.uniform(150, 400) * t) * np.exp(-t / 0.006)
        a = round(at * RATE_HZ)
        out[a : a + length] += loud * (burst + 0.8 * thump)
    return out.astype(np.float32)


def _mouse(rng: np.random.Generator) -> Samples:
    out = np.zeros(round(0.2 * RATE_HZ))
    for at in (0.0, rng.uniform(0.06, 0.15)):
        t = np.arange(round(0.006 * RATE_HZ)) / RATE_HZ
        click = rng.standard_normal(len(t)) * np.exp(-t / 0.001)
        a = round(at * RATE_HZ)
        out[a : a + len(t)] += click
    return out.astype(np.float32)


def _chair(rng: np.random.Generator) -> Samples:
    count = round(rng.uniform(0.3, 1.2) * RATE_HZ)
    noise = rng.standard_normal(count) * np.hanning(count)
    pulses = 1.0 + np.sin(2 * np.pi * np.cumsum(rng.uniform(20, 60, count)) / RATE_HZ)
    return (0.3 * lfilter([1.0], [1, -0.9], noise) * pulses).astype(np.float32)


def _prompt(rng: np.random.Generator) -> Samples:
    t = np.arange(round(0.6 * RATE_HZ)) / RATE_HZ
    tones = [np.sin(2 * np.pi * hz * t) for hz in rng.uniform(400, 2500, 3)]
    return (0.4 * sum(tones) * np.exp(-t / 0.15)).astype(np.float32)


def _cubic(samples: Samples, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate by Catmull-Rom at sample positions."""
    index = np.clip(at.astype(np.int64), 1, len(samples) - 3)
    f = at - index
    p0, p1, p2, p3 = (samples[index + k].astype(float) for k in (-1, 0, 1, 2))
    return p1 + 0.5 * f * (
        p2 - p0 + f * (2 * p0 - 5 * p1 + 4 * p2 - p3 + f * (3 * (p1 - p2) + p3 - p0))
    )


def _agc(
    samples: NDArray[np.float64], state: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Even out loudness with a time constant of half a second, by at most 20 dB."""
    frame = RATE_HZ // 100
    count = -(-len(samples) // frame)
    padded = np.pad(samples, (0, count * frame - len(samples)))
    level = 10 * np.log10((padded.reshape(-1, frame) ** 2).mean(axis=1) + 1e-9)
    pole = np.exp(-0.01 / 0.5)
    smooth, state = lfilter([1 - pole], [1, -pole], level + 26.0, zi=state)
    gain = 10 ** (np.clip(-0.6 * smooth, -20, 20) / 20)
    return samples * np.repeat(gain, frame)[: len(samples)], state
