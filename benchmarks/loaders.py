"""Reading recordings: what the loaders cost over the bare media library, and in memory.

``python -m benchmarks.loaders [--minutes N] [--fps N] [--repeats N] [--sittings N]``

One recording of 720p H.264 is made by encoding ten seconds once and repeating their packets. Each
kind of work is done by PyAV alone and by the loaders, in turns, on the same file; the ratio of
quick work is of the fastest turns, that of slow work of the sums over turns of 200 pictures.
Memory is the peak of a process of its own.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from review.batch import check
from review.loaders.media import open_video, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WIDTH, HEIGHT, KEY_S, LOOP_S = 1280, 720, 2, 10
#: As many as the check of a session uses on two cores.
THREADS = 8
#: Pictures of one turn of slow work.
TURN = 200


def make_recording(path: Path, *, minutes: float, fps: int) -> Path:
    """Write a recording in which ten seconds repeat."""
    noise = np.random.default_rng(1).integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    room = np.kron(noise, np.ones((8, 8, 1), np.uint8))
    with av.open(str(path), "w") as out:
        track = out.add_stream("libx264", rate=fps)
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        track.codec_context.gop_size = KEY_S * fps
        track.codec_context.options = {"preset": "veryfast", "bf": "0", "sc_threshold": "0"}
        packets = []
        for n in range(LOOP_S * fps):
            picture = room.copy()
            picture[200:500, 20 + 4 * n : 220 + 4 * n] = 40
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = n, Fraction(1, fps)
            packets += track.encode(frame)
        packets += track.encode(None)
        contents = [(bytes(p), p.is_keyframe) for p in packets]
        for n in range(round(minutes * 60 * fps)):
            content, is_key = contents[n % len(contents)]
            packet = av.Packet(content)
            packet.stream, packet.time_base = track, Fraction(1, fps)
            packet.pts = packet.dts = n
            packet.duration, packet.is_keyframe = 1, is_key
            out.mux(packet)
    return path


def bare_probe(path: Path) -> int:
    """Open the file and look at its tracks."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        return video.width + (video.duration or 0)


def bare_packets(path: Path) -> int:
    """Walk all packets."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        top, bottom = video.time_base.numerator, video.time_base.denominator
        found = (
            (p.pts * top / bottom, p.size, p.is_keyframe, p.duration * top / bottom)
            for p in container.demux(video)
            if p.pts is not None
        )
        return sum(1 for _ in found)


def bare_keys(path: Path) -> Iterator[int]:
    """Decode the key frames to BGR."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.codec_context.skip_frame = "NONKEY"
        for frame in container.decode(video):
            yield frame.to_ndarray(format="bgr24").size


