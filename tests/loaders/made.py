"""Recordings made on the spot, of which everything is known."""

import os
from contextlib import contextmanager
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import numpy as np

START = datetime(2022, 12, 10, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
#: A rate that changes, with a hole, as browsers and phones write it.
VARIABLE_MS = (0, 40, 80, 120, 400, 440, 900, 1300, 1340, 2500, 2540, 2580, 3000)

MANIFEST = """\
format = 1
id = "S1"
kind = "exam"
platform = "itmc"
timezone = "Asia/Shanghai"
required_streams = ["front"]

[positions]
crs = "wgs84"

[[subjects]]
id = "theory"
name = "理论知识"
start = 2022-12-10T08:30:00+08:00
end = 2022-12-10T10:00:00+08:00

[[subjects]]
id = "skills"
name = "技能考核"
start = 2022-12-10T10:15:00+08:00
end = 2022-12-10T12:15:00+08:00
"""
CANDIDATES = """\
candidate_id,name,id_number,occupation,level,subjects
C1,王小明,110101199001011234,电子商务师,三级,theory;skills
"""


def at(seconds: float) -> str:
    """ISO time that many seconds after the start of the first subject."""
    return (START + timedelta(seconds=seconds)).isoformat()


def shade(number: int, width: int = 64, height: int = 48) -> np.ndarray:
    """Picture ``number``: grey, its brightness tells the number; the upper left is white."""
    picture = np.full((height, width, 3), 40 + 10 * (number % 18), np.uint8)
    picture[: height // 4, : width // 4] = 255
    return picture


def number_of(pixels: np.ndarray) -> int:
    """Which picture of :func:`shade` this is (modulo 18)."""
    return round((float(np.median(pixels)) - 40) / 10)


def write_video(
    path: Path,
    *,
    times_ms=None,
    seconds: float = 4.0,
    fps: int = 5,
    key_every: int = 5,
    codec: str | None = "libx264",
    codec_options: dict | None = None,
    size: tuple[int, int] = (64, 48),
    rotation: int = 0,
    sound_s: float | None = None,
    sound_codec: str | None = None,
    sound_from_s: float = 0.0,
    sound_gap: tuple[float, float] | None = None,
    options: dict | None = None,
    metadata: dict | None = None,
    container: str | None = None,
) -> Path:
    """Write pictures at the given milliseconds, or at a steady rate, and a click every second.

    ``sound_gap`` (at, length) leaves a hole in the sound's time stamps.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if times_ms is None:
        times_ms = [round(1000 * n / fps) for n in range(round(seconds * fps))]
    with _usual_priority(), av.open(str(path), "w", options=options or {}, format=container) as out:
        out.metadata.update(metadata or {})
        tracks = []
        if codec is not None:
            tracks.append(_pictures(out, codec, codec_options, fps, key_every, size, rotation,
                                    times_ms))  # fmt: skip
        if sound_s is not None:
            name = sound_codec or ("libopus" if path.suffix == ".webm" else "aac")
            track = out.add_stream(name, rate=48000, layout="mono")
            tracks.append((track, _clicks(sound_s, sound_from_s, sound_gap)))
        for track, frames in tracks:
            for frame in frames:
                out.mux(track.encode(frame))
            out.mux(track.encode(None))
    return path


@contextmanager
def _usual_priority():
    """Undo what SVT-AV1 does: it puts its caller on real-time priority where it may.

    It leaves it there, too, and everything else on the machine would starve.
    """
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, priority)


def _pictures(out, codec, codec_options, fps, key_every, size, rotation, times_ms):
    track = out.add_stream(codec, rate=fps)
    track.width, track.height = size
    track.pix_fmt = "yuv420p"
    if codec != "mpeg4":
        track.codec_context.time_base = track.time_base = Fraction(1, 1000)
    track.codec_context.gop_size = key_every
    default = {"preset": "ultrafast", "sc_threshold": "0"} if codec == "libx264" else {}
    track.codec_context.options = default if codec_options is None else codec_options
    if rotation:
        track.set_display_rotation(rotation)

    def frames():
        for n, ms in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(shade(n, *size), format="bgr24")
            frame.pts, frame.time_base = ms, Fraction(1, 1000)
            if codec == "mpeg4":
                frame.pts, frame.time_base = n, Fraction(1, fps)
            yield frame

    return track, frames()


def _clicks(seconds, from_s, gap, rate=48000):
    """Silence with a burst of 10 ms of 1 kHz at every whole second from ``from_s`` on."""
    samples = np.zeros(int(seconds * rate), np.float32)
    burst = 0.8 * np.sin(2 * np.pi * 1000 * np.arange(rate // 100) / rate).astype(np.float32)
    for n in range(int(seconds)):
        samples[n * rate : n * rate + len(burst)] = burst
    for start in range(0, len(samples), 960):
        block = samples[start : start + 960]
        frame = av.AudioFrame.from_ndarray(block[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        moved = gap[1] if gap is not None and start >= gap[0] * rate else 0.0
        frame.pts = start + round((from_s + moved) * rate)
        yield frame
