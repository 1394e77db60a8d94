"""How long one four-view sitting takes to measure, and where the time goes.

Three cameras 1280x720 at 15 pictures a second and the screen 1920x1080 at 10, H.264 with sound, a
key frame every second; with ``--sparse`` one every 250 pictures instead. Prints wall and processor
seconds, peak memory, and the processor seconds of reading and decoding, networks, sound and text;
beside them, from the same run, the bare PyAV loop over the same files (key frames, or every
picture with ``--sparse``) and a plain loop that runs the same face network on every picture of one
minute, scaled up, both as ratios to the wall time. All of it is measured twice, with the reading of
the screen and without it. The sitting is made once and kept in ``--folder``. With ``--times 2`` its
recordings are repeated to twice their length: how much memory grows with it.

Run it as ``python -m benchmarks speed -- [--minutes 90] [--folder F] [--embedded] [--sparse]``.
"""

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path
from threading import Lock
from typing import Any

import av
from av.video.frame import PictureType

from review.loaders import load_session, load_sitting
from review.loaders.media import open_video
from review.session import CAMERAS, VIEWS
from review.signals import faces, heads, identity, measure, people, sights, vision
from review.signals.measure import measure as measure_sitting
from review.signals.models import MODELS, Models, find_models
from review.signals.samples import Samples
from review.simulate import simulate
from review.simulate.encode import VideoFormat
from review.simulate.orders import Media

CAMERA = VideoFormat(width_px=1280, height_px=720, fps=15, crf=30)
SCREEN = VideoFormat(width_px=1920, height_px=1080, fps=10, crf=28)
#: Pictures between two key frames of ``--sparse``, and how many such groups are encoded; they are
#: then repeated to the full length.
GROUP = 250
GROUPS = 4
SEED = 500
#: Length that the plain loop with the face network is run for, seconds.
PLAIN_S = 60.0


def sitting_folder(folder: Path, minutes: float) -> Path:
    """Return the session of a length; it is made if it is not there."""
    out = folder / f"speed-{minutes:g}"
    if not (out / "made").exists():
        shutil.rmtree(out, ignore_errors=True)
        simulate(
            out,
            minutes=minutes,
            seed=SEED,
            media=Media(
                video={**dict.fromkeys(CAMERAS, CAMERA), "screen": SCREEN}, time_code=False
            ),
        )
        (out / "made").touch()
    return out


def sparse_folder(dense: Path) -> Path:
    """Return a copy of a session whose pictures have a key frame every 250."""
    out = dense.with_name(f"{dense.name}-sparse")
    if not (out / "made").exists():
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(dense, out, ignore=shutil.ignore_patterns("*.mp4", "made"))
        for path in sorted(dense.rglob("*.mp4")):
            thin_keys(path, out / path.relative_to(dense))
        (out / "made").touch()
    return out


def thin_keys(path: Path, out: Path) -> None:
    """Encode the first groups anew and repeat them to the length of the file, with its sound."""
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        video, audio = source.streams.video[0], source.streams.audio[0]
        rate = int(video.average_rate or 10)
        into = target.add_stream("libx264", rate=rate)
        into.width, into.height, into.pix_fmt = video.width, video.height, "yuv420p"
        into.time_base = Fraction(1, rate)
        into.options = {
            "preset": "veryfast", "crf": "28", "g": str(GROUP), "keyint_min": str(GROUP),
            "sc_threshold": "0", "bf": "0",
        }  # fmt: skip
        sound = target.add_stream_from_template(audio)
        packets = []
        for number, frame in enumerate(source.decode(video)):
            if number >= GROUP * GROUPS:
                break
            frame.pts, frame.time_base = number, Fraction(1, rate)
            # What was a key picture need not be one again.
            frame.pict_type = PictureType.NONE
            packets += [(p.pts, p.is_keyframe, bytes(p)) for p in into.encode(frame)]
        packets += [(p.pts, p.is_keyframe, bytes(p)) for p in into.encode(None)]
        source.seek(0)
        length = int(float(source.duration or 0) / av.time_base * rate)
        for number in range(length):
            _, key, data = packets[number % len(packets)]
            packet = av.Packet(data)
            packet.stream, packet.time_base = into, Fraction(1, rate)
            packet.pts = packet.dts = number
            packet.is_keyframe = key
            target.mux(packet)
        for packet in source.demux(audio):
            if packet.dts is not None:
                packet.stream = sound
                target.mux(packet)


