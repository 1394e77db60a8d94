"""Which lag most happenings of two streams agree on, and whether chance could have brought it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import gammainc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: So often may unrelated streams agree by chance over all lags that were looked at.
_CHANCE: Final = 1e-4
#: A lag must beat every other one by this factor, or the happenings repeat.
_RATIO: Final = 1.5
#: Of the happenings of the stream that has fewer, in the time that both have, this share must meet.
_SHARE: Final = 0.4
#: Candidates that are counted exactly.
_CANDIDATES: Final = 200
#: What two clocks of up to 100 ppm each move apart in 90 minutes.
_DRIFT_S: Final = 1.08


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Happenings of one stream, each known to lie within an interval of device time.

    Parameters
    ----------
    stream
        Whose they are.
    from_s, to_s
        Shape (n,), device time, in order.
    kinds
        What happened; only happenings of the same kind can be the same.
    """

    stream: str
    from_s: NDArray[np.float64]
    to_s: NDArray[np.float64]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def middle_s(self) -> NDArray[np.float64]:
        """Middles of the intervals, shape (n,)."""
        return (self.from_s + self.to_s) / 2

    def of(self, kinds: Sequence[str]) -> Marks:
        """Return the marks of some kinds."""
        keep = np.array([kind in kinds for kind in self.kinds], dtype=bool)
        return Marks(
            stream=self.stream,
            from_s=self.from_s[keep],
            to_s=self.to_s[keep],
            kinds=tuple(k for k, kept in zip(self.kinds, keep, strict=True) if kept),
        )


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Happenings of two streams that are the same.

    Parameters
    ----------
    lag_s
        Device time of the second less that of the first.
    first, second
        Numbers of marks, shape (n,); each mark at most once.
    rival
        How many meet at the best other lag.
    """

    lag_s: float
    first: NDArray[np.int_]
    second: NDArray[np.int_]
    rival: int


def agreement(first: Marks, second: Marks, *, search_s: float, least: int) -> Agreement | None:
    """Find the lag at which most happenings meet; None where chance could do as well.

    Every pair of happenings of one kind allows an interval of lags. Where unrelated streams would
    pile up as many such intervals somewhere in the range, or another lag nearly as many, there is
    no answer.

    Parameters
    ----------
    search_s
        Largest lag.
    least
        So many happenings must meet.
    """
    a, b = _pairs(first, second, search_s)
    if len(a) < least:
        return None
    low, high = second.from_s[b] - first.to_s[a], second.to_s[b] - first.from_s[a]
    wide = float(np.mean(high - low))
    counted = [(_count(a, b, (low <= lag) & (lag <= high)), lag) for lag in _candidates(low, high)]
    best, _ = max(counted)
    # Of a plateau the middle.
    at = float(np.median([lag for count, lag in counted if count == best]))
    best = _count(a, b, (low <= at) & (at <= high)) or best
    # Drift spreads what belongs together over a second, which is no rival.
    away = wide + _DRIFT_S
    rival = max((count for count, lag in counted if abs(lag - at) > away), default=0)
    expected = len(a) * wide / (2 * search_s)
    # Of as many as are expected (Poisson), so many or more.
    chance = float(gammainc(best, expected)) * max(2 * search_s / wide, 1.0)
    enough = max(least, _SHARE * min(_within(first, second, at), _within(second, first, -at)))
    if best < enough or best < _RATIO * rival or chance > _CHANCE:
        return None
    slack = _DRIFT_S / 2
    met = (low - slack <= at) & (at <= high + slack)
    one, two = _matched(first, second, a[met], b[met], at)
    return Agreement(lag_s=at, first=one, second=two, rival=rival)


def _pairs(
    first: Marks, second: Marks, search_s: float
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    names = {kind: n for n, kind in enumerate(dict.fromkeys((*first.kinds, *second.kinds)))}
    one = np.array([names[k] for k in first.kinds], dtype=int)
    two = np.array([names[k] for k in second.kinds], dtype=int)
    apart = np.abs(second.middle_s[None, :] - first.middle_s[:, None]) <= search_s
    a, b = np.nonzero(apart & (one[:, None] == two[None, :]))
    return a, b


def _candidates(low: NDArray[np.float64], high: NDArray[np.float64]) -> list[float]:
    """Return the lags at which most intervals lie on one another, the deepest first."""
    at = np.concatenate([low, high])
    step = np.concatenate([np.ones(len(low), int), -np.ones(len(high), int)])
    # Where one interval ends as another begins, both hold.
    order = np.lexsort((-step, at))
    depth = np.cumsum(step[order])
    edges = at[order]
    middles = (edges + np.append(edges[1:], edges[-1])) / 2
    deepest = np.argsort(-depth, kind="stable")[:_CANDIDATES]
    return [float(lag) for lag in middles[deepest]]


def _count(a: NDArray[np.int_], b: NDArray[np.int_], met: NDArray[np.bool_]) -> int:
    return min(len(np.unique(a[met])), len(np.unique(b[met])))


def _within(own: Marks, other: Marks, lag_s: float) -> int:
    """Count the happenings that fall into the time of the other stream's."""
    if not len(other):
        return 0
    moved = own.middle_s + lag_s
    return int(((moved >= other.from_s.min()) & (moved <= other.to_s.max())).sum())


def _matched(
    first: Marks, second: Marks, a: NDArray[np.int_], b: NDArray[np.int_], lag_s: float
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Give each mark the one that it fits best, and no mark twice."""
    off = np.abs(second.middle_s[b] - first.middle_s[a] - lag_s)
    taken: list[tuple[int, int]] = []
    for n in np.argsort(off, kind="stable"):
        pair = (int(a[n]), int(b[n]))
        if all(pair[0] != one and pair[1] != two for one, two in taken):
            taken.append(pair)
    taken.sort()
    return np.array([p[0] for p in taken], int), np.array([p[1] for p in taken], int)
