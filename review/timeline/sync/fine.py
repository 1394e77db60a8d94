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
#: Correlations are smoothed over this many samples (0.6 ms): a candidate who leans back moves
#: the peak by about as much.
_BLUR: Final = 5
#: A window's own lag is sought this far from the common line, in samples (2.5 ms): a metre of air,
#: and what quartz wanders from a straight line in 90 minutes.
_NEAR: Final = 20
#: A window agrees if its highest peak is this close to the line, in samples (4 ms).
_AGREE: Final = 32
#: The direct sound comes before its echoes: where one microphone is close to the candidate and the
#: other is not, the first peak of this share of the highest, within 25 ms before it, is the direct
#: one.
_DIRECT: Final = 0.7
_ECHO: Final = 200
#: Peaks on the line count as anchors from this height (standard deviations) and this share of the
#: window's highest.
_HIGH: Final = 5.0
_SHARE: Final = 0.5


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
    alike
        Largest correlation coefficient of each window, 0 to 1.
    """

    times_s: NDArray[np.float64]
    lags_s: NDArray[np.float64]
    values: NDArray[np.float32]
    alike: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The line that the windows add up to, and what each says.

    Parameters
    ----------
    drift_ppm
        What the line's drift was found to lack.
    times_s, lags_s, heights
        Per window: device time of the first sound, lag, height of its own peak in standard
        deviations; shape (windows,).
    free_s, free_heights
        Per window: lag and height of its highest peak of all.
    """

    drift_ppm: float
    times_s: NDArray[np.float64]
    lags_s: NDArray[np.float64]
    heights: NDArray[np.float64]
    free_s: NDArray[np.float64]
    free_heights: NDArray[np.float64]

    @property
    def agrees(self) -> NDArray[np.bool_]:
        """Shape (windows,): whether the window's highest peak of all lies on the line."""
        return np.asarray(np.abs(self.free_s - self.lags_s) < _AGREE / RATE_HZ)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Shape (windows,): whether the window's peak on the line is one to go by."""
        enough = np.maximum(_HIGH, _SHARE * self.free_heights)
        return np.asarray(self.heights >= enough)

    @property
    def confirmed(self) -> bool:
        """Whether more windows have a peak on the line than chance brings together.

        Of up to 50 windows of unrelated sounds, the best line gathers up to a quarter, of ten up
        to five (240 pairs of simulated rooms).
        """
        count, of = int(self.usable.sum()), len(self.times_s)
        return count >= 6 + 0.25 * of and (count >= 20 or count >= 0.55 * of)


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
    rows, kept, alike = [], [], []
    for time_s in times_s:
        row = _window(first, second, line, float(time_s))
        if row is not None:
            rows.append(row / row.std())
            kept.append(time_s)
            alike.append(float(row.max()))
    times = np.array(kept, float)
    values = np.array(rows, np.float32).reshape(-1, 2 * REACH + 1)
    return Correlations(times_s=times, lags_s=line.lag(times), values=values, alike=np.array(alike))


def _window(first: Track, second: Track, line: Line, time_s: float) -> NDArray[np.float32] | None:
    start = round((time_s - WINDOW_S / 2) * RATE_HZ)
    here = first.samples(start, _WINDOW)
    # The second sound is read sample by sample along the line, so that drift smears nothing.
    at = start + np.arange(-REACH, _WINDOW + REACH)
    at = np.round(at + line.lag(at / RATE_HZ) * RATE_HZ).astype(np.int64)
    there = second.samples(int(at[0]), int(at[-1] - at[0]) + 1)[at - at[0]]
    inner = there[REACH:-REACH]
    power = float((here * here).sum()) * float((inner * inner).sum())
    if power <= 0:
        return None
    size = fft.next_fast_len(len(there), real=True)
    row = fft.irfft(fft.rfft(there, size) * np.conj(fft.rfft(here, size)), size)
    row = row[: 2 * REACH + 1]
    return np.asarray(row / np.sqrt(power), np.float32)


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


def fit(found: Correlations, *, drift_ppm: float, later: int) -> Fit:
    """Add the correlations along lines and read every window's lag near the best.

    Parameters
    ----------
    drift_ppm
        Largest error of the coarse line's drift.
    later
        1 where echoes make the second sound seem later (its microphone is the farther one), -1
        where they make it seem earlier, 0 where both are as far.
    """
    smooth = _smooth(found)
    away_s = found.times_s - found.times_s.mean()
    shift, drift = _sum_along(smooth, away_s, drift_ppm, later)
    centre = REACH + shift + drift * 1e-6 * away_s * RATE_HZ
    spread = 1.4826 * np.median(np.abs(smooth), axis=1) + 1e-9
    lags, heights = _peaks(smooth, np.round(centre).astype(int), _NEAR)
    free, free_heights = _peaks(smooth, np.full(len(away_s), REACH), REACH)
    return Fit(
        drift_ppm=drift,
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
    smooth: NDArray[np.float32], away_s: NDArray[np.float64], drift_ppm: float, later: int
) -> tuple[int, float]:
    """Return shift (samples) and drift (ppm) of the line along which the windows add up to most."""
    reach_s = max(float(np.abs(away_s).max()), 1.0)
    step = _BLUR / 2 / RATE_HZ / reach_s * 1e6
    steps = int(np.clip(np.ceil(drift_ppm / step), 0, 400))
    lags = smooth.shape[1]
    best = (-np.inf, np.zeros(lags, np.float32), 0.0)
    # Rows go on with their last values, so that each can be shifted by cutting it elsewhere.
    wide = int(np.ceil(steps * step * 1e-6 * reach_s * RATE_HZ)) + 1
    padded = np.pad(smooth, ((0, 0), (wide, wide)), mode="edge")
    for drift in np.arange(-steps, steps + 1) * step:
        moves = np.round(drift * 1e-6 * away_s * RATE_HZ).astype(int)
        total = np.zeros(lags, np.float32)
        for row, move in zip(padded, (wide + moves).tolist(), strict=True):
            total += row[move : move + lags]
        if total.max() > best[0]:
            best = (float(total.max()), total, float(drift))
    return _direct(best[1], later) - REACH, best[2]


def _direct(total: NDArray[np.float32], later: int) -> int:
    """Return the sample of the direct sound's peak."""
    peak = int(total.argmax())
    if not later:
        return peak
    inner = np.arange(1, len(total) - 1)
    tops = inner[(total[inner] >= total[inner - 1]) & (total[inner] >= total[inner + 1])]
    before = (peak - tops) * later
    tops = tops[(before >= 0) & (before <= _ECHO) & (total[tops] >= _DIRECT * total[peak])]
    return int(tops[np.argmax((peak - tops) * later)]) if len(tops) else peak


def _top(row: NDArray[np.float32], peak: int) -> float:
    """Return the summit of the parabola through a peak and its neighbours."""
    a, b, c = (float(row[peak + k]) for k in (-1, 0, 1))
    bend = a - 2 * b + c
    return peak + (0.5 * (a - c) / bend if bend < 0 else 0.0)
