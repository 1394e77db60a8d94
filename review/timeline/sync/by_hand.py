"""Offsets that people set: they win over what was measured, and nothing is measured again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from review import tables
from review.errors import TableError
from review.session import DEVICE_OF

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

#: Clocks that differ by less than this are one clock.
_SAME_S: Final = 1e-3


@dataclass(frozen=True, kw_only=True)
class Override:
    """What a ledger entry ``offset_set`` says.

    Parameters
    ----------
    stream
        Stream that was lined up.
    offset_s
        What to add to its device time: ``offset_s`` of the piece that holds ``device_s``.
    device_s
        Moment that the reviewer looked at; None for the first piece.
    alone
        True if the other streams of the device stay where they are.
    """

    stream: str
    offset_s: float
    device_s: float | None = None
    alone: bool = False


def apply_by_hand(clocks: pd.DataFrame, overrides: Iterable[Override]) -> pd.DataFrame:
    """Return the clocks with offsets set by hand; the last of a stream wins.

    All pieces of the stream move by as much as the piece that was set; drift stays as measured.
    Streams of the same device follow if they had the same clock before, or none that was measured:
    a log that the server's time ties does not follow a video whose start was written down wrong.

    Parameters
    ----------
    clocks
        Table ``clocks`` as measured or declared.

    Returns
    -------
    pandas.DataFrame
        Table ``clocks``; moved rows have state and method ``by_hand`` and no stated uncertainty.

    Raises
    ------
    TableError
        If an override names a stream without a clock.

    Examples
    --------
    >>> from review.timeline.sync.by_hand import Override
    >>> Override(stream="front", offset_s=1.5).alone
    False
    """
    moved = clocks.copy()
    for override in {o.stream: o for o in overrides}.values():
        own = clocks[clocks["stream"] == override.stream].sort_values("from_device_s")
        if own.empty:
            raise TableError(
                "no clock of this stream", where=override.stream, expected="a known stream"
            )
        at_s = -np.inf if override.device_s is None else override.device_s
        piece = max(0, int(np.searchsorted(own["from_device_s"], at_s, side="right")) - 1)
        by_s = override.offset_s - float(own["offset_s"].iloc[piece])
        followers = [] if override.alone else _followers(clocks, override.stream, own)
        rows = moved["stream"].isin([override.stream, *followers])
        # What was set for a stream itself is not moved again by a mate of its device.
        rows &= (moved["stream"] == override.stream) | (moved["state"] != "by_hand")
        moved.loc[rows, "offset_s"] = clocks.loc[rows, "offset_s"] + by_s
        moved.loc[rows, ["state", "method"]] = "by_hand"
        moved.loc[rows, "uncertainty_s"] = np.nan
    return tables.conform(moved, "clocks")


def _followers(clocks: pd.DataFrame, stream: str, own: pd.DataFrame) -> list[str]:
    out = []
    for other, rows in clocks.groupby("stream"):
        if other == stream or DEVICE_OF[str(other)] != DEVICE_OF[stream]:
            continue
        measured = (rows["state"] == "synchronised").any()
        # A device's other streams have one piece; the recording may have several.
        alike = np.abs(rows["offset_s"].to_numpy()[:, None] - own["offset_s"].to_numpy()) < _SAME_S
        if not measured or alike.any():
            out.append(str(other))
    return out
