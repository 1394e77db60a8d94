"""What can be wrong with evidence: the one list of codes, and the rows that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from review import tables, words
from review.errors import ReviewError
from review.loaders.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

#: Code -> severity. ``error``: evidence is missing or cannot be used; ``warning``: something was
#: dropped, assumed or contradicts itself; ``info``: good to know. What each means is said in both
#: languages in the section ``problem`` of ``review/words.toml``; see :func:`meaning`.
CODES: Final[Mapping[str, str]] = {
    # session.toml and candidates.csv
    "unknown_key": "warning",
    "candidate_row": "error",
    "candidate_subject": "error",
    "candidate_cell": "warning",
    "encoding": "info",
    # the folder of a sitting
    "sitting_empty": "error",
    "stream_missing": "error",
    "file_unexpected": "info",
    "file_unreadable": "error",
    "file_refused": "error",
    "recordings_csv": "warning",
    "photo_unreadable": "error",
    "photo_missing": "info",
    # recordings
    "media_unreadable": "error",
    "media_empty": "error",
    "media_no_video": "warning",
    "duration_contradicted": "warning",
    "duration_measured": "info",
    "media_damaged": "warning",
    "media_encrypted": "error",
    "media_gap": "warning",
    "media_time_back": "warning",
    "playlist_part": "warning",
    "start_unknown": "warning",
    "start_assumed": "info",
    "start_unlikely": "warning",
    # positions and logs
    "line_bad": "warning",
    "time_naive": "info",
    "checksum_bad": "warning",
    "position_bad": "warning",
    "positions_empty": "warning",
    "crs_undeclared": "warning",
    "duplicates": "info",
    "events_empty": "warning",
    "event_unknown": "info",
    "time_far": "warning",
    # the deep walk and the check of a whole session
    "deep_failed": "error",
    "candidate_banned": "warning",
    "file_late": "warning",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One row of ``problems``; the severity follows from the code."""

    code: str
    message: str
    stream: str | None = None
    file: str | None = None
    start_s: float | None = None
    end_s: float | None = None

    def row(self) -> dict[str, Any]:
        """Return it as a row of the table, without its keys."""
        return {
            "stream": self.stream,
            "file": self.file,
            "severity": CODES[self.code],
            "code": self.code,
            "start_s": self.start_s,
            "end_s": self.end_s,
            "message": plain(" ".join(self.message.split())),
        }


def table(problems: Iterable[Problem], *, key: tuple[str, str, str]) -> pd.DataFrame:
    """Make the table ``problems``, the gravest first, else in the order they were found."""
    order = {name: n for n, name in enumerate(reversed(tables.SEVERITIES))}
    ranked = sorted(problems, key=lambda p: order[CODES[p.code]])
    return tables.build("problems", [p.row() for p in ranked], key=key)


def meaning(code: str, language: words.Language = "en") -> str:
    """Say what a code means, or return it as it is where the table lacks it.

    Examples
    --------
    >>> meaning("sitting_empty"), meaning("media_encrypted", "zh")
    ('no file at all for this sitting', '录像已加密')
    """
    entry = words.table().get(f"problem.{code}")
    return entry[language] if entry else code


def brief(error: ReviewError) -> str:
    """Say an error without its place, where the row names that already."""
    bare = ReviewError(error.what, expected=error.expected, found=error.found, todo=error.todo)
    return str(bare)
