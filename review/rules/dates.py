"""Periods in days and years, as Chinese civil law counts them.

The day on which a period begins is not counted; a period in years ends on the day of the same
date, or on the last of the month where there is none (Civil Code of China, articles 201 and 202).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, kw_only=True)
class Ban:
    """A ban from exams: from the day after ``starts_on`` to ``last_day``, both counted."""

    starts_on: date
    last_day: date

    def covers(self, day: date) -> bool:
        """Say whether no exam may be taken on a day."""
        return self.starts_on < day <= self.last_day


def ban(starts_on: date, *, years: int) -> Ban:
    """Return the ban of some years that begins with a day.

    Examples
    --------
    >>> ban(date(2022, 12, 15), years=1).last_day
    datetime.date(2023, 12, 15)
    >>> ban(date(2024, 2, 29), years=1).last_day
    datetime.date(2025, 2, 28)
    """
    year = starts_on.year + years
    day = min(starts_on.day, calendar.monthrange(year, starts_on.month)[1])
    return Ban(starts_on=starts_on, last_day=date(year, starts_on.month, day))


def deadline(begins_on: date, *, days: int) -> date:
    """Return the last day of a period of some days that begins with a day."""
    return begins_on + timedelta(days=days)
