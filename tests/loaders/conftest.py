"""Recordings made on the spot, of which everything is known."""

from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import numpy as np
import pytest

START = datetime(2022, 12, 10, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))

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


@pytest.fixture
def session_folder(tmp_path) -> Path:
    """A session folder with one candidate and two subjects, without recordings."""
    folder = tmp_path / "session"
    folder.mkdir()
    (folder / "session.toml").write_text(MANIFEST, encoding="utf-8")
    (folder / "candidates.csv").write_text(CANDIDATES, encoding="utf-8")
    return folder


@pytest.fixture
def place(session_folder):
    """Write a file of candidate C1: ``place("theory/gps/phone1.csv", text)`` -> its path."""

    def write(name: str, content: str | bytes = b"", *, candidate: str = "C1") -> Path:
        path = session_folder / "recordings" / candidate / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(raw)
        return path

    return write


def shade(number: int, width: int = 64, height: int = 48) -> np.ndarray:
    """Picture ``number``: grey, its brightness tells the number; the upper left corner is white."""
    picture = np.full((height, width, 3), 40 + 10 * (number % 18), np.uint8)
    picture[: height // 4, : width // 4] = 255
    return picture


def number_of(pixels: np.ndarray) -> int:
    """Which picture of :func:`shade` this is (modulo 18)."""
    return round((float(np.median(pixels)) - 40) / 10)


@pytest.fixture
def make_video():
    """Make a recording whose picture ``n`` shows :func:`shade` of ``n``."""
    return write_video


def write_video(
    path: Path,
    *,
    times_ms=None,
    seconds: float = 4.0,
    fps: int = 5,
    key_every: int = 5,
    codec: str = "libx264",
    size: tuple[int, int] = (64, 48),
    sound_s: float | None = None,
    sound_from_s: float = 0.0,
    rotation: int = 0,
    options: dict | None = None,
    metadata: dict | None = None,
    container: str | None = None,
    codec_options: dict | None = None,
) -> Path:
    """Write pictures at the given milliseconds (or at a steady rate) and a click every second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if times_ms is None:
        times_ms = [round(1000 * n / fps) for n in range(round(seconds * fps))]
    with av.open(str(path), "w", options=options or {}, format=container) as out:
        out.metadata.update(metadata or {})
        video = out.add_stream(codec, rate=fps) if codec else None
        if video is not None:
            video.width, video.height = size
            video.pix_fmt = "yuv420p"
            video.codec_context.time_base = Fraction(1, 1000)
            video.time_base = Fraction(1, 1000)
            video.codec_context.gop_size = key_every
            video.codec_context.options = codec_options or (
                {"preset": "ultrafast", "sc_threshold": "0"} if codec == "libx264" else {}
            )
            if rotation:
                video.set_display_rotation(rotation)
        audio = None
        if sound_s is not None:
            vorbis = path.suffix == ".webm"
            audio = out.add_stream("libopus" if vorbis else "aac", rate=48000, layout="mono")
        if video is not None:
            for n, ms in enumerate(times_ms):
                frame = av.VideoFrame.from_ndarray(shade(n, *size), format="bgr24")
                frame.pts, frame.time_base = ms, Fraction(1, 1000)
                out.mux(video.encode(frame))
            out.mux(video.encode(None))
        if audio is not None:
            for frame in clicks(sound_s, sound_from_s):
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return path


def clicks(seconds: float, from_s: float, rate: int = 48000):
    """Silence with a 10 ms burst of 1 kHz at every whole second from ``from_s`` on."""
    samples = np.zeros(int(seconds * rate), np.float32)
    burst = np.sin(2 * np.pi * 1000 * np.arange(rate // 100) / rate).astype(np.float32) * 0.8
    for n in range(int(seconds)):
        samples[n * rate : n * rate + len(burst)] = burst
    for at in range(0, len(samples), 960):
        block = samples[at : at + 960]
        frame = av.AudioFrame.from_ndarray(block[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = at + round(from_s * rate)
        yield frame


def at(seconds: float) -> str:
    """ISO time that many seconds after the start of the first subject."""
    return (START + timedelta(seconds=seconds)).isoformat()
