"""Who is under a ban on a day, from the ledger and the sessions that the workspace knows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.errors import ReviewError
from review.ledger.circumstances import case_for
from review.ledger.payloads import SignOff
from review.loaders import load_session
from review.rules import load_rulebook
from review.rules.bans import COLUMNS, banned_on, register
from review.rules.engine import assess_candidate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.ledger.store import Ledger
    from review.rules.engine import Candidacy
    from review.session import Session
    from review.workspace import Workspace

#: ``basis``: ``assessed`` (worked out anew from everything on record) or ``signed_off`` (as the
#: sign-off said it, where the session's folder is no longer there).
BAN_COLUMNS: Final = (*COLUMNS, "basis")
#: A candidate of a session who is under a ban on the day of a paper; ``match`` is how the two were
#: found to be one person: ``candidate_id`` or ``id_number``.
UNDER_BAN_COLUMNS: Final = (
    "candidate_id",
    "subject_id",
    "exam_on",
    "match",
    "banned_session_id",
    "banned_candidate_id",
    "clause",
    "starts_on",
    "last_day",
    "basis",
)


def sign_off_of(
    candidacy: Candidacy, subject_id: str, *, note: str = "", files: tuple[str, ...] = ()
) -> SignOff:
    """Return the sign-off of a sitting that says what was concluded and what it costs.

    Parameters
    ----------
    candidacy
        From :func:`review.rules.engine.assess_candidate`, as of now.
    files
        From :func:`review.ledger.late.files_of`.
    """
    assessment = candidacy.sittings[subject_id]
    given = [s for s in (*assessment.standings, *candidacy.follows) if s.punishable]
    sanctions = [s.sanction for s in given if s.sanction is not None]
    banned = [s.ban for s in sanctions if s.ban is not None]
    longest = max(banned, key=lambda ban: ban.last_day, default=None)
    return SignOff(
        note=note,
        outcome=assessment.outcome,
        clauses=tuple(s.clause.id for s in given),
        penalties=tuple(dict.fromkeys(s.kind for s in sanctions)),
        banned_from=None if longest is None else longest.starts_on.isoformat(),
        banned_until=None if longest is None else longest.last_day.isoformat(),
        files=files,
    )


def bans_on(ledger: Ledger, day: date, *, workspace: Workspace | None = None) -> pd.DataFrame:
    """Return the bans that hold on a day.

    Parameters
    ----------
    workspace
        Where the sessions are registered: what is on record about their candidates is assessed
        anew. A session whose folder is gone, or any without a workspace, counts by what its
        sign-offs say.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`BAN_COLUMNS`.
    """
    closed = ledger.entries(kinds=("sign_off", "reopen"))
    signed = _signed_off(closed)
    cited = ledger.entries(kinds=("outcome",))[["session_id", "candidate_id"]].drop_duplicates()
    parts = []
    for session_id in cited["session_id"].unique():
        rows = cited[cited["session_id"] == session_id]
        made = None if workspace is None else _assessed(ledger, workspace, session_id, rows, day)
        if made is None:
            made = signed[signed["session_id"] == session_id]
        parts.append(made)
    found = [part for part in parts if len(part)]
    if not found:
        return pd.DataFrame(columns=list(BAN_COLUMNS))
    return banned_on(pd.concat(found, ignore_index=True), day)


def under_ban(ledger: Ledger, session: Session, workspace: Workspace) -> pd.DataFrame:
    """Return the candidates of a session who are under a ban on the day of one of their papers.

    A candidate is a banned person by identity number, where the lists of both sessions hold it (it
    is compared, never returned), and otherwise by admission ticket number.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`UNDER_BAN_COLUMNS`: one row per sitting and ban.
    """
    rows: list[dict[str, Any]] = []
    on_days: dict[date, list[tuple[Any, str]]] = {}
    for sitting in session.sittings():
        day = sitting.subject.start.date()
        if day not in on_days:
            bans = bans_on(ledger, day, workspace=workspace)
            numbers = _identity_numbers(workspace, bans)
            on_days[day] = [
                (ban, numbers.get((ban["session_id"], ban["candidate_id"]), ""))
                for ban in bans.to_dict("records")
            ]
        for ban, number in on_days[day]:
            match = _match(sitting.candidate.id, sitting.candidate.id_number, ban, number)
            if match:
                rows.append(
                    {
                        "candidate_id": sitting.candidate.id,
                        "subject_id": sitting.subject.id,
                        "exam_on": day,
                        "match": match,
                        "banned_session_id": ban["session_id"],
                        "banned_candidate_id": ban["candidate_id"],
                        **{name: ban[name] for name in BAN_COLUMNS[2:]},
                    }
                )
    return pd.DataFrame(rows, columns=list(UNDER_BAN_COLUMNS))


def _match(candidate_id: str, id_number: str, ban: Mapping[str, Any], number: str) -> str:
    if id_number and number:
        # Ticket numbers are given out anew each time; where both people are known, they decide.
        return "id_number" if id_number.upper() == number.upper() else ""
    return "candidate_id" if candidate_id == ban["candidate_id"] else ""


def _identity_numbers(workspace: Workspace, bans: pd.DataFrame) -> dict[tuple[str, str], str]:
    numbers = {}
    for session_id in bans["session_id"].unique():
        session = _session(workspace, session_id)
        if session is not None:
            numbers.update({(session_id, c.id): c.id_number for c in session.candidates})
    return numbers


def _session(workspace: Workspace, session_id: str) -> Session | None:
    try:
        return load_session(workspace.session_folder(session_id))[0]
    except ReviewError:
        return None


def _assessed(
    ledger: Ledger, workspace: Workspace, session_id: str, cited: pd.DataFrame, day: date
) -> pd.DataFrame | None:
    session = _session(workspace, session_id)
    if session is None:
        return None
    try:
        rulebook = load_rulebook(session.rulebook, folder=session.folder)
    except ReviewError:
        return None
    known = {candidate.id for candidate in session.candidates}
    flags, events = (workspace.read(name, session_id) for name in ("flags", "events"))
    found = []
    for candidate_id in sorted(set(cited["candidate_id"].dropna()) & known):
        cases = [
            case_for(
                ledger,
                sitting,
                flags=_rows_of(flags, sitting.key),
                events=_rows_of(events, sitting.key),
            )
            for sitting in session.sittings()
            if sitting.candidate.id == candidate_id
        ]
        found.append((session_id, candidate_id, assess_candidate(rulebook, cases, on=day)))
    return register(found).assign(basis="assessed")


def _rows_of(frame: pd.DataFrame, key: tuple[str, str, str]) -> pd.DataFrame:
    return frame[(frame["candidate_id"] == key[1]) & (frame["subject_id"] == key[2])]


def _signed_off(locks: pd.DataFrame) -> pd.DataFrame:
    """Return the bans that standing sign-offs state."""
    last = locks.sort_values("seq").drop_duplicates(
        ["session_id", "candidate_id", "subject_id"], keep="last"
    )
    rows = [
        (
            row["session_id"],
            row["candidate_id"],
            ", ".join(row["payload"].get("clauses", ())),
            date.fromisoformat(row["payload"]["banned_from"][:10]),
            date.fromisoformat(row["payload"]["banned_until"][:10]),
            "signed_off",
        )
        for row in last.to_dict("records")
        if row["kind"] == "sign_off"
        and row["payload"].get("banned_from")
        and row["payload"].get("banned_until")
    ]
    return pd.DataFrame(rows, columns=list(BAN_COLUMNS))
