"""Two sounds against one another: in which stretches they fit, at what lag, and how surely."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from review.timeline.sync import fine
from review.timeline.sync.coarse import Correlograms, Line, along, best_line, correlograms, some
from review.timeline.sync.features import FRAME_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.timeline.sync.tracks import Track

#: A line must stand this far out of chance (unrelated sounds of 10 to 90 minutes reach 5), ...
LEAST_SCORE: Final = 8.0
#: ... and this far out of every other line (unrelated: 1.0 to 1.15; even typing, whose next
#: key comes at the same distance: 1.6 and more; a ticking clock or a test tone: 1.0 to 1.1).
LEAST_RATIO: Final = 1.3
#: A block with less along a line does not lie on it (chance gives 1.5).
_ON_LINE: Final = 3.0
#: Share of windows whose waveforms agree with the line; chance gives 0.04.
_LEAST_SHARE: Final = 0.25
#: A window whose highest peak is this high (standard deviations) is sure of itself.
_SURE: Final = 8.0
#: So many sure windows in a row must leave a line, by the same amount, to be a step.
_LEAST_RUN: Final = 4
_STEP_SPREAD_S: Final = 0.002
_MOST_STEPS: Final = 4
#: Lines closer than this where they meet are one: reflections of another wall, not a clock.
_SAME_LINE_S: Final = 0.008
_NEAR_S: Final = 0.004
#: Windows about a border, one every 3 s; none counts for more than this.
_DENSE_S: Final = 3.0
_ENOUGH: Final = 15.0
#: Smallest error of an anchor (standard deviation): the candidate moves by a hand's breadth.
_LEAST_SIGMA_S: Final = 0.0005
#: Error (standard deviation, s) of a lag that only loudness supports.
LOUDNESS_SIGMA_S: Final = 0.015


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
    waveform: bool


@dataclass(frozen=True, kw_only=True)
class Match:
    """What was found between two sounds.

    Parameters
    ----------
    stretches
        In order of time; none where the sounds do not fit or fit in several ways.
    score, rival
        Of the best line over everything, and of the next best.
    reason
        Empty, or why there is no stretch: ``no_overlap``, ``weak``, ``ambiguous``.
    """

    first: str
    second: str
    stretches: tuple[Stretch, ...]
    score: float
    rival: float
    reason: str = ""


def match(
    first: Track, second: Track, *, search_s: float, windows: int, around_s: float = 0.0
) -> Match:
    """Find where two sounds fit.

    Parameters
    ----------
    search_s
        Lags from ``around_s - search_s`` to ``around_s + search_s`` are looked at.
    windows
        Most windows for the waveforms, all stretches together.
    """
    names = {"first": first.stream, "second": second.stream}
    reach = (around_s - search_s, around_s + search_s)
    found = correlograms(first.features, second.features, lag_s=reach)
    if found is None:
        return Match(**names, stretches=(), score=0.0, rival=0.0, reason="no_overlap")
    whole = best_line(found)
    lines = _lines(found)
    if not lines:
        reason = "ambiguous" if whole.score >= LEAST_SCORE else "weak"
        return Match(**names, stretches=(), score=whole.score, rival=whole.rival, reason=reason)
    spans = _spans(found, lines, (first.start_s, first.end_s))
    spans = _sharpened(first, second, spans, near_s=3 * FRAME_S, about_s=found.block_s)
    length_s = sum(span.to_s - span.from_s for span in spans)
    stretches: list[Stretch] = []
    for span in spans:
        most = max(8, round(windows * (span.to_s - span.from_s) / length_s))
        stretches += measure(first, second, span, most=most)
    best = max((line for _, line in lines), key=lambda line: line.score)
    return Match(**names, stretches=tuple(stretches), score=best.score, rival=best.rival)


def clear(line: Line) -> bool:
    """Say whether a line stands out of chance and of every other."""
    return line.score >= LEAST_SCORE and line.score >= LEAST_RATIO * line.rival


def _lines(found: Correlograms) -> list[tuple[NDArray[np.int_], Line]]:
    """Return lines with the blocks that lie on them, in order of time.

    The best line over all blocks comes first; whole runs of blocks that do not lie on it are
    searched again for lines of their own, so that a clock that jumped gives two.
    """
    waiting = [np.arange(len(found.centres_s))]
    kept: list[tuple[NDArray[np.int_], Line]] = []
    while waiting:
        blocks = waiting.pop()
        part = some(found, blocks)
        line = best_line(part)
        on = along(part, line) >= _ON_LINE
        if not on.any():
            continue
        mine = blocks[on]
        sharp = best_line(some(found, mine))
        if abs(float(sharp.lag(line.centre_s)) - line.at_s) > 4 * FRAME_S or not clear(sharp):
            continue
        kept.append((mine, sharp))
        # Blocks beside or between those of the line may belong to another.
        waiting += [run for run in _runs(blocks[~on]) if len(run) < len(blocks)]
    return sorted(kept, key=lambda item: int(item[0][0]))


def _runs(blocks: NDArray[np.int_]) -> list[NDArray[np.int_]]:
    return np.split(blocks, np.flatnonzero(np.diff(blocks) > 1) + 1) if len(blocks) else []


def _spans(
    found: Correlograms, lines: list[tuple[NDArray[np.int_], Line]], whole_s: tuple[float, float]
) -> list[Span]:
    """Cut the first sound's time where one line gives way to the next."""
    owner = sorted(
        ((float(found.centres_s[b]), n) for n, (blocks, _) in enumerate(lines) for b in blocks)
    )
    spans: list[Span] = []
    start_s = whole_s[0]
    for (at_s, n), (next_s, after) in itertools.pairwise(owner):
        if after != n:
            middle_s = (at_s + next_s) / 2
            spans.append(Span(from_s=start_s, to_s=middle_s, line=lines[n][1]))
            start_s = middle_s
    spans.append(Span(from_s=start_s, to_s=whole_s[1], line=lines[owner[-1][1]][1]))
    return spans


