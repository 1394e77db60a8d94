"""First step of a report: everything it says, computed from the tables and the ledger."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from review import tables, words
from review.reporting.conclusions import conclusion_of
from review.reporting.limits import limits_of
from review.reporting.model import (
    ClockSummary,
    Exam,
    FileSummary,
    FlagSummary,
    Mark,
    Person,
    ProblemSummary,
    SittingSummary,
    Standing,
    StreamSummary,
)
from review.reporting.opinions import Opinions, opinions_of
from review.reporting.stored import SittingTables, analysed, read_tables
from review.reporting.voice import masked
from review.session import STREAMS
from review.timeline import intervals as iv
from review.timeline.clocks import to_session_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.ledger import Ledger
    from review.reporting.model import OwnFlag
    from review.session import Session, Sitting
    from review.workspace import Workspace


def summarise(
    sitting: Sitting,
    workspace: Workspace,
    *,
    ledger: Ledger | None = None,
    given: SittingTables | None = None,
    mask: bool = True,
) -> SittingSummary:
    """Compute what a report of one sitting says.

    Parameters
    ----------
    ledger
        An open ledger; without one the report says nothing about decisions.
    given
        Tables that were read already.
    mask
        Hide the identity number but for its ends.

    Raises
    ------
    RenderError
        If the sitting was not analysed, or its analysis failed.
    """
    parts = given or read_tables(sitting, workspace)
    row = analysed(parts.sittings, sitting)
    window = _window(row)
    opinions = opinions_of(ledger, sitting, parts.flags) if ledger is not None else Opinions()
    flags = _flags(parts, opinions)
    files = _files(parts.segments)
    streams = _streams(sitting.session, parts, window)
    clocks = _clocks(parts)
    scores = parts.scores
    conclusion = None
    if ledger is not None and opinions.anchor:
        conclusion = conclusion_of(ledger, sitting, parts, workspace, flags)
    return SittingSummary(
        person=_person(sitting, mask=mask),
        exam=_exam(sitting),
        window=window,
        streams=streams,
        clocks=clocks,
        flags=flags,
        outcomes=opinions.sitting,
        orphans=opinions.orphans,
        marks=_marks(parts.events),
        problems=_problems(parts.problems),
        limits=limits_of(flags, streams, clocks, window),
        files=files,
        originals_sha256=_digest(files),
        risk=float(scores["risk"].iloc[0]) if len(scores) else None,
        unseen=float(scores["unseen"].iloc[0]) if len(scores) else None,
        risk_reasons=tuple(scores["reasons"].iloc[0]) if len(scores) else (),
        analysed_at=str(row["analysed_at"]),
        version=str(row["version"]),
        ledger_anchor=opinions.anchor,
        conclusion=conclusion,
    )


def _window(row: pd.Series) -> tuple[float, float] | None:
    start_s, end_s = row["window_start_s"], row["window_end_s"]
    if pd.isna(start_s) or pd.isna(end_s) or not end_s > start_s:
        return None
    return (float(start_s), float(end_s))


def _person(sitting: Sitting, *, mask: bool) -> Person:
    candidate = sitting.candidate
    return Person(
        candidate_id=candidate.id,
        name=candidate.name,
        id_number=masked(candidate.id_number) if mask else candidate.id_number,
        masked=mask,
        occupation=candidate.occupation,
        level=candidate.level,
        region=candidate.region or "",
    )


def _exam(sitting: Sitting) -> Exam:
    session, subject = sitting.session, sitting.subject
    return Exam(
        session_id=session.id,
        kind=session.kind,
        platform=session.platform,
        rulebook=session.rulebook,
        subject_id=subject.id,
        subject_name=subject.name,
        start=subject.start,
        end=subject.end,
        timezone=session.timezone,
        region=session.region.name if session.region else "",
        issuer=session.issuer.name,
        contact=session.issuer.contact,
    )


def _streams(
    session: Session, parts: SittingTables, window: tuple[float, float] | None
) -> tuple[StreamSummary, ...]:
    found = {str(s) for s in (*parts.segments["stream"], *parts.events["stream"])}
    stretches: dict[str, list[tuple[float, float, str]]] = {}
    columns = (parts.coverage[name].tolist() for name in ("stream", "start_s", "end_s", "state"))
    for stream, start_s, end_s, state in zip(*columns, strict=True):
        stretches.setdefault(stream, []).append((start_s, end_s, state))
    found |= set(stretches)
    order = [str(s) for s in STREAMS if s in found or s in session.required_streams]
    order += sorted(found - set(STREAMS))
    return tuple(
        StreamSummary(
            stream=stream,
            required=stream in session.required_streams,
            window_s=window[1] - window[0] if window else 0.0,
            totals_s=_totals(stretches.get(stream, []), window),
            stretches=tuple(sorted(stretches.get(stream, []))),
        )
        for stream in order
    )


def _totals(
    stretches: list[tuple[float, float, str]], window: tuple[float, float] | None
) -> dict[str, float]:
    if window is None:
        return {}
    states: dict[str, list[tuple[float, float]]] = {}
    for start_s, end_s, state in sorted(stretches):
        states.setdefault(state, []).append((start_s, end_s))
    totals = {
        state: iv.total_s(iv.intersection(pairs, [window])) for state, pairs in states.items()
    }
    return {state: seconds for state, seconds in totals.items() if seconds > 0}


def _clocks(parts: SittingTables) -> tuple[ClockSummary, ...]:
    # A clock is worth a line only where there is something on it.
    recorded = parts.coverage["stream"][parts.coverage["state"] == "recorded"]
    used = {str(s) for s in (*parts.segments["stream"], *parts.events["stream"], *recorded)}
    pieces: dict[str, list[dict[Any, Any]]] = {}
    for row in parts.clocks.to_dict("records"):
        pieces.setdefault(row["stream"], []).append(row)
    made = [_clock(rows) for stream, rows in pieces.items() if stream in used]
    order = {stream: n for n, stream in enumerate(STREAMS)}
    return tuple(sorted(made, key=lambda c: order.get(c.stream, len(order))))


def _clock(rows: list[dict[Any, Any]]) -> ClockSummary:
    first = min(rows, key=lambda row: row["from_device_s"])
    known = [row["uncertainty_s"] for row in rows if not pd.isna(row["uncertainty_s"])]
    return ClockSummary(
        stream=first["stream"],
        device=first["device"],
        state=first["state"],
        method=first["method"],
        offset_s=float(first["offset_s"]),
        drift_ppm=float(first["drift_ppm"]),
        uncertainty_s=float(max(known)) if known else None,
        anchors=int(sum(row["anchors"] for row in rows)),
        pieces=len(rows),
    )


def _flags(parts: SittingTables, opinions: Opinions) -> tuple[FlagSummary, ...]:
    made = [_machine_flag(row, opinions) for row in parts.flags.to_dict("records")]
    made += [_own_flag(own, parts.clocks) for own in opinions.own]
    made.sort(key=lambda flag: (flag.start_s, flag.end_s, flag.label))
    return tuple(replace(flag, number=n) for n, flag in enumerate(made, start=1))


def _machine_flag(row: Mapping[Any, Any], opinions: Opinions) -> FlagSummary:
    return FlagSummary(
        number=0,
        flag_id=row["flag_id"],
        label=row["label"],
        streams=tuple(row["streams"]),
        start_s=float(row["start_s"]),
        end_s=float(row["end_s"]),
        score=float(row["score"]),
        detector=row["detector"],
        reason={
            one: words.reason(row["reason_key"], row["facts"], one) or row["reason"]
            for one in words.LANGUAGES
        },
        supports=tuple(row["supports"]),
        contradicts=tuple(row["contradicts"]),
        could_not_see=() if row["could_not_see"] is None else tuple(row["could_not_see"]),
        evidence_s=float(row["evidence_s"]),
        decisions=opinions.flags.get(row["flag_id"], ()),
        standing=opinions.standing.get(row["flag_id"]),
    )


def _own_flag(own: OwnFlag, clocks: pd.DataFrame) -> FlagSummary:
    start_s, end_s = to_session_s(clocks, own.stream, [own.device_start_s, own.device_end_s])
    decision = own.decision
    return FlagSummary(
        number=0,
        flag_id=decision.flag_id,
        label=decision.label,
        streams=(own.stream,),
        start_s=float(start_s),
        end_s=float(end_s),
        score=None,
        detector="",
        reason={one: words.say("report.own_flag", one) for one in words.LANGUAGES},
        supports=(),
        contradicts=(),
        evidence_s=float((start_s + end_s) / 2),
        decisions=(decision,),
        standing=Standing(verdict=decision.verdict, disputed=False),
    )


def _marks(events: pd.DataFrame) -> tuple[Mark, ...]:
    placed = events[events["time_s"].notna()].sort_values("time_s", kind="stable")
    return tuple(
        Mark(stream=stream, time_s=float(time_s), type=type_)
        for stream, time_s, type_ in zip(
            placed["stream"], placed["time_s"], placed["type"], strict=True
        )
    )


def _problems(problems: pd.DataFrame) -> tuple[ProblemSummary, ...]:
    rank = {name: n for n, name in enumerate(reversed(tables.SEVERITIES))}
    made = [
        ProblemSummary(
            severity=row["severity"],
            code=row["code"],
            stream=_text(row["stream"]),
            file=_text(row["file"]),
            message=row["message"],
        )
        for row in problems.to_dict("records")
    ]
    return tuple(sorted(made, key=lambda p: rank.get(p.severity, len(rank))))


def _files(segments: pd.DataFrame) -> tuple[FileSummary, ...]:
    order = {stream: n for n, stream in enumerate(STREAMS)}
    made = []
    for row in segments.to_dict("records"):
        size = "" if pd.isna(row["width_px"]) else f"{row['width_px']:.0f}×{row['height_px']:.0f}"
        made.append(
            FileSummary(
                stream=row["stream"],
                file=row["file"],
                duration_s=None if pd.isna(row["duration_s"]) else float(row["duration_s"]),
                size_bytes=int(row["size_bytes"]),
                picture=" ".join(part for part in (_text(row["video_codec"]), size) if part),
                sound=_text(row["audio_codec"]),
                sha256=_text(row["sha256"]),
            )
        )
    return tuple(sorted(made, key=lambda f: (order.get(f.stream, len(order)), f.file)))


def _digest(files: tuple[FileSummary, ...]) -> str:
    if not files or not all(file.sha256 for file in files):
        return ""
    lines = sorted(f"{file.sha256}  {file.file}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
