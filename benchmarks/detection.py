"""How well the detectors find what was planted, on sittings that they were not tuned on.

Twenty simulated sittings of twenty minutes (every fifth on eztest, the others on ITMC; planted at
random, about a quarter of them clean), seeds 7013 to 7032: whatever was tuned on simulated sittings
used seeds below 1000, or 7001 to 7012. Prints matched, missed and false flags in all and by label,
false flags per candidate-hour, and how far the onsets lie apart. The sessions are made once and
kept in ``--folder``.

Run it as ``python -m benchmarks detection -- [--folder F] [--seeds 7001 7002] [--embedded]``.
"""

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from review.errors import ReviewError
from review.loaders import load_session
from review.loaders.truth import load_truth
from review.pipeline import analyze_sitting
from review.scoring.evaluation import evaluate_flags
from review.simulate import simulate
from review.simulate.encode import VideoFormat
from review.simulate.orders import Media
from review.workspace import Workspace

SEEDS = range(7013, 7033)
MINUTES = 20.0
#: Few pixels, since twenty sittings are to be drawn and encoded; the networks see no more of larger
#: pictures.
VIDEO = VideoFormat(width_px=640, height_px=360, fps=8, crf=28)
#: Longest anomaly that need not be found, in seconds.
SHORT_S = 3.0


def session_of(folder: Path, seed: int) -> Path:
    """Return the session of a seed; it is made if it is not there."""
    out = folder / f"seed-{seed}"
    if not (out / "truth.csv").exists() or not (out / "made").exists():
        simulate(
            out,
            minutes=MINUTES,
            seed=seed,
            platform="eztest" if seed % 5 == 0 else "itmc",
            media=Media(video=VIDEO, time_code=False),
        )
        (out / "made").touch()
    return out


def without_optional_models() -> None:
    """Let only the embedded model files be found."""
    for name in ("REVIEW_MODELS_DIR", "XDG_CACHE_HOME"):
        os.environ[name] = "/nonexistent"


def analysed(folder: Path, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return flags, truth and windows of the one sitting of a seed; ids are made unique."""
    path = session_of(folder, seed)
    session, _ = load_session(path)
    workspace = Workspace(folder / "workspace")
    (sitting,) = session.sittings()
    marker = analyze_sitting(sitting, workspace)
    flags = workspace.read_sitting("flags", sitting)
    truth = load_truth(path / "truth.csv")
    own = {"candidate_id": str(seed)}
    return flags.assign(**own), truth.assign(**own), marker.assign(**own)


def report(rows: list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]) -> None:
    """Print how flags and truth agree."""
    flags, truth, windows = (pd.concat(part, ignore_index=True) for part in zip(*rows, strict=True))
    found = evaluate_flags(flags, truth, windows)
    lengths = (found.missed["end_s"] - found.missed["start_s"]).to_numpy(dtype=float)
    missed = int(np.count_nonzero(lengths >= SHORT_S))
    matched, hours = found.total.matched, found.total.hours
    recall = matched / max(matched + missed, 1)
    print(f"{len(rows)} sittings, {hours:.2f} candidate-hours, {len(truth)} planted")
    print(f"recall {recall:.3f} ({matched} found, {missed} of {SHORT_S:g} s or more missed)")
    print(f"false flags {len(found.false)}, {len(found.false) / hours:.2f} per candidate-hour")
    onset = np.abs(found.pairs["onset_s"].to_numpy(dtype=float))
    late = int(np.count_nonzero(onset > 2.0))
    if len(onset):
        print(
            f"onset: median {np.median(onset):.2f} s, largest {onset.max():.2f} s, "
            f"{late} beyond 2 s"
        )
    clean = set(windows["candidate_id"]) - set(truth["candidate_id"])
    spoilt = int(found.false["candidate_id"].isin(clean).sum())
    print(f"clean sittings {len(clean)}, flags in them {spoilt}")
    for label, count in found.labels.items():
        print(
            f"  {label:22s} {count.matched:3d} found, {count.missed:3d} missed, "
            f"{count.false:3d} false"
        )
    columns = ["candidate_id", "label", "start_s", "end_s"]
    for name, table in (("missed", found.missed), ("false", found.false)):
        for row in table[columns].itertuples(index=False):
            print(f"  {name}: seed {row[0]} {row[1]} {row[2]:.1f}-{row[3]:.1f} s")
    for row in found.pairs[onset > 2.0].itertuples():
        print(f"  late: seed {row.candidate_id} {row.label} {row.onset_s:.2f} s")


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where the sessions are kept")
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--embedded", action="store_true", help="without the optional models")
    parser.add_argument("--make-only", action="store_true", help="analyse nothing")
    options = parser.parse_args(argv)
    if options.embedded:
        without_optional_models()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if options.make_only:
            for seed in options.seeds:
                session_of(folder, seed)
            return
        rows = []
        for seed in options.seeds:
            try:
                rows.append(analysed(folder, seed))
            except ReviewError as error:
                print(f"seed {seed}: {error}")
        report(rows)


if __name__ == "__main__":
    main()
