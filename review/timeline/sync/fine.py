"""Where two sounds lie on one another, to a fraction of a millisecond, from their waveforms.

Many short windows along a line that :mod:`review.timeline.sync.coarse` has found. Both sounds have
been made even in frequency already (:mod:`review.timeline.sync.tracks`), so that their
cross-correlation is a generalised one (SCOT). The correlations of all windows are added along every
drift that the coarse line leaves open, so that the line is found even where no single window would
show it; only then each window gives its own lag, near that line.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter1d

from review.timeline.sync.features import FRAME_S
from review.timeline.sync.tracks import RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.timeline.sync.coarse import Line
    from review.timeline.sync.features import Features
    from review.timeline.sync.tracks import Track

#: Length of a window in samples (12 s).
_WINDOW: Final = 12 * RATE_HZ
WINDOW_S: Final = _WINDOW / RATE_HZ
#: Lags looked at on both sides of the coarse line, in samples (0.1 s): the coarse line is right to
#: one frame of 32 ms in the middle and one more at the ends.
REACH: Final = 800
#: Correlations are smoothed over this many samples (1 ms): echoes and a candidate who leans back
#: move the peak by about as much.
_BLUR: Final = 9
#: A window's own lag is sought this far from the common line, in samples (4 ms): more than a
#: metre of air, and what quartz wanders from a straight line in 90 minutes.
_NEAR: Final = 32
#: The next best line is sought outside this (20 ms): echoes of a room come within it.
_ECHO: Final = 160


@dataclass(frozen=True, kw_only=True)
class Correlations:
    """Correlation of each window about a line.

    Parameters
    ----------
    times_s
        Middle of each window, device time of the first sound; shape (windows,).
    lags_s
        Lag of the line at those times.
    values
        Shape (windows, 2 * REACH + 1), in standard deviations; sample ``REACH`` is the line.
    """

    times_s: NDArray[np.float64]
    lags_s: NDArray[np.float64]
    values: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The line that the windows add up to, and what each says.

    Parameters
    ----------
    score, rival
        Height of the summed peak and of the next one outside it, standard deviations.
    times_s, lags_s, heights
        Per window: device time of the first sound, lag, height of its own peak in standard
        deviations; shape (windows,).
    free_s, free_heights
        Per window: lag and height of its highest peak of all.
    """

    score: float
    rival: float
    times_s: NDArray[np.float64]
    lags_s: NDArray[np.float64]
    heights: NDArray[np.float64]
    free_s: NDArray[np.float64]
    free_heights: NDArray[np.float64]

    @property
    def agrees(self) -> NDArray[np.bool_]:
        """Shape (windows,): whether the window's highest peak of all lies on the line."""
        return np.asarray(np.abs(self.free_s - self.lags_s) < _NEAR / RATE_HZ)

    @property
    def share(self) -> float:
        """Share of the windows that agree; chance alone gives 0.04."""
        return float(self.agrees.mean()) if len(self.times_s) else 0.0


