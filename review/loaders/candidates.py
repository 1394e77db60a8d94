"""``candidates.csv``: who takes what. A bad row is a problem; the others go on."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from review.errors import LoadError, SessionError
from review.loaders.problems import Problem
from review.loaders.regions import known_adcode
from review.loaders.subjects import safe_name
from review.loaders.text import read_text
from review.session import Candidate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE: Final = "candidates.csv"
_NEEDED: Final = ("candidate_id", "name", "subjects")
_COLUMNS: Final = ("candidate_id", "name", "id_number", "occupation", "level", "subjects", "region")
#: What a spreadsheet program makes of an identity number: 1.10101E+17.
_MANGLED: Final = re.compile(r"^\d(\.\d+)?[eE]\+\d+$")


def read_candidates(
    folder: Path, subject_ids: Sequence[str]
) -> tuple[tuple[Candidate, ...], list[Problem]]:
    """Read ``candidates.csv``.

    Parameters
    ----------
    subject_ids
        Subjects of the session.

    Returns
    -------
    candidates : tuple of Candidate
        In the file's order.
    problems : list of Problem
        One per row or cell that cannot be used, naming the line.

    Raises
    ------
    SessionError
        If the file is missing, has no header with the needed columns, or no usable row.
    """
    path = folder / FILE
    if not path.is_file():
        raise SessionError(
            "the file is missing",
            where=path,
            expected=f"a table with the columns {','.join(_COLUMNS)}",
            todo="write one row per candidate; the README shows an example",
        )
    try:
        text, encoding = read_text(path)
    except LoadError as error:
        raise SessionError(error.what, where=path, found=error.found) from error
    problems = []
    if encoding is not None:
        problems.append(
            _problem("encoding", 1, f"the file is not UTF-8; it was read as {encoding}")
        )
    rows = list(_rows(text, path))
    found: dict[str, Candidate] = {}
    for line, cells in rows:
        candidate = _candidate(line, cells, subject_ids, path, problems)
        if candidate is not None and candidate.id in found:
            problems.append(
                _problem("candidate_row", line, f"{candidate.id!r} is there already; row left out")
            )
        elif candidate is not None:
            found[candidate.id] = candidate
    if not found:
        raise SessionError(
            "no usable row",
            where=path,
            expected="one row per candidate",
            found=problems[-1].message if problems else "nothing below the header",
        )
    return tuple(found.values()), problems


def _rows(text: str, path: Path) -> list[tuple[int, dict[str, str] | str]]:
    """Return (line, cells by column), or (line, what is wrong with it)."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=False)
    rows: list[tuple[int, dict[str, str] | str]] = []
    header: list[str] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = _header(cells, path)
            elif len(cells) > len(header):
                rows.append((reader.line_num, f"{len(cells)} cells under {len(header)} headings"))
            else:
                padded = cells + [""] * (len(header) - len(cells))
                stripped = (cell.strip() for cell in padded)
                rows.append((reader.line_num, dict(zip(header, stripped, strict=True))))
    except csv.Error as error:
        rows.append((reader.line_num, str(error)))
    if header is None:
        _header([], path)
    return rows


def _header(cells: Sequence[str], path: Path) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise SessionError(
            f"column {', '.join(missing)} is missing",
            where=path,
            expected=f"a first line {','.join(_COLUMNS)}",
            found=",".join(header) or "an empty file",
        )
    return header


def _candidate(
    line: int,
    cells: dict[str, str] | str,
    subject_ids: Sequence[str],
    path: Path,
    problems: list[Problem],
) -> Candidate | None:
    if isinstance(cells, str):
        problems.append(_problem("candidate_row", line, f"{cells}; row left out"))
        return None
    try:
        candidate_id = safe_name(cells["candidate_id"], where=path, what="candidate_id")
    except SessionError as error:
        problems.append(
            _problem("candidate_row", line, f"{error.what}: {error.found}; row left out")
        )
        return None
    problems += [
        _problem("candidate_cell", line, f"{column} has lost digits (a number like 1.1E+17)")
        for column in ("candidate_id", "id_number")
        if _MANGLED.match(cells.get(column, ""))
    ]
    wanted = [part.strip() for part in re.split(r"[;；]", cells["subjects"]) if part.strip()]
    problems += [
        _problem(
            "candidate_subject",
            line,
            f"{candidate_id}: no subject {subject!r}; expected some of {', '.join(subject_ids)}",
        )
        for subject in wanted
        if subject not in subject_ids
    ]
    taken = tuple(dict.fromkeys(s for s in wanted if s in subject_ids))
    if not taken:
        problems.append(
            _problem("candidate_row", line, f"{candidate_id} takes no subject; row left out")
        )
        return None
    return Candidate(
        id=candidate_id,
        name=cells["name"],
        id_number=cells.get("id_number", ""),
        occupation=cells.get("occupation", ""),
        level=cells.get("level", ""),
        subjects=taken,
        region=_region(line, cells.get("region", ""), problems),
    )


def _region(line: int, text: str, problems: list[Problem]) -> str | None:
    if text and not known_adcode(text):
        problems.append(
            _problem("candidate_row", line, f"unknown region {text!r}; the session's region holds")
        )
        return None
    return text or None


def _problem(code: str, line: int, message: str) -> Problem:
    return Problem(code=code, file=FILE, message=f"{FILE}, line {line}: {message}")
