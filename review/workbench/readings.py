"""A reviewer's decisions on the flags of one sitting, in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from review.errors import LedgerError
from review.ledger.decisions import decisions, match_decisions, readings
from review.ledger.payloads import Decision, Retraction

if TYPE_CHECKING:
    import pandas as pd

    from review.ledger import Author, Entry, Ledger
    from review.session import Sitting


def standing(
    ledger: Ledger, sitting: Sitting, flags: pd.DataFrame, author: Author
) -> dict[str, dict[str, Any]]:
    """Return what is decided, for every flag that somebody has decided on.

    Decisions of earlier analyses follow their flags.

    Returns
    -------
    dict
        flag_id -> ``verdict``, ``note``, ``author``, ``at`` (wall clock of the session),
        ``disputed``, and ``mine``: the author's own verdict, None where there is none.
    """
    settled, _ = match_decisions(decisions(ledger, sitting.key), flags)
    own = _own(ledger, sitting, flags, author).set_index("flag_id")
    zone = ZoneInfo(sitting.session.timezone)
    return {
        row["flag_id"]: {
            "verdict": row["verdict"],
            "note": row["note"],
            "author": row["author"],
            "at": f"{datetime.fromisoformat(row['at']).astimezone(zone):%Y-%m-%d %H:%M}",
            "disputed": bool(row["disputed"]),
            "mine": str(own.loc[row["flag_id"], "verdict"])
            if row["flag_id"] in own.index
            else None,
        }
        for _, row in settled.sort_values("seq").iterrows()
    }


def decide(
    ledger: Ledger,
    sitting: Sitting,
    flags: pd.DataFrame,
    *,
    flag_id: str,
    verdict: str,
    note: str,
    author: Author,
) -> Entry | None:
    """Write a decision, unless the author has decided just this already.

    Raises
    ------
    LedgerError
        If there is no such flag, or the ledger refuses.
    """
    flag = _flag(flags, sitting, flag_id)
    own = _own(ledger, sitting, flags, author)
    own = own[own["flag_id"] == flag_id]
    # A page sends again what it got no answer to: the same decision is entered once.
    if len(own) and (own.iloc[-1]["verdict"], own.iloc[-1]["note"]) == (verdict, note):
        return None
    decision = Decision(
        flag_id=flag_id,
        label=flag["label"],
        stream=flag["streams"][0],
        device_start_s=float(flag["device_start_s"]),
        device_end_s=float(flag["device_end_s"]),
        verdict=verdict,
        note=note,
    )
    return ledger.record(decision, sitting_key=sitting.key, author=author)


def undo(
    ledger: Ledger, sitting: Sitting, flags: pd.DataFrame, *, flag_id: str, author: Author
) -> Entry:
    """Take back the author's own last decision on a flag.

    Raises
    ------
    LedgerError
        If the author has decided nothing on it, or the ledger refuses.
    """
    _flag(flags, sitting, flag_id)
    own = _own(ledger, sitting, flags, author)
    own = own[own["flag_id"] == flag_id]
    if own.empty:
        raise LedgerError(
            "there is no decision of yours to take back",
            where=f"{sitting.name}, flag {flag_id}",
            found=f"none by {author.person}",
        )
    return ledger.record(
        Retraction(seq=int(own["seq"].max()), reason="undo"),
        sitting_key=sitting.key,
        author=author,
    )


def _own(ledger: Ledger, sitting: Sitting, flags: pd.DataFrame, author: Author) -> pd.DataFrame:
    said = readings(ledger, sitting.key)
    said = said[(said["author"] == author.name) & (said["source"] == author.source)]
    matched, _ = match_decisions(said, flags)
    return matched.sort_values("seq").drop_duplicates("flag_id", keep="last")


def _flag(flags: pd.DataFrame, sitting: Sitting, flag_id: str) -> pd.Series[Any]:
    rows = flags[flags["flag_id"] == flag_id]
    if rows.empty:
        raise LedgerError(
            "no such flag",
            where=f"{sitting.name}, flag {flag_id}",
            todo="the sitting was analysed again: run the notebook again",
        )
    return rows.iloc[0]
