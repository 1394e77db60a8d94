"""What can be wrong with evidence: the one list of codes, and the rows that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from review import tables
from review.errors import ReviewError
from review.loaders.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

#: Code -> (severity, what it means). ``error``: evidence is missing or cannot be used; ``warning``:
#: something was dropped, assumed or contradicts itself; ``info``: good to know.
CODES: Final[Mapping[str, tuple[str, str]]] = {
    # session.toml and candidates.csv
    "unknown_key": ("warning", "a key of session.toml that nothing reads, most likely misspelt"),
    "candidate_row": ("error", "a row of candidates.csv that cannot be used; the others are"),
    "candidate_subject": ("error", "a candidate is entered for a subject that does not exist"),
    "candidate_cell": ("warning", "a cell that a spreadsheet program has most likely mangled"),
    "encoding": ("info", "a text file in another encoding than UTF-8"),
    # the folder of a sitting
    "sitting_empty": ("error", "no file at all for this sitting"),
    "stream_missing": ("error", "a required stream has no usable file"),
    "file_unexpected": ("info", "a file that belongs to no stream"),
    "file_unreadable": ("error", "a file that cannot be opened or read"),
    "file_refused": ("error", "a file that is not what its place demands, or is not safe to read"),
    "recordings_csv": ("warning", "a row of recordings.csv that cannot be used"),
    "photo_unreadable": ("error", "an identity photograph that cannot be opened"),
    "photo_missing": ("info", "an identity photograph is not there"),
    # recordings
    "media_unreadable": ("error", "a recording that cannot be opened"),
    "media_empty": ("error", "a recording in which nothing is recorded, whatever it declares"),
    "media_no_video": ("warning", "a recording of a view without a picture track"),
    "duration_contradicted": ("warning", "the content does not bear out the declared length"),
    "duration_measured": ("info", "no length is declared; it was measured through the content"),
    "media_damaged": ("warning", "a stretch of a recording that cannot be read or decoded"),
    "media_encrypted": ("error", "a recording that is encrypted"),
    "media_gap": ("warning", "a hole in the time stamps within one recording"),
    "media_time_back": ("warning", "time stamps within one recording go back"),
    "playlist_part": ("warning", "a part that a playlist names is not there"),
    "start_unknown": ("warning", "nothing says when a recording starts"),
    "start_assumed": ("info", "when a recording starts follows from a weak source"),
    "start_unlikely": ("warning", "a recording that lies wholly outside of the session's day"),
    # positions and logs
    "line_bad": ("warning", "lines that cannot be read; the others are"),
    "time_naive": ("info", "times without an offset, taken in the session's time zone"),
    "checksum_bad": ("warning", "NMEA sentences whose checksum does not hold"),
    "position_bad": ("warning", "positions outside of the globe"),
    "positions_empty": ("warning", "a file of positions without a single usable one"),
    "crs_undeclared": (
        "warning",
        "the coordinate system is not declared; the platform's was taken",
    ),
    "duplicates": ("info", "rows that repeat another one were dropped"),
    "events_empty": ("warning", "a log without a single usable entry"),
    "event_unknown": ("info", "event types that the project does not know; kept"),
    "time_far": ("warning", "times that lie days away from the session"),
    # the deep walk and the check of a whole session
    "deep_failed": ("error", "a file could not be walked through"),
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
            "severity": CODES[self.code][0],
            "code": self.code,
            "start_s": self.start_s,
            "end_s": self.end_s,
            "message": plain(" ".join(self.message.split())),
        }


def table(problems: Iterable[Problem], *, key: tuple[str, str, str]) -> pd.DataFrame:
    """Make the table ``problems``, the gravest first, else in the order they were found."""
    order = {name: n for n, name in enumerate(reversed(tables.SEVERITIES))}
    ranked = sorted(problems, key=lambda p: order[CODES[p.code][0]])
    return tables.build("problems", [p.row() for p in ranked], key=key)


def brief(error: ReviewError) -> str:
    """Say an error without its place, where the row names that already."""
    bare = ReviewError(error.what, expected=error.expected, found=error.found, todo=error.todo)
    return str(bare)
