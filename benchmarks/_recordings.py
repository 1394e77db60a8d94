"""Recordings of a simulated sitting as a loader would hand them on, sound alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from review import tables
from review.loaders.container import probe
from review.loaders.record import SittingRecord
from review.session import DEVICE_OF, Candidate, Session, Sitting, Subject


def segment(stream: str, file: Path, device_start_s: float) -> dict[str, Any]:
    """Return the row of one file."""
    info = probe(file)
    return {
        "stream": stream,
        "device": DEVICE_OF[stream],
        "file": str(file),
        "device_start_s": device_start_s,
        "duration_s": info.duration_s,
        "start_source": "recordings_csv",
        "audio_codec": info.audio_codec,
        "origin_pts_s": info.origin_pts_s,
        "rotation_deg": 0,
        "size_bytes": info.size_bytes,
        "container": info.container,
    }


def sound_record(seed: int, rows: list[dict[str, Any]]) -> SittingRecord:
    """Return a sitting of these files."""
    start = datetime(2022, 12, 10, tzinfo=UTC)
    subject = Subject(id="theory", name="", start=start, end=start + timedelta(minutes=90))
    candidate = Candidate(
        id="C", name="", id_number="", occupation="", level="", subjects=("theory",)
    )
    session = Session(
        id=str(seed),
        kind="exam",
        platform="itmc",
        rulebook="itmc-2022",
        timezone="UTC",
        required_streams=(),
        subjects=(subject,),
        candidates=(candidate,),
        folder=Path("/"),
    )
    sitting = Sitting(session=session, candidate=candidate, subject=subject)
    return SittingRecord(
        sitting=sitting,
        segments=tables.build("segments", rows, key=sitting.key),
        events=tables.empty("events"),
        positions=tables.empty("positions"),
        problems=tables.empty("problems"),
    )
