"""Recordings -> the table ``segments``: one row per file, placed on the device's clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from review.errors import LoadError
from review.loaders import boxes, registry
from review.loaders.problems import Problem, brief
from review.loaders.spans import Span, borne_out, decodes, measure_span
from review.loaders.times import time_in_name
from review.session import DEVICE_OF, VIEWS

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from review.loaders.container import MediaInfo
    from review.loaders.files import Found
    from review.loaders.registry import Context
    from review.session import Sitting

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class _Start:
    """When a recording starts on its device's clock, and how that is known."""

    moment: datetime | None
    source: str
    note: str | None = None


def segment_rows(
    sitting: Sitting, found: Found, context: Context, *, hash_files: bool
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Make the row of one recording.

    A file that serves several subjects gives the part that belongs to this one: its
    ``device_start_s``, ``origin_pts_s`` and ``duration_s`` are those of the part.

    Returns
    -------
    rows : list of dict
        One row of ``segments`` without keys; none for a file that does not open, or that belongs
        to another subject.
    problems : list of Problem
        What is wrong with the file.
    """
    problems: list[Problem] = []

    def note(code: str, message: str) -> None:
        problems.append(
            Problem(code=code, stream=found.stream, file=found.file,
                    message=f"{found.file}: {message}")
        )  # fmt: skip

    try:
        info = registry.find(found.path, "media").load(found.path, context)
        span = measure_span(info)
    except LoadError as error:
        note("media_unreadable", brief(error))
        return [], problems
    _judge(info, span, found, note)
    start = _start(found, info, context)
    row = {
        "stream": found.stream,
        "device": DEVICE_OF[found.stream],
        "file": found.file,
        "device_start_s": None,
        "duration_s": span.duration_s if span.packets else 0.0,
        "start_source": start.source,
        "video_codec": info.video_codec,
        "width_px": info.width_px,
        "height_px": info.height_px,
        "audio_codec": info.audio_codec,
        "sha256": None,
        "origin_pts_s": info.origin_pts_s,
        "rotation_deg": info.rotation_deg,
        "mean_fps": info.mean_fps or span.mean_fps,
        "size_bytes": info.size_bytes,
        "container": info.container,
    }
    if start.moment is not None:
        row["device_start_s"] = (start.moment - sitting.subject.start) / timedelta(seconds=1)
    part = _part(row, sitting, found)
    if part is None:
        return [], []
    if start.note is not None:
        note("start_unknown" if start.moment is None else "start_assumed", start.note)
    if not found.shared and start.moment is not None and _elsewhere(row, sitting):
        note(
            "start_unlikely",
            f"starts at {start.moment.isoformat()} ({start.source}), which lies outside of the "
            f"subject; look at the device's clock and time zone",
        )
    if hash_files:
        part["sha256"] = _sha256(found.path)
    return [part], problems


def _judge(info: MediaInfo, span: Span, found: Found, note: Any) -> None:
    """Say what the content does not bear out."""
    declared_s = info.duration_s
    if info.container.startswith("mov") and boxes.is_encrypted(info.path):
        note("media_encrypted", "the recording is encrypted; ask for it without encryption")
    if not span.packets or (span.walked and declared_s is not None and not decodes(info)):
        claim = "" if declared_s is None else f", though it declares {declared_s:.1f} s"
        note("media_empty", f"nothing that can be shown is recorded{claim}")
    elif declared_s is None:
        note(
            "duration_measured", f"declares no length; its content is {span.duration_s:.2f} s long"
        )
    elif not borne_out(declared_s, span.duration_s):
        note(
            "duration_contradicted",
            f"declares {declared_s:.1f} s, its content is {span.duration_s:.1f} s long",
        )
    if info.video_codec is None and found.stream in VIEWS:
        note("media_no_video", "holds sound only")


def _start(found: Found, info: MediaInfo, context: Context) -> _Start:
    """Take the start from recordings.csv, the file's name or the container, in that order."""
    naive = f"without an offset, taken as {context.timezone.key}"
    if found.start is not None:
        note = f"its start in recordings.csv is {naive}" if found.start_naive else None
        return _Start(moment=found.start, source="recordings_csv", note=note)
    named = time_in_name(found.path.name, context.timezone)
    if named is not None:
        note = f"the time in its name is {naive}" if named[1] else None
        return _Start(moment=named[0], source="file_name", note=note)
    if info.created is not None:
        # Android's recorder writes the header, and with it the creation time, when it stops.
        note = (
            "only its container says when it was made; phones write there when recording started "
            "or when it ended"
        )
        return _Start(moment=info.created, source="container", note=note)
    return _Start(moment=None, source="none", note="nothing says when it starts")


def _part(row: dict[str, Any], sitting: Sitting, found: Found) -> dict[str, Any] | None:
    """Cut a shared recording to this sitting's part; None where it has none."""
    if not found.shared or row["device_start_s"] is None:
        return row
    intake = sitting.session.intake
    start_s = row["device_start_s"]
    end_s = start_s + row["duration_s"]
    from_s = max(start_s, -intake.opens_s)
    until_s = min(end_s, sitting.subject.duration_s + intake.tail_s)
    if until_s <= from_s:
        return None
    return {
        **row,
        "device_start_s": from_s,
        "duration_s": until_s - from_s,
        "origin_pts_s": row["origin_pts_s"] + (from_s - start_s),
    }


def _elsewhere(row: dict[str, Any], sitting: Sitting) -> bool:
    intake, start_s = sitting.session.intake, row["device_start_s"]
    before = start_s + row["duration_s"] < -intake.opens_s
    return bool(before or start_s > sitting.subject.duration_s + intake.tail_s)


def _sha256(path: Path) -> str | None:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()
