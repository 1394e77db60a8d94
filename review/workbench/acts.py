"""What a person does to a sitting, one ledger entry each.

A page sends again what it got no answer to, so each act is entered once however often it comes:
what already stands is left standing.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from review.errors import LedgerError
from review.figures.palette import FAMILY_OF
from review.ledger.decisions import readings_of, standing
from review.ledger.payloads import (
    Decision,
    EvidenceKept,
    Outcome,
    OwnFlag,
    Recusal,
    Reopen,
    Retraction,
    WarningGiven,
)
from review.session import STREAMS
from review.timeline.clocks import to_device_s
from review.workbench.readings import is_by, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from review.ledger.fields import Payload
    from review.session import Sitting

    Message = Mapping[str, Any]

#: Ids of own flags are made in the page, so that a flag sent twice is one flag.
_OWN_ID: Final = re.compile(r"own-[0-9a-z-]{4,60}")
#: Where a piece of evidence is.
_PLACE: Final = ("stream", "device_start_s", "device_end_s")


def decide(message: Message, mine: pd.DataFrame, flag: Mapping[str, Any]) -> Payload | None:
    """Return the decision on a flag, None where the author's last word is just this.

    Parameters
    ----------
    mine
        The author's own entries of the sitting.
    flag
        The flag: ``flag_id``, ``label``, ``stream``, ``device_start_s``, ``device_end_s``.
    """
    verdict, note = str(message.get("verdict")), str(message.get("note") or "")
    read = readings_of(mine)
    last = read[read["flag_id"] == flag["flag_id"]]
    if len(last) and (last.iloc[-1]["verdict"], last.iloc[-1]["note"]) == (verdict, note):
        return None
    return Decision(**flag, verdict=verdict, note=note, blind=bool(message.get("blind")))


def own_flag(message: Message, entries: pd.DataFrame, clocks: pd.DataFrame) -> Payload | None:
    """Return a flag of a person's own, None where it stands already.

    Raises
    ------
    LedgerError
        If its label, view or interval cannot be.
    """
    flag_id = str(message.get("flag_id"))
    known = [row["payload"]["flag_id"] for row in rows_of(entries, ["own_flag"])]
    if flag_id in known:
        return None
    label, stream = str(message.get("label")), str(message.get("stream"))
    if not _OWN_ID.fullmatch(flag_id) or label not in FAMILY_OF or stream not in STREAMS:
        raise LedgerError(
            "no such flag can be marked",
            expected="a label of the list, one of the streams and an id of the page's own",
            found=f"{label!r}, {stream!r}, {flag_id!r}",
        )
    place = {name: value for name, value in stretch(message, clocks).items() if value is not None}
    return OwnFlag(
        **place,
        flag_id=flag_id,
        label=label,
        note=str(message.get("note") or ""),
        blind=bool(message.get("blind")),
    )


def stretch(message: Message, clocks: pd.DataFrame) -> dict[str, Any]:
    """Return a stretch between two marks on its stream's own clock; it is no flag's.

    Raises
    ------
    LedgerError
        If its view or interval cannot be.
    """
    stream = str(message.get("stream"))
    start_s, end_s = _number(message, "start_s"), _number(message, "end_s")
    if stream not in STREAMS:
        raise LedgerError("no such stream", expected=", ".join(STREAMS), found=repr(stream))
    if not start_s < end_s:
        raise LedgerError(
            "mark in is not before mark out",
            found=f"{start_s:g} s to {end_s:g} s",
            todo="set both marks again",
        )
    device = to_device_s(clocks, stream, [start_s, end_s])
    place = zip(_PLACE, (stream, float(device[0]), float(device[1])), strict=True)
    return {**dict(place), "flag_id": None}


def undo(message: Message, entries: pd.DataFrame, *, where: str) -> Payload | None:
    """Return the retraction of an entry, None where it is taken back already.

    Raises
    ------
    LedgerError
        If the sitting has no such entry.
    """
    seq = message.get("seq")
    if not isinstance(seq, int) or seq not in set(entries["seq"]):
        raise LedgerError("there is nothing of yours to take back", where=where, found=f"{seq!r}")
    if seq not in set(standing(entries)["seq"]):
        return None
    return Retraction(seq=seq, reason="undo")


def conclude(message: Message, mine: pd.DataFrame, *, sitting: Sitting) -> Payload | None:
    """Return an outcome, None where the author's last word is just this.

    Raises
    ------
    LedgerError
        If the session is no exam: only exams have outcomes.
    """
    if sitting.session.kind != "exam":
        raise LedgerError(
            "only an exam has outcomes",
            where=sitting.name,
            expected="a session of the kind exam",
            found=sitting.session.kind,
        )
    said = Outcome(
        outcome=str(message.get("outcome")),
        rulebook=sitting.session.rulebook,
        clauses=tuple(sorted(str(c) for c in message.get("clauses") or ())),
        note=str(message.get("note") or ""),
        appeal=message.get("appeal") or None,
    )
    return None if _last(mine, "outcome") == said.as_payload() else said


def warn(message: Message, entries: pd.DataFrame, *, sitting: Sitting) -> Payload | None:
    """Return a warning on record, None where the same one is on record."""
    at = sitting.subject.start + timedelta(seconds=_number(message, "given_s"))
    at = at.astimezone(ZoneInfo(sitting.session.timezone))
    said = WarningGiven(
        reason=str(message.get("reason") or ""),
        clause=message.get("clause") or None,
        given_at=at.isoformat(timespec="seconds"),
        answered=message.get("answered"),
        corrected=message.get("corrected"),
        note=str(message.get("note") or ""),
    )
    on_record = [row["payload"] for row in rows_of(standing(entries), ["warning"])]
    return None if said.as_payload() in on_record else said


def preserve(
    entries: pd.DataFrame, part: Mapping[str, Any], segments: pd.DataFrame
) -> Payload | None:
    """Return a piece of evidence as chosen and kept, None where it is already.

    Parameters
    ----------
    part
        A flag (see :func:`decide`) or a stretch (:func:`stretch`).
    segments
        Table ``segments`` of the sitting: the file that holds the flag's start is named with its
        hash, where the analysis took one.
    """
    kept = [row["payload"] for row in rows_of(standing(entries), ["evidence"])]
    same = ("flag_id",) if part["flag_id"] else ("flag_id", *_PLACE)
    if any(all(one.get(name) == part[name] for name in same) for one in kept):
        return None
    rows = segments[
        (segments["stream"] == part["stream"])
        & (segments["device_start_s"] <= part["device_start_s"])
        & (segments["device_start_s"] + segments["duration_s"] > part["device_start_s"])
    ]
    file = rows.iloc[-1] if len(rows) else None
    sha256 = None if file is None else file["sha256"]
    return EvidenceKept(
        **{name: part[name] for name in _PLACE},
        flag_id=part["flag_id"],
        file=None if file is None else str(file["file"]),
        sha256=sha256 if isinstance(sha256, str) else None,
    )


def recuse(message: Message, mine: pd.DataFrame) -> Payload | None:
    """Return the author's stepping aside from the candidate, None where they have."""
    if rows_of(standing(mine), ["recusal"]):
        return None
    return Recusal(reason=str(message.get("reason") or ""))


