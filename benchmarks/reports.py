"""Reports: a thousand sittings without and some with evidence pictures, and a PDF of ten pages.

Run it as ``python -m benchmarks.reports [--sittings 1000] [--pictured 200] [--workers N]``.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
from PIL import Image

from review import batch
from review.loaders import load_session
from review.reporting import report
from review.reporting.evidence import Shown
from review.reporting.model import DecisionSummary
from review.reporting.paper import Paper
from review.reporting.render import Exhibit, Renderer
from review.reporting.summary import summarise
from review.simulate import simulate
from review.workspace import Workspace

if TYPE_CHECKING:
    from review.reporting.model import SittingSummary
    from review.session import Session, Sitting

TABLES = ("segments", "clocks", "coverage", "events", "positions", "detections", "flags", "scores",
          "problems", "sittings")  # fmt: skip


def copied(session: Session, workspace: Workspace, count: int) -> Session:
    """Return a session of so many candidates whose tables are those of the first, over and over."""
    first = busiest(session, workspace)
    frames = {name: workspace.read_sitting(name, first) for name in TABLES}
    own = replace(first.candidate, subjects=(first.subject.id,))
    many = tuple(replace(own, id=f"C{n:05d}") for n in range(count))
    made = replace(session, id=f"{session.id}-{count}", candidates=many)
    for candidate in many:
        sitting = made.sitting(candidate.id, first.subject.id)
        workspace.write_sitting(
            sitting,
            {
                name: frame.assign(session_id=made.id, candidate_id=candidate.id)
                for name, frame in frames.items()
            },
        )
    workspace.compact(made.id)
    return made


def busiest(session: Session, workspace: Workspace) -> Sitting:
    """Return the sitting with the most flags."""
    return max(session.sittings(), key=lambda one: len(workspace.read_sitting("flags", one)))


def ten_pages(summary: SittingSummary) -> tuple[str, int]:
    """Return a page whose 20 flags have pictures and readings: ten to twelve pages."""
    noise = Image.effect_noise((560, 420), 60).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=82)
    shown = Shown(stream="front", time_s=1.0, jpeg=out.getvalue(), width_px=560, height_px=420)
    flag = summary.flags[0]
    said = DecisionSummary(kind="decision", who="ann", role="reviewer", at="2022-12-11 09:00:00",
                           verdict="confirmed", note="画面中可见第二人。" * 6)  # fmt: skip
    flags = tuple(
        replace(flag, number=n, flag_id=f"f{n}", start_s=n, end_s=n + 1.0,
                decisions=(said,))
        for n in range(1, 21)
    )  # fmt: skip
    exhibits = {one.flag_id: Exhibit(picture=shown) for one in flags}
    text = Renderer().page(
        replace(summary, flags=flags), exhibits, language="zh", made=datetime.now(UTC), pictures=20
    )
    return text, len(flags)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sittings", type=int, default=1000)
    parser.add_argument("--pictured", type=int, default=200)
    parser.add_argument("--workers", type=int, help="processes; by default as the command has it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["XDG_CONFIG_HOME"] = str(folder / "keys")
        source = simulate(folder / "session", candidates=2, minutes=1, seed=7)
        space = Workspace(folder / "workspace")
        batch.analyze(source, workspace=space)
        session, _ = load_session(source)
        for count, pictures in ((options.sittings, 0), (options.pictured, 40)):
            many = copied(session, space, count)
            if pictures:
                # The recordings of the first candidate stand for everybody's.
                many = replace(many, folder=session.folder)
            started = time.perf_counter()
            rows = report(
                many,
                workspace=space,
                out=folder / f"out-{pictures}",
                pictures=pictures,
                formats=("html", "json", "xlsx"),
                workers=options.workers,
            )
            took = time.perf_counter() - started
            flags = rows["flags"].mean()
            done = int((rows["state"] == "done").sum())
            print(f"{done} sittings with {flags:.1f} flags, at most {pictures} pictures each: "
                  f"{done / took:.1f} a second ({took:.1f} s)", flush=True)  # fmt: skip
        first = busiest(session, space)
        text, count = ten_pages(summarise(first, space))
        paper = Paper()
        for turn in ("first", "second"):
            started = time.perf_counter()
            made = paper.pdf(text)
            took = time.perf_counter() - started
            document = pypdfium2.PdfDocument(made)
            print(f"PDF with {count} pictures, {turn} run: {took:.1f} s, "
                  f"{len(made) / 1e6:.1f} MB, {len(document)} pages", flush=True)  # fmt: skip
            document.close()


if __name__ == "__main__":
    main()
