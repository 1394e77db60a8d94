"""A stretch in which one line holds: its anchors, and the steps at which it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from review.session import DEVICE_OF
from review.timeline.sync import fine
from review.timeline.sync.coarse import DRIFT_PPM, Line, stands_out
from review.timeline.sync.features import FRAME_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.timeline.sync.tracks import Track

#: Error (standard deviation, s) of a lag that only loudness supports.
LOUDNESS_SIGMA_S: Final = 0.015
#: How long sound travels from the candidate to a device: arm's length to the computer, 1.5 to 2 m
#: to a phone (the places that the notices prescribe), at 343 m/s.
_TRAVEL_S: Final = {"computer": 0.5 / 343, "phone1": 1.75 / 343, "phone2": 1.75 / 343}
#: A window whose highest peak is this high (standard deviations) is sure of itself.
_SURE: Final = 8.0
#: So many sure windows in a row must leave a line, by the same amount, to be a step.
_LEAST_RUN: Final = 4
_STEP_SPREAD_S: Final = 0.002
_MOST_STEPS: Final = 4
#: Fewer windows than this tell no line.
_LEAST_HALF: Final = 8
#: Lines closer than this where they meet are one: echoes of another wall, not a clock (whose steps
#: of less than a frame nobody would see).
_SAME_LINE_S: Final = 0.025
_NEAR_S: Final = 0.004
#: Windows about a border, one every 3 s; none counts for more than this.
_DENSE_S: Final = 3.0
_ENOUGH: Final = 15.0
#: Error of an anchor (standard deviation) before anything is measured, worth so many anchors:
#: echoes of nearby walls. And the smallest: the candidate moves by a hand's breadth.
_USUAL_SIGMA_S: Final = 0.002
_USUAL_COUNT: Final = 10
_LEAST_SIGMA_S: Final = 0.0005
#: A line found along windows of this much wrong drift is read once more, without the smear.
_SMEAR_PPM: Final = 40.0


@dataclass(frozen=True, kw_only=True)
class Span:
    """First sound's device time in which a coarse line holds."""

    from_s: float
    to_s: float
    line: Line


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of the first sound's device time in which one line holds.

    Parameters
    ----------
    from_s, to_s
        Device time of the first sound.
    line
        The coarse line.
    times_s, lags_s, heights
        Anchors: device time of the first sound, lag of the second, height of the peak.
    sigma_s
        Standard deviation of one anchor.
    alike
        Usual correlation coefficient of the windows, 0 to 1.
    waveform
        Whether the waveforms agree; otherwise only loudness does.
    """

    from_s: float
    to_s: float
    line: Line
    times_s: NDArray[np.float64]
    lags_s: NDArray[np.float64]
    heights: NDArray[np.float64]
    sigma_s: float
    alike: float
    waveform: bool


def sharpened(
    first: Track, second: Track, spans: list[Span], *, near_s: float, about_s: float
) -> list[Span]:
    """Move the border between neighbours to where the waveforms change from line to line."""
    out = list(spans)
    for k in range(len(out) - 1):
        left, right = out[k], out[k + 1]
        border_s = left.to_s
        times = np.arange(
            max(left.from_s, border_s - about_s), min(right.to_s, border_s + about_s), _DENSE_S
        )
        gain = np.zeros(len(times))
        for sign, line in ((1.0, left.line), (-1.0, right.line)):
            heights = fine.heights(first, second, line, times, near_s=near_s)
            gain += sign * np.minimum(heights, _ENOUGH)
        # Windows before the border speak for the left line, those after it for the right one.
        sums = np.concatenate([[0.0], np.cumsum(gain)])
        best = np.flatnonzero(sums >= sums.max() - 1e-9)
        at = int(best[len(best) // 2])
        edges = np.concatenate([times - _DENSE_S / 2, times[-1:] + _DENSE_S / 2])
        out[k] = replace(left, to_s=float(edges[at]))
        out[k + 1] = replace(right, from_s=float(edges[at]))
    return [span for span in out if span.to_s > span.from_s]


def measure(first: Track, second: Track, span: Span, *, most: int, depth: int = 0) -> list[Stretch]:
    """Read the anchors of a span; where they lie on several lines, each is a stretch."""
    line, bounds = span.line, (span.from_s, span.to_s)
    times = fine.choose_windows(first.features, second.features, line, bounds, most=most)
    found = fine.correlate(first, second, line, times)
    if not len(found.times_s):
        return []
    reach_s = max(float(np.abs(found.times_s - line.centre_s).max()), 1.0)
    wide_ppm = min(2 * FRAME_S / reach_s * 1e6, DRIFT_PPM)
    later = _later(first, second)
    fitted = fine.fit(found, drift_ppm=wide_ppm, later=later)
    if abs(fitted.drift_ppm) > _SMEAR_PPM:
        line = replace(line, drift_ppm=line.drift_ppm + fitted.drift_ppm)
        span = replace(span, line=line)
        found = fine.correlate(first, second, line, times)
        fitted = fine.fit(found, drift_ppm=min(wide_ppm, _SMEAR_PPM), later=later)
    step = _step(fitted) if fitted.confirmed else (span.from_s + span.to_s) / 2
    if step is not None and depth < _MOST_STEPS and len(times) >= 2 * _LEAST_HALF:
        halves = (replace(span, to_s=step), replace(span, from_s=step))
        parts = [
            part
            for half in halves
            for part in measure(first, second, half, most=most // 2, depth=depth + 1)
        ]
        # Without a line through all of them, halves are believed only together.
        if fitted.confirmed or (len(parts) > 1 and all(part.waveform for part in parts)):
            return joined(first, second, parts)
    if fitted.confirmed:
        return [_by_waveform(span, fitted, found.alike)]
    return [_by_loudness(span, found)] if stands_out(span.line) else []


def _later(first: Track, second: Track) -> int:
    far = [travel_s(track.stream) for track in (first, second)]
    return (far[1] > far[0]) - (far[1] < far[0])


def travel_s(stream: str) -> float:
    """Return how long sound travels from the candidate to a stream's microphone."""
    return _TRAVEL_S[DEVICE_OF[stream]]