def reopen(message: Message, entries: pd.DataFrame) -> Payload | None:
    """Return the reopening of the sitting, None where it is open."""
    return Reopen(reason=str(message.get("reason") or "")) if is_closed(entries) else None


def is_closed(entries: pd.DataFrame) -> dict[str, Any] | None:
    """Return the sign-off that holds, None where the sitting is open."""
    locks = rows_of(entries, ["sign_off", "reopen"])
    return locks[-1] if locks and locks[-1]["kind"] == "sign_off" else None


def last_acts(entries: pd.DataFrame, author: Any) -> list[dict[str, Any]]:
    """Return what of the author's own can be taken back, in the order of writing."""
    kinds = ("decision", "own_flag", "outcome", "warning", "evidence", "statement")
    mine = standing(entries[is_by(entries, author)])
    return [
        {"seq": int(row["seq"]), "kind": row["kind"], "flag_id": row["payload"].get("flag_id")}
        for row in rows_of(mine, kinds)
    ]


def _last(entries: pd.DataFrame, kind: str) -> dict[str, Any] | None:
    found = rows_of(standing(entries), [kind])
    return found[-1]["payload"] if found else None


def _number(message: Message, name: str) -> float:
    value = message.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise LedgerError(f"{name} is no number", found=repr(value))
    return float(value)
