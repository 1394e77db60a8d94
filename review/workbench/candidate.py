"""One sitting on the desk: player, timeline, and the panels beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets

from review.errors import LedgerError
from review.ledger import open_ledger
from review.workbench.book import Book
from review.workbench.clips import Clips
from review.workbench.data import has_light_copies, read_tables, sitting_data
from review.workbench.decisions import Decisions
from review.workbench.language import chosen
from review.workbench.outcome import Conclusion
from review.workbench.panels import Panels
from review.workbench.people import may_watch, working_author
from review.workbench.player import Player
from review.workbench.record import Record
from review.workbench.selection import as_workspace, choose
from review.workbench.timeline import Timeline

if TYPE_CHECKING:
    from pathlib import Path

    from review.words import Language
    from review.workspace import Workspace


class Desk(ipywidgets.Box):  # type: ignore[misc]  # ipywidgets has no types
    """Player and timeline on the left, the panels on the right.

    Parameters
    ----------
    player, timeline, decisions, conclusion, panels
        Widgets of the same sitting; in the page they find each other by its key.
    """

    def __init__(
        self,
        player: Player,
        timeline: Timeline,
        decisions: Decisions,
        conclusion: Conclusion,
        panels: Panels,
    ) -> None:
        self.player, self.timeline, self.panels = player, timeline, panels
        self.decisions, self.conclusion = decisions, conclusion
        left = ipywidgets.Box([player, timeline])
        side = ipywidgets.Box([panels, decisions, conclusion, *panels.boxes.values()])
        left.add_class("rw-left")
        side.add_class("rw-side")
        for name, widget in {"flags": decisions, "outcome": conclusion, **panels.boxes}.items():
            widget.add_class("rw-panel")
            widget.add_class(f"rw-panel-{name}")
        super().__init__([left, side])
        self.add_class("rw-desk")


def open_candidate(
    session_id: str,
    candidate_id: str,
    subject_id: str | None = None,
    *,
    workspace: Workspace | Path | str | None = None,
    language: Language | None = None,
    light: bool | None = None,
    blind: bool = False,
    role: str | None = None,
) -> Desk:
    """Open one sitting: four views, timeline, flags, decisions, outcome.

    Parameters
    ----------
    session_id
        Id of a session of the workspace, or a session folder (which is analysed first).
    subject_id
        The candidate's first subject if not given.
    language
        To begin with; the page switches it in place.
    light
        Play light copies, made on demand, instead of the originals; if not given, where all of
        them are made already.
    blind
        Hide the machine's scores and other people's opinions. Whoever is assigned to a blind
        reading reads blind in any case.
    role
        In which role; see :func:`review.workbench.people.working_author`.

    Raises
    ------
    SessionError
        If there is no such sitting.
    LedgerError
        If the ledger cannot be read, nobody knows who you are, or you may not watch.
    """
    space, spoken = as_workspace(workspace), chosen(language)
    sitting = choose(session_id, candidate_id, subject_id, workspace=space)
    ledger = open_ledger(space.ledger)
    author = working_author(ledger, role=role)
    refused = may_watch(ledger, author)
    if refused:
        raise LedgerError("you may not watch these recordings", where=sitting.name, found=refused)
    tables = read_tables(space, sitting)
    book = Book(
        sitting,
        flags=tables.flags,
        clocks=tables.clocks,
        events=tables.events,
        segments=tables.segments,
        ledger=ledger,
        author=author,
        blind=blind,
    )
    if light is None:
        light = has_light_copies(sitting, tables.segments, workspace=space)
    data = sitting_data(sitting, tables, workspace=space, light=light, blind=book.blind)
    data["me"] = {"name": author.name, "role": author.role, "source": author.source}
    record = Record(data)
    return Desk(
        Player(record, sitting=sitting, segments=tables.segments, workspace=space, language=spoken),
        Timeline(record, language=spoken),
        Decisions(
            record,
            book=book,
            clips=Clips(sitting, flags=tables.flags, workspace=space, author=author),
            language=spoken,
        ),
        Conclusion(record, book=book, language=spoken),
        Panels(record, sitting=sitting, workspace=space, language=spoken),
    )
