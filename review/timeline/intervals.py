"""Arithmetic of half-open intervals ``[start_s, end_s)``.

Intervals are float arrays of shape (n, 2). Results are sorted and neither overlap nor touch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

EMPTY: NDArray[np.float64] = np.empty((0, 2))
EMPTY.setflags(write=False)


def as_intervals(pairs: ArrayLike) -> NDArray[np.float64]:
    """Return an array of shape (n, 2) without the intervals that hold nothing."""
    array = np.asarray(pairs, dtype=float).reshape(-1, 2)
    return array[array[:, 1] > array[:, 0]]


def union(*sets: ArrayLike, gap_s: float = 0.0) -> NDArray[np.float64]:
    """Merge intervals that overlap, touch, or lie at most ``gap_s`` apart.

    Examples
    --------
    >>> union([(0, 2), (5, 6)], [(1, 3)]).tolist()
    [[0.0, 3.0], [5.0, 6.0]]
    >>> union([(0, 2), (3, 4)], gap_s=1.0).tolist()
    [[0.0, 4.0]]
    """
    array = np.concatenate([as_intervals(s) for s in sets]) if sets else EMPTY
    if not len(array):
        return np.empty((0, 2))
    array = array[np.argsort(array[:, 0], kind="stable")]
    reach = np.maximum.accumulate(array[:, 1])
    first = np.concatenate([[True], array[1:, 0] > reach[:-1] + gap_s])
    last = np.concatenate([first[1:], [True]])
    return np.column_stack([array[first, 0], reach[last]])


def intersection(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Return what lies in both.

    Examples
    --------
    >>> intersection([(0, 4), (6, 9)], [(3, 7)]).tolist()
    [[3.0, 4.0], [6.0, 7.0]]
    """
    left, right = union(a), union(b)
    if not len(left) or not len(right):
        return np.empty((0, 2))
    starts = np.maximum(left[:, None, 0], right[None, :, 0])
    ends = np.minimum(left[:, None, 1], right[None, :, 1])
    keep = ends > starts
    return union(np.column_stack([starts[keep], ends[keep]]))


def difference(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Return what lies in ``a`` and not in ``b``.

    Examples
    --------
    >>> difference([(0, 10)], [(2, 3), (5, 6)]).tolist()
    [[0.0, 2.0], [3.0, 5.0], [6.0, 10.0]]
    """
    left, right = union(a), union(b)
    if not len(right):
        return left
    holes = np.column_stack(
        [np.concatenate([[-np.inf], right[:, 1]]), np.concatenate([right[:, 0], [np.inf]])]
    )
    return intersection(left, holes)


def total_s(intervals: ArrayLike) -> float:
    """Return the length of the union in seconds."""
    merged = union(intervals)
    return float((merged[:, 1] - merged[:, 0]).sum())


def contains(intervals: ArrayLike, times_s: ArrayLike) -> NDArray[np.bool_]:
    """Say for each time whether it lies in an interval.

    Examples
    --------
    >>> contains([(0, 2)], [0, 1, 2]).tolist()
    [True, True, False]
    """
    merged, times = union(intervals), np.asarray(times_s, dtype=float)
    if not len(merged):
        return np.zeros(times.shape, dtype=bool)
    index = np.searchsorted(merged[:, 0], times, side="right") - 1
    return np.asarray((index >= 0) & (times < merged[np.maximum(index, 0), 1]))


def runs(
    times_s: ArrayLike, mask: ArrayLike, *, hold_s: float, join_s: float = 0.0
) -> NDArray[np.float64]:
    """Turn samples where ``mask`` holds into intervals.

    A true sample stands for the time until the next sample, but for at most ``hold_s``, so that a
    hole in the measurement is not covered by the value before it.

    Parameters
    ----------
    times_s
        Sample times, shape (n,), in any order.
    mask
        Shape (n,).
    hold_s
        Longest time that one sample stands for.
    join_s
        Intervals at most this far apart are one.

    Examples
    --------
    >>> runs([0, 1, 2, 3, 4], [0, 1, 1, 0, 0], hold_s=1.5).tolist()
    [[1.0, 3.0]]
    """
    times, true = np.asarray(times_s, dtype=float), np.asarray(mask, dtype=bool)
    order = np.argsort(times, kind="stable")
    times, true = times[order], true[order]
    until = np.minimum(np.append(times[1:], np.inf), times + hold_s)
    return union(np.column_stack([times[true], until[true]]), gap_s=join_s)
