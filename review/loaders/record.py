"""What a loader hands on: one sitting as it was recorded, nothing repaired."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from review.session import Sitting


@dataclass(frozen=True, kw_only=True)
class SittingRecord:
    """The raw tables of one sitting, on device time.

    Parameters
    ----------
    sitting
        Whose record it is.
    segments, events, positions, problems
        Tables under the contracts of :mod:`review.tables`; ``time_s`` is missing throughout.
    photos
        Identity photographs that are there: ``id_photo``, ``login_photo_client``,
        ``login_photo_phone1``, ``login_photo_phone2`` -> path.
    """

    sitting: Sitting
    segments: pd.DataFrame
    events: pd.DataFrame
    positions: pd.DataFrame
    problems: pd.DataFrame
    photos: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))

    def path(self, file: str) -> Path:
        """Return the full path of a ``file`` entry of the tables (relative to the session)."""
        return self.sitting.session.folder / file
