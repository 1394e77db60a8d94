"""Who shall review what, and where somebody who stepped aside has to be replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.ledger.decisions import standing
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review.ledger.store import Ledger

#: One row per sitting and person who was asked to review it. ``state`` is ``assigned``, or
#: ``stepped_aside`` where that person has stepped aside from the candidate; ``open`` says that the
#: sitting has nobody left and has to be assigned anew.
ASSIGNMENT_COLUMNS: Final = (
    *KEYS,
    "person",
    "blind",
    "note",
    "assigned_by",
    "at",
    "seq",
    "state",
    "open",
)
_KINDS: Final = ("assignment", "recusal", "retraction")


def assignments(ledger: Ledger, key: Sequence[str | None]) -> pd.DataFrame:
    """Return who shall review the sittings of a session or candidate, or one sitting.

    The last assignment of a person to a sitting counts; one that was taken back does not. A
    recusal is about the candidate, in all subjects.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`ASSIGNMENT_COLUMNS`, in the order of writing.
    """
    session_id, candidate_id, _ = [*key, None, None, None][:3]
    return assignments_of(ledger.entries(session_id, candidate_id, kinds=_KINDS), key)


def assignments_of(entries: pd.DataFrame, key: Sequence[str | None] = ()) -> pd.DataFrame:
    """Return the assignments that some entries hold; see :func:`assignments`."""
    own = entries[entries["kind"].isin(_KINDS)]  # of thousands that are something else
    rows: list[dict[str, Any]] = standing(own).sort_values("seq").to_dict("records")  # type: ignore[assignment]
    aside = {
        (row["session_id"], row["candidate_id"], f"{row['source']}:{row['author']}")
        for row in rows
        if row["kind"] == "recusal"
    }
    last: dict[tuple[Any, ...], dict[str, Any]] = {}
    subject_id = [*key, None, None, None][2]
    for row in rows:
        if row["kind"] == "assignment" and subject_id in (None, row["subject_id"]):
            said = row["payload"]
            sitting = tuple(row[name] for name in KEYS)
            left = (*sitting[:2], said["person"]) in aside
            last[(*sitting, said["person"])] = {
                **dict(zip(KEYS, sitting, strict=True)),
                "person": said["person"],
                "blind": said.get("blind", False),
                "note": said.get("note", ""),
                "assigned_by": f"{row['source']}:{row['author']}",
                "at": row["at"],
                "seq": row["seq"],
                "state": "stepped_aside" if left else "assigned",
            }
    held = {one[:3] for one, made in last.items() if made["state"] == "assigned"}
    found = [{**made, "open": one[:3] not in held} for one, made in last.items()]
    return pd.DataFrame(found, columns=list(ASSIGNMENT_COLUMNS)).sort_values(
        "seq", ignore_index=True
    )
