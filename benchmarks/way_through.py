"""From simulation to report: what a newcomer and a benchmark wait for.

The demo into an empty workspace, and a four-view sitting at full size (three cameras 1280x720 at
15 pictures a second, the screen 1920x1080 at 10) of 20 and of 90 minutes, whose memory must not
differ.

Run it as ``python -m benchmarks.way_through [--minutes 20 90] [--skip-demo]``.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def measured(*command: str) -> dict[str, float]:
    """Run a command and return its wall and processor seconds and its peak memory in MB."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return {
        "wall_s": time.monotonic() - started,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }


def line(name: str, figures: dict[str, float]) -> str:
    """Return one row of the result."""
    return f"{name:32s}" + "".join(f"{key} {value:9.1f}   " for key, value in figures.items())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="*", default=[20.0, 90.0])
    parser.add_argument("--skip-demo", action="store_true")
    options = parser.parse_args()
    review = [sys.executable, "-m", "review"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if not options.skip_demo:
            figures = measured(*review, "demo", "--workspace", str(folder / "workspace"))
            print(line("demo, empty workspace", figures), flush=True)
        for minutes in options.minutes:
            out = folder / f"session-{minutes}"
            figures = measured(*review, "simulate", str(out), "--minutes", str(minutes))
            size_mb = sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e6
            print(line(f"simulate {minutes:g} minutes", {**figures, "size_mb": size_mb}))
            sys.stdout.flush()
            shutil.rmtree(out)


if __name__ == "__main__":
    main()
