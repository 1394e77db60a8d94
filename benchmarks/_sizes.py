"""How long nights become and how much disk they take: from one measured sitting to thousands.

What is measured: processor seconds, bytes of the workspace's tables, of all light copies and of the
recordings, each per hour of one four-view sitting, and bytes of the ledger per entry. The rest is
multiplication; ``--efficiency`` is what a further core adds (the part ``scaling`` measures it).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from review import pipeline
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Decision
from review.loaders import load_session
from review.simulate import Media, VideoFormat, simulate
from review.workbench.preparing import prepare
from review.workspace import Workspace

CAMERA = VideoFormat(width_px=1280, height_px=720, fps=15, crf=30)
SCREEN = VideoFormat(width_px=1920, height_px=1080, fps=10, crf=28)
CANDIDATES = (100, 1_000, 10_000)
CORES = (2, 8, 32)
#: Entries of which the ledger's bytes are measured.
ENTRIES = 500


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one sitting takes, per hour of it, and what an entry takes."""

    core_s: float
    tables_bytes: float
    copies_bytes: float
    recordings_bytes: float
    entry_bytes: float


def session_of(folder: Path, minutes: float) -> Path:
    """Return a session of one sitting in the usual formats, made once."""
    out = folder / f"sizes-{minutes:g}"
    if not (out / "session.toml").exists():
        views = dict.fromkeys(("front", "right_rear", "left_front"), CAMERA) | {"screen": SCREEN}
        simulate(out, candidates=1, minutes=minutes, seed=8002, media=Media(video=views))
    return out


def measure(folder: Path, minutes: float) -> Measured:
    """Measure on one simulated sitting."""
    session = session_of(folder, minutes)
    loaded, _ = load_session(session)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        space = Workspace(name)
        command = [sys.executable, "-m", "benchmarks._sizes", str(session), name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        core_s, seen_s = json.loads(done.stdout.splitlines()[-1])
        tables = size_of(space.folder / "tables")
        prepare(loaded.id, workspace=space)
        copies = size_of(space.folder / "media")
        entry = entry_bytes(Path(name))
    hours = seen_s / 3600
    return Measured(
        core_s=core_s / hours,
        tables_bytes=tables / hours,
        copies_bytes=copies / hours,
        recordings_bytes=size_of(session / "recordings") / hours,
        entry_bytes=entry,
    )


def analyse(session: Path, space: Path) -> None:
    """Analyse in this process; print its processor seconds and the recording's length."""
    loaded, _ = load_session(session)
    workspace, options = Workspace(space), pipeline.resolve_options(loaded)
    workspace.register(loaded)
    (sitting,) = loaded.sittings()
    before = time.process_time()
    pipeline.analyze_sitting(sitting, workspace, options=options, threads=1)
    spent = time.process_time() - before
    workspace.compact(loaded.id)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    lengths = workspace.read("segments", loaded.id).groupby("stream")["duration_s"].sum()
    print(json.dumps([spent, float(lengths["front"])]))


def entry_bytes(folder: Path) -> float:
    """Return what a signed decision takes in a SQLite ledger."""
    ledger = open_ledger(str(folder / "ledger.sqlite"))
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "keys"), "REVIEW_USER": "bench"}
    author = current_author(role="reviewer", environ=environment)
    for n in range(ENTRIES):
        said = Decision(
            flag_id=f"f{n:012d}", label="looking_away", stream="front", verdict="dismissed",
            device_start_s=float(n), device_end_s=n + 9.5,
        )  # fmt: skip
        ledger.record(said, sitting_key=("s", f"c{n % 20}", "theory"), author=author)
    ledger.close()
    return size_of(folder, "ledger.sqlite*") / ENTRIES


def size_of(folder: Path, pattern: str = "**/*") -> int:
    """Return the bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())


def table(found: Measured, *, minutes: float, entries: float, efficiency: float) -> str:
    """Return the table of nights and disks for sittings of a length, as Markdown."""
    hours = minutes / 60
    heads = ["candidates", "hours of sittings", "core-hours",
             *(f"night on {n} cores" for n in CORES),
             "recordings", "tables", "all light copies", "ledger"]  # fmt: skip
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    for count in CANDIDATES:
        core_h = count * hours * found.core_s / 3600
        nights = [core_h / (1 + (n - 1) * efficiency) for n in CORES]
        cells = [
            f"{count:,}", f"{count * hours:,.0f}", f"{core_h:,.1f}",
            *(f"{night:,.1f} h" for night in nights),
            *(bytes_text(count * hours * each) for each in
              (found.recordings_bytes, found.tables_bytes, found.copies_bytes)),
            bytes_text(count * entries * found.entry_bytes),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def bytes_text(number: float) -> str:
    """Return bytes in a unit that suits them (powers of ten)."""
    for unit in ("kB", "MB", "GB"):
        number /= 1000
        if number < 1000:
            return f"{number:.3g} {unit}"
    return f"{number / 1000:.3g} TB"


def sizes(folder: Path, options: argparse.Namespace) -> None:
    """Measure, unless the figures are given, and print the table."""
    if options.figures:
        found = Measured(**json.loads(options.figures))
    else:
        found = measure(folder, options.minutes)
    print(f"measured, per hour of a sitting: {json.dumps(asdict(found))}")
    print(f"hours of four-view sittings per core-hour: {3600 / found.core_s:.1f}")
    print(
        table(
            found,
            minutes=options.sitting_minutes,
            entries=options.entries,
            efficiency=options.efficiency,
        )
    )


if __name__ == "__main__":
    analyse(Path(sys.argv[1]), Path(sys.argv[2]))