def longer_folder(folder: Path, times: int) -> Path:
    """Return a copy of a session whose recordings are repeated: for memory, at any length."""
    out = folder.with_name(f"{folder.name}-times-{times}")
    if not (out / "made").exists():
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(folder, out, ignore=shutil.ignore_patterns("*.mp4", "made"))
        for path in sorted(folder.rglob("*.mp4")):
            repeat(path, out / path.relative_to(folder), times)
        (out / "made").touch()
    return out


def repeat(path: Path, out: Path, times: int) -> None:
    """Write a recording several times behind itself, without encoding it anew."""
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        tracks = [*source.streams.video[:1], *source.streams.audio[:1]]
        into = {t.index: target.add_stream_from_template(t) for t in tracks}
        length_s = Fraction(source.duration or 0, av.time_base)
        for turn in range(times):
            source.seek(0)
            for packet in source.demux(tracks):
                if packet.dts is None or packet.pts is None:
                    continue
                shift = round(turn * length_s / Fraction(packet.time_base))
                packet.dts, packet.pts = packet.dts + shift, packet.pts + shift
                packet.stream = into[packet.stream.index]
                target.mux(packet)


def files_of(folder: Path) -> list[Path]:
    """Return the recordings of the sitting."""
    return sorted(folder.rglob("*.mp4"))


def bare_loop(folder: Path, *, keys_only: bool) -> float:
    """Return the wall seconds of decoding the pictures of all files and nothing else."""
    started = time.monotonic()
    for path in files_of(folder):
        with av.open(str(path)) as file:
            stream = file.streams.video[0]
            if keys_only:
                stream.codec_context.skip_frame = "NONKEY"
            for _ in file.decode(stream):
                pass
    return time.monotonic() - started


def plain_loop(folder: Path, models: Models) -> float:
    """Return seconds for each second of a view: decode everything, look for faces in everything."""
    path = next(p for p in files_of(folder) if p.parent.name == "front")
    finder = faces.face_detector(models)
    with open_video(path) as video:
        started = time.monotonic()
        for picture in video.pictures(end_pts_s=PLAIN_S):
            finder.detect(picture.pixels)
        return (time.monotonic() - started) / PLAIN_S


