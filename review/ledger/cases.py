"""From the entries about a sitting to what the rulebook's engine reads."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from review.ledger.decisions import outcomes_of, readings_of, settle, standing
from review.rules.case import (
    Appeal,
    AppealDecision,
    Case,
    Finding,
    Procedure,
    Signature,
    WarningOnRecord,
)

if TYPE_CHECKING:
    import pandas as pd


def case_of(
    entries: pd.DataFrame,
    *,
    subject_id: str,
    exam_on: date,
    timezone: str,
    kind: str = "exam",
    away_total_s: float = 0.0,
    away_longest_s: float = 0.0,
    permitted: bool = False,
) -> Case:
    """Return the case of one sitting.

    Parameters
    ----------
    entries
        All entries about the sitting (:meth:`review.ledger.Ledger.entries`).
    exam_on
        Day of the exam in the session's time zone.
    timezone
        Name of the session's time zone: days of signatures and deadlines are days there.
    kind
        Of the session: ``exam``, ``mock`` or ``debug``.
    away_total_s, away_longest_s
        Time out of the picture, from the analysis, in seconds.
    permitted
        Whether the logs hold a permission.
    """
    zone = ZoneInfo(timezone)
    kept = standing(entries)
    decided = settle(readings_of(entries))
    confirmed = decided[decided["verdict"] == "confirmed"]
    said = outcomes_of(entries).sort_values("seq")
    is_appeal = said["appeal"].notna()
    last = said[~is_appeal].drop_duplicates(["source", "author"], keep="last")
    return Case(
        subject_id=subject_id,
        exam_on=exam_on,
        kind=kind,
        findings=frozenset(
            Finding(flag_id=row["flag_id"], label=row["label"]) for _, row in confirmed.iterrows()
        ),
        warnings=frozenset(
            WarningOnRecord(
                id=str(row["seq"]),
                clause=row["payload"].get("clause"),
                corrected=row["payload"].get("corrected"),
            )
            for _, row in _of(kept, "warning").iterrows()
        ),
        evidence=frozenset(p.get("flag_id") for p in _of(kept, "evidence")["payload"]),
        permitted=permitted,
        away_total_s=away_total_s,
        away_longest_s=away_longest_s,
        signatures=frozenset(_signature(row, zone) for _, row in last.iterrows()),
        sign_offs=_sign_offs(entries, zone),
        procedure=_procedure(kept),
        appeal=_appeal(kept, said[is_appeal], zone),
        involved=_involved(entries),
    )


def _of(entries: pd.DataFrame, kind: str) -> pd.DataFrame:
    return entries[entries["kind"] == kind]


def _day(at: str, zone: ZoneInfo) -> date:
    if "T" not in at and " " not in at:
        return date.fromisoformat(at)
    return datetime.fromisoformat(at).astimezone(zone).date()


def _signature(row: pd.Series[Any], zone: ZoneInfo) -> Signature:
    return Signature(
        person=f"{row['source']}:{row['author']}",
        role=row["role"],
        key_id=row["key_id"],
        signed_on=_day(row["at"], zone),
        outcome=row["outcome"],
        clauses=frozenset(row["clauses"]),
        note=row["note"],
    )


def _sign_offs(entries: pd.DataFrame, zone: ZoneInfo) -> frozenset[Signature]:
    """Return the sign-off that holds, if the sitting is closed now."""
    locks = entries[entries["kind"].isin(["sign_off", "reopen"])].sort_values("seq")
    if locks.empty or locks.iloc[-1]["kind"] == "reopen":
        return frozenset()
    row = locks.iloc[-1]
    signed = {**row, "outcome": "", "clauses": (), "note": row["payload"].get("note", "")}
    return frozenset({_signature(signed, zone)})  # type: ignore[arg-type]


def _procedure(kept: pd.DataFrame) -> Procedure:
    said = list(_of(kept, "statement")["payload"])
    forms = {payload["form"] for payload in said}
    deadlines = [p["deadline"][:10] for p in said if p["form"] == "invited"]
    return Procedure(
        # Invited twice, the candidate has until the later day.
        deadline=max((date.fromisoformat(d) for d in deadlines), default=None),
        answered=bool(forms & {"received", "waived"}),
        heard=bool(forms & {"hearing", "waived"}),
    )


def _appeal(kept: pd.DataFrame, decided: pd.DataFrame, zone: ZoneInfo) -> Appeal | None:
    filed = [
        _day(row["payload"].get("held_at") or row["at"], zone)
        for _, row in _of(kept, "statement").iterrows()
        if row["payload"]["form"] == "appeal"
    ]
    if not filed:
        return None
    last = decided.drop_duplicates(["source", "author"], keep="last")
    return Appeal(
        filed_on=min(filed),
        decisions=frozenset(
            AppealDecision(signature=_signature(row, zone), result=row["appeal"])
            for _, row in last.iterrows()
        ),
    )


def _involved(entries: pd.DataFrame) -> frozenset[str]:
    """Return persons and keys that read or decided anything, whether taken back or not."""
    acts = entries[entries["kind"].isin(["decision", "own_flag", "outcome", "sign_off", "bulk"])]
    appeals = acts["payload"].map(lambda p: p.get("appeal") is not None).astype(bool)
    acts = acts[~appeals]
    return frozenset(acts["source"] + ":" + acts["author"]) | frozenset(acts["key_id"])
