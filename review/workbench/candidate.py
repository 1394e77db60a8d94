"""One sitting on the desk: player, timeline and decision form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets

from review.ledger import current_author, open_ledger
from review.workbench.data import read_tables, sitting_data
from review.workbench.decisions import Decisions
from review.workbench.language import chosen
from review.workbench.player import Player
from review.workbench.selection import as_workspace, choose
from review.workbench.timeline import Timeline

if TYPE_CHECKING:
    from pathlib import Path

    from review.words import Language
    from review.workspace import Workspace


class Desk(ipywidgets.Box):  # type: ignore[misc]  # ipywidgets has no types
    """Player and timeline on the left, the decision form on the right.

    Parameters
    ----------
    player, timeline, decisions
        Widgets of the same sitting; in the page they find each other by its key.
    """

    def __init__(self, player: Player, timeline: Timeline, decisions: Decisions) -> None:
        self.player, self.timeline, self.decisions = player, timeline, decisions
        left, side = ipywidgets.Box([player, timeline]), ipywidgets.Box([decisions])
        left.add_class("rw-left")
        side.add_class("rw-side")
        super().__init__([left, side])
        self.add_class("rw-desk")


def open_candidate(
    session_id: str,
    candidate_id: str,
    subject_id: str | None = None,
    *,
    workspace: Workspace | Path | str | None = None,
    language: Language | None = None,
    light: bool = False,
) -> Desk:
    """Open one sitting: four views, timeline, flags, decisions.

    Parameters
    ----------
    session_id
        Id of a session of the workspace, or a session folder (which is analysed first).
    subject_id
        The candidate's first subject if not given.
    language
        To begin with; the page switches it in place.
    light
        Play light copies, made on demand, instead of the originals.

    Raises
    ------
    SessionError
        If there is no such sitting.
    LedgerError
        If the ledger cannot be read, or nobody knows who you are.
    """
    space, spoken = as_workspace(workspace), chosen(language)
    sitting = choose(session_id, candidate_id, subject_id, workspace=space)
    tables = read_tables(space, sitting)
    data = sitting_data(sitting, tables, workspace=space, light=light)
    ledger = open_ledger(space.ledger)
    return Desk(
        Player(data, sitting=sitting, segments=tables.segments, workspace=space, language=spoken),
        Timeline(data, language=spoken),
        Decisions(
            data,
            sitting=sitting,
            flags=tables.flags,
            ledger=ledger,
            author=current_author(database_user=ledger.database_user),
            language=spoken,
        ),
    )
