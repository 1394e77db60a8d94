"""CSV files of others: their separator, their column names, their line numbers."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SEPARATORS: Final = (",", ";", "\t", "|")
#: One cell of more characters than this is damage, not data.
_LONGEST_CELL: Final = 1_000_000


def read_header(text: str) -> tuple[list[str], str]:
    """Return the column names of the first line that is not empty, and the separator."""
    line = next((part for part in text.splitlines() if part.strip()), "")
    separator = max(_SEPARATORS, key=line.count)
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        cells = []
    return [cell.strip() for cell in cells], separator


def match_columns(
    header: list[str], wanted: Mapping[str, tuple[str, ...]], declared: Mapping[str, str]
) -> dict[str, int]:
    """Find which cell holds which column.

    Parameters
    ----------
    wanted
        The project's column -> names by which it is known, lower case.
    declared
        The project's column -> the file's column; goes before the well-known names.

    Returns
    -------
    dict
        The project's column -> position of the cell; columns that are not there are left out.
    """
    places = {name.strip().lower(): n for n, name in reversed(list(enumerate(header)))}
    found: dict[str, int] = {}
    for column, names in wanted.items():
        mine = declared.get(column)
        candidates = (mine.strip().lower(),) if mine else (column, *names)
        place = next((places[name] for name in candidates if name in places), None)
        if place is not None:
            found[column] = place
    return found


def read_rows(text: str, separator: str) -> Iterator[tuple[int, list[str] | None]]:
    """Yield (line number, cells) of every line below the header; cells None for a broken line."""
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        # NUL ends a cell for the reader and raises in some versions; it is damage anyway.
        reader = csv.reader(io.StringIO(text.replace("\0", "�"), newline=""), delimiter=separator)
        first = True
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield reader.line_num, None
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if first:
                first = False
                continue
            yield reader.line_num, cells
    finally:
        csv.field_size_limit(limit)
