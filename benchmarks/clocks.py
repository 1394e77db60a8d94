"""How well clocks are found: simulated rooms of known truth, refusals, time and memory.

``python -m benchmarks clocks [-- --sittings 20 --minutes 90 --keep FOLDER]`` does everything. A
long run goes in pieces: ``--parts accuracy --sittings 0:5 --rows FILE`` measures some of the
sittings and adds them to ``FILE``; ``--parts summary --rows FILE`` says what all of them come to.

Real speech is taken from ``REVIEW_TESTDATA/audio`` where that is set. ``audio-offset-finder`` (from
the package index; the project does not depend on it) runs beside it where ``--finder`` or
``AUDIO_OFFSET_FINDER_PYTHON`` names a Python that has it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import rooms
from benchmarks._recordings import segment, sound_record
from review.loaders import streams
from review.loaders.container import probe
from review.timeline.clocks import to_session_s
from review.timeline.sync import synchronise

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from review.loaders.record import SittingRecord

#: Thresholds were set on rooms of other seeds (below 2000).
FIRST_SEED = 2000
PHONES = ("right_rear", "left_front")
#: Recorders write one of these (Hz); the first sitting 48 kHz, which makes decoding slowest.
RATES_HZ = (16000, 24000, 32000)
SPEECH = ("dev00.wav", "dev01.wav", "trn01.wav", "trn02.wav", "trn03.wav", "trn04.wav")
_FINDER = """
import json, sys, time, wave
import numpy as np
from audio_offset_finder.audio_offset_finder import find_offset_between_buffers
def read(path):
    with wave.open(path) as w:
        return np.frombuffer(w.readframes(w.getnframes()), np.int16).astype(np.float32) / 32768
a, b = read(sys.argv[1]), read(sys.argv[2])
started = time.perf_counter()
found = find_offset_between_buffers(a, b, 8000)
print(json.dumps({"offset_s": float(found["time_offset"]), "score": float(found["standard_score"]),
                  "elapsed_s": time.perf_counter() - started}))
