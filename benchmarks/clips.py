"""Clips of four views at 720p with sound: plain, and with everybody else blurred.

Run it as ``python -m benchmarks.clips [--seconds 30]``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from review import batch
from review.loaders import load_session
from review.reporting.clips import write_clip
from review.reporting.privacy import Privacy
from review.simulate import simulate
from review.workspace import Workspace


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["XDG_CONFIG_HOME"] = str(folder / "keys")
        source = simulate(folder / "session", candidates=1, minutes=2, seed=4)
        space = Workspace(folder / "workspace")
        batch.analyze(source, workspace=space)
        session, _ = load_session(source)
        sitting = next(session.sittings())
        for name in ("full", "default"):
            started = time.perf_counter()
            clip = write_clip(
                sitting,
                space,
                folder / f"{name}.mp4",
                start_s=30.0,
                end_s=30.0 + options.seconds,
                privacy=Privacy.of(name),
                language="zh",
            )
            took = time.perf_counter() - started
            print(f"{options.seconds:.0f} s, four views, 1280x720, sound {clip.sound}, "
                  f"privacy {name}: {took:.1f} s", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
