"""Comparing embeddings: plain arithmetic, so that detectors can do it without any network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

#: Distance at which two faces are taken for two persons. Measured on the webcam clips of the test
#: data: medians of one person lie at most 0.28 apart, medians of two at least 0.47; of single
#: pictures against medians 95 % lie below 0.36 and above 0.51. The 0.6 of the model's own
#: documentation would take all three persons for one.
SAME_PERSON: Final = 0.42
#: What precedes a photograph's name in the ``stream`` of its row in ``detections``.
PHOTO_PREFIX: Final = "identity/"


def distances(vectors: ArrayLike, to: ArrayLike) -> NDArray[np.float64]:
    """Return Euclidean distances, shape (n, m), of n vectors to m others.

    Examples
    --------
    >>> distances([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0]]).tolist()
    [[0.0], [5.0]]
    """
    a = np.atleast_2d(np.asarray(vectors, dtype=float))
    b = np.atleast_2d(np.asarray(to, dtype=float))
    # |a - b|² = |a|² + |b|² - 2ab: one matrix product, without an array of n x m x 128.
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def majority(
    vectors: Sequence[NDArray[np.floating]] | NDArray[np.floating],
    *,
    within: float = SAME_PERSON,
    sample: int = 400,
) -> NDArray[np.float64] | None:
    """Return the middle of the largest group of vectors: the person seen most.

    The vector with the most others ``within`` reach is the group's seed; the group's mean is
    returned, None without vectors.

    Parameters
    ----------
    sample
        At most so many vectors, evenly spread, are tried as seeds.
    """
    if not len(vectors):
        return None
    all_of = np.asarray(vectors, dtype=float)
    seeds = all_of[np.unique(np.linspace(0, len(all_of) - 1, sample).astype(int))]
    near = distances(all_of, seeds) <= within
    best = int(np.argmax(near.sum(axis=0)))
    return np.asarray(all_of[near[:, best]].mean(axis=0))
