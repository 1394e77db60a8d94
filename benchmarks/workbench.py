"""The workbench in the system's Chromium: spread of the views, jumps, opening, pan and zoom.

Two simulated sittings are served by JupyterLab as ``review lab`` starts it. ``play``: four views
(three cameras 1280x720 at 15 pictures a second, the screen 1920x1080 at 10) with a time code in
every picture, played as light copies; the spread between the views' media clocks is sampled on
every picture of the page, and after a jump the time codes are read until all four are right.
``open``: a sitting of 90 minutes with 500 flags and 10,000 log entries; from the cell that opens it
until four views show pictures and the timeline is drawn, what is sent to the page for it, and what
comes before that cell.

Run it as ``python -m benchmarks.workbench [--part play open] [--play-s 600] [--jumps 40]
[--minutes 90] [--media-minutes 90]``. Playing for ``--play-s`` seconds at 2x needs twice as many
seconds of media.
"""

import argparse
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Page, sync_playwright

from review import tables
from review.loaders import load_session, load_sitting
from review.playback import make_copy, plan
from review.session import VIEWS, Sitting
from review.simulate import simulate
from review.simulate.encode import VideoFormat
from review.simulate.orders import Details, Media
from review.timeline.clocks import declared_clocks, place, to_device_s
from review.workbench.lab import lab_command
from review.workspace import Workspace

TOKEN = "benchmark"  # noqa: S105 - of a server that lives for a measurement
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
FLAGS, EVENTS = 500, 10_000

#: Reads the time code of every view (review.simulate.timecode), null behind a slate.
READ = """() => {
  const width = 320, height = 180, seen = {};
  for (const view of document.querySelectorAll('.rw-view')) {
    const video = view.querySelector('video');
    seen[view.dataset.stream] = null;
    if (video.classList.contains('rw-hidden') || video.readyState < 2) continue;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0, width, height);
    const strip = context.getImageData(0, height - 12, width, 12).data;
    const bits = [];
    for (let n = 0; n < 40; n += 1) {
      const x = Math.round((n % 20 + 0.5) * width / 40), y = Math.floor(n / 20) * 6 + 3;
      bits.push(strip[(y * width + x) * 4 + 1] > 128 ? 1 : 0);
    }
    if (bits.slice(0, 6).join('') !== '101100') continue;
    const number = (from, to) => bits.slice(from, to).reduce((sum, bit) => sum * 2 + bit, 0);
    const value = number(6, 32);
    if (Number((BigInt(value) * 2654435761n >> 11n) & 255n) !== number(32, 40)) continue;
    seen[view.dataset.stream] = (value - 2 ** 25) / 100;
  }
  return seen;
}"""

#: Every picture of the page for a while: how far the four media clocks are apart, in seconds.
SPREAD = """(seconds) => new Promise((resolve) => {
  const root = document.querySelector('.rw-player'), spreads = [], from = performance.now();
  let frames = 0;
  const sample = (now) => {
    frames += 1;
    const times = root.reviewTimes();
    const running = [...root.querySelectorAll('video')].filter((video) => !video.paused);
    if (times.length === 4 && running.length === 4)
      spreads.push(Math.max(...times) - Math.min(...times));
    if (now - from < seconds * 1000) requestAnimationFrame(sample);
    else resolve({ spreads, frames });
  };
  requestAnimationFrame(sample);
})"""

