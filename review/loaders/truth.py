"""``truth.csv``: what is known to have happened, for evaluation."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pandas as pd

from review.errors import LoadError
from review.loaders.text import read_text
from review.tables import TRUTH_COLUMNS


def load_truth(path: Path | str) -> pd.DataFrame:
    """Read a table of true anomalies.

    Returns
    -------
    pandas.DataFrame
        ``candidate_id``, ``subject_id``, ``label``, ``stream`` (text) and ``start_s``, ``end_s``
        (session time); further columns are dropped.

    Raises
    ------
    LoadError
        If the file is missing, a column is absent, or an interval is none; names the lines.
    """
    path = Path(path)
    text, _ = read_text(path)
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        frame = pd.read_csv(StringIO("\n".join(lines)), dtype=str, keep_default_na=False)
    except (ValueError, pd.errors.ParserError) as error:
        raise LoadError(
            "not a table", where=path, expected=",".join(TRUTH_COLUMNS), found=str(error)
        ) from error
    missing = [name for name in TRUTH_COLUMNS if name not in frame.columns]
    if missing:
        raise LoadError(
            f"column {', '.join(missing)} is missing",
            where=path,
            expected=",".join(TRUTH_COLUMNS),
            found=",".join(map(str, frame.columns)),
        )
    times = {name: pd.to_numeric(frame[name], errors="coerce") for name in ("start_s", "end_s")}
    wrong = ~(times["end_s"] >= times["start_s"])
    if wrong.any():
        numbers = ", ".join(str(n + 2) for n in frame.index[wrong][:5])
        raise LoadError(
            f"line {numbers}: not an interval", where=path, expected="start_s <= end_s, in seconds"
        )
    return frame.assign(**times)[list(TRUTH_COLUMNS)]
