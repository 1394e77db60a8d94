"""Shares with their intervals, so that nobody is fooled by small numbers."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: What every interval and statement of this part holds with, unless another is asked for.
CONFIDENCE: Final = 0.95


def wilson(
    part: ArrayLike, whole: ArrayLike, *, confidence: float = CONFIDENCE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lower and upper end of the Wilson score interval of shares, each 0 to 1.

    The interval of Wilson (1927), which keeps its level for small numbers and shares near 0 and 1
    (Brown, Cai and DasGupta, Statistical Science 16, 2001). Nothing of nothing is 0 to 1.

    Examples
    --------
    >>> low, high = wilson(8, 10)
    >>> round(float(low), 3), round(float(high), 3)
    (0.49, 0.943)
    """
    k, n = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    safe = np.maximum(n, 1.0)
    share = k / safe
    middle = share + z**2 / (2 * safe)
    spread = z * np.sqrt(share * (1 - share) / safe + z**2 / (4 * safe**2))
    scale = 1 + z**2 / safe
    low = np.where(n > 0, (middle - spread) / scale, 0.0)
    high = np.where(n > 0, (middle + spread) / scale, 1.0)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
