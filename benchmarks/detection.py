"""How well the detectors find what was planted, on sittings that they were not tuned on.

Twenty simulated sittings of twenty minutes (every fifth on eztest, the others on ITMC; planted at
random, about a quarter of them clean), seeds 7001 to 7020: whatever was tuned on simulated sittings
used seeds below 1000. Prints matched, missed and false flags in all and by label, false flags per
candidate-hour, and how far the onsets lie apart. The sessions are made once and kept in
``--folder``.

Run it as ``python -m benchmarks detection -- [--folder F] [--seeds 7001 7002] [--embedded]``.
"""

import argparse
from pathlib import Path

from review.simulate import simulate
from review.simulate.encode import VideoFormat
from review.simulate.orders import Media

SEEDS = range(7001, 7021)
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


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="*", default=list(SEEDS))
    parser.add_argument("--embedded", action="store_true", help="without the optional models")
    parser.add_argument("--make-only", action="store_true")
    options = parser.parse_args(argv)
    if options.make_only:
        for seed in options.seeds:
            session_of(options.folder, seed)


if __name__ == "__main__":
    main()
