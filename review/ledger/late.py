"""Recordings that came after people had decided, and what becomes of the decisions.

A sign-off says which files were there, by their hashes; a file that is not among them came late.
Where only decisions are on record, the file's own time of change is held against them: it can be
wrong (a copy may carry another time), so it is told as what it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.ledger.payloads import Reopen
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from review.ledger.chain import Entry
    from review.ledger.identity import Author
    from review.ledger.store import Ledger
    from review.session import Sitting

REASONS: Final = ("not_signed_off", "replaced", "changed_after")
#: Columns of what came late. ``reason`` is one of :data:`REASONS`: the sign-off that holds does not
#: name the file, or names another content under this name; or the file is younger than the entry.
#: ``after_seq`` and ``after_at`` are that entry; ``locked`` says whether the sitting is signed off,
#: so that it has to be reopened.
LATE_COLUMNS: Final = (
    *KEYS,
    "stream",
    "file",
    "sha256",
    "reason",
    "changed_at",
    "after_seq",
    "after_at",
    "locked",
)
_DECIDED: Final = ("decision", "own_flag", "outcome", "bulk")


def files_of(segments: pd.DataFrame) -> tuple[str, ...]:
    """Return the files of a sitting as a sign-off names them: ``<sha256>  <file>``.

    Parameters
    ----------
    segments
        Table ``segments``, rows of this sitting.
    """
    rows = segments.drop_duplicates("file")
    named = zip(_hashes(rows), rows["file"], strict=True)
    return tuple(sorted(f"{sha256}  {file}" for sha256, file in named))


def came_late(ledger: Ledger, sitting: Sitting, segments: pd.DataFrame) -> pd.DataFrame:
    """Return the files of a sitting that came after people had decided on it.

    Parameters
    ----------
    segments
        Table ``segments``, or the columns stream, file and (may be missing) sha256 of any files of
        this sitting; ``file`` is relative to the session folder.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`LATE_COLUMNS`, one row per file; empty where nobody has decided anything.
    """
    kinds = (*_DECIDED, "sign_off", "reopen", "retraction")
    entries = ledger.entries(*sitting.key, kinds=kinds)
    return late_of(entries, segments, sitting=sitting)


def late_of(entries: pd.DataFrame, segments: pd.DataFrame, *, sitting: Sitting) -> pd.DataFrame:
    """Return what came late from the entries about the sitting; see :func:`came_late`."""
    last, known = _reference(entries)
    if last is None:
        return pd.DataFrame(columns=list(LATE_COLUMNS))
    rows = segments.drop_duplicates("file")
    signed = dict(reversed(line.split("  ", 1)) for line in last["payload"].get("files", ()))
    found = []
    for stream, file, sha256 in zip(rows["stream"], rows["file"], _hashes(rows), strict=True):
        changed = _changed_at(sitting.session.folder / file)
        reason = _reason(file, sha256, changed, signed=signed, known=known, since=last["at"])
        if reason:
            told = (stream, file, sha256, reason, changed, last["seq"], last["at"])
            found.append((*sitting.key, *told, last["kind"] == "sign_off"))
    return pd.DataFrame(found, columns=list(LATE_COLUMNS))


def reopen_late(ledger: Ledger, late: pd.DataFrame, *, author: Author) -> list[Entry]:
    """Reopen every signed-off sitting for which recordings came late, naming them.

    Whoever finds the files may do this: it takes nothing away, and stays on record.

    Parameters
    ----------
    late
        From :func:`came_late`, of one sitting or of many.

    Raises
    ------
    LedgerError
        If the author may not write it, or the entry cannot be recorded.
    """
    made = []
    for key, rows in late[late["locked"].astype(bool)].groupby(list(KEYS), sort=False):
        names = tuple(f"{r.sha256}  {r.file}" for r in rows.itertuples())
        reason = f"recordings came late: {', '.join(rows['file'])}"
        payload = Reopen(reason=reason, late_files=names)
        sitting_key = [str(part) for part in key]
        made.append(ledger.record(payload, sitting_key=sitting_key, author=author))
    return made


def _reference(entries: pd.DataFrame) -> tuple[dict[str, Any] | None, set[str]]:
    """Return the entry that files are held against, and the files that were told already.

    A sitting that is closed is held against its sign-off; an open one against the first decision
    after it was last reopened.
    """
    taken_back = {p["seq"] for p in entries.loc[entries["kind"] == "retraction", "payload"]}
    first: dict[str, Any] | None = None
    known: set[str] = set()
    rows: list[dict[str, Any]] = entries.sort_values("seq").to_dict("records")  # type: ignore[assignment]
    for row in rows:
        if row["kind"] == "sign_off":
            first = row
        elif row["kind"] == "reopen":
            first = None
            known |= set(row["payload"].get("late_files", ()))
        elif row["kind"] in _DECIDED and first is None and row["seq"] not in taken_back:
            first = row
    return first, known


def _reason(
    file: str,
    sha256: str,
    changed: str | None,
    *,
    signed: dict[str, str],
    known: Iterable[str],
    since: str,
) -> str:
    if signed:
        if file not in signed:
            return "not_signed_off"
        return "replaced" if sha256 and signed[file] not in ("", sha256) else ""
    young = changed is not None and changed > since
    return "changed_after" if young and f"{sha256}  {file}" not in known else ""


def _hashes(rows: pd.DataFrame) -> list[str]:
    if "sha256" not in rows:
        return [""] * len(rows)
    return [text if isinstance(text, str) else "" for text in rows["sha256"]]


def _changed_at(path: Path) -> str | None:
    try:
        changed_s = path.stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(changed_s, UTC).isoformat(timespec="microseconds")
