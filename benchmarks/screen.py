"""What reading the screen costs, and whether it reads what stands there.

``python -m benchmarks screen [-- --minutes 90 --changes 100 --gop 10]`` draws a 1080p screen at 10
pictures a second with a running clock and a moving pointer that changes so many times (questions,
chats, search pages, at moments that are known), encodes it as H.264 and reads it. Asked: at most
60 s for 90 minutes with 100 changes. Printed beside it: the bare loop that decodes every key
frame, and what reading a whole picture costs.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from review import tables
from review.loaders.media import open_video, probe
from review.loaders.record import SittingRecord
from review.session import Candidate, Session, Sitting, Subject
from review.signals.lettering import Letters
from review.signals.models import find_models
from review.signals.reading import moments, read_screen
from review.simulate.moment import Page
from review.simulate.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FPS = 10
SIZE = (1920, 1080)
#: What stands in each window and nowhere else.
SAYS = {"chat": "第十二题", "search": "参考答案"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """What the screen shows from a moment on."""

    start_s: float
    end_s: float
    kind: str
    question: int


def plan(length_s: float, changes: int, seed: int) -> list[Change]:
    """Draw when what is shown: questions, every fifth a window before them."""
    rng = np.random.default_rng(seed)
    edges = np.sort(rng.uniform(0, length_s, changes)).round(1)
    edges = np.concatenate([[0.0], edges, [length_s]])
    made = []
    for n, (start_s, end_s) in enumerate(pairwise(edges)):
        kind = "exam" if n % 5 != 4 else ("chat", "search")[n // 5 % 2]
        made.append(Change(start_s=start_s, end_s=end_s, kind=kind, question=n // 2 + 1))
    return made


def draw(path: Path, shown: list[Change], *, gop: int) -> None:
    """Encode the screen."""
    screen = Screen(size=SIZE, title="电子商务师 理论知识", candidate="考生 0001")
    length_s = shown[-1].end_s
    with av.open(str(path), "w") as out:
        track = out.add_stream("libx264", rate=FPS)
        track.width, track.height, track.pix_fmt = *SIZE, "yuv420p"
        track.codec_context.gop_size = gop
        track.time_base = Fraction(1, FPS)
        track.options = {"preset": "ultrafast", "crf": "25", "sc_threshold": "0"}
        at, last, frame = 0, None, None
        for n in range(int(length_s * FPS)):
            time_s = n / FPS
            while at + 1 < len(shown) and time_s >= shown[at].end_s:
                at += 1
            key = (at, int(time_s), int(2 * time_s) % 7)
            if key != last:
                last = key
                page = Page(
                    kind=shown[at].kind,
                    question=shown[at].question,
                    answered=shown[at].question - 1,
                    remaining_s=int(length_s - time_s),
                    pointer=(0.3 + 0.05 * key[2], 0.6),
                )
                frame = av.VideoFrame.from_ndarray(screen.draw(page), format="bgr24")
            frame.pts = n
            out.mux(track.encode(frame))
        out.mux(track.encode(None))


def record_of(path: Path) -> SittingRecord:
    """Return a record that holds the screen alone."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    info = probe(path)
    start = datetime(2022, 12, 10, 8, 30, tzinfo=UTC)
    subject = Subject(id="theory", name="", start=start, end=start + timedelta(hours=9))
    candidate = Candidate(
        id="1", name="", id_number="", occupation="", level="", subjects=("theory",)
    )
    session = Session(
        id="benchmark", kind="exam", platform="itmc", rulebook="itmc-2022", timezone="UTC",
        required_streams=("screen",), subjects=(subject,), candidates=(candidate,),
        folder=path.parent,
    )  # fmt: skip
    sitting = Sitting(session=session, candidate=candidate, subject=subject)
    row = {
        "stream": "screen", "device": "computer", "file": str(path), "device_start_s": 0.0,
        "duration_s": info.duration_s, "start_source": "recordings_csv",
        "video_codec": info.video_codec, "width_px": info.width_px, "height_px": info.height_px,
        "origin_pts_s": info.origin_pts_s, "rotation_deg": 0,
        "size_bytes": path.stat().st_size, "container": "mp4",
    }  # fmt: skip
    return SittingRecord(
        sitting=sitting,
        segments=tables.build("segments", [row], key=sitting.key),
        events=tables.empty("events"),
        positions=tables.empty("positions"),
        problems=tables.empty("problems"),
        photos={},
    )


def found_windows(texts: list[dict[str, object]], shown: list[Change]) -> None:
    """Print how many of the windows were read, and how late."""
    late, missed = [], 0
    windows = [
        change for change in shown if change.kind in SAYS and change.end_s - change.start_s > 1
    ]
    for window in windows:
        at = [
            row["start_device_s"]
            for row in texts
            if SAYS[window.kind] in row["text"]
            and window.start_s - 0.2 <= row["start_device_s"] < window.end_s
        ]
        if at:
            late.append(min(at) - window.start_s)
        else:
            missed += 1
    if windows:
        print(
            f"windows read: {len(late)} of {len(windows)}, {np.median(late):.1f} s (median) and "
            f"{max(late):.1f} s (most) after they opened; missed {missed}"
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--gop", type=int, default=FPS, help="pictures between two key frames")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="file to make once and use again")
    options = parser.parse_args(argv)
    shown = plan(60 * options.minutes, options.changes, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "screen.mp4"
        if not path.exists():
            draw(path, shown, gop=options.gop)
        measure(path, shown)
    return 0


def measure(path: Path, shown: list[Change]) -> None:
    """Read one screen recording and print what it took."""
    begun = time.perf_counter()
    with open_video(path) as video:
        count = sum(1 for _ in video.pictures(keys_only=True, gray=True))
    print(f"bare loop over key frames: {time.perf_counter() - begun:.1f} s, {count} pictures")
    with open_video(path) as video:
        groups = moments(video.packets())
    print(f"worth a look by the packets' sizes: {sum(map(len, groups))} pictures")
    letters = Letters(find_models())
    counted = _Counted(letters)
    begun, used = time.perf_counter(), time.process_time()
    samples = read_screen(
        record_of(path),
        models=find_models(),
        span=(0.0, 1e6),
        tell=lambda _: None,
        letters=counted,
    )
    wall, used = time.perf_counter() - begun, time.process_time() - used
    print(
        f"read: {wall:.1f} s wall, {used:.1f} s processor, one thread; {counted.regions} regions "
        f"({counted.pictures:.1f} whole pictures in all), {letters.read} lines read, "
        f"{letters.remembered} remembered; {len(samples.texts)} rows"
    )
    found_windows(samples.texts, shown)
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


class _Counted:
    """Counts what is given to the networks."""

    def __init__(self, letters: Letters) -> None:
        self._letters = letters
        self.regions, self.pictures = 0, 0.0

    def lines(self, grey: NDArray[np.uint8]) -> list[object]:
        """Return the lines of a grey picture."""
        self.regions += 1
        self.pictures += grey.size / (SIZE[0] * SIZE[1])
        return self._letters.lines(grey)


if __name__ == "__main__":
    sys.exit(main())
