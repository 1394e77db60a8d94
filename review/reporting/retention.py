"""What is kept for how long: media and tables go, embeddings first; the ledger stays."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from review import tables
from review.errors import LedgerError, ReviewError
from review.ledger import current_author, open_ledger
from review.ledger.decisions import standing
from review.ledger.payloads import Retained
from review.loaders import load_session
from review.workspace import MARKER, Workspace, atomic_path, file_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review.ledger import Author, Ledger
    from review.session import Session

POLICY_FILE: Final = "retention.toml"
#: What goes, in this order: what a face can be recognised by before everything else.
KINDS: Final = ("embeddings", "media", "measurements", "tables")
#: Tables that hold what a face can be recognised by.
EMBEDDED: Final = tuple(n for n, schema in tables.SCHEMAS.items() if "embedding" in schema.names)
#: The large tables of what was measured, from which flags were made.
_MEASUREMENTS: Final = ("detections", "persons", "signals", "texts", "positions")
COLUMNS: Final = (
    "session_id", "what", "since", "days", "keep_until", "files", "bytes", "state", "reason",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Policy:
    """For how many days after the last exam of a session things are kept; None for ever.

    Parameters
    ----------
    embeddings
        What faces are recognised by, in the table ``detections``.
    media
        Playable copies, thumbnails and pictures of the workspace, and transcripts: a written copy
        of the sound. The recordings of the session's folder are the organiser's and never touched.
    measurements
        The tables ``detections persons signals texts positions``.
    tables
        All tables; reports cannot be made any more.
    """

    embeddings: int | None = 90
    media: int | None = 180
    measurements: int | None = 365
    tables: int | None = 1095

    @classmethod
    def load(cls, path: Path | str) -> Policy:
        """Read a policy: ``[days]`` with the names of the fields, 0 for ever.

        Raises
        ------
        ReviewError
            If the file cannot be read or names something else.
        """
        where = Path(path)
        try:
            given = tomllib.loads(where.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise ReviewError(
                "the policy cannot be read",
                where=where,
                found=reason,
                todo="mend the file, or leave it out for the days that docs/reports.md names",
            ) from error
        days = given.get("days", {})
        known = {field.name for field in fields(cls)}
        wrong = [name for name in given if name != "days"]
        if isinstance(days, dict):
            wrong += [k for k, v in days.items() if k not in known or not _is_days(v)]
        else:
            wrong.append("days")
        if wrong:
            raise ReviewError(
                "the policy is not valid",
                where=where,
                expected=f"[days] with {', '.join(sorted(known))}, whole numbers of days",
                found=", ".join(wrong),
            )
        return cls(**{name: value or None for name, value in days.items()})


def _is_days(value: object) -> bool:
    # In Python true is a number, too.
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def retain(
    workspace: Workspace | Path | str | None = None,
    *,
    sessions: Sequence[str] | None = None,
    policy: Policy | Path | str | None = None,
    apply: bool = False,
    today: date | None = None,
    author: Author | None = None,
) -> pd.DataFrame:
    """List what is older than the policy, and delete it if asked.

    A session is kept back as a whole where the ledger says so (an entry ``retained`` with a day
    that has not come yet), or where a candidate's appeal is not decided.

    Parameters
    ----------
    policy
        A policy or its file; ``retention.toml`` of the workspace, else :class:`Policy`'s own days.
    apply
        Delete, and record in the ledger what went. Supervisors and administrators may.
    today
        The day that ages are taken on.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`, one row per session and kind, in the order in which things go;
        ``state`` is ``kept``, ``held``, ``due``, ``removed`` or ``failed``.

    Raises
    ------
    ReviewError
        If the policy is not valid, or a session is not in the workspace.
    LedgerError
        If the author may not delete.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    rules = _policy(space, policy)
    day = today or datetime.now(UTC).date()
    for session_id in sessions or ():
        space.session_folder(session_id)
    ledger = open_ledger(space.ledger)
    who = None
    if apply:
        who = author or current_author(database_user=ledger.database_user)
        ledger.staff().wants(who, "retained")
    rows: list[dict[str, Any]] = []
    chosen = [s for s in space.sessions() if sessions is None or s in sessions]
    found = {session_id: _Found.of(space, session_id) for session_id in chosen}
    for kind in KINDS:
        for session_id in chosen:
            row = _row(space, found[session_id], session_id, kind, rules, day=day)
            if row["state"] == "due":
                reason = _held(ledger, session_id, day)
                row |= {"state": "held", "reason": reason} if reason else {}
            if row["state"] == "due" and who is not None:
                row |= _removed(space, session_id, kind, row, ledger, who)
            rows.append(row)
    ledger.close()
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _policy(space: Workspace, policy: Policy | Path | str | None) -> Policy:
    if isinstance(policy, Policy):
        return policy
    path = Path(policy) if policy is not None else space.folder / POLICY_FILE
    return Policy() if policy is None and not path.exists() else Policy.load(path)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """When the last exam of a session was; None where nobody knows."""

    last_day: date | None

    @classmethod
    def of(cls, space: Workspace, session_id: str) -> _Found:
        try:
            session: Session
            session, _ = load_session(space.session_folder(session_id))
        except ReviewError:
            # Its folder is gone: the analysis came after the exam.
            at = space.read(MARKER, session_id, columns=["analysed_at"])["analysed_at"]
            days = [datetime.fromisoformat(text).date() for text in at if text]
            return cls(last_day=max(days, default=None))
        return cls(last_day=max((s.end.date() for s in session.subjects), default=None))


def _row(
    space: Workspace,
    found: _Found,
    session_id: str,
    kind: str,
    rules: Policy,
    *,
    day: date,
) -> dict[str, Any]:
    days: int | None = getattr(rules, kind)
    paths = _paths(space, session_id, kind)
    row: dict[str, Any] = {
        "session_id": session_id,
        "what": kind,
        "since": found.last_day,
        "days": days,
        "files": len(paths),
        "bytes": sum(path.stat().st_size for path in paths),
        "state": "kept",
        "reason": "",
    }
    if days is not None and found.last_day is not None:
        until = date.fromordinal(found.last_day.toordinal() + days)
        row["keep_until"] = until
        if day > until and paths:
            row["state"] = "due"
    return row


def _paths(space: Workspace, session_id: str, kind: str) -> list[Path]:
    if kind == "media":
        roots = [space.folder / top / file_name(session_id) for top in ("media", "frames")]
        copies = [p for root in roots for p in root.rglob("*") if p.is_file()]
        return sorted([*copies, *space.table_folder("transcripts", session_id).glob("*.parquet")])
    names = {"measurements": _MEASUREMENTS, "tables": tuple(_all_tables(space))}
    wanted = names.get(kind, tuple(EMBEDDED))
    found = sorted(
        path for name in wanted for path in space.table_folder(name, session_id).glob("*.parquet")
    )
    return [path for path in found if _has_embeddings(path)] if kind == "embeddings" else found


def _all_tables(space: Workspace) -> list[str]:
    # The rows that say that a sitting was analysed go first: what remains is then no analysis.
    there = sorted(p.name for p in (space.folder / "tables").glob("*") if p.is_dir())
    return sorted({*there, *tables.SCHEMAS}, key=lambda name: name != MARKER)


def _has_embeddings(path: Path) -> bool:
    column = pq.read_table(path, columns=["embedding"], partitioning=None)["embedding"]
    return bool(column.null_count < len(column))


def _held(ledger: Ledger, session_id: str, day: date) -> str:
    entries = standing(
        ledger.entries(session_id, kinds=("retained", "statement", "outcome", "retraction"))
    )
    for row in entries[entries["kind"] == "retained"].to_dict("records"):
        until = row["payload"].get("until")
        if until and not row["payload"].get("removed") and date.fromisoformat(until[:10]) >= day:
            return f"kept until {until[:10]} by entry {row['seq']}"
    for key, own in entries.groupby(["candidate_id", "subject_id"]):
        forms = [p.get("form") for p in own["payload"]]
        decided = [p for p in own["payload"] if p.get("appeal")]
        if "appeal" in forms and not decided:
            return f"the appeal of {'/'.join(str(part) for part in key)} is not decided"
    return ""


def _removed(
    space: Workspace,
    session_id: str,
    kind: str,
    row: dict[str, Any],
    ledger: Ledger,
    author: Author,
) -> dict[str, Any]:
    """Delete one kind of one session and record it; what cannot be deleted is told."""
    gone = 0
    try:
        for path in _paths(space, session_id, kind):
            if kind == "embeddings":
                _forget(path)
            else:
                path.unlink()
            gone += 1
        if kind == "media":
            for top in ("media", "frames"):
                shutil.rmtree(space.folder / top / file_name(session_id), ignore_errors=True)
    except OSError as error:
        outcome = {"state": "failed", "reason": error.strerror or str(error)}
    else:
        outcome = {"state": "removed"}
    if gone:
        note = f"{gone} files of session {session_id}, {row['bytes']} bytes; policy {row['days']} d"
        try:
            ledger.record(
                Retained(what=kind, removed=True, note=note),
                sitting_key=(session_id, None, None),
                author=author,
            )
        except LedgerError as error:
            return {"state": "failed", "reason": f"removed, but not recorded: {error}"}
    return outcome


def _forget(path: Path) -> None:
    """Write a table again without its embeddings; rows that are nothing without them go."""
    table = pq.read_table(path, partitioning=None)
    index = table.column_names.index("embedding")
    field = table.schema.field(index)
    if field.nullable:
        kept = table.set_column(index, field, pa.nulls(len(table), field.type))
    else:
        kept = table.slice(0, 0)
    with atomic_path(path) as part:
        pq.write_table(kept, part, compression="zstd")
