"""Where in session time each file of a view is shown: what the player follows.

A span says: at session time ``t`` in ``[from_s, to_s)`` the player shows the picture at
``media_s + (t - from_s) * slope`` on the browser's clock of the file. Spans of a view neither
overlap nor leave the order of time; between them nothing is recorded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from review.playback import Playable

#: Shorter rests of a span, left by an overlap, are dropped: no picture is that short.
_LEAST_S: Final = 0.005


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of one file on session time."""

    from_s: float
    to_s: float
    media_s: float
    slope: float
    item: Playable


def spans(
    segments: pd.DataFrame, clocks: pd.DataFrame, items: Iterable[Playable], stream: str
) -> list[Span]:
    """Place the files of one view on session time.

    Where two files overlap, the later-starting one is shown from its start on. A file that
    nothing places, or without a length, is not shown.

    Parameters
    ----------
    segments, clocks
        Tables of one sitting.
    items
        :func:`review.playback.plan` of the same segments.
    """
    rows = {row["file"]: row for _, row in segments[segments["stream"] == stream].iterrows()}
    pieces: list[Any] = (
        clocks[clocks["stream"] == stream].sort_values("from_device_s").to_dict("records")
    )
    found = [
        span
        for item in items
        if item.stream == stream
        for span in _of_file(rows[item.file], item, pieces)
    ]
    return _apart(sorted(found, key=lambda span: span.from_s))


def as_json(span: Span, key: tuple[str, str, str], *, light: bool) -> dict[str, Any]:
    """Return a span as the player takes it; ``url`` is relative to the server's base."""
    item = span.item
    return {
        "from_s": span.from_s,
        "to_s": span.to_s,
        "media_s": span.media_s,
        "slope": span.slope,
        "file": item.file,
        "url": address(item, key, light=light),
        "ready": item.ready,
        "reason": item.reason,
        "light": light,
    }


def address(item: Playable, key: tuple[str, str, str], *, light: bool) -> str:
    """Return the address of a file at the media handler, relative to the server's base."""
    parts = (*key, item.stream, str(item.number))
    path = "/".join(quote(part, safe="") for part in parts)
    return f"review/media/{path}?v={item.version}{'&light=1' if light else ''}"


def _of_file(row: pd.Series[Any], item: Playable, pieces: list[Mapping[str, Any]]) -> list[Span]:
    start_s, length_s = float(row["device_start_s"]), float(row["duration_s"])
    if not (math.isfinite(start_s) and math.isfinite(length_s)):
        return []
    found = []
    for n, piece in enumerate(pieces):
        # Before the first and after the last piece, the nearest one holds.
        first_s = start_s if n == 0 else max(start_s, piece["from_device_s"])
        last_s = start_s + length_s
        if n + 1 < len(pieces):
            last_s = min(last_s, pieces[n + 1]["from_device_s"])
        if last_s <= first_s:
            continue
        slope = 1.0 + piece["drift_ppm"] * 1e-6
        shift_s = piece["offset_s"] - piece["drift_ppm"] * 1e-6 * piece["reference_device_s"]
        found.append(
            Span(
                from_s=first_s * slope + shift_s,
                to_s=last_s * slope + shift_s,
                media_s=first_s - start_s + item.origin_pts_s - item.zero_pts_s,
                slope=1.0 / slope,
                item=item,
            )
        )
    return found


def _apart(found: list[Span]) -> list[Span]:
    """Let every moment be shown once.

    Of two files the later-starting one holds from its start on, as for the measurements
    (:mod:`review.loaders.streams`). Of one file, whose clock was set back, the earlier piece.
    """
    kept: list[Span] = []
    for span in found:
        before = [old.to_s for old in kept if old.item.file == span.item.file]
        new = _cut(span, max([span.from_s, *before]), span.to_s)
        if new is None:
            continue
        rests: list[Span | None] = []
        for old in kept:
            if old.item.file == span.item.file or not _meet(old, new):
                rests.append(old)
            else:
                rests += [_cut(old, old.from_s, new.from_s), _cut(old, new.to_s, old.to_s)]
        kept = [*(rest for rest in rests if rest is not None), new]
    return sorted(kept, key=lambda span: span.from_s)


def _meet(one: Span, other: Span) -> bool:
    return one.from_s < other.to_s and other.from_s < one.to_s


def _cut(span: Span, from_s: float, to_s: float) -> Span | None:
    if to_s - from_s < _LEAST_S:
        return None
    media_s = span.media_s + (from_s - span.from_s) * span.slope
    return replace(span, from_s=from_s, to_s=to_s, media_s=media_s)