class Meter:
    """Adds up the processor seconds that calls take, by what they are for."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._lock = Lock()

    def watch(self, owner: object, name: str, purpose: str) -> None:
        """Put a clock about a function."""
        plain = getattr(owner, name)

        def timed(*given: object, **named: object) -> object:
            started = time.thread_time()
            try:
                return plain(*given, **named)
            finally:
                with self._lock:
                    self.seconds[purpose] += time.thread_time() - started

        setattr(owner, name, timed)


def watched() -> Meter:
    """Put clocks about the parts of the measurement."""
    meter = Meter()
    for owner, name, purpose in (
        (faces.YuNet, "detect", "faces"),
        (faces.CenterFace, "detect", "faces"),
        (people.PeopleDetector, "detect", "people"),
        (identity.Embedder, "chip", "identity"),
        (identity.Embedder, "embed_chips", "identity"),
        (heads.HeadReader, "read", "heads"),
        (sights, "statistics", "statistics"),
        (vision, "statistics", "statistics"),
        (measure, "measure_camera", "cameras in all"),
        (measure, "measure_screen", "screen in all"),
        (measure, "measure_sound", "sound"),
        (measure, "read_screen", "text"),
    ):
        if hasattr(owner, name):
            meter.watch(owner, name, purpose)
    return meter


def usable(*, embedded: bool) -> Models:
    """Return the model files, the embedded ones alone if asked."""
    found = find_models()
    names = [m.name for m in MODELS if m.name in found and (m.package or not embedded)]
    return Models(paths={name: found.paths[name] for name in names})


def measured_here(folder: Path, *, embedded: bool, text: bool) -> dict[str, object]:
    """Measure the sitting in this process."""
    if not text:
        measure.read_screen = lambda *_, **__: Samples(stream="screen")
    session, _ = load_session(folder)
    record = load_sitting(next(iter(session.sittings())), hash_files=False)
    # All of it, also where recordings were repeated beyond the subject's end.
    spans = dict.fromkeys(VIEWS, (-math.inf, math.inf))
    meter = watched()
    started, cpu = time.monotonic(), time.process_time()
    measure_sitting(record, models=usable(embedded=embedded), spans=spans)
    return {
        "wall_s": time.monotonic() - started,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "parts": dict(meter.seconds),
    }


def measured(folder: Path, options: argparse.Namespace, *, text: bool) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed", "--child", str(folder)]
    command += ["--embedded"] if options.embedded else []
    command += [] if text else ["--without-text"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def report(folder: Path, options: argparse.Namespace) -> None:
    """Measure, run the loops beside it, and print."""
    mute = measured(folder, options, text=False)
    print(
        f"{folder.name} without reading the screen: wall {mute['wall_s']:.1f} s, "
        f"processor {mute['cpu_s']:.1f} s, peak {mute['peak_mb']:.0f} MB",
        flush=True,
    )
    bare_s = bare_loop(folder, keys_only=not options.sparse)
    print(
        f"  bare loop {bare_s:.1f} s: wall is {mute['wall_s'] / bare_s:.2f} times that", flush=True
    )
    if options.without_text:
        return
    found = measured(folder, options, text=True)
    parts = found["parts"]
    inside = sum(parts.get(k, 0.0) for k in ("faces", "people", "identity", "heads", "statistics"))
    views = parts.get("cameras in all", 0.0) + parts.get("screen in all", 0.0)
    print(
        f"{folder.name}: wall {found['wall_s']:.1f} s, processor {found['cpu_s']:.1f} s, "
        f"peak {found['peak_mb']:.0f} MB, text {parts.get('text', 0.0):.1f} s of it"
    )
    print(f"  reading and decoding {views - inside:8.1f} s")
    for name in ("faces", "people", "identity", "heads", "statistics", "sound", "text"):
        print(f"  {name:20s} {parts.get(name, 0.0):8.1f} s")
    print(f"  wall is {found['wall_s'] / bare_s:.2f} times the bare loop")
    per_s = plain_loop(folder, usable(embedded=options.embedded))
    plain_s = per_s * options.minutes * 60 * len(CAMERAS)
    print(
        f"  the face network on every picture {plain_s:.0f} s: "
        f"{plain_s / found['wall_s']:.1f} times the wall"
    )


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--folder", type=Path, help="where the sitting is kept")
    parser.add_argument("--embedded", action="store_true", help="without the optional models")
    parser.add_argument("--sparse", action="store_true", help="a key frame every 250 pictures")
    parser.add_argument(
        "--without-text", action="store_true", help="do not read the screen, and nothing beside it"
    )
    parser.add_argument("--times", type=int, default=1, help="repeat the recordings so often")
    parser.add_argument("--make-only", action="store_true", help="measure nothing")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child is not None:
        found = measured_here(
            options.child, embedded=options.embedded, text=not options.without_text
        )
        sys.stdout.write(json.dumps(found) + "\n")
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as temporary:
        folder = sitting_folder(options.folder or Path(temporary), options.minutes)
        if options.sparse:
            folder = sparse_folder(folder)
        if options.times > 1:
            folder = longer_folder(folder, options.times)
        if not options.make_only:
            report(folder, options)


if __name__ == "__main__":
    main()
