"""The stored tables of sittings, as a summary is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.session import Session, Sitting
    from review.workspace import Workspace

#: Tables that a summary needs; the large ones (detections, signals) are not among them.
NEEDED: Final = (
    "sittings",
    "scores",
    "flags",
    "coverage",
    "clocks",
    "segments",
    "events",
    "problems",
)


@dataclass(frozen=True, kw_only=True)
class SittingTables:
    """The tables of one sitting that a summary is made of, under their contracts."""

    sittings: pd.DataFrame
    scores: pd.DataFrame
    flags: pd.DataFrame
    coverage: pd.DataFrame
    clocks: pd.DataFrame
    segments: pd.DataFrame
    events: pd.DataFrame
    problems: pd.DataFrame


def analysed(sittings: pd.DataFrame, sitting: Sitting) -> pd.Series:
    """Return a sitting's row of the table ``sittings``.

    Raises
    ------
    RenderError
        If it was not analysed, or its analysis failed: nothing can be said or shown of it.
    """
    if sittings.empty:
        raise RenderError(
            "this sitting has not been analysed",
            where=sitting.name,
            todo="run `review analyze <session folder>` with this workspace first",
        )
    row = sittings.iloc[0]
    if row["state"] != "done":
        reason = row["reason"] if isinstance(row["reason"], str) else "no reason recorded"
        raise RenderError(
            "its analysis did not succeed",
            where=sitting.name,
            found=f"state {row['state']}: {reason}",
            todo="mend the cause and run `review analyze` again",
        )
    return row


def read_tables(sitting: Sitting, workspace: Workspace) -> SittingTables:
    """Read the tables of one sitting."""
    return SittingTables(**{name: workspace.read_sitting(name, sitting) for name in NEEDED})


class SessionTables:
    """The tables of a session, read once, of which every sitting is given its part."""

    def __init__(self, session: Session, workspace: Workspace) -> None:
        self._whole = {name: _plain(workspace.read(name, session.id)) for name in NEEDED}
        self._places: dict[str, Mapping[Any, Any]] = {
            name: frame.groupby(["candidate_id", "subject_id"], sort=False).indices
            for name, frame in self._whole.items()
        }

    def of(self, sitting: Sitting) -> SittingTables:
        """Return the part of one sitting."""
        place = (sitting.candidate.id, sitting.subject.id)
        return SittingTables(
            **{
                name: frame.iloc[self._places[name].get(place, [])].reset_index(drop=True)
                for name, frame in self._whole.items()
            }
        )


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    # A thousand small parts are taken from it: of plain columns that is several times quicker.
    return pd.DataFrame({name: frame[name].to_numpy() for name in frame.columns})
