"""Recordings -> the table ``segments``: one row per file, placed on the device's clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from review.errors import LoadError
from review.loaders import boxes, playlist, registry
from review.loaders.container import files_of
from review.loaders.problems import Problem, brief
from review.loaders.spans import Recording, Span, borne_out, decodes
from review.loaders.times import time_in_name
from review.session import DEVICE_OF

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
    notes = _Notes(found)
    try:
        recording: Recording = registry.find(found.path, "media").load(found.path, context)
    except LoadError as error:
        notes.add("media_unreadable", brief(error))
        return [], notes.problems
    info, span = recording.info, recording.span
    start = _start(found, info, context)
    device_start_s = (
        None
        if start.moment is None
        else (start.moment - sitting.subject.start) / timedelta(seconds=1)
    )
    shown_s = _judge(info, span, device_start_s, notes)
    row = {
        "stream": found.stream,
        "device": DEVICE_OF[found.stream],
        "file": found.file,
        "device_start_s": device_start_s,
        "duration_s": shown_s,
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
    part = _part(row, sitting, found)
    if part is None:
        return [], []
    if start.note is not None:
        notes.add("start_unknown" if start.moment is None else "start_assumed", start.note)
    if not found.shared and start.moment is not None and _elsewhere(row, sitting):
        notes.add(
            "start_unlikely",
            f"starts at {start.moment.isoformat()} ({start.source}), which lies outside of the "
            f"subject; look at the device's clock and time zone",
        )
    if hash_files:
        part["sha256"] = _sha256(found.path)
    return [part], notes.problems


class _Notes:
    """Problems of one file."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.problems: list[Problem] = []

    def add(
        self, code: str, message: str, start_s: float | None = None, end_s: float | None = None
    ) -> None:
        file = self.found.file
        self.problems.append(
            Problem(code=code, stream=self.found.stream, file=file, start_s=start_s, end_s=end_s,
                    message=f"{file}: {message}")
        )  # fmt: skip


def _judge(info: MediaInfo, span: Span, device_start_s: float | None, notes: _Notes) -> float:
    """Say what the content does not bear out; return the seconds of it that can be shown."""
    declared_s, found = info.duration_s, notes.found
    if info.video_codec is None:
        notes.add("media_no_video", "holds sound only")
    if found.path.suffix.lower() in playlist.SUFFIXES:
        missing = playlist.missing_parts(found.path)
        if missing:
            named = ", ".join(missing[:3])
            notes.add("playlist_part", f"{len(missing)} parts that it names are not there: {named}")
    if info.container.startswith("mov") and boxes.is_encrypted(info.path):
        notes.add("media_encrypted", "the recording is encrypted; ask for it without encryption")
        return 0.0
    if not span.packets or (span.walked and declared_s is not None and not decodes(info)):
        claim = "" if declared_s is None else f", though it declares {declared_s:.1f} s"
        notes.add("media_empty", f"nothing that can be shown is recorded{claim}")
        return 0.0
    if declared_s is None:
        notes.add(
            "duration_measured", f"declares no length; its content is {span.duration_s:.2f} s long"
        )
    elif not borne_out(declared_s, span.duration_s):
        ends = sorted((span.duration_s, declared_s))
        from_s, until_s = (None if device_start_s is None else device_start_s + e for e in ends)
        notes.add(
            "duration_contradicted",
            f"declares {declared_s:.1f} s, its content is {span.duration_s:.1f} s long",
            from_s,
            until_s,
        )
    return span.duration_s


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
        for part in files_of(path):
            with part.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()
