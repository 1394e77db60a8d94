"""How well speech is found, and whose it is.

``python -m benchmarks speech [-- --audio FOLDER]``. FOLDER (by default ``REVIEW_TESTDATA/audio``)
holds recordings with speaker-wise labels (``*.rttm``). Frame-level (32 ms) precision, recall and
F1 of the intervals that the detectors work with, and of the bare model at its own threshold, on the
same samples; the thresholds were chosen on these files. Then how far voices of one and of two
speakers lie apart, over three seconds at a time (1 is where two voices are taken to begin).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from review.detectors.talk import BEGIN, GO_ON, apart, speech_spans
from review.loaders.media import sound_blocks
from review.signals.hearing import RATE_HZ, WINDOW, Speech
from review.signals.models import find_models
from review.signals.voices import voice
from review.timeline import intervals as iv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

GROUP = 8
VOICE = 16
#: Half seconds that are judged together.
TOGETHER = 6


def labels_of(folder: Path) -> dict[str, list[tuple[float, float, str]]]:
    """Read who speaks when: recording -> (start_s, end_s, speaker)."""
    found = defaultdict(list)
    for path in sorted(folder.glob("*.rttm")):
        for line in path.read_text(encoding="utf-8").splitlines():
            parts = line.split()
            if parts and parts[0] == "SPEAKER":
                start_s = float(parts[3])
                found[parts[1]].append((start_s, start_s + float(parts[4]), parts[7]))
    return dict(found)


def heard(path: Path, speech: Speech) -> tuple[Floats, Floats]:
    """Return samples and the model's probabilities, one for each whole window."""
    samples = np.concatenate([b.samples for b in sound_blocks(path, rate_hz=RATE_HZ)])
    samples = samples[: len(samples) // WINDOW * WINDOW].astype(np.float32)
    speech.reset()
    return samples, speech.probabilities(samples)


def counts(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return true positives, false positives, false negatives."""
    return np.array([(found & truth).sum(), (found & ~truth).sum(), (~found & truth).sum()])


def line(name: str, count: NDArray[np.int64]) -> str:
    """Return precision, recall and F1 as they are read."""
    hit, false, missed = (float(v) for v in count)
    precision, recall = hit / max(hit + false, 1), hit / max(hit + missed, 1)
    f1 = 2 * hit / max(2 * hit + false + missed, 1)
    return f"{name:<34} precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}"


def spans_of(probability: Floats) -> NDArray[np.float64]:
    """Return the detectors' intervals, from the values that the measurement keeps."""
    whole = probability[: len(probability) // GROUP * GROUP].reshape(-1, GROUP).max(axis=1)
    return speech_spans(np.arange(len(whole)) * GROUP * WINDOW / RATE_HZ, whole)


def voices_of(
    samples: Floats, probability: Floats, turns: list[tuple[float, float, str]]
) -> dict[str, list[Floats]]:
    """Return speaker -> voices of the half seconds in which that speaker alone speaks."""
    found = defaultdict(list)
    for n in range(0, len(probability) - VOICE + 1, VOICE):
        start_s, end_s = n * WINDOW / RATE_HZ, (n + VOICE) * WINDOW / RATE_HZ
        who = {name for a, b, name in turns if a < end_s and b > start_s}
        if len(who) != 1 or (probability[n : n + VOICE] >= BEGIN).mean() < 0.5:
            continue
        made = voice(samples[n * WINDOW : (n + VOICE) * WINDOW])
        if made is not None:
            found[who.pop()].append(made.vector)
    return found


def tell_voices(voices: dict[tuple[str, str], list[Floats]]) -> None:
    """Print how far three seconds of a voice are from the rest of it, and from another's."""
    same, other = [], []
    for (meeting, name), rows in voices.items():
        parts = [np.array(rows[n : n + TOGETHER]) for n in range(0, len(rows), TOGETHER)]
        parts = [part for part in parts if len(part) >= 4]
        for n, part in enumerate(parts):
            middle = np.median(part, axis=0)[None].astype(float)
            rest = [p for m, p in enumerate(parts) if m != n]
            if rest:
                same.append(float(apart(middle, np.median(np.concatenate(rest), axis=0))[0]))
            for (elsewhere, stranger), theirs in voices.items():
                if elsewhere == meeting and stranger != name and len(theirs) >= 4:
                    other.append(float(apart(middle, np.median(theirs, axis=0))[0]))
    for title, values in (("one speaker", same), ("two speakers", other)):
        if values:
            low, middle, high = np.percentile(values, [0, 50, 100])
            print(
                f"{title:<34} {low:.2f} / {middle:.2f} / {high:.2f} apart (least, median, most; "
                f"n = {len(values)}); {np.mean(np.array(values) >= 1):.0%} called two"
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audio", type=Path)
    options = parser.parse_args(argv)
    data = os.environ.get("REVIEW_TESTDATA")
    folder = options.audio or (Path(data) / "audio" if data else None)
    if folder is None or not folder.is_dir():
        print("skipped: no labelled recordings (--audio FOLDER or REVIEW_TESTDATA)")
        return 0
    speech = Speech(find_models().path("silero_vad"))
    ours, bare = np.zeros(3, np.int64), np.zeros(3, np.int64)
    voices: dict[tuple[str, str], list[Floats]] = {}
    begun, length_s = time.perf_counter(), 0.0
    for name, turns in labels_of(folder).items():
        path = folder / f"{name}.wav"
        if not path.is_file():
            continue
        samples, probability = heard(path, speech)
        length_s += len(samples) / RATE_HZ
        times = (np.arange(len(probability)) + 0.5) * WINDOW / RATE_HZ
        truth = iv.contains([(a, b) for a, b, _ in turns], times)
        of_bare = counts(probability >= BEGIN, truth)
        of_ours = counts(iv.contains(spans_of(probability), times), truth)
        bare, ours = bare + of_bare, ours + of_ours
        print(line(f"{name}: intervals", of_ours))
        print(line(f"{name}: bare model at {BEGIN}", of_bare))
        # Recordings of one meeting have the same letters before their number.
        for who, rows in voices_of(samples, probability, turns).items():
            voices.setdefault((name if name.startswith("trn") else name[:3], who), []).extend(rows)
    print(line(f"all: intervals ({BEGIN} on, {GO_ON} off)", ours))
    print(line(f"all: bare model at {BEGIN}", bare))
    tell_voices(voices)
    print(f"{length_s:.0f} s of sound in {time.perf_counter() - begun:.1f} s, one thread")
    return 0


if __name__ == "__main__":
    sys.exit(main())
