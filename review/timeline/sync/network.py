"""All anchors of a sitting in one weighted least-squares solution, and what contradicts it.

A node is a stretch of one stream's device time with an offset of its own; all nodes of a stream
share one drift. An edge is a set of anchors of one kind between two nodes, or between a node and
session time. What an edge gets wrong throughout (an echo, the way of a message through a network)
is an unknown of its own with a known spread, so that a thousand anchors of one edge are not a
thousand times as sure as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: What is known of quartz beforehand (standard deviation): 100 ppm is the worst that is sold.
_DRIFT_SIGMA_PPM: Final = 60.0
#: Nothing is known of offsets: a day.
_OFFSET_SIGMA_S: Final = 86400.0
#: An edge whose own error comes out at this many standard deviations contradicts the others.
CONTRADICTS: Final = 4.0
_ROUNDS: Final = 12


@dataclass(frozen=True, kw_only=True)
class Node:
    """``[from_s, to_s)`` of a stream's device time.

    Parameters
    ----------
    middle_s
        Device time about which the drift turns.
    """

    stream: str
    piece: int
    from_s: float
    to_s: float
    middle_s: float


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Anchors between two nodes: ``session(a_s) - session(b_s) = ahead_s``, but for errors.

    Parameters
    ----------
    kind
        ``sound``, ``loudness``, ``server``, ``gnss``, ``events``, ``screen``, ``light``, ``glow``,
        ``motion``, ``crossing``, ``device``.
    a, b
        Numbers of nodes; ``b`` is None where ``b_s`` is session time itself.
    a_s, b_s
        Device times of the anchors, shape (n,).
    ahead_s
        How much later (session time) the same thing reaches ``a`` than ``b``.
    sigma_s
        Standard deviation of one anchor.
    common_s
        Standard deviation of what all of them have wrong together.
    strength
        How far the evidence stands out; the weakest gives way.
    """

    kind: str
    a: int
    b: int | None
    a_s: NDArray[np.float64]
    b_s: NDArray[np.float64]
    ahead_s: float = 0.0
    sigma_s: float
    common_s: float
    strength: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Solution:
    """Offsets and drifts of the nodes.

    Parameters
    ----------
    offset_s, drift_ppm
        Shape (nodes,): ``session = t + offset + drift * 1e-6 * (t - middle)``.
    covariance
        Of (offset, drift in ppm) per node, shape (nodes, 2, 2).
    common_s
        What each edge was found to have wrong throughout, shape (edges,).
    residuals_s
        Per edge, shape (n,), without what is common.
    weights
        Per edge, shape (n,): 1 for an anchor that fits, 0 for one that was left out.
    """

    offset_s: NDArray[np.float64]
    drift_ppm: NDArray[np.float64]
    covariance: NDArray[np.float64]
    common_s: NDArray[np.float64]
    residuals_s: tuple[NDArray[np.float64], ...]
    weights: tuple[NDArray[np.float64], ...]

    def sigma_s(self, node: int, device_s: float, middle_s: float) -> float:
        """Return the standard deviation of a node's session time at a device time."""
        turn = np.array([1.0, (device_s - middle_s) * 1e-6])
        return float(np.sqrt(max(turn @ self.covariance[node] @ turn, 0.0)))


def solve(nodes: Sequence[Node], edges: Sequence[Edge], *, fixed: int | None) -> Solution:
    """Solve for all nodes at once, anchors reweighted until outliers no longer count (Tukey).

    Parameters
    ----------
    fixed
        Node whose offset and drift are 0 by definition; None where edges reach session time.
    """
    streams = list(dict.fromkeys(node.stream for node in nodes))
    drift_of = np.array([len(nodes) + streams.index(node.stream) for node in nodes], dtype=int)
    size = len(nodes) + len(streams) + len(edges)
    prior = np.full(size, _OFFSET_SIGMA_S)
    prior[len(nodes) : len(nodes) + len(streams)] = _DRIFT_SIGMA_PPM
    prior[len(nodes) + len(streams) :] = [edge.common_s for edge in edges]
    if fixed is not None:
        prior[[fixed, drift_of[fixed]]] = 1e-9
    rows = [
        _rows(nodes, edge, drift_of, size, len(nodes) + len(streams) + n)
        for n, edge in enumerate(edges)
    ]
    weights = [np.ones(len(edge.a_s)) for edge in edges]
    for _ in range(_ROUNDS):
        normal, right = np.diag(1.0 / prior**2), np.zeros(size)
        for (matrix, target), edge, weight in zip(rows, edges, weights, strict=True):
            heavy = matrix * (weight / edge.sigma_s**2)[:, None]
            normal += heavy.T @ matrix
            right += heavy.T @ target
        # Unknowns differ by ten orders of magnitude; scaling keeps the inverse exact.
        scale = 1.0 / np.sqrt(np.diag(normal))
        inverse = np.linalg.inv(normal * scale[:, None] * scale) * scale[:, None] * scale
        found = inverse @ right
        residuals = [target - matrix @ found for matrix, target in rows]
        weights = [_tukey(r, edge.sigma_s) for r, edge in zip(residuals, edges, strict=True)]
    index = np.stack([np.arange(len(nodes), dtype=int), drift_of], axis=1)
    return Solution(
        offset_s=found[: len(nodes)],
        drift_ppm=found[drift_of],
        covariance=inverse[index[:, :, None], index[:, None, :]],
        common_s=found[len(nodes) + len(streams) :],
        residuals_s=tuple(residuals),
        weights=tuple(weights),
    )


def _rows(
    nodes: Sequence[Node], edge: Edge, drift_of: NDArray[np.int_], size: int, own: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    matrix = np.zeros((len(edge.a_s), size))
    matrix[:, edge.a] += 1.0
    matrix[:, drift_of[edge.a]] += (edge.a_s - nodes[edge.a].middle_s) * 1e-6
    if edge.b is not None:
        matrix[:, edge.b] -= 1.0
        matrix[:, drift_of[edge.b]] -= (edge.b_s - nodes[edge.b].middle_s) * 1e-6
    matrix[:, own] = 1.0
    return matrix, edge.b_s - edge.a_s + edge.ahead_s


def _tukey(residuals: NDArray[np.float64], sigma_s: float) -> NDArray[np.float64]:
    # A cluster that begins far off is drawn in first, so that one bad start excludes nothing.
    scale = max(sigma_s, 1.4826 * float(np.median(np.abs(residuals))) if len(residuals) else 0.0)
    return np.asarray(np.maximum(1.0 - (residuals / (4.685 * scale)) ** 2, 0.0) ** 2)


def reached(count: int, edges: Sequence[Edge], start: Sequence[int]) -> set[int]:
    """Return the nodes that edges connect with any of ``start``."""
    seen = set(start)
    while True:
        more = {
            other
            for edge in edges
            if edge.b is not None
            for one, other in ((edge.a, edge.b), (edge.b, edge.a))
            if one in seen
        } - seen
        if not more or len(seen) == count:
            return seen | more
        seen |= more


def worst(edges: Sequence[Edge], solution: Solution) -> int | None:
    """Return the edge that contradicts the rest: of those on the loop, the weakest.

    Least squares spreads a contradiction over all edges of a loop by their spreads, so the weak
    edges of the loop show it most; which one is wrong, only their strength can say.
    """
    off = np.array(
        [abs(c) / e.common_s for c, e in zip(solution.common_s, edges, strict=True)] or [0.0]
    )
    if off.max() < CONTRADICTS:
        return None
    suspects = [int(n) for n in np.flatnonzero(off >= CONTRADICTS / 2)]
    return min(suspects, key=lambda n: edges[n].strength)
