"""What people recorded in the ledger about one sitting, as the report says it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from review import words
from review.errors import RulebookError
from review.ledger.decisions import match_decisions, readings_of, settle, standing
from review.reporting.model import DecisionSummary, OwnFlag, Standing
from review.rules import load_rulebook, shipped_rulebooks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.ledger import Ledger
    from review.reporting.model import Texts
    from review.session import Sitting

#: Kinds of entries that are about the sitting as a whole and belong into its report.
ON_RECORD: Final = (
    "outcome", "warning", "evidence", "statement", "recusal", "sign_off", "reopen",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Opinions:
    """What is on record about one sitting.

    Parameters
    ----------
    flags
        Flag id of the last analysis -> every person's last word on it, in the order of writing.
    standing
        Flag id -> what stands of these.
    own
        Flags that people marked themselves.
    sitting
        Entries about the sitting as a whole, in the order of writing, those taken back left out.
    orphans
        Decisions whose flag the last analysis did not find again.
    anchor
        Number and hash of the ledger's last entry.
    """

    flags: Mapping[str, tuple[DecisionSummary, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    standing: Mapping[str, Standing] = field(default_factory=lambda: MappingProxyType({}))
    own: tuple[OwnFlag, ...] = ()
    sitting: tuple[DecisionSummary, ...] = ()
    orphans: tuple[DecisionSummary, ...] = ()
    anchor: str = ""


def opinions_of(ledger: Ledger, sitting: Sitting, flags: pd.DataFrame) -> Opinions:
    """Return what is on record about a sitting, each decision beside the flag that it is about.

    Parameters
    ----------
    flags
        Table ``flags`` of the last analysis.

    Raises
    ------
    LedgerError
        If the ledger cannot be read.
    """
    head = ledger.head()
    if head is None:
        return Opinions()
    found = ledger.records(*sitting.key, kinds=("decision", "own_flag", *ON_RECORD, "retraction"))
    if not found:
        # Most sittings of a session: nothing to match, and no tables made for it.
        return Opinions(anchor=f"{head.seq} {head.hash}")
    said = pd.DataFrame(found).astype({"payload": object})
    zone = ZoneInfo(sitting.session.timezone)
    read = readings_of(said)
    matched, orphaned = match_decisions(read, flags)
    by_flag: dict[str, list[DecisionSummary]] = {}
    for row in matched.sort_values("seq").to_dict("records"):
        by_flag.setdefault(row["flag_id"], []).append(_reading(row, zone))
    entries = standing(said)
    entries = entries[entries["kind"].isin(ON_RECORD)]
    return Opinions(
        flags={flag_id: tuple(rows) for flag_id, rows in by_flag.items()},
        standing={
            row["flag_id"]: Standing(verdict=row["verdict"], disputed=bool(row["disputed"]))
            for row in settle(matched).to_dict("records")
        },
        own=tuple(_own(row, zone) for row in read[read["kind"] == "own_flag"].to_dict("records")),
        sitting=tuple(_entry(row, sitting, zone) for row in entries.to_dict("records")),
        orphans=tuple(
            replace(_reading(row, zone), orphaned=True) for row in orphaned.to_dict("records")
        ),
        anchor=f"{head.seq} {head.hash}",
    )


def _reading(row: Mapping[Any, Any], zone: ZoneInfo) -> DecisionSummary:
    return DecisionSummary(
        kind=row["kind"],
        who=row["author"],
        role=_text(row.get("role")),
        at=_at(row["at"], zone),
        verdict=row["verdict"],
        note=_text(row.get("note")),
        flag_id=row["flag_id"],
        label=row["label"],
        seq=int(row["seq"]),
    )


def _own(row: Mapping[Any, Any], zone: ZoneInfo) -> OwnFlag:
    return OwnFlag(
        stream=row["stream"],
        device_start_s=float(row["device_start_s"]),
        device_end_s=float(row["device_end_s"]),
        decision=_reading(row, zone),
    )


def _entry(row: Mapping[Any, Any], sitting: Sitting, zone: ZoneInfo) -> DecisionSummary:
    payload = row["payload"]
    kind = row["kind"]
    notes = [payload.get(name, "") for name in ("reason", "text", "note")]
    if kind == "evidence":
        notes.insert(0, " ".join(_text(payload.get(name)) for name in ("stream", "file", "sha256")))
    return DecisionSummary(
        kind=kind,
        who=row["author"],
        role=_text(row.get("role")),
        at=_at(row["at"], zone),
        outcome=payload.get("outcome", ""),
        clauses=tuple(
            _clause(payload.get("rulebook") or sitting.session.rulebook, clause_id, sitting)
            for clause_id in (*payload.get("clauses", ()), payload.get("clause"))
            if clause_id
        ),
        detail=payload.get("form") or payload.get("appeal") or "",
        note="\n".join(text for text in notes if text),
        seq=int(row["seq"]),
        key_id=_text(row.get("key_id")),
    )


def _at(utc: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(utc).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _clause(rulebook: str, clause_id: str, sitting: Sitting) -> tuple[Texts, Texts]:
    """Return number and summary of a clause; its id alone where the rulebook no longer has it."""
    shipped = rulebook in shipped_rulebooks()
    try:
        book = load_rulebook(rulebook if shipped else sitting.session.folder / rulebook)
        clause = book.clause(clause_id)
    except RulebookError:
        return (
            dict.fromkeys(words.LANGUAGES, clause_id),
            {one: words.say("report.clause_gone", one) for one in words.LANGUAGES},
        )
    number = {one: clause.number[one] for one in words.LANGUAGES}
    return number, {one: clause.summary[one] for one in words.LANGUAGES}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
