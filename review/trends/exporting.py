"""A table of numbers as a file: CSV, Parquet or XLSX."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.errors import ReviewError
from review.reporting.sheets import FORMULA, Sheet, workbook
from review.workspace import atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable

ENDINGS: Final = (".csv", ".parquet", ".xlsx")


def write_table(frame: pd.DataFrame, path: Path | str) -> Path:
    """Write a table as its file's ending says, whole or not at all.

    Raises
    ------
    ReviewError
        If the ending is not known or the disk does not take it.
    """
    target = Path(path)
    writers: dict[str, Callable[[Path], Any]] = {
        ".csv": lambda part: _defused(frame).to_csv(part, index=False, encoding="utf-8-sig"),
        ".parquet": lambda part: frame.to_parquet(part, index=False),
        ".xlsx": lambda part: part.write_bytes(_book(frame)),
    }
    if target.suffix not in writers:
        raise ReviewError(
            "no such kind of file",
            where=target,
            expected=f"one that ends in {', '.join(ENDINGS)}",
            found=target.suffix or "no ending",
        )
    try:
        with atomic_path(target) as part:
            writers[target.suffix](part)
    except OSError as error:
        raise ReviewError(
            "cannot be written", where=target, found=error.strerror or str(error)
        ) from error
    return target


def _defused(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with an apostrophe before what a spreadsheet would calculate."""

    def plain(value: Any) -> Any:
        return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value

    made = frame.copy()
    for name in made.columns:
        if not pd.api.types.is_numeric_dtype(made[name]):
            made[name] = made[name].map(plain)
    return made


def _book(frame: pd.DataFrame) -> bytes:
    rows = tuple(
        tuple(None if pd.isna(v) else v.item() if hasattr(v, "item") else v for v in row)
        for row in frame.itertuples(index=False)
    )
    return workbook([Sheet(name="trends", columns=tuple(map(str, frame.columns)), rows=rows)])
