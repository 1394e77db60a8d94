"""Where two sounds lie on one another, to a few hundredths of a second, from their loudness.

A drift of 200 ppm smears one correlation over 90 minutes by a second, so the first sound is cut
into blocks, each is correlated with the second on its own, and the correlograms are added along
every drift that is possible.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import fft

from review.timeline.sync.features import FRAME_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.timeline.sync.features import Features

#: Length of a block in frames: 96 s.
BLOCK: Final = 3000
#: A block that is heard for less than this share says nothing.
_LEAST_HEARD: Final = 0.1
#: Two recorders of up to 100 ppm each.
DRIFT_PPM: Final = 210.0
#: A line is looked at if it stands this far out of chance and of every other line, ...
_LEAST_SCORE: Final = 6.5
_LEAST_RATIO: Final = 1.2
#: ... and believed if the waveforms confirm it, or else if it stands out this far. Unrelated sounds
#: of 1 to 10 minutes (960 pairs of simulated rooms) reach 10.1 and 1.53; even typing, whose next
#: key comes at the same distance, 1.6; a ticking clock or a test tone 1.1.
_SURE_SCORE: Final = 12.0
_SURE_RATIO: Final = 1.55
#: Lags (frames) about a line that are its own peak: the loudness of a click lasts two frames.
LOBE: Final = 3
#: Scores above this grow with their logarithm only, or a single loud noise decides alone.
_LOUD: Final = 8.0
#: A lag counts where at least this share of the usual power meets, and a correlogram where this
#: many lags do: fewer give no measure of what chance does.
_LEAST_MET: Final = 0.3
_LEAST_LAGS: Final = 500


@dataclass(frozen=True, kw_only=True)
class Correlograms:
    """How well each block of one sound fits the other at each lag.

    Parameters
    ----------
    centres_s
        Device time of the middle of each block, first sound; shape (blocks,).
    lag_s
        First lag (device time of the second less that of the first) in seconds.
    scores
        Shape (blocks, lags) in standard deviations of that block; lags ``FRAME_S`` apart.
    block_s
        Length of a block.
    """

    centres_s: NDArray[np.float64]
    lag_s: float
    scores: NDArray[np.float32]
    block_s: float


@dataclass(frozen=True, kw_only=True)
class Line:
    """``lag_s = at_s + drift_ppm * 1e-6 * (device_s - centre_s)`` of the first sound's clock.

    Parameters
    ----------
    score
        Sum of the blocks' scores along the line over the root of their number.
    rival
        The same of the best other line, outside this one's peak.
    rivals
        How many lags outside the peak come to nine tenths of it: chance gives up to
        ten, a sound that repeats more.
    """

    at_s: float
    drift_ppm: float
    centre_s: float
    score: float
    rival: float
    rivals: int = 0

    def lag(self, device_s: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """Return the lag at times of the first sound."""
        return np.asarray(self.at_s + self.drift_ppm * 1e-6 * (device_s - self.centre_s))


def correlograms(
    first: Features, second: Features, *, lag_s: tuple[float, float]
) -> Correlograms | None:
    """Correlate every block of the first sound with the second at lags from and to ``lag_s``."""
    low = round(lag_s[0] / FRAME_S)
    count = round(lag_s[1] / FRAME_S) - low + 1
    frames = first.values.shape[1]
    blocks = max(1, round(frames / BLOCK))
    size = -(-frames // blocks) if frames else 0
    span = fft.next_fast_len(count + size, real=True)
    centres: list[float] = []
    scores = np.empty((blocks, count), np.float32)
    for block in range(blocks):
        a = block * size
        if first.heard[a : a + size].mean() < _LEAST_HEARD:
            continue
        at = first.first + a
        there = second.window(at + low, count + size)
        if not there.any():
            continue
        here = first.window(at, min(size, frames - a))
        score = _scored(here, there, span, count)
        if score is not None:
            scores[len(centres)] = score
            centres.append((at + size / 2) * FRAME_S)
    if not centres:
        return None
    return Correlograms(
        centres_s=np.array(centres),
        lag_s=low * FRAME_S,
        scores=scores[: len(centres)],
        block_s=size * FRAME_S,
    )


def some(found: Correlograms, blocks: NDArray[np.int_]) -> Correlograms:
    """Return the correlograms of some of the blocks."""
    if len(blocks) == len(found.centres_s):
        return found
    return replace(found, centres_s=found.centres_s[blocks], scores=found.scores[blocks])


def _scored(
    here: NDArray[np.float32], there: NDArray[np.float32], span: int, count: int
) -> NDArray[np.float32] | None:
    """Correlate a block at each lag, in standard deviations of what chance gives there.

    Sounds come in bursts: where a burst meets a burst, chance gives more. So each lag is measured
    by the power that meets at it, not by the mean over all lags.
    """
    row = _correlation(here, there, span, count)
    met = _correlation(
        (here * here).sum(axis=0, keepdims=True), (there * there).sum(axis=0, keepdims=True), span,
        count,
    )  # fmt: skip
    meets = met > 1e-3 * float(met.max())
    if not meets.any():
        return None
    enough = meets & (met > _LEAST_MET * float(np.median(met[meets])))
    if enough.sum() < _LEAST_LAGS:
        return None
    score = np.where(enough, row / np.sqrt(np.where(enough, met, 1.0)), 0.0)
    spread = 1.4826 * float(np.median(np.abs(score[enough])))
    if spread <= 0:
        return None
    score /= spread
    loud = np.maximum(np.abs(score), _LOUD)
    return np.asarray(np.clip(score, -_LOUD, _LOUD) * (1.0 + np.log(loud / _LOUD)), np.float32)


def _correlation(
    here: NDArray[np.float32], there: NDArray[np.float32], span: int, count: int
) -> NDArray[np.float32]:
    product = (fft.rfft(there, span, axis=1) * np.conj(fft.rfft(here, span, axis=1))).sum(axis=0)
    return np.asarray(fft.irfft(product, span)[:count])


def best_line(found: Correlograms) -> Line:
    """Return the line along which the correlograms add up to most, and its best rival."""
    centre_s = float(found.centres_s.mean())
    away_s = found.centres_s - centre_s
    reach_s = float(np.abs(away_s).max())
    # Steps of drift that move the outermost block by one frame.
    step = FRAME_S / max(reach_s, 1.0) * 1e6
    steps = int(DRIFT_PPM / step)
    drifts = np.arange(-steps, steps + 1) * step
    norm = 1.0 / np.sqrt(len(found.centres_s))
    lags = found.scores.shape[1]
    tops = np.full(lags, -np.inf, np.float32)
    best = (-np.inf, 0, 0.0)
    for drift in drifts:
        total = np.zeros(lags, np.float32)
        for row, away in zip(found.scores, away_s, strict=True):
            _add_shifted(total, row, round(drift * 1e-6 * away / FRAME_S))
        total *= norm
        np.maximum(tops, total, out=tops)
        peak = int(total.argmax())
        if total[peak] > best[0]:
            best = (float(total[peak]), peak, float(drift))
    score, peak, drift = best
    tops[max(0, peak - LOBE) : peak + LOBE + 1] = -np.inf
    return Line(
        at_s=found.lag_s + peak * FRAME_S,
        drift_ppm=drift,
        centre_s=centre_s,
        score=score,
        rival=float(tops.max()),
        rivals=int((tops >= 0.9 * score).sum()),
    )


def worth_a_look(line: Line) -> bool:
    """Say whether a line may be more than chance; the waveforms will tell."""
    return line.score >= _LEAST_SCORE and line.score >= _LEAST_RATIO * line.rival


def stands_out(line: Line) -> bool:
    """Say whether a line is more than chance even if the waveforms do not tell."""
    return line.score >= _SURE_SCORE and line.score >= _SURE_RATIO * line.rival


def _add_shifted(total: NDArray[np.float32], row: NDArray[np.float32], shift: int) -> None:
    """Add ``row[k + shift]`` to ``total[k]``."""
    size = len(total)
    a, b = max(0, -shift), min(size, size - shift)
    if b > a:
        total[a:b] += row[a + shift : b + shift]


def along(found: Correlograms, line: Line) -> NDArray[np.float64]:
    """Return each block's best score within a frame of the line; shape (blocks,)."""
    lags = found.scores.shape[1]
    at = np.round((line.lag(found.centres_s) - found.lag_s) / FRAME_S).astype(int)
    scores = np.zeros(len(at))
    for k, lag in enumerate(at):
        a, b = max(0, lag - 1), min(lags, lag + 2)
        scores[k] = found.scores[k, a:b].max() if b > a else 0.0
    return scores
