"""Where the work on a session's sittings stands: for the worklist and the supervisors' queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.errors import ReviewError
from review.ledger.decisions import follow, outcomes_of, readings_of, settle, standing
from review.scoring.worklist import worklist
from review.tables import KEYS
from review.workbench import presence, readings, weighing
from review.workbench.acts import is_closed

if TYPE_CHECKING:
    from review.ledger import Author, Ledger
    from review.session import Session, Sitting
    from review.workspace import Workspace

#: What a sitting can need of a supervisor, in the order in which it is told.
NEEDS: Final = ("disputed", "dispute", "signature", "sign_off")
_KEYS: Final = list(KEYS)


def progress(
    session: Session, *, workspace: Workspace, ledger: Ledger, author: Author
) -> list[dict[str, Any]]:
    """Return every sitting of a session in the order of review.

    A sitting that the author is to read blind shows neither risk nor what others decided.

    Returns
    -------
    list of dict
        ``candidate_id``, ``subject_id``, ``state``, ``analysis``, ``reason``, ``risk``,
        ``unseen``, ``flags``, ``open_flags``, ``labels`` as in the worklist; ``assigned`` and
        ``present`` (persons), ``blind``, ``mine`` (assigned to the author), ``outcome`` (what the
        rulebook lets conclude, or None), ``closed``, ``needs`` (some of :data:`NEEDS`) and
        ``disputed`` (number of flags).
    """
    entries = ledger.entries(session.id, kinds=readings.KINDS_READ)
    flags = workspace.read("flags", session.id)
    decided = _decided(entries, flags)
    rows = worklist(
        workspace.read("sittings", session.id),
        workspace.read("scores", session.id),
        flags,
        decided,
        outcomes=outcomes_of(entries)[_KEYS].drop_duplicates(),
    )
    of_sitting = dict(list(entries.groupby(["candidate_id", "subject_id"])))
    known = {(c.id, s) for c in session.candidates for s in c.subjects}
    made = []
    records: list[Any] = rows.to_dict("records")
    for row in records:
        name = (row["candidate_id"], row["subject_id"])
        if name not in known:
            continue
        own = of_sitting.get(name, entries.iloc[:0])
        sitting = session.sitting(*name)
        made.append(_row(row, sitting, own, decided, workspace=workspace, author=author))
    return made


def after(rows: list[dict[str, Any]], key: tuple[str, str], *, person: str) -> tuple[str, str]:
    """Return the sitting that comes next after one: the first that still wants somebody.

    Sittings that are decided or failed, and those that somebody else reads now or has been
    assigned, come into question last.

    Raises
    ------
    ReviewError
        If there is no other sitting.
    """
    others = [row for row in rows if (row["candidate_id"], row["subject_id"]) != key]

    def rank(row: dict[str, Any]) -> tuple[bool, bool, bool, bool]:
        taken = bool(row["assigned"]) and person not in row["assigned"]
        elsewhere = any(one != person for one in row["present"])
        return (
            row["analysis"] == "failed", row["state"] == "decided", taken or elsewhere,
            not row["mine"],
        )  # fmt: skip

    if not others:
        raise ReviewError("there is no other sitting in this session")
    best = min(others, key=rank)
    return best["candidate_id"], best["subject_id"]


def _row(
    row: dict[str, Any],
    sitting: Sitting,
    entries: pd.DataFrame,
    decided: pd.DataFrame,
    *,
    workspace: Workspace,
    author: Author,
) -> dict[str, Any]:
    blind = readings.is_blind(entries, author)
    assigned = _assigned(entries)
    own = decided[(decided["candidate_id"] == sitting.key[1]) & (
        decided["subject_id"] == sitting.key[2]
    )]  # fmt: skip
    disputed = int(own["disputed"].sum())
    closed = is_closed(entries) is not None
    outcome, lacking = (None, ()) if blind else _concluded(entries, sitting, workspace)
    needs = {
        "disputed": disputed > 0,
        "dispute": "dispute" in lacking,
        "signature": "signature" in lacking,
        "sign_off": outcome is not None and not closed,
    }
    shown = {**row, "risk": None if pd.isna(row["risk"]) else float(row["risk"])}
    if blind:
        mine = entries[readings.is_by(entries, author)]
        read = set(readings_of(mine)["flag_id"])
        shown |= {"risk": None, "open_flags": max(0, row["flags"] - len(read))}
    return {
        **shown,
        "unseen": None if pd.isna(row["unseen"]) else float(row["unseen"]),
        "assigned": assigned,
        "present": presence.present(workspace, sitting.key),
        "mine": author.person in assigned,
        "blind": blind,
        "outcome": outcome,
        "closed": closed,
        "disputed": 0 if blind else disputed,
        "needs": [] if blind or closed else [code for code in NEEDS if needs[code]],
    }


def _decided(entries: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    read = readings_of(entries)
    if set(read.loc[read["kind"] == "decision", "flag_id"]) <= set(flags["flag_id"]):
        return settle(read)
    return follow(read, flags)[0]


def _assigned(entries: pd.DataFrame) -> list[str]:
    kept = standing(entries)
    people = [payload["person"] for payload in kept.loc[kept["kind"] == "assignment", "payload"]]
    return list(dict.fromkeys(people))


def _concluded(
    entries: pd.DataFrame, sitting: Sitting, workspace: Workspace
) -> tuple[str | None, tuple[str, ...]]:
    """Return what may be concluded, and what the clauses that people cited still lack."""
    said = outcomes_of(entries)
    if said.empty:
        return None, ()
    try:
        case = weighing.case(
            entries,
            sitting=sitting,
            events=workspace.read_sitting("events", sitting),
            flags=workspace.read_sitting("flags", sitting),
        )
        found = weighing.assessed(case, sitting=sitting)
    except ReviewError:
        return None, ("signature",)
    cited = {clause for clauses in said["clauses"] for clause in clauses}
    lacking = [code for s in found.standings if s.clause.id in cited for code in s.lacking]
    return found.outcome, (*found.lacking, *lacking)
