"""Which stream broke where: from breaks between pairs of sounds to pieces of single streams."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from review.session import VIEWS
from review.timeline.sync.network import Node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.timeline.sync.pairs import Match

#: Breaks of different pairs this close are one.
_SAME_BREAK_S: Final = 30.0
#: A break this close to the start of a file is where the file starts.
_SNAP_S: Final = 20.0


@dataclass(frozen=True, kw_only=True)
class Break:
    """A step between two sounds, on both device clocks: one of the two streams made it."""

    first: str
    second: str
    first_s: float
    second_s: float

    def at(self, stream: str) -> float | None:
        """Device time of the step on one of the two; None for another stream."""
        return {self.first: self.first_s, self.second: self.second_s}.get(stream)


def breaks(matches: Sequence[Match]) -> list[Break]:
    """Return the steps that pairs of sounds show."""
    return [
        Break(
            first=m.first,
            second=m.second,
            first_s=after.from_s,
            second_s=after.from_s + float(after.line.lag(after.from_s)),
        )
        for m in matches
        for after in m.stretches[1:]
    ]


def attribute(
    found: Sequence[Break], starts_s: Mapping[str, Sequence[float]]
) -> dict[str, list[float]]:
    """Say for each stream where its own clock broke, device time.

    The stream that most pairs show to break at a time made it. Two streams alone cannot say which
    it was: then it is the one in which a file starts there, else the phone rather than the
    computer.

    Parameters
    ----------
    starts_s
        Device times at which the files of each stream start.
    """
    left = list(found)
    made: dict[str, list[float]] = {}
    while left:
        best: tuple[tuple[int, bool, int], str, float] | None = None
        for item in left:
            for stream in (item.first, item.second):
                at_s = item.at(stream)
                assert at_s is not None  # noqa: S101  (stream is one of the two)
                file_s = _start_near(at_s, starts_s.get(stream, ()))
                rank = (len(_explained(left, stream, at_s)), file_s is not None, _order(stream))
                if best is None or rank > best[0]:
                    best = (rank, stream, at_s if file_s is None else file_s)
                    spot_s = at_s
        if best is None:
            break
        _, stream, at_s = best
        made.setdefault(stream, []).append(at_s)
        done = _explained(left, stream, spot_s)
        left = [item for item in left if item not in done]
    return {stream: sorted(times) for stream, times in made.items()}


def nodes(
    streams: Mapping[str, tuple[float, float]], made: Mapping[str, Sequence[float]]
) -> list[Node]:
    """Cut the streams at their breaks.

    Parameters
    ----------
    streams
        Stream -> first and last device time of it.
    """
    out = []
    for stream, (start_s, end_s) in streams.items():
        edges = [-np.inf, *sorted(set(made.get(stream, ()))), np.inf]
        for k, (a, b) in enumerate(itertools.pairwise(edges)):
            low, high = max(a, start_s), min(b, end_s)
            out.append(
                Node(
                    stream=stream,
                    piece=k,
                    from_s=float(a),
                    to_s=float(b),
                    middle_s=float((low + high) / 2),
                )
            )
    return out


def _explained(left: Sequence[Break], stream: str, at_s: float) -> list[Break]:
    return [
        item
        for item in left
        if (own := item.at(stream)) is not None and abs(own - at_s) <= _SAME_BREAK_S
    ]


def _start_near(at_s: float, starts_s: Sequence[float]) -> float | None:
    # The first file of a stream starts no new piece.
    near = [s for s in sorted(starts_s)[1:] if abs(s - at_s) <= _SNAP_S]
    return min(near, key=lambda s: abs(s - at_s)) if near else None


def _order(stream: str) -> int:
    return VIEWS.index(stream) if stream in ("right_rear", "left_front") else 0
