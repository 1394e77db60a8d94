"""The ledger read as a list: who wrote what, when, about whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from review.ledger.store import Ledger

#: Columns of the list; ``said`` is the entry's content in a few words.
LOG_COLUMNS: Final = (
    "seq",
    "at",
    "person",
    "role",
    "kind",
    "session_id",
    "candidate_id",
    "subject_id",
    "said",
)
#: Content that says most, in the order in which it is told.
_TELLING: Final = (
    "action",
    "person",
    "roles",
    "verdict",
    "outcome",
    "clauses",
    "penalties",
    "form",
    "appeal",
    "label",
    "flag_id",
    "what",
    "file",
    "seq",
    "stream",
    "offset_s",
    "deadline",
    "reason",
    "text",
    "note",
)


def log(
    ledger: Ledger,
    *,
    session_id: str | None = None,
    candidate_id: str | None = None,
    subject_id: str | None = None,
    kinds: Iterable[str] | None = None,
    last: int | None = None,
) -> pd.DataFrame:
    """Return entries in their order, each in one line.

    Parameters
    ----------
    last
        Only so many of the end; all if None.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`LOG_COLUMNS`; ``at`` is UTC text (ISO 8601).
    """
    found = ledger.records(session_id, candidate_id, subject_id, kinds, last=last)
    rows = [
        {**row, "person": f"{row['source']}:{row['author']}", "said": told(row["payload"])}
        for row in found
    ]
    return pd.DataFrame(rows, columns=list(LOG_COLUMNS))


def told(content: Mapping[str, Any]) -> str:
    """Return the content of an entry in a few words.

    Examples
    --------
    >>> told({"verdict": "dismissed", "label": "absent", "note": "a curtain", "blind": False})
    'dismissed absent a curtain'
    """
    words = []
    for name in _TELLING:
        value = content.get(name)
        if value in (None, "", [], ()):
            continue
        words.append(", ".join(map(str, value)) if isinstance(value, list) else str(value))
    return " ".join(" ".join(words).split())
