"""Which part of a sitting a clip of a flag shows, wherever it is made."""

from __future__ import annotations

from typing import Final

#: Seconds before and after what a clip is about: how it came about, and what followed.
AROUND_S: Final = 5.0
#: The longest part of a flag that is shown (seconds).
LONGEST_FLAG_S: Final = 60.0


def shown_part(
    start_s: float,
    end_s: float,
    *,
    evidence_s: float,
    before_s: float = AROUND_S,
    after_s: float = AROUND_S,
    longest_s: float = LONGEST_FLAG_S,
) -> tuple[float, float]:
    """Return the stretch that shows a flag with some time before and after it, session time.

    Of a flag longer than ``longest_s`` it is the part around its evidence time.

    Examples
    --------
    >>> shown_part(8.0, 14.0, evidence_s=11.0)
    (3.0, 19.0)
    >>> shown_part(100.0, 900.0, evidence_s=500.0)
    (465.0, 535.0)
    """
    if end_s - start_s > longest_s:
        start_s = min(max(evidence_s - longest_s / 2, start_s), end_s - longest_s)
        end_s = start_s + longest_s
    return start_s - before_s, end_s + after_s
