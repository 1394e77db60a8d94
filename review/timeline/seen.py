"""What coverage adds up to: missing time, time per state, and how many views see each moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from review.session import STREAMS, VIEWS
from review.tables import COVERAGE_STATES
from review.timeline import intervals as iv

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

#: States in which a view is recorded but shows nothing.
BLIND: Final = ("black", "covered", "frozen")


def missing_time(
    coverage: pd.DataFrame, required: Iterable[str], *, window: tuple[float, float]
) -> pd.DataFrame:
    """Say how long each mandatory stream was not recorded while it should have been.

    Parameters
    ----------
    coverage
        Table ``coverage`` of one sitting.
    required
        Mandatory streams, from the rulebook.
    window
        Judged window, session time.

    Returns
    -------
    pandas.DataFrame
        Columns ``stream``, ``missing_s``, ``share`` (of the window, 0 to 1), ``gaps``,
        ``longest_s``; one row per mandatory stream, those without a single file included.
    """
    length_s = max(window[1] - window[0], 0.0)
    rows = []
    for stream in dict.fromkeys(required):
        gaps = iv.difference([window], _spans(coverage, stream, "recorded"))
        lengths = gaps[:, 1] - gaps[:, 0]
        rows.append(
            {
                "stream": stream,
                "missing_s": float(lengths.sum()),
                "share": float(lengths.sum()) / length_s if length_s else 0.0,
                "gaps": len(gaps),
                "longest_s": float(lengths.max()) if len(gaps) else 0.0,
            }
        )
    return pd.DataFrame(rows, columns=["stream", "missing_s", "share", "gaps", "longest_s"])


def states_time(coverage: pd.DataFrame, *, window: tuple[float, float]) -> pd.DataFrame:
    """Say how long each stream was in each state within the judged window.

    Returns
    -------
    pandas.DataFrame
        Columns ``stream`` and ``<state>_s`` for every state of coverage; states may overlap.
    """
    there = set(coverage["stream"])
    rows = [
        {
            "stream": stream,
            **{
                f"{state}_s": iv.total_s(iv.intersection([window], _spans(coverage, stream, state)))
                for state in COVERAGE_STATES
            },
        }
        for stream in STREAMS
        if stream in there
    ]
    return pd.DataFrame(rows, columns=["stream", *(f"{state}_s" for state in COVERAGE_STATES)])


def views_seen(coverage: pd.DataFrame, *, window: tuple[float, float]) -> pd.DataFrame:
    """Say how many of the four views see each moment: recorded, and not black, covered or frozen.

    Returns
    -------
    pandas.DataFrame
        Columns ``start_s``, ``end_s``, ``views`` (0 to 4); rows lie end to end over the window,
        neighbours differ.
    """
    seeing = [visible(coverage, view) for view in VIEWS]
    edges = np.unique(np.concatenate([window, *(spans.ravel() for spans in seeing)]))
    edges = edges[(edges >= window[0]) & (edges <= window[1])]
    starts, ends = edges[:-1], edges[1:]
    count = np.zeros(len(starts), dtype=int)
    for spans in seeing:
        count += iv.contains(spans, (starts + ends) / 2)
    first = np.append(True, count[1:] != count[:-1])[: len(count)]
    last = np.append(first[1:], True)[: len(count)]
    return pd.DataFrame({"start_s": starts[first], "end_s": ends[last], "views": count[first]})


def views_time(coverage: pd.DataFrame, *, window: tuple[float, float]) -> pd.DataFrame:
    """Say for how long how many views saw something.

    Returns
    -------
    pandas.DataFrame
        Columns ``views`` (0 to 4, all of them) and ``seconds``.
    """
    seen = views_seen(coverage, window=window)
    lengths = (seen["end_s"] - seen["start_s"]).groupby(seen["views"]).sum()
    count = list(range(len(VIEWS) + 1))
    return pd.DataFrame({"views": count, "seconds": [float(lengths.get(n, 0.0)) for n in count]})


def visible(coverage: pd.DataFrame, view: str) -> NDArray[np.float64]:
    """Return when a view shows something, session time."""
    hidden = [_spans(coverage, view, state) for state in BLIND]
    return iv.difference(_spans(coverage, view, "recorded"), iv.union(*hidden))


def _spans(coverage: pd.DataFrame, stream: str, state: str) -> NDArray[np.float64]:
    rows = coverage[(coverage["stream"] == stream) & (coverage["state"] == state)]
    return iv.as_intervals(rows[["start_s", "end_s"]].to_numpy(dtype=float))