"""
_COST = """
import json, resource, sys, time
from benchmarks._recordings import sound_record
from review.timeline.sync import synchronise
made = sound_record(0, json.load(sys.stdin))
def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
base, started, cpu = peak_mb(), time.perf_counter(), time.process_time()
synchronise(made)
print(json.dumps([time.perf_counter() - started, time.process_time() - cpu, base, peak_mb()]))
"""


@dataclass(frozen=True)
class Case:
    """One simulated sitting: its room, its recorders, where its files are."""

    seed: int
    room: rooms.Room
    recorders: tuple[rooms.Recorder, ...]
    files: dict[str, Path]


PARTS = ("accuracy", "summary", "refusals", "cost", "beside")


def main(argv: list[str] | None = None) -> int:
    """Run what was asked for, by default everything, and print it."""
    chosen = _options(argv)
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or Path(scratch)
        rows_file = chosen.rows or Path(scratch) / "rows.jsonl"
        first, last = chosen.sittings
        orders = [
            (folder, chosen.first_seed + n, chosen.minutes, RATES_HZ[n % 3] if n else 48000)
            for n in range(first, last)
        ]
        print(f"speech: {'real' if speech() else 'none (REVIEW_TESTDATA is not set)'}")
        if {"accuracy", "make"} & set(chosen.parts):
            with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
                cases = list(pool.map(_made, orders))
        if "accuracy" in chosen.parts:
            for case in cases:
                with rows_file.open("a", encoding="utf-8") as out:
                    out.writelines(json.dumps(row) + "\n" for row in accuracy(case))
        if "summary" in chosen.parts and rows_file.exists():
            summary([json.loads(line) for line in rows_file.read_text("utf-8").splitlines()])
        if "refusals" in chosen.parts:
            refusals(folder)
        if "cost" in chosen.parts:
            cost(orders[0])
        if "beside" in chosen.parts:
            beside(orders[:3], Path(scratch), chosen.finder)
    return 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sittings", type=_range, default=(0, 20), help="how many, or A:B of them")
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--quick", action="store_true", help="3 sittings of 10 minutes")
    parser.add_argument("--keep", type=Path, help="keep the recordings here, and use them again")
    parser.add_argument("--rows", type=Path, help="add what was measured to this file")
    parser.add_argument(
        "--parts", nargs="+", choices=(*PARTS, "make"), default=PARTS, help="default: all of them"
    )
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--finder", default=os.environ.get("AUDIO_OFFSET_FINDER_PYTHON"))
    chosen = parser.parse_args(argv)
    if chosen.quick:
        chosen.sittings, chosen.minutes = (0, 3), 10.0
    return chosen


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.rpartition(":")
    return int(first or 0), int(last)


def _made(order: tuple[Path, int, float, int]) -> Case:
    return simulate(*order)


def speech() -> tuple[NDArray[np.float32], ...]:
    """Return clips of real speech; none where there is no test data."""
    folder = Path(os.environ.get("REVIEW_TESTDATA", "")) / "audio"
    there = [name for name in SPEECH if (folder / name).exists()]
    return rooms.read_speech(folder, there) if os.environ.get("REVIEW_TESTDATA") else ()


def simulate(folder: Path, seed: int, minutes: float, rate_hz: int) -> Case:
    """Make the recordings of one sitting, unless they are there already."""
    rng = np.random.default_rng(seed)
    length_s = minutes * 60.0
    # A third of the sittings are without a word; typing fills a tenth to a half of the time.
    talk = 0.0 if rng.random() < 1 / 3 else rng.uniform(0.1, 1.0)
    room = rooms.Room(
        seed=seed,
        from_s=-120.0,
        to_s=length_s + 60.0,
        keys_share=rng.uniform(0.1, 0.5),
        mouse_per_min=rng.uniform(2.0, 10.0),
        speech_per_min=talk,
        speech=speech(),
        echo_s=rng.uniform(0.25, 0.6),
    )
    computer = rooms.Recorder(
        stream="front",
        offset_s=rng.uniform(-600, 600),
        drift_ppm=rng.uniform(-100, 100),
        start_s=rng.uniform(-60, 0),
        end_s=length_s + rng.uniform(0, 30),
        snr_db=rng.uniform(-3, 15),
        distance_m=rng.uniform(0.4, 0.7),
        hum=rng.uniform(0.0, 0.3),
    )
    hears = ("room", "system", "nothing", "room")[int(rng.integers(4))]
    screen = replace(
        computer,
        stream="screen",
        hears=hears,
        start_s=computer.start_s + rng.uniform(-5, 5),
        snr_db=rng.uniform(-3, 15) if hears == "room" else 30.0,
    )
    phones = [
        replace(
            computer,
            stream=stream,
            offset_s=rng.uniform(-600, 600),
            drift_ppm=rng.uniform(-100, 100),
            start_s=rng.uniform(-60, 0),
            end_s=length_s + rng.uniform(0, 30),
            snr_db=rng.uniform(-3, 15),
            distance_m=rng.uniform(1.5, 2.0),
            hum=rng.uniform(0.0, 0.3),
        )
        for stream in PHONES
    ]
    files = {}
    for recorder in (computer, screen, *phones):
        path = folder / f"{seed}_{minutes:g}" / f"{recorder.stream}.m4a"
        if not path.exists():
            half = path.with_suffix(".part")
            rooms.write_aac(half, rooms.recorded(room, recorder), rate_hz=rate_hz)
            half.rename(path)
        files[recorder.stream] = path
    return Case(seed, room, (computer, screen, *phones), files)


def record(case: Case) -> SittingRecord:
    """Return the sitting as a loader would, sound alone."""
    return sound_record(case.seed, segments(case))


def segments(case: Case) -> list[dict[str, Any]]:
    """Return the rows of the sitting's files."""
    starts = {recorder.stream: recorder.device_start_s for recorder in case.recorders}
    return [segment(stream, case.files[stream], starts[stream]) for stream in case.files]