def _step(fitted: fine.Fit) -> float | None:
    """Return where a run of windows leaves the line for another, or None."""
    sure = fitted.free_heights >= _SURE
    off = sure & ~fitted.agrees
    times, away = fitted.times_s, fitted.free_s - fitted.lags_s
    best: tuple[float, float] | None = None
    for sign in (1, -1):
        order = np.flatnonzero(sure)[::sign]
        # From either end: windows off the line, all by about as much, before the first that agrees.
        count = int(np.argmin(off[order])) if (~off[order]).any() else len(order)
        run = order[:count]
        if len(run) < _LEAST_RUN or len(run) == len(order):
            continue
        spread = float(np.median(np.abs(away[run] - np.median(away[run]))))
        if spread > _STEP_SPREAD_S:
            continue
        border = float(times[order[count - 1]] + times[order[count]]) / 2
        if best is None or len(run) > best[0]:
            best = (len(run), border)
    return None if best is None else best[1]


def joined(first: Track, second: Track, parts: list[Stretch]) -> list[Stretch]:
    """Sharpen the borders between stretches, unless the lines are the same after all."""
    out = parts[:1]
    for part in parts[1:]:
        left = out[-1]
        apart_s = abs(float(left.line.lag(part.from_s) - part.line.lag(part.from_s)))
        if apart_s < _SAME_LINE_S:
            out[-1] = _merged(left, part)
            continue
        spans = sharpened(
            first,
            second,
            [
                Span(from_s=left.from_s, to_s=left.to_s, line=left.line),
                Span(from_s=part.from_s, to_s=part.to_s, line=part.line),
            ],
            near_s=_NEAR_S,
            about_s=2 * (part.times_s[0] - left.times_s[-1]),
        )
        out[-1] = replace(left, to_s=spans[0].to_s)
        out.append(replace(part, from_s=spans[-1].from_s))
    return out


def _merged(left: Stretch, right: Stretch) -> Stretch:
    return replace(
        left,
        to_s=right.to_s,
        sigma_s=max(left.sigma_s, right.sigma_s),
        times_s=np.concatenate([left.times_s, right.times_s]),
        lags_s=np.concatenate([left.lags_s, right.lags_s]),
        heights=np.concatenate([left.heights, right.heights]),
    )


def _by_waveform(span: Span, fitted: fine.Fit, alike: NDArray[np.float64]) -> Stretch:
    keep = fitted.usable
    times, lags = fitted.times_s[keep], fitted.lags_s[keep]
    slope, at_s = robust_line(times - span.line.centre_s, lags)
    rest = lags - at_s - slope * (times - span.line.centre_s)
    own = len(rest) * (1.4826 * float(np.median(np.abs(rest)))) ** 2
    sigma_s = np.sqrt((own + _USUAL_COUNT * _USUAL_SIGMA_S**2) / (len(rest) + _USUAL_COUNT))
    return Stretch(
        from_s=span.from_s,
        to_s=span.to_s,
        line=replace(span.line, at_s=at_s, drift_ppm=slope * 1e6),
        times_s=times,
        lags_s=lags,
        heights=fitted.heights[keep],
        sigma_s=max(_LEAST_SIGMA_S, float(sigma_s)),
        alike=float(np.median(alike[keep])),
        waveform=True,
    )


def _by_loudness(span: Span, found: fine.Correlations) -> Stretch:
    times_s = found.times_s
    return Stretch(
        from_s=span.from_s,
        to_s=span.to_s,
        line=span.line,
        times_s=times_s,
        lags_s=span.line.lag(times_s),
        heights=np.zeros(len(times_s)),
        sigma_s=LOUDNESS_SIGMA_S,
        alike=0.0,
        waveform=False,
    )


def robust_line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Fit ``y = slope * x + at`` by reweighted least squares (Tukey's biweight).

    Returns
    -------
    slope, at : float
        The slope is 0 where fewer than three points, or points all at one place, give none.

    Examples
    --------
    >>> slope, at = robust_line(np.arange(5.0), np.array([1.0, 3.0, 5.0, 7.0, 900.0]))
    >>> round(slope, 6), round(at, 6)
    (2.0, 1.0)
    """
    if len(x) < 3 or float(np.ptp(x)) == 0.0:
        return 0.0, float(np.median(y))
    a, b = np.triu_indices(len(x), 1)
    apart = np.abs(x[a] - x[b]) > 0
    # Theil and Sen give a start that up to 29 % of outliers do not move.
    slope = float(np.median((y[a] - y[b])[apart] / (x[a] - x[b])[apart]))
    at = float(np.median(y - slope * x))
    for _ in range(10):
        rest = y - at - slope * x
        scale = 4.685 * 1.4826 * float(np.median(np.abs(rest))) + 1e-9
        weight = np.maximum(1 - (rest / scale) ** 2, 0.0) ** 2
        mean_x, mean_y = np.average(x, weights=weight), np.average(y, weights=weight)
        spread = float((weight * (x - mean_x) ** 2).sum())
        if spread <= 0:
            break
        slope = float((weight * (x - mean_x) * (y - mean_y)).sum() / spread)
        at = float(mean_y - slope * mean_x)
    return slope, at
