"""Which pictures of the recorded screen are worth reading, from the sizes of packets alone."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from review.loaders.media import Packet, Picture, VideoReader

#: The screen is looked at this often even if nothing seems to move: slow changes add up.
_IDLE_S: Final = 3.0
#: A picture is worth a look where the stream spends this much more on changes than it usually does
#: within the same time: so many times the median, and a share of a key frame's bytes on top of it.
#: A change that falls on a key frame costs nothing but shows in the key frame's own size.
_MORE: Final = 1.5
_SHARE: Final = 0.01
_KEY_SHARE: Final = 0.002
#: Seconds over which the usual spending is taken.
_USUAL_S: Final = 60
#: Key frames farther apart than this (s) are too rare to wait for.
_DENSE_S: Final = 2.5
#: Time stamps that differ by less are the same.
_SAME_S: Final = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """Pictures that are decoded in one go.

    Parameters
    ----------
    marks_s
        Their time stamps.
    keys_only
        Whether all of them are key frames, and nothing between them has to be decoded.
    """

    marks_s: list[float]
    keys_only: bool


def moved(video: VideoReader, begin_pts_s: float, end_pts_s: float) -> Iterator[Picture]:
    """Give the pictures of ``[begin_pts_s, end_pts_s)`` in whose neighbourhood something moved."""
    packets = (p for p in video.packets() if begin_pts_s <= p.pts_s < end_pts_s)
    for run in runs(packets):
        yield from _decoded(video, run)


def _decoded(video: VideoReader, run: Run) -> Iterator[Picture]:
    asked, waiting = set(run.marks_s), deque(run.marks_s)
    for picture in video.pictures(
        start_pts_s=run.marks_s[0] - _SAME_S,
        end_pts_s=run.marks_s[-1] + _SAME_S,
        keys_only=run.keys_only,
        gray=True,
        wanted=(lambda packet: packet.pts_s in asked) if run.keys_only else None,
    ):
        if waiting and picture.pts_s >= waiting[0] - _SAME_S:
            while waiting and picture.pts_s >= waiting[0] - _SAME_S:
                waiting.popleft()
            yield picture


def runs(packets: Iterable[Packet]) -> list[Run]:
    """Choose the pictures that are worth a look.

    Where key frames come often they alone are chosen. Elsewhere all key frames are, and between
    them what was spent more than usual on.
    """
    rows = sorted((p.pts_s, p.size_bytes, p.is_key) for p in packets)
    keys = [pts_s for pts_s, _, is_key in rows if is_key]
    if not rows:
        return []
    if not keys:
        return [Run(marks_s=[rows[0][0], rows[-1][0]], keys_only=False)]
    typical = float(median(size for _, size, is_key in rows if is_key))
    edges = [*keys, rows[-1][0]]
    if max(b - a for a, b in pairwise(edges)) <= _DENSE_S:
        return [Run(marks_s=_worth(rows, keys, typical, idle_s=_IDLE_S), keys_only=True)]
    chosen = _worth(rows, _seconds(rows), typical, idle_s=math.inf)
    groups = [
        [key, *(mark for mark in chosen if key < mark < following)]
        for key, following in pairwise([*keys, math.inf])
    ]
    # To go to a key frame costs the group before it: neighbours are decoded together.
    return [
        Run(marks_s=[mark for group in together for mark in group], keys_only=alone)
        for alone, together in groupby(groups, key=lambda group: len(group) == 1)
    ]


def _seconds(rows: list[tuple[float, int, bool]]) -> list[float]:
    """Return the last picture of each second."""
    last = {int(pts_s - rows[0][0]): pts_s for pts_s, _, _ in rows}
    return sorted(last.values())


def _worth(
    rows: list[tuple[float, int, bool]], marks: list[float], typical: float, *, idle_s: float
) -> list[float]:
    """Return the marks before which more was spent on changes than usual, and some in between."""
    chosen: list[float] = []
    usual: deque[tuple[float, float]] = deque(maxlen=_USUAL_S)
    at, key_before = 0, None
    for mark in marks:
        spent, stepped = 0.0, 0.0
        while at < len(rows) and rows[at][0] <= mark:
            _, size, is_key = rows[at]
            if is_key:
                stepped += 0 if key_before is None else abs(size - key_before)
                key_before = size
            else:
                spent += size
            at += 1
        normal = [median(values) for values in zip(*usual, strict=True)] or [0.0, 0.0]
        moved = spent > _MORE * normal[0] + _SHARE * typical
        moved = moved or stepped > _MORE * normal[1] + _KEY_SHARE * typical
        if not chosen or mark - chosen[-1] >= idle_s or moved:
            chosen.append(mark)
        usual.append((spent, stepped))
    return chosen