def choose_windows(
    first: Features, second: Features, line: Line, span_s: tuple[float, float], *, most: int
) -> NDArray[np.float64]:
    """Return where both sounds are lively: middles of at most ``most`` windows, spread out.

    Parameters
    ----------
    span_s
        Device time of the first sound in which the line holds.
    """
    a = max(first.first, round(span_s[0] / FRAME_S))
    b = min(first.first + first.values.shape[1], round(span_s[1] / FRAME_S))
    width = round(WINDOW_S / FRAME_S)
    if b - a < 2 * width:
        return np.array([(a + b) / 2 * FRAME_S]) if b - a > width // 8 else np.empty(0)
    middle_s = (a + b) / 2 * FRAME_S
    here = first.window(a, b - a)
    # Drift within a piece moves the second sound by less than half a second: no matter here.
    there = second.window(a + round(float(line.lag(middle_s)) / FRAME_S), b - a)
    both = np.minimum(_lively(here, width), _lively(there, width))
    centres = np.arange(a, b)
    inside = slice(width // 2, max(width // 2 + 1, b - a - width // 2))
    both, centres = both[inside], centres[inside]
    slots = min(most, max(1, round(len(both) / width)))
    edges = np.linspace(0, len(both), slots + 1).astype(int)
    chosen = [
        lo + int(both[lo:hi].argmax())
        for lo, hi in itertools.pairwise(edges)
        if hi > lo and both[lo:hi].max() > 0
    ]
    return np.asarray(centres[chosen] * FRAME_S)


def _lively(values: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    loud = np.minimum(np.maximum(values, 0.0).max(axis=0), 6.0) ** 2
    return np.asarray(uniform_filter1d(loud, width, mode="constant"))


def correlate(
    first: Track, second: Track, line: Line, times_s: NDArray[np.float64]
) -> Correlations:
    """Correlate the windows about the times given."""
    rows, kept = [], []
    for time_s in times_s:
        row = _window(first, second, line, float(time_s))
        if row is not None:
            rows.append(row)
            kept.append(time_s)
    times = np.array(kept, float)
    values = np.array(rows, np.float32).reshape(-1, 2 * REACH + 1)
    return Correlations(times_s=times, lags_s=line.lag(times), values=values)


def _window(first: Track, second: Track, line: Line, time_s: float) -> NDArray[np.float32] | None:
    start = round((time_s - WINDOW_S / 2) * RATE_HZ)
    here = first.samples(start, _WINDOW)
    # The second sound is read sample by sample along the line, so that drift smears nothing.
    at = start + np.arange(-REACH, _WINDOW + REACH)
    at = np.round(at + line.lag(at / RATE_HZ) * RATE_HZ).astype(np.int64)
    there = second.samples(int(at[0]), int(at[-1] - at[0]) + 1)[at - at[0]]
    power = float((here * here).sum()) * float((there * there).sum())
    if power <= 0:
        return None
    size = fft.next_fast_len(len(there), real=True)
    row = fft.irfft(fft.rfft(there, size) * np.conj(fft.rfft(here, size)), size)
    row = row[: 2 * REACH + 1]
    return np.asarray(row / row.std(), np.float32)


def heights(
    first: Track, second: Track, line: Line, times_s: NDArray[np.float64], *, near_s: float
) -> NDArray[np.float64]:
    """Return how high windows peak within ``near_s`` of a line; 0 where there is no sound."""
    found = correlate(first, second, line, times_s)
    smooth = _smooth(found)
    spread = 1.4826 * np.median(np.abs(smooth), axis=1) + 1e-9
    reach = min(round(near_s * RATE_HZ), REACH)
    _, peaks = _peaks(smooth, np.full(len(smooth), REACH), reach)
    out = np.zeros(len(times_s))
    out[np.isin(times_s, found.times_s)] = peaks / spread
    return out


def _smooth(found: Correlations) -> NDArray[np.float32]:
    smooth = uniform_filter1d(np.abs(found.values), _BLUR, axis=1, mode="nearest")
    return np.asarray(smooth - np.median(smooth, axis=1, keepdims=True))


def fit(found: Correlations, *, drift_ppm: float) -> Fit:
    """Add the correlations along lines and read every window's lag near the best.

    Parameters
    ----------
    drift_ppm
        Largest error of the coarse line's drift.
    """
    smooth = _smooth(found)
    away_s = found.times_s - found.times_s.mean()
    shift, drift, score, rival = _sum_along(smooth, away_s, drift_ppm)
    centre = REACH + shift + drift * 1e-6 * away_s * RATE_HZ
    spread = 1.4826 * np.median(np.abs(smooth), axis=1) + 1e-9
    lags, heights = _peaks(smooth, np.round(centre).astype(int), _NEAR)
    free, free_heights = _peaks(smooth, np.full(len(away_s), REACH), REACH)
    return Fit(
        score=score,
        rival=rival,
        times_s=found.times_s,
        lags_s=found.lags_s + lags,
        heights=heights / spread,
        free_s=found.lags_s + free,
        free_heights=free_heights / spread,
    )


def _peaks(
    smooth: NDArray[np.float32], centres: NDArray[np.int_], reach: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lag (s, from the line) and height of each row's peak within ``reach`` of a centre."""
    lags, heights = np.zeros(len(smooth)), np.zeros(len(smooth))
    for k, (row, centre) in enumerate(zip(smooth, centres, strict=True)):
        a = int(np.clip(centre - reach, 1, 2 * REACH - 2))
        b = int(np.clip(centre + reach + 1, a + 1, 2 * REACH - 1))
        peak = a + int(row[a:b].argmax())
        lags[k] = (_top(row, peak) - REACH) / RATE_HZ
        heights[k] = row[peak]
    return lags, heights


def _sum_along(
    smooth: NDArray[np.float32], away_s: NDArray[np.float64], drift_ppm: float
) -> tuple[int, float, float, float]:
    reach_s = max(float(np.abs(away_s).max()), 1.0)
    step = _BLUR / 2 / RATE_HZ / reach_s * 1e6
    steps = int(np.clip(np.ceil(drift_ppm / step), 0, 400))
    lags = smooth.shape[1]
    tops = np.full(lags, -np.inf, np.float32)
    best = (-np.inf, 0, 0.0)
    at = np.arange(lags)
    for drift in np.arange(-steps, steps + 1) * step:
        moves = np.round(drift * 1e-6 * away_s * RATE_HZ).astype(int)
        total = np.zeros(lags, np.float32)
        for row, move in zip(smooth, moves, strict=True):
            total += row[np.clip(at + move, 0, lags - 1)]
        np.maximum(tops, total, out=tops)
        peak = int(total.argmax())
        if total[peak] > best[0]:
            best = (float(total[peak]), peak, float(drift))
    score, peak, drift = best
    spread = 1.4826 * float(np.median(np.abs(tops - np.median(tops)))) + 1e-9
    base = float(np.median(tops))
    tops[max(0, peak - _ECHO) : peak + _ECHO + 1] = -np.inf
    return peak - REACH, drift, (score - base) / spread, (float(tops.max()) - base) / spread


def _top(row: NDArray[np.float32], peak: int) -> float:
    """Return the summit of the parabola through a peak and its neighbours."""
    a, b, c = (float(row[peak + k]) for k in (-1, 0, 1))
    bend = a - 2 * b + c
    return peak + (0.5 * (a - c) / bend if bend < 0 else 0.0)
