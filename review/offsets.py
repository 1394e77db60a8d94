"""The clocks of one sitting as a person sees and corrects them.

What was measured stays: a correction is an entry of the ledger, with the old value, and the
sitting's tables are made anew from the stored measurements.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from review import pipeline, tables
from review.analysed import analysed_sitting
from review.errors import SessionError
from review.ledger import current_author, open_ledger
from review.ledger.payloads import OffsetSet
from review.loaders import load_session
from review.rules import load_rulebook
from review.session import STREAMS
from review.timeline.seen import missing_time, states_time, views_time
from review.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from review.ledger import Author
    from review.session import Sitting


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """The clocks of one sitting and what rests on them.

    Parameters
    ----------
    clocks, clocks_measured, anchors
        Tables of these names; ``clocks`` is what counts.
    window
        Judged window, session time.
    missing, states, views
        From :mod:`review.timeline.seen`: mandatory streams that were not recorded, every
        stream's time per state, and how long how many views showed something.
    """

    sitting: Sitting
    clocks: pd.DataFrame
    clocks_measured: pd.DataFrame
    anchors: pd.DataFrame
    window: tuple[float, float]
    missing: pd.DataFrame
    states: pd.DataFrame
    views: pd.DataFrame


def clocks(
    session: Path | str,
    *,
    candidate: str,
    subject: str,
    workspace: Workspace | Path | str | None = None,
) -> Clocks:
    """Return the clocks of an analysed sitting.

    Parameters
    ----------
    session
        Session folder, or the id of a session of the workspace.
    candidate, subject
        Which sitting.

    Raises
    ------
    SessionError
        If there is no such sitting, or it has not been analysed into this workspace.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    return _read(space, _sitting(session, candidate, subject, space))


def set_offset(
    session: Path | str,
    *,
    candidate: str,
    subject: str,
    stream: str,
    offset_s: float,
    device_s: float | None = None,
    alone: bool = False,
    reason: str = "",
    author: Author | None = None,
    workspace: Workspace | Path | str | None = None,
) -> Clocks:
    """Set a stream's offset by hand: an entry of the ledger, and tables that follow it.

    Parameters
    ----------
    stream, offset_s
        What is added to this stream's device time to get session time.
    device_s
        Moment (device time) for which that is so, where the clock has pieces: the others move by
        as much. None for the first piece.
    alone
        Leave the other streams of the device where they are.
    reason
        What the person saw.
    author
        Who says so; the user of this process if not given.

    Raises
    ------
    SessionError
        If there is no such sitting or stream, or the offset is not a number.
    LedgerError
        If the author may not write, or the sitting is signed off. Nothing is changed then.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    sitting = _sitting(session, candidate, subject, space)
    where = f"session {sitting.session.id}, sitting {candidate}/{subject}"
    if stream not in STREAMS:
        raise SessionError(
            f"no stream {stream!r}", where=where, expected=f"one of {', '.join(STREAMS)}"
        )
    if not math.isfinite(offset_s):
        raise SessionError(
            "an offset is a number of seconds", where=f"{where}, stream {stream}",
            expected="a finite number", found=str(offset_s),
        )  # fmt: skip
    before = _read(space, sitting)
    ledger = open_ledger(space.ledger)
    ledger.record(
        OffsetSet(
            stream=stream,
            offset_s=float(offset_s),
            old_offset_s=offset_at(before.clocks, stream, device_s),
            device_s=device_s,
            alone=alone,
            reason=reason,
        ),
        sitting_key=sitting.key,
        author=author or current_author(database_user=ledger.database_user),
    )
    pipeline.analyze_sitting(sitting, space)
    return _read(space, sitting)


def offset_at(clocks: pd.DataFrame, stream: str, device_s: float | None) -> float:
    """Return ``offset_s`` of the piece that holds a device time; of the first if that is None."""
    own = clocks[clocks["stream"] == stream].sort_values("from_device_s")
    at_s = -math.inf if device_s is None else device_s
    piece = max(0, int(own["from_device_s"].searchsorted(at_s, side="right")) - 1)
    return float(own["offset_s"].iloc[piece])


def _sitting(session: Path | str, candidate: str, subject: str, space: Workspace) -> Sitting:
    loaded, _ = load_session(space.folder_of(session))
    return loaded.sitting(candidate, subject)


def _read(space: Workspace, sitting: Sitting) -> Clocks:
    marker = analysed_sitting(space, sitting)
    window = (float(marker["window_start_s"]), float(marker["window_end_s"]))
    covered = space.read_sitting("coverage", sitting)
    return Clocks(
        sitting=sitting,
        clocks=_in_order(space.read_sitting("clocks", sitting)),
        clocks_measured=_in_order(space.read_sitting("clocks_measured", sitting)),
        anchors=space.read_sitting("anchors", sitting),
        window=window,
        missing=missing_time(covered, _mandatory(sitting), window=window),
        states=states_time(covered, window=window),
        views=views_time(covered, window=window),
    )


def _mandatory(sitting: Sitting) -> tuple[str, ...]:
    """Return the streams that the rulebook or the session asks for."""
    book = load_rulebook(sitting.session.rulebook, folder=sitting.session.folder)
    asked = {*book.required_streams, *sitting.session.required_streams}
    return tuple(stream for stream in STREAMS if stream in asked)


def _in_order(clocks: pd.DataFrame) -> pd.DataFrame:
    order = {stream: n for n, stream in enumerate(STREAMS)}
    keys = clocks["stream"].map(order)
    ordered = clocks.assign(order=keys).sort_values(["order", "piece"], kind="stable")
    return tables.conform(ordered, "clocks").reset_index(drop=True)
