"""Two sounds against one another: in which stretches they fit, at what lag, and how surely."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from review.timeline.sync.coarse import (
    Correlograms,
    Line,
    along,
    best_line,
    correlograms,
    some,
    worth_a_look,
)
from review.timeline.sync.features import FRAME_S
from review.timeline.sync.stretches import Span, Stretch, joined, measure, sharpened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.timeline.sync.tracks import Track

#: A block with less along a line does not lie on it (chance gives 1.5).
_ON_LINE: Final = 3.0
#: More equal lags than this (simulated rooms that differ have up to ten): a sound that repeats.
_CHANCE_RIVALS: Final = 10
#: Windows of two microphones never fit better than this (correlation coefficient; in simulated
#: rooms at 15 dB they reach 0.7): what does is one recording twice.
_ONE_RECORDING: Final = 0.93


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
        Empty, or why there is no stretch: ``no_overlap``, ``weak``, ``ambiguous``,
        ``one_recording``.
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
        reason = "ambiguous" if whole.rivals > _CHANCE_RIVALS else "weak"
        return Match(**names, stretches=(), score=whole.score, rival=whole.rival, reason=reason)
    spans = _spans(found, lines, (first.start_s, first.end_s))
    spans = sharpened(first, second, spans, near_s=3 * FRAME_S, about_s=found.block_s)
    length_s = sum(span.to_s - span.from_s for span in spans)
    stretches: list[Stretch] = []
    for span in spans:
        most = max(8, round(windows * (span.to_s - span.from_s) / length_s))
        stretches += measure(first, second, span, most=most)
    stretches = joined(first, second, stretches)
    best = max((line for _, line in lines), key=lambda line: line.score)
    one = bool(stretches) and min(s.alike for s in stretches) > _ONE_RECORDING
    reason = "one_recording" if one else "" if stretches else "weak"
    return Match(
        **names,
        stretches=tuple(stretches),
        score=best.score,
        rival=best.rival,
        reason=reason,
    )


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
        if abs(float(sharp.lag(line.centre_s)) - line.at_s) > 4 * FRAME_S or not worth_a_look(
            sharp
        ):
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
