"""The same for machines: a summary as JSON, flags as CSV and as WebVTT beside a video."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from review.loaders.streams import pieces
from review.reporting.sheets import FORMULA
from review.reporting.voice import Voice, clean
from review.timeline.clocks import to_device_s, to_session_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from review.reporting.model import FlagSummary, SittingSummary
    from review.words import Language

#: Version of the JSON's structure; it changes when a field changes its meaning or goes.
FORMAT: Final = 1
CSV_COLUMNS: Final = (
    "session_id", "candidate_id", "subject_id", "flag_id", "label", "streams", "start_s", "end_s",
    "starts_at", "ends_at", "score", "detector", "reason", "supports", "contradicts",
    "could_not_see", "verdict", "disputed",
)  # fmt: skip


def summary_json(summary: SittingSummary) -> str:
    """Return a summary as JSON: the fields of :mod:`review.reporting.model`, times in seconds.

    Wall-clock times are ISO 8601 with offset; ``format`` is the version of the structure.
    """
    whole = {"format": FORMAT, **dataclasses.asdict(summary)}
    return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False, default=_plain)


def flags_csv(flags: Iterable[Mapping[str, Any]]) -> str:
    """Return rows of :func:`flag_rows` as CSV, columns :data:`CSV_COLUMNS`.

    Texts that a spreadsheet would take for a formula are led by an apostrophe. The text begins
    with a byte order mark, so that Excel reads Chinese.
    """
    out = io.StringIO()
    rows = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\r\n")
    rows.writeheader()
    for row in flags:
        rows.writerow({k: _cell(v) for k, v in row.items()})
    return "\ufeff" + out.getvalue()


def flag_rows(summary: SittingSummary, *, language: Language = "en") -> list[dict[str, Any]]:
    """Return the flags of a sitting as plain rows, columns :data:`CSV_COLUMNS`."""
    return [_csv_row(summary, flag, language) for flag in summary.flags]


def flags_vtt(
    summary: SittingSummary, clocks: pd.DataFrame, segments: pd.DataFrame, *, voice: Voice
) -> dict[str, str]:
    """Return a WebVTT file beside each video, with the flags at their place in that very file.

    Parameters
    ----------
    clocks, segments
        Tables of the sitting.

    Returns
    -------
    dict
        ``file`` of the table ``segments`` -> text. Cue times count from the file's first time
        stamp, as a player does; a flag that lasts beyond a file is cut to it.
    """
    made: dict[str, str] = {}
    videos = segments[segments["video_codec"].notna()]
    for stream in dict.fromkeys(videos["stream"]):
        for piece in pieces(segments, stream):
            start_s, end_s = to_session_s(clocks, stream, [piece.start_s, piece.end_s])
            # A file whose middle another one answers for has several pieces of its own.
            origin = segments.loc[segments["file"] == piece.file, "device_start_s"].iloc[0]
            cues = []
            for flag in summary.flags:
                left, right = max(flag.start_s, start_s), min(flag.end_s, end_s)
                if right > left or start_s <= flag.start_s == flag.end_s < end_s:
                    at = to_device_s(clocks, stream, [left, max(right, left + 1.0)]) - origin
                    cues.append((float(at[0]), float(at[1]), flag))
            text = "".join(_cue(a, b, flag, voice) for a, b, flag in cues)
            made[piece.file] = made.get(piece.file, "WEBVTT\n") + text
    return made


def _cue(start_s: float, end_s: float, flag: FlagSummary, voice: Voice) -> str:
    name = voice.name("label", flag.label)
    reasons = " / ".join(dict.fromkeys(flag.reason[one] for one in voice.languages))
    return (
        f"\n{flag.flag_id}\n{_stamp(start_s)} --> {_stamp(end_s)}\n"
        f"{_cue_text(f'{flag.number}. {name}')}\n{_cue_text(reasons)}\n"
    )


def _stamp(seconds: float) -> str:
    thousandths = max(round(seconds * 1000), 0)
    whole, rest = divmod(thousandths, 1000)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}.{rest:03d}"


def _cue_text(text: str) -> str:
    # An empty line would end the cue; < and & begin markup, and > could complete an arrow.
    line = " ".join(clean(text).split()) or "\u2013"
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _csv_row(summary: SittingSummary, flag: FlagSummary, language: Language) -> dict[str, Any]:
    session_id, candidate_id, subject_id = summary.key
    start = summary.exam.start
    return {
        "session_id": session_id,
        "candidate_id": candidate_id,
        "subject_id": subject_id,
        "flag_id": flag.flag_id,
        "label": flag.label,
        "streams": ";".join(flag.streams),
        "start_s": round(flag.start_s, 3),
        "end_s": round(flag.end_s, 3),
        "starts_at": (start + timedelta(seconds=flag.start_s)).isoformat(timespec="milliseconds"),
        "ends_at": (start + timedelta(seconds=flag.end_s)).isoformat(timespec="milliseconds"),
        "score": "" if flag.score is None else round(flag.score, 4),
        "detector": flag.detector,
        "reason": flag.reason[language],
        "supports": ";".join(flag.supports),
        "contradicts": ";".join(flag.contradicts),
        "could_not_see": ";".join(flag.could_not_see),
        "verdict": flag.standing.verdict if flag.standing else "",
        "disputed": "yes" if flag.standing and flag.standing.disputed else "",
    }


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        text = clean(value)
        return f"'{text}" if text.startswith(FORMULA) else text
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    mapping: Mapping[Any, Any] = value
    return dict(mapping)