def _sharpened(
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
    fitted = fine.fit(found, drift_ppm=2 * FRAME_S / reach_s * 1e6)
    if fitted.share < _LEAST_SHARE:
        return [_by_loudness(span, found.times_s)]
    step = _step(fitted) if depth < _MOST_STEPS else None
    if step is not None:
        left, right = (
            replace(span, to_s=step),
            replace(span, from_s=step),
        )
        half = max(8, most // 2)
        parts = [
            *measure(first, second, left, most=half, depth=depth + 1),
            *measure(first, second, right, most=half, depth=depth + 1),
        ]
        return _joined(first, second, parts)
    return [_by_waveform(span, fitted)]


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


def _joined(first: Track, second: Track, parts: list[Stretch]) -> list[Stretch]:
    """Sharpen the borders between stretches, unless the lines are the same after all."""
    out = parts[:1]
    for part in parts[1:]:
        left = out[-1]
        apart_s = abs(float(left.line.lag(part.from_s) - part.line.lag(part.from_s)))
        if apart_s < _SAME_LINE_S:
            out[-1] = _merged(left, part)
            continue
        spans = _sharpened(
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


def _by_waveform(span: Span, fitted: fine.Fit) -> Stretch:
    keep = fitted.agrees
    times, lags = fitted.times_s[keep], fitted.lags_s[keep]
    slope, at_s = robust_line(times - span.line.centre_s, lags)
    rest = lags - at_s - slope * (times - span.line.centre_s)
    sigma_s = max(_LEAST_SIGMA_S, 1.4826 * float(np.median(np.abs(rest))))
    return Stretch(
        from_s=span.from_s,
        to_s=span.to_s,
        line=replace(span.line, at_s=at_s, drift_ppm=slope * 1e6),
        times_s=times,
        lags_s=lags,
        heights=fitted.heights[keep],
        sigma_s=sigma_s,
        waveform=True,
    )


def _by_loudness(span: Span, times_s: NDArray[np.float64]) -> Stretch:
    return Stretch(
        from_s=span.from_s,
        to_s=span.to_s,
        line=span.line,
        times_s=times_s,
        lags_s=span.line.lag(times_s),
        heights=np.zeros(len(times_s)),
        sigma_s=LOUDNESS_SIGMA_S,
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
