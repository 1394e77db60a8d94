"""First step of a report: everything it says, computed from the tables and the ledger."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from review import tables, words
from review.errors import RenderError
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
from review.reporting.voice import masked
from review.session import STREAMS
from review.timeline import intervals as iv
from review.timeline.clocks import to_session_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from review.ledger import Ledger
    from review.reporting.model import OwnFlag
    from review.session import Session, Sitting
    from review.workspace import Workspace

#: Tables that a summary needs; the large ones (detections, signals) are not among them.
NEEDED = ("sittings", "scores", "flags", "coverage", "clocks", "segments", "events", "problems")


@dataclass(frozen=True, kw_only=True)
class SittingTables:
    """The tables of one sitting that a summary is made of, under their contracts."""

    sittings: pd.DataFrame
    scores: pd.DataFrame
    flags: pd.DataFrame
    coverage: pd.DataFrame
    clocks: pd.DataFrame
    segments: pd.DataFrame
    events: pd.DataFrame
    problems: pd.DataFrame


def read_tables(sitting: Sitting, workspace: Workspace) -> SittingTables:
    """Read the tables of one sitting."""
    return SittingTables(**{name: workspace.read_sitting(name, sitting) for name in NEEDED})


def session_tables(
    session: Session, workspace: Workspace
) -> Iterator[tuple[Sitting, SittingTables]]:
    """Read every table of a session once and give each sitting its part, in the session's order."""
    whole = {name: workspace.read(name, session.id) for name in NEEDED}
    groups = {
        name: frame.groupby(["candidate_id", "subject_id"], sort=False).indices
        for name, frame in whole.items()
    }
    for sitting in session.sittings():
        place = (sitting.candidate.id, sitting.subject.id)
        yield (
            sitting,
            SittingTables(
                **{
                    name: frame.iloc[groups[name].get(place, [])].reset_index(drop=True)
                    for name, frame in whole.items()
                }
            ),
        )


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
    row = _marker(sitting, parts)
    window = _window(row)
    opinions = opinions_of(ledger, sitting, parts.flags) if ledger is not None else Opinions()
    flags = _flags(parts, opinions)
    files = _files(parts.segments)
    streams = _streams(sitting.session, parts, window)
    clocks = _clocks(parts)
    scores = parts.scores
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
    )


def _marker(sitting: Sitting, parts: SittingTables) -> pd.Series:
    if parts.sittings.empty:
        raise RenderError(
            "this sitting has not been analysed",
            where=sitting.name,
            todo="run `review analyze <session folder>` with this workspace first",
        )
    row = parts.sittings.iloc[0]
    if row["state"] != "done":
        reason = row["reason"] if isinstance(row["reason"], str) else "no reason recorded"
        raise RenderError(
            "its analysis did not succeed",
            where=sitting.name,
            found=f"state {row['state']}: {reason}",
            todo="mend the cause and run `review analyze` again",
        )
    return row


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
    found = set(parts.coverage["stream"]) | set(parts.segments["stream"])
    found |= set(parts.events["stream"])
    order = [s for s in STREAMS if s in found or s in session.required_streams]
    order += sorted(found - set(STREAMS))
    made = []
    for stream in order:
        rows = parts.coverage[parts.coverage["stream"] == stream].sort_values("start_s")
        states = list(dict.fromkeys(rows["state"]))
        totals = {
            state: iv.total_s(
                iv.intersection(
                    rows.loc[rows["state"] == state, ["start_s", "end_s"]].to_numpy(), [window]
                )
            )
            for state in states
            if window
        }
        made.append(
            StreamSummary(
                stream=stream,
                required=stream in session.required_streams,
                window_s=window[1] - window[0] if window else 0.0,
                totals_s={state: s for state, s in totals.items() if s > 0},
                stretches=tuple(
                    zip(
                        rows["start_s"].astype(float).tolist(),
                        rows["end_s"].astype(float).tolist(),
                        rows["state"].tolist(),
                        strict=True,
                    )
                ),
            )
        )
    return tuple(made)


def _clocks(parts: SittingTables) -> tuple[ClockSummary, ...]:
    # A clock is worth a line only where there is something on it.
    used = set(parts.segments["stream"]) | set(parts.events["stream"])
    used |= set(parts.coverage.loc[parts.coverage["state"] == "recorded", "stream"])
    made = []
    for stream, rows in parts.clocks.groupby("stream", sort=False):
        if stream not in used:
            continue
        first = rows.sort_values("from_device_s").iloc[0]
        worst = rows["uncertainty_s"].max()
        made.append(
            ClockSummary(
                stream=str(stream),
                device=str(first["device"]),
                state=str(first["state"]),
                method=str(first["method"]),
                offset_s=float(first["offset_s"]),
                drift_ppm=float(first["drift_ppm"]),
                uncertainty_s=None if pd.isna(worst) else float(worst),
                anchors=int(rows["anchors"].sum()),
                pieces=len(rows),
            )
        )
    order = {stream: n for n, stream in enumerate(STREAMS)}
    return tuple(sorted(made, key=lambda c: order.get(c.stream, len(order))))


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