#: Jumps to a time and says after how many milliseconds all views showed it.
JUMP = """([at, rates]) => new Promise((resolve) => {
  const read = %(read)s, from = performance.now();
  document.querySelector('.rw-player').dispatchEvent(
    new CustomEvent('review-seek', { detail: at }));
  const look = () => {
    const seen = read();
    const there = Object.entries(rates).every(([stream, fps]) => seen[stream] !== null
      && at - seen[stream] < 1 / fps + 0.03 && seen[stream] - at < 0.03);
    const took = performance.now() - from;
    if (there || took > 15000) resolve(took);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""

#: Pictures that each view shows in a while.
SHOWN = """(seconds) => new Promise((resolve) => {
  const counts = {};
  for (const view of document.querySelectorAll('.rw-view')) {
    const video = view.querySelector('video');
    counts[view.dataset.stream] = 0;
    const count = () => {
      counts[view.dataset.stream] += 1;
      video.requestVideoFrameCallback(count);
    };
    video.requestVideoFrameCallback(count);
  }
  setTimeout(() => resolve(counts), seconds * 1000);
})"""

#: Pans and zooms through the sitting, a step on every picture of the page.
PAN = """(seconds) => new Promise((resolve) => {
  const line = document.querySelector('.rw-timeline'), [first, last] = [%(first)s, %(last)s];
  const from = performance.now(), gaps = [], before = line.reviewDrawn();
  let previous = from;
  const step = (now) => {
    gaps.push(now - previous);
    previous = now;
    const share = (now - from) / (seconds * 1000);
    if (share >= 1) return resolve({ drawn: line.reviewDrawn() - before, gaps });
    const length = (last - first) * Math.pow(0.002, (1 - Math.cos(6.283 * share * 2)) / 2);
    const middle = first + (last - first) * share;
    const detail = [middle - length / 2, middle + length / 2];
    line.dispatchEvent(new CustomEvent('review-show', { detail }));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""

#: Runs the cell that opens the sitting; milliseconds until it can be used.
OPEN = """() => new Promise((resolve) => {
  const notebook = jupyterapp.shell.currentWidget.content;
  const cells = notebook.widgets;
  notebook.activeCellIndex = cells.findIndex((cell) =>
    cell.model.sharedModel.source.startsWith('workbench.open_candidate'));
  const from = performance.now();
  jupyterapp.commands.execute('notebook:run-cell');
  const look = () => {
    const videos = [...document.querySelectorAll('.rw-view video')];
    const flags = document.querySelectorAll('.rw-flag').length;
    const drawn = document.querySelector('.rw-timeline')?.reviewDrawn?.() > 0;
    if (videos.length === 4 && videos.some((video) => video.readyState >= 2) && flags && drawn)
      resolve(performance.now() - from);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="*", choices=["play", "open"], default=["play", "open"])
    parser.add_argument("--play-s", type=float, default=600.0)
    parser.add_argument("--jumps", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--media-minutes", type=float, help="of recordings; as --minutes if absent")
    parser.add_argument("--keep", type=Path, help="folder for the sessions, used again if there")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        base = options.keep or Path(temporary)
        base.mkdir(parents=True, exist_ok=True)
        if "play" in options.part:
            play(base / "play", options.play_s, options.jumps)
        if "open" in options.part:
            opening(base / "open", options.minutes, options.media_minutes or options.minutes)


def play(folder: Path, play_s: float, jumps: int) -> None:
    """Spread at 1x and 2x, pictures above 4x, jumps."""
    minutes = np.ceil((2 * play_s + 40) / 60)
    session_folder = folder / f"session-{minutes:g}"
    if not (session_folder / "truth.csv").exists():
        started = time.monotonic()
        details = Details(session_id="BENCH")
        simulate(session_folder, minutes=float(minutes), clean=True, media=media(), details=details)
        say(f"simulated {minutes:g} minutes", f"{time.monotonic() - started:.0f} s")
    workspace, sitting, segments = made(session_folder, folder / "workspace")
    started = time.monotonic()
    for item in plan(
        segments, folder=sitting.session.folder, copies=workspace.media(sitting), light=True
    ):
        make_copy(item, folder=sitting.session.folder)
    say("light copies of it", f"{time.monotonic() - started:.0f} s")
    rates = {s: float(r["mean_fps"].max()) for s, r in segments.groupby("stream") if s in VIEWS}
    with lab(workspace, sitting) as address, browser() as page:
        opened(page, address, sitting)
        page.evaluate(OPEN)
        page.evaluate("document.querySelector('.rw-desk').scrollIntoView({ block: 'start' })")
        for rate in ("1", "2"):
            spread(page, rate, play_s, rates)
        for rate in ("8", "16"):
            fast(page, rate)
        jumping(page, jumps, rates, minutes * 60)


def media() -> Media:
    """Full size, with a time code although it is long."""
    camera = VideoFormat(width_px=1280, height_px=720, fps=15)
    screen = VideoFormat(width_px=1920, height_px=1080, fps=10)
    views = {**dict.fromkeys(VIEWS, camera), "screen": screen}
    return Media(video=views, time_code=True)


def spread(page: Page, rate: str, play_s: float, rates: dict[str, float]) -> None:
    """Play for a while and print how far the views are apart."""
    page.evaluate(JUMP % {"read": READ}, [5.0, rates])
    page.locator(".rw-rate").select_option(rate)
    page.locator(".rw-player").focus()
    page.keyboard.press("k")
    page.wait_for_function("document.querySelector('.rw-player').reviewClock() > 7")
    before = page.evaluate("document.querySelector('.rw-player').reviewClock()")
    found = page.evaluate(SPREAD, play_s)
    after = page.evaluate("document.querySelector('.rw-player').reviewClock()")
    page.keyboard.press("k")
    values = np.array(found["spreads"]) * 1000
    say(
        f"spread at {rate}x over {play_s:g} s",
        f"median {np.median(values):.1f} ms, 95 % {np.quantile(values, 0.95):.1f} ms, "
        f"worst {values.max():.1f} ms, {len(values)} of {found['frames']} pictures of the page, "
        f"really {(after - before) / play_s:.2f}x",
    )


def fast(page: Page, rate: str) -> None:
    """Print how many pictures a second each view shows above 4x."""
    page.evaluate(
        "document.querySelector('.rw-player').dispatchEvent("
        "new CustomEvent('review-seek', { detail: 5 }))"
    )
    page.locator(".rw-rate").select_option(rate)
    page.locator(".rw-player").focus()
    page.keyboard.press("k")
    page.wait_for_function("document.querySelector('.rw-player').reviewClock() > 12")
    seconds = 4.0
    counts = page.evaluate(SHOWN, seconds)
    page.keyboard.press("k")
    page.locator(".rw-rate").select_option("1")
    said = ", ".join(f"{stream} {count / seconds:.1f}" for stream, count in counts.items())
    say(f"pictures a second at {rate}x", said)


def jumping(page: Page, jumps: int, rates: dict[str, float], end_s: float) -> None:
    """Jump to and fro and print how long it takes until the pictures are right."""
    drawn = np.random.default_rng(7).uniform(2.0, end_s - 2.0, jumps)
    took = [page.evaluate(JUMP % {"read": READ}, [round(float(t), 2), rates]) for t in drawn]
    say(
        f"{jumps} jumps until all four are right",
        f"median {statistics.median(took):.0f} ms, 95 % {np.quantile(took, 0.95):.0f} ms, "
        f"worst {max(took):.0f} ms",
    )


def opening(folder: Path, minutes: float, media_minutes: float) -> None:
    """Open a long sitting with many flags and log entries; pan and zoom its timeline."""
    session_folder = folder / f"session-{media_minutes:g}"
    if not (session_folder / "truth.csv").exists():
        simulate(session_folder, minutes=media_minutes, details=Details(session_id="BENCH"))
    workspace, sitting, _ = made(session_folder, folder / "workspace", crowded_s=minutes * 60)
    shutil.rmtree(workspace.folder / "notebooks", ignore_errors=True)
    with lab(workspace, sitting) as address, browser() as page:
        sent: list[int] = []
        page.on("websocket", lambda socket: socket.on("framereceived", measure(sent)))
        started = time.monotonic()
        opened(page, address, sitting)
        ready = time.monotonic() - started
        sent.clear()
        took = [page.evaluate(OPEN)]
        told = len(sent), sum(sent)
        for _ in range(4):
            page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
            page.wait_for_function("!document.querySelector('.rw-desk')")
            took.append(page.evaluate(OPEN))
        say(
            f"opening {minutes:g} minutes ({media_minutes:g} of media), {FLAGS} flags, "
            f"{EVENTS} events",
            f"first {took[0] / 1000:.2f} s, then median {statistics.median(took[1:]) / 1000:.2f} s "
            f"(page of JupyterLab, kernel and imports before it: {ready:.1f} s)",
        )
        say("sent to the page for it", f"{told[0]} messages, {told[1] / 1e6:.2f} MB")
        found = page.evaluate(PAN % {"first": 0.0, "last": minutes * 60}, 6.0)
        gaps = np.array(found["gaps"][1:])
        say(
            "pan and zoom",
            f"{found['drawn'] / 6.0:.0f} pictures a second, 95 % of them within "
            f"{np.quantile(gaps, 0.95):.0f} ms, the longest {gaps.max():.0f} ms",
        )


def measure(sizes: list[int]) -> Callable[[str | bytes], None]:
    """Return what notes the size of every message that a page receives."""
    return lambda message: sizes.append(len(message))


def made(
    session_folder: Path, folder: Path, *, crowded_s: float = 0.0
) -> tuple[Workspace, Sitting, pd.DataFrame]:
    """Write a workspace without an analysis: the tables that the workbench reads."""
    session, _ = load_session(session_folder)
    workspace = Workspace(folder)
    workspace.register(session)
    sitting = next(session.sittings())
    record = load_sitting(sitting, session=session, hash_files=False)
    clocks = true_clocks(sitting, session_folder)
    end_s = crowded_s or sitting.subject.duration_s
    rng = np.random.default_rng(1)
    frames = {name: tables.empty(name) for name in tables.SCHEMAS}
    positions = place(record.positions, clocks, device="device_s", session="time_s")
    frames |= {
        "segments": record.segments,
        "clocks": clocks,
        "positions": tables.conform(positions, "positions"),
        "coverage": tables.build("coverage", coverage(record.segments, end_s), key=sitting.key),
        "sittings": tables.build("sittings", [marker(end_s)], key=sitting.key),
        "scores": tables.build(
            "scores", [{"risk": 50.0, "unseen": 0.0, "reasons": []}], key=sitting.key
        ),
    }
    if crowded_s:
        frames |= {
            "flags": tables.build("flags", many_flags(rng, clocks, end_s), key=sitting.key),
            "events": tables.build("events", many_events(rng, end_s), key=sitting.key),
            "signals": tables.build("signals", many_signals(rng, end_s), key=sitting.key),
        }
    else:
        frames["flags"] = tables.build("flags", many_flags(rng, clocks, end_s)[:5], key=sitting.key)
    workspace.write_sitting(sitting, frames)
    return workspace, sitting, record.segments


def true_clocks(sitting: Sitting, folder: Path) -> pd.DataFrame:
    """Return the clocks that the simulation used."""
    clocks = declared_clocks(sitting)
    known = pd.read_csv(folder / "truth_clocks.csv", dtype={"candidate_id": str})
    for row in known[known["candidate_id"] == sitting.candidate.id].itertuples():
        mine = clocks["device"] == row.device
        clocks.loc[mine, ["offset_s", "drift_ppm"]] = row.offset_s, row.drift_ppm
    clocks["reference_device_s"] = 0.0
    clocks["state"], clocks["uncertainty_s"] = "synchronised", 0.01
    return clocks


def coverage(segments: pd.DataFrame, end_s: float) -> list[dict[str, object]]:
    """Return that everything was recorded."""
    streams = [stream for stream in VIEWS if (segments["stream"] == stream).any()]
    return [{"stream": s, "start_s": 0.0, "end_s": end_s, "state": "recorded"} for s in streams]


def marker(end_s: float) -> dict[str, object]:
    """Return the row that says that the sitting was analysed."""
    return {
        "state": "done", "key": "benchmark", "window_start_s": 0.0, "window_end_s": end_s,
        "elapsed_s": 0.0, "analysed_at": "2026-11-22T00:00:00+08:00", "version": "0",
    }  # fmt: skip


def many_flags(
    rng: np.random.Generator, clocks: pd.DataFrame, end_s: float
) -> list[dict[str, object]]:
    """Return flags of twelve labels all over the sitting."""
    labels = (
        "absent", "extra_person", "looking_away", "off_screen", "speech", "location_drift",
        "forbidden_object", "face_hidden", "poor_picture", "network_gap", "camera_covered",
        "second_voice",
    )  # fmt: skip
    rows = []
    for n, start_s in enumerate(np.sort(rng.uniform(0, end_s - 20, FLAGS))):
        end = float(start_s + rng.uniform(0.5, 15))
        device = to_device_s(clocks, "front", [start_s, end])
        rows.append(
            {
                "flag_id": f"flag{n:04d}", "label": labels[n % len(labels)], "streams": ["front"],
                "start_s": float(start_s), "end_s": end, "score": float(rng.uniform()),
                "detector": "benchmark", "reason": "a made-up reason of a usual length",
                "supports": ["screen"], "contradicts": [], "evidence_s": float(start_s),
                "device_start_s": float(device[0]), "device_end_s": float(device[1]),
                "reason_key": "benchmark", "facts": "{}",
            }
        )  # fmt: skip
    return rows


def many_events(rng: np.random.Generator, end_s: float) -> list[dict[str, object]]:
    """Return log entries of all devices."""
    streams = ("events_client", "events_phone1", "events_phone2", "events_proctor")
    return [
        {
            "stream": streams[n % 4], "device_s": float(t), "time_s": float(t),
            "device_time": "2022-12-10T08:30:00+08:00", "type": "process",
            "detail": '{"name": "a program of some name", "pid": 4711}',
        }
        for n, t in enumerate(np.sort(rng.uniform(0, end_s, EVENTS)))
    ]  # fmt: skip


def many_signals(rng: np.random.Generator, end_s: float) -> list[dict[str, object]]:
    """Return loudness, speech and change as dense as the analysis measures them."""
    rows = []
    for stream in VIEWS:
        for name, rate, low, high in (
            ("level_db", 4, -60, -20), ("speech", 8, 0, 0.6), ("change", 2, 2, 8),
        ):  # fmt: skip
            times = np.arange(0, end_s, 1 / rate)
            values = rng.uniform(low, high, len(times))
            rows += [
                {"stream": stream, "device_s": float(t), "signal": name, "value": float(v)}
                for t, v in zip(times, values, strict=True)
            ]
    return rows


@contextmanager
def lab(workspace: Workspace, sitting: Sitting) -> Iterator[str]:
    """Run JupyterLab over a workspace; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command, environment = lab_command(
        workspace, session=sitting.session.id, port=port, open_browser=False,
        options=["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"],
    )  # fmt: skip
    home = workspace.folder / "home"
    home.mkdir(exist_ok=True)
    environment = {
        **environment, "HOME": str(home), "REVIEW_USER": "benchmark",
        "XDG_CONFIG_HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_CONFIG_DIR": str(home / "jupyter"), "JUPYTER_DATA_DIR": str(home / "data"),
    }  # fmt: skip
    environment.pop("REVIEW_LEDGER", None)
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            for line in process.stdout:
                if re.search("is running at", line):
                    break
            # What the server says later is read, so that it never waits for a reader.
            drain = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait()
            drain.wait()


@contextmanager
def browser() -> Iterator[Page]:
    """Give a page of the system's Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
        page = chromium.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(120_000)
        yield page
        chromium.close()


def opened(page: Page, address: str, sitting: Sitting) -> None:
    """Open the sitting's notebook and run it up to the cell that opens the sitting."""
    page.goto(f"{address}/lab?token={TOKEN}")
    page.wait_for_function("globalThis.jupyterapp?.shell")
    page.evaluate("jupyterapp.restored.then(() => null)")
    page.evaluate(
        "(key) => fetch(`/review/open/${key}?as=json`).then((a) => a.json()).then((found) =>"
        " { jupyterapp.commands.execute('docmanager:open', found); })",
        "/".join(sitting.key),
    )
    page.wait_for_function(
        """(name) => { const n = jupyterapp.shell.currentWidget;
        return n?.context?.path?.includes(name) && n.context.isReady && n.sessionContext.isReady
          && n.sessionContext.session?.kernel; }""",
        arg=sitting.candidate.id,
    )
    page.evaluate("() => { jupyterapp.commands.execute('application:toggle-left-area'); }")
    page.evaluate(
        """() => { const notebook = jupyterapp.shell.currentWidget.content;
        notebook.activeCellIndex = notebook.widgets.findIndex((cell) =>
          cell.model.sharedModel.source.startsWith('workbench.open_candidate'));
        return jupyterapp.commands.execute('notebook:run-all-above').then(() => null); }"""
    )


def say(what: str, figures: str) -> None:
    """Print one row."""
    print(f"{what:58s} {figures}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main(sys.argv[1:])