def bare_pictures(path: Path) -> Iterator[int]:
    """Decode everything to BGR."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="bgr24").size


def our_probe(path: Path) -> int:
    """Do the same by the loaders."""
    return probe(path).width_px or 0


def our_packets(path: Path) -> int:
    """Do the same by the loaders."""
    with open_video(path) as video:
        return sum(1 for _ in video.packets())


def our_keys(path: Path) -> Iterator[int]:
    """Do the same by the loaders."""
    with open_video(path) as video:
        for picture in video.pictures(keys_only=True):
            yield picture.pixels.size


def our_pictures(path: Path) -> Iterator[int]:
    """Do the same by the loaders."""
    with open_video(path) as video:
        for picture in video.pictures():
            yield picture.pixels.size


#: Quick work is repeated; slow work is done a minute at a time in turns, so that whatever else the
#: machine does meets both alike.
QUICK: dict[str, tuple[Callable[[Path], int], Callable[[Path], int]]] = {
    "probe": (bare_probe, our_probe),
    "packets": (bare_packets, our_packets),
}
SLOW: dict[str, tuple[Callable[[Path], Iterator[int]], Callable[[Path], Iterator[int]]]] = {
    "key frames": (bare_keys, our_keys),
    "all pictures": (bare_pictures, our_pictures),
}


def timed(work: Callable[[Path], int], path: Path) -> tuple[float, float, int]:
    """Return seconds on the wall and on the processors, and what was counted."""
    wall, busy = time.perf_counter(), time.process_time()
    count = work(path)
    return time.perf_counter() - wall, time.process_time() - busy, count


def in_turns(makers: tuple[Callable[[Path], Iterator[int]], ...], path: Path) -> list[list[float]]:
    """Work through a recording by both in turns; return the seconds of each, wall and processor."""
    work = [make(path) for make in makers]
    spent, counts = [[0.0, 0.0], [0.0, 0.0]], [0, 0]
    going = True
    while going:
        for side, pictures in enumerate(work):
            wall, busy = time.perf_counter(), time.process_time()
            got = sum(1 for _ in itertools.islice(pictures, TURN))
            spent[side][0] += time.perf_counter() - wall
            spent[side][1] += time.process_time() - busy
            counts[side] += got
            going = got == TURN
    assert counts[0] == counts[1], f"not the same work: {counts}"  # noqa: S101
    return spent


def compare(path: Path, repeats: int) -> None:
    """Print each kind of work, bare and by the loaders, in turns."""
    print(f"{'work':<14}{'bare s':>10}{'ours s':>10}{'ratio':>8}{'cpu ratio':>11}")
    for name, (bare, ours) in QUICK.items():
        turns = 10 * repeats if name == "probe" else repeats
        rounds = [(timed(bare, path), timed(ours, path)) for _ in range(turns)]
        if name != "probe":
            counts = {turn[2] for pair in rounds for turn in pair}
            assert len(counts) == 1, f"{name}: not the same work: {counts}"  # noqa: S101
        spent = [[min(pair[side][n] for pair in rounds) for n in (0, 1)] for side in (0, 1)]
        show(name, spent)
    for name, makers in SLOW.items():
        show(name, in_turns(makers, path))


def show(name: str, spent: list[list[float]]) -> None:
    """Print a line of the comparison."""
    (bare, bare_busy), (ours, ours_busy) = spent
    print(
        f"{name:<14}{bare:>10.4f}{ours:>10.4f}{ours / bare:>8.3f}{ours_busy / bare_busy:>11.3f}",
        flush=True,
    )


def peak_mb(path: Path, name: str) -> float:
    """Peak memory of a process that does one kind of work by the loaders."""
    command = [sys.executable, "-m", "benchmarks.loaders", "--one", name, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def memory(folder: Path, fps: int) -> None:
    """Print the peak of memory for a short and a long recording, and its growth per hour."""
    print(f"{'peak memory':<14}{'minutes':>10}{'MB':>8}{'minutes':>10}{'MB':>8}{'MB per hour':>14}")
    for names, lengths in ((("probe", "packets"), (60, 240)), (("all pictures",), (1, 10))):
        paths = [make_recording(folder / f"{m}.mp4", minutes=m, fps=fps) for m in lengths]
        for name in names:
            peaks = [peak_mb(path, name) for path in paths]
            growth = 60 * (peaks[1] - peaks[0]) / (lengths[1] - lengths[0])
            row = "".join(f"{m:>10}{p:>8.1f}" for m, p in zip(lengths, peaks, strict=True))
            print(f"{name:<14}{row}{growth:>14.1f}", flush=True)


def many(folder: Path, source: Path, sittings: int) -> None:
    """Print how long the check of a session of many sittings takes; all share one file."""
    start = datetime.fromisoformat("2022-12-10T08:30:00+08:00")
    session = folder / "session"
    session.mkdir()
    (session / "session.toml").write_text(
        'format = 1\nid = "B"\nkind = "exam"\nplatform = "itmc"\ntimezone = "Asia/Shanghai"\n'
        f'required_streams = ["front"]\n[[subjects]]\nid = "t"\nstart = "{start.isoformat()}"\n'
        f'end = "{(start + timedelta(hours=1)).isoformat()}"\n',
        encoding="utf-8",
    )
    names = [f"C{n}" for n in range(sittings)]
    rows = "".join(f"{name},x,t\n" for name in names)
    (session / "candidates.csv").write_text(f"candidate_id,name,subjects\n{rows}", encoding="utf-8")
    for name in names:
        for view in ("front", "right_rear", "left_front", "screen"):
            place = session / "recordings" / name / "t" / view
            place.mkdir(parents=True)
            (place / "20221210T083000+0800.mp4").symlink_to(source)
    wall, busy = time.perf_counter(), time.process_time()
    files = sorted(session.rglob("*.mp4"))
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(bare_probe, files))
    bare = time.perf_counter() - wall, time.process_time() - busy
    wall, busy = time.perf_counter(), time.process_time()
    check(session)
    ours = time.perf_counter() - wall, time.process_time() - busy
    print(f"check of {sittings} sittings, {len(files)} recordings of an hour, headers only")
    for name, (wall_s, busy_s) in (("bare open", bare), ("check", ours)):
        each = 1000 / sittings
        print(f"{name:<14}{wall_s:>8.1f} s wall {busy_s:>8.1f} s processor", end="")
        print(f"{each * wall_s:>8.1f} ms and {each * busy_s:.1f} ms a sitting")


def main() -> None:
    """Make the recordings and print what reading them costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--fps", type=int, default=15)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sittings", type=int, default=1000)
    parser.add_argument("--one", nargs=2, metavar=("WORK", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        name, path = options.one[0], Path(options.one[1])
        if name in QUICK:
            QUICK[name][1](path)
        else:
            collections.deque(SLOW[name][1](path), maxlen=0)
        # What getrusage calls the peak includes that of the process that started this one.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = make_recording(folder / "a.mp4", minutes=options.minutes, fps=options.fps)
        size_mb = path.stat().st_size / 1e6
        what = f"{WIDTH}x{HEIGHT} H.264, {options.fps} fps, {size_mb:.0f} MB"
        print(f"{options.minutes:g} min of {what}")
        compare(path, options.repeats)
        memory(folder, options.fps)
        many(folder, path, options.sittings)


if __name__ == "__main__":
    main()
