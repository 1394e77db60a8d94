"""Seeds that do not depend on each other, and clocks that are wrong by a known amount."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

#: How far clocks are off when a session is made: seconds, and parts per million. Quartz clocks of
#: computers and phones drift by some tens of ppm; systems that set their time stay within a second.
OFFSET_LIMIT_S: Final = 0.9
DRIFT_LIMIT_PPM: Final = 50.0


@dataclass(frozen=True, kw_only=True)
class Clock:
    """``session_s = device_s + offset_s + drift_ppm * 1e-6 * device_s``."""

    offset_s: float = 0.0
    drift_ppm: float = 0.0

    def to_session(self, device_s: Any) -> Any:
        """Convert device time (a number or an array)."""
        return device_s + self.offset_s + self.drift_ppm * 1e-6 * device_s

    def to_device(self, session_s: Any) -> Any:
        """Convert session time (a number or an array).

        Examples
        --------
        >>> clock = Clock(offset_s=0.5, drift_ppm=40.0)
        >>> round(clock.to_device(clock.to_session(100.0)), 9)
        100.0
        """
        return (session_s - self.offset_s) / (1 + self.drift_ppm * 1e-6)

    def later(self, by_s: float) -> Clock:
        """Return the same clock told from a zero ``by_s`` later (on this device)."""
        return Clock(
            offset_s=self.offset_s + self.drift_ppm * 1e-6 * by_s, drift_ppm=self.drift_ppm
        )


def rng(seed: int, *names: object) -> np.random.Generator:
    """Return random numbers that depend on the seed and the names alone.

    Examples
    --------
    >>> rng(1, "sound", 3).integers(1000) == rng(1, "sound", 3).integers(1000)
    np.True_
    """
    return np.random.default_rng([seed, *(zlib.crc32(repr(name).encode()) for name in names)])


def draw_clock(source: np.random.Generator) -> Clock:
    """Draw a clock within the limits."""
    return Clock(
        offset_s=round(float(source.uniform(-OFFSET_LIMIT_S, OFFSET_LIMIT_S)), 3),
        drift_ppm=round(float(source.uniform(-DRIFT_LIMIT_PPM, DRIFT_LIMIT_PPM)), 2),
    )
