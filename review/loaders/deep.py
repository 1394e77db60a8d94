"""Walking whole files: what the headers claim, borne out or contradicted."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from review.errors import LoadError
from review.loaders import problems
from review.loaders.media import open_video
from review.loaders.problems import Problem, brief

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

    from review.loaders.record import SittingRecord

#: A hole in the time stamps of at least this many seconds is reported: browsers that are short of
#: power leave out pictures for up to a second.
GAP_S = 2.0


def deep_check(record: SittingRecord) -> pd.DataFrame:
    """Walk all packets of all recordings of a sitting.

    Returns
    -------
    pandas.DataFrame
        Table ``problems``: holes in the time stamps, time stamps that go back, and files that
        cannot be walked; ``start_s`` and ``end_s`` are on device time where a segment is placed.
    """
    found: list[Problem] = []
    for row in record.segments.to_dict("records"):
        if isinstance(row["video_codec"], str):
            found += _walk(record, row)
    return problems.table(found, key=record.sitting.key)


def _walk(record: SittingRecord, row: dict[Hashable, Any]) -> list[Problem]:
    stream, file = row["stream"], row["file"]
    shift_s = row["device_start_s"] - row["origin_pts_s"]
    try:
        with open_video(record.path(file)) as video:
            stamps = sorted(packet.pts_s for packet in video.packets())
    except LoadError as error:
        return [Problem(code="deep_failed", stream=stream, file=file,
                        message=f"{file}: {brief(error)}")]  # fmt: skip
    return [
        Problem(
            code="media_gap", stream=stream, file=file, start_s=a + shift_s, end_s=b + shift_s,
            message=f"{file}: no picture for {b - a:.1f} s",
        )
        for a, b in pairwise(stamps)
        if b - a >= GAP_S
    ]  # fmt: skip