def errors_s(case: Case, clocks: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Return how far each stream is off the front camera, at 50 moments of the sitting.

    Without a server the truth that can be known is how the streams lie to one another.
    """
    front = case.recorders[0]
    out = {}
    for recorder in case.recorders[1:]:
        moments = np.linspace(
            max(front.start_s, recorder.start_s), min(front.end_s, recorder.end_s), 50
        )
        own = to_session_s(clocks, recorder.stream, [recorder.to_device_s(m) for m in moments])
        other = to_session_s(clocks, "front", [front.to_device_s(m) for m in moments])
        out[recorder.stream] = own - other
    return out


def accuracy(case: Case) -> list[dict[str, Any]]:
    """Compare the clocks of one sitting with the truth: one row per stream but the front camera."""
    started, worked = time.perf_counter(), time.process_time()
    made = synchronise(record(case))
    elapsed_s, cpu_s = time.perf_counter() - started, time.process_time() - worked
    clocks = made.clocks.set_index("stream")
    off = errors_s(case, made.clocks)
    front = case.recorders[0]
    rows, said = [], []
    for recorder in case.recorders[1:]:
        clock = clocks.loc[[recorder.stream]]
        error = np.abs(off[recorder.stream])
        row = {
            "seed": case.seed,
            "stream": recorder.stream,
            "state": clock["state"].iloc[0],
            "pieces": len(clock),
            "hears": recorder.hears,
            "snr_db": round(recorder.snr_db, 1),
            "front_snr_db": round(front.snr_db, 1),
            "talk": bool(case.room.speech and case.room.speech_per_min),
            "error_ms": [round(float(e) * 1e3, 3) for e in error],
            "drift_ppm": float(clock["drift_ppm"].iloc[0] - recorder.drift_ppm + front.drift_ppm),
            "stated_ms": float(clock["uncertainty_s"].fillna(0.0).max()) * 1e3,
            "elapsed_s": round(elapsed_s, 2),
            "cpu_s": round(cpu_s, 2),
        }
        rows.append(row)
        if row["state"] != "synchronised":
            said.append(f"{recorder.stream} {row['state']}")
            continue
        pieces = "" if len(clock) == 1 else f", {len(clock)} pieces"
        said.append(
            f"{recorder.stream} {max(row['error_ms']):.1f} ms of {row['stated_ms']:.1f}"
            f" ({row['drift_ppm']:+.2f} ppm{pieces})"
        )
    snr = " ".join(f"{r.snr_db:.0f}" for r in case.recorders)
    talk = "speech" if rows[0]["talk"] else "no word"
    print(
        f"  {case.seed}: SNR {snr} dB, {talk}, screen {case.recorders[1].hears}: "
        f"{'; '.join(said)}; {elapsed_s:.1f} s ({cpu_s:.1f} s of processor)",
        flush=True,
    )
    return rows


def summary(found: list[dict[str, Any]]) -> None:
    """Print what all sittings come to."""
    tied = [f for f in found if f["state"] == "synchronised"]
    phones = [f for f in found if f["stream"] in PHONES]
    if not tied:
        print("accuracy: nothing was synchronised")
        return
    every = np.concatenate([f["error_ms"] for f in tied])
    worst = np.array([max(f["error_ms"]) for f in tied])
    stated = np.array([f["stated_ms"] for f in tied])
    drifts = np.abs([f["drift_ppm"] for f in tied])
    wrong = [f for f, e, s in zip(tied, worst, stated, strict=True) if e > max(40.0, s)]
    print(
        f"accuracy of {len({f['seed'] for f in found})} sittings: {len(tied)} of {len(found)} "
        f"streams synchronised ({sum(f['state'] == 'synchronised' for f in phones)} of "
        f"{len(phones)} phones)\n"
        f"  error anywhere: median {np.median(every):.2f} ms, 95 % {np.quantile(every, 0.95):.2f} "
        f"ms, worst {every.max():.2f} ms\n"
        f"  drift: 95 % {np.quantile(drifts, 0.95):.3f} ppm, worst {drifts.max():.3f} ppm\n"
        f"  stated 95 % interval: median {np.median(stated):.1f} ms, holds a stream's worst error "
        f"in {np.mean(worst <= stated):.1%}\n"
        f"  wrong (over 40 ms) and confident: {len(wrong)}",
        flush=True,
    )


def refusals(folder: Path) -> None:
    """Offer what nobody can synchronise, and see that nothing is moved."""
    rng = np.random.default_rng(FIRST_SEED)
    rate, count = rooms.RATE_HZ, 5 * 60 * rooms.RATE_HZ
    t = np.arange(count) / rate
    hum = sum(np.sin(2 * np.pi * 50 * k * t + k) / k for k in (1, 2, 3, 5)) * 0.1
    noise = [rng.standard_normal(count) * 1e-3 for _ in range(2)]
    offers: dict[str, tuple[Any, Any]] = {
        "silence": (np.zeros(count), np.zeros(count)),
        "pure hum": (hum, hum),
        "hum and noise": (hum + noise[0], hum + noise[1]),
        "noise": (noise[0] * 10, noise[1] * 10),
    }
    for seed in range(FIRST_SEED + 500, FIRST_SEED + 506):
        sides = []
        for n in (0, 1):
            room = rooms.Room(seed=seed + 100 * n, speech=speech(), speech_per_min=0.5)
            one = rooms.Recorder(stream=("front", PHONES[0])[n], end_s=300.0)
            sides.append(np.concatenate(list(rooms.recorded(room, one))))
        offers[f"different rooms ({seed})"] = (sides[0], sides[1])
    audio = Path(os.environ.get("REVIEW_TESTDATA", "")) / "audio"
    cases = []
    for name, sides in offers.items():
        files = {}
        for stream, samples in zip(("front", PHONES[0]), sides, strict=True):
            path = folder / "refusals" / name / f"{stream}.m4a"
            files[stream] = rooms.write_aac(path, iter([samples.astype(np.float32)]))
        cases.append((name, files))
    if (audio / "latency_act_2.wav").exists():
        pair = (audio / "latency_ref_2.wav", audio / "latency_act_2.wav")
        cases.append(
            ("latency_act_2 (repeats)", dict(zip(("front", PHONES[0]), pair, strict=True)))
        )
    for name, files in cases:
        length_s = min(float(probe(p).duration_s or 0.0) for p in files.values())
        heard = tuple(rooms.Recorder(stream=s, end_s=length_s) for s in files)
        made = synchronise(record(Case(0, rooms.Room(seed=0), heard, files)))
        moved = made.clocks[made.clocks["stream"].isin(files)]["state"].eq("synchronised").any()
        print(f"refusal: {name}: {'NOT REFUSED' if moved else 'refused'}", flush=True)


def cost(order: tuple[Path, int, float, int]) -> None:
    """Measure time and memory of one sitting in a process of its own, decoding included."""
    case = simulate(*order)
    done = subprocess.run(
        [sys.executable, "-c", _COST], input=json.dumps(segments(case)),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    wall_s, cpu_s, base_mb, peak_mb = json.loads(done.stdout)
    minutes = (case.recorders[0].end_s - case.recorders[0].start_s) / 60
    load = os.getloadavg()[0]
    print(
        f"cost: {len(case.files)} streams of {minutes:.0f} min: {wall_s:.1f} s ({cpu_s:.1f} s of "
        f"processor), at most {peak_mb:.0f} MB (imports alone {base_mb:.0f} MB); load {load:.1f}"
    )


def beside(orders: list[tuple[Path, int, float, int]], scratch: Path, python: str | None) -> None:
    """Run audio-offset-finder on the front camera and one phone of the same sittings."""
    if not python:
        print(
            "beside: audio-offset-finder is not installed (--finder or AUDIO_OFFSET_FINDER_PYTHON "
            "name a Python that has it)"
        )
        return
    for order in orders:
        case = simulate(*order)
        made_record = record(case)
        started = time.perf_counter()
        made = synchronise(made_record)
        ours_s = time.perf_counter() - started
        started = time.perf_counter()
        waves = {s: _wave(made_record, s, scratch) for s in ("front", PHONES[0])}
        decoding_s = time.perf_counter() - started
        ours = errors_s(case, made.clocks)
        front = case.recorders[0]
        for recorder in case.recorders:
            if recorder.stream != PHONES[0]:
                continue
            theirs = _theirs(python, waves["front"], waves[recorder.stream])
            if theirs is None:
                continue
            # Its offset is where the second file lies in the first: one number for all time.
            at = np.linspace(60.0, front.end_s - 60.0, 50)
            truth = [(front.to_device_s(m) - front.device_start_s)
                     - (recorder.to_device_s(m) - recorder.device_start_s) for m in at]  # fmt: skip
            off = np.abs(theirs["offset_s"] - np.array(truth))
            print(
                f"beside: {case.seed} {recorder.stream}: audio-offset-finder error "
                f"{off.min() * 1e3:.0f} to {off.max() * 1e3:.0f} ms (score {theirs['score']:.0f}), "
                f"{theirs['elapsed_s']:.1f} s after {decoding_s:.1f} s of "
                f"decoding the pair; here {np.abs(ours[recorder.stream]).max() * 1e3:.1f} ms, "
                f"{ours_s:.1f} s for all four streams, decoding included",
                flush=True,
            )


def _theirs(python: str, first: Path, second: Path) -> dict[str, float] | None:
    done = subprocess.run(
        [python, "-c", _FINDER, str(first), str(second)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"  audio-offset-finder failed: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return json.loads(done.stdout)


def _wave(made: SittingRecord, stream: str, scratch: Path) -> Path:
    import wave  # noqa: PLC0415  (this part alone needs it)

    path = scratch / f"{made.sitting.session.id}_{stream}.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        for block in streams.sound(made, stream, rate_hz=8000):
            out.writeframes((np.clip(block.samples, -1, 1) * 32767).astype(np.int16).tobytes())
    return path


if __name__ == "__main__":
    sys.exit(main())
