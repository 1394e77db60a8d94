"""Tables of one sitting as the front end takes them: plain lists and numbers."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from review import words
from review.errors import RulebookError
from review.figures import palette
from review.playback import plan
from review.session import LOGS, POSITIONS, STREAMS, VIEWS
from review.workbench import lanes
from review.workbench.spans import Span, as_json, spans
from review.workbench.weighing import rulebook_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review.playback import Playable
    from review.session import Sitting
    from review.workspace import Workspace

#: Longest text of an event's detail that is sent: it is shown in a line.
_DETAIL_CHARACTERS: Final = 160
#: What is drawn is sent to the millisecond.
_PLACES: Final = 3
#: What of the measurements the timeline draws or playback asks for.
_MEASURED: Final = ("level_db", "speech", "change", "checkin_distance_m")
#: Labels that no detector gives.
PEOPLE_ONLY: Final = (
    "photographing", "reading_material", "headphones", "eating", "lying_down", "accessory",
    "platform_attack", "other",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SittingTables:
    """The tables of one sitting that the workbench shows."""

    segments: pd.DataFrame
    clocks: pd.DataFrame
    coverage: pd.DataFrame
    events: pd.DataFrame
    flags: pd.DataFrame
    signals: pd.DataFrame
    sittings: pd.DataFrame


def read_tables(workspace: Workspace, sitting: Sitting) -> SittingTables:
    """Read what the workbench shows of a sitting."""
    names = ("segments", "clocks", "coverage", "events", "flags", "sittings")
    session_id, candidate_id, subject_id = sitting.key
    signals = workspace.read(
        "signals",
        session_id,
        candidate_id=candidate_id,
        subject_id=subject_id,
        columns=["stream", "device_s", "signal", "value"],
        among={"signal": _MEASURED},
    )
    tables = {name: workspace.read_sitting(name, sitting) for name in names}
    return SittingTables(**tables, signals=signals)


def sitting_data(
    sitting: Sitting,
    tables: SittingTables,
    *,
    workspace: Workspace,
    light: bool = False,
    blind: bool = False,
) -> dict[str, Any]:
    """Return all that the player, the timeline and the flag list need, ready for JSON.

    Times are session time in seconds; ``start_ms`` is the subject's scheduled start, milliseconds
    since 1970 UTC.

    Parameters
    ----------
    light
        Play light copies, made on demand, instead of the originals.
    blind
        Leave the machine's scores out: what the page is not given, nobody reads in it.
    """
    folder, copies = sitting.session.folder, workspace.media(sitting)
    items = plan(tables.segments, folder=folder, copies=copies, light=light)
    shown = {s: spans(tables.segments, tables.clocks, items, s) for s in VIEWS}
    window = _window(tables.sittings)
    measured = lanes.Measured(tables.signals, tables.clocks)
    return {
        "key": "/".join(sitting.key),
        "candidate": {"id": sitting.candidate.id, "name": sitting.candidate.name},
        "subject": {"id": sitting.subject.id, "name": sitting.subject.name},
        "timezone": sitting.session.timezone,
        "start_ms": round(sitting.subject.start.timestamp() * 1000),
        "window": window,
        "extent": _extent(window, shown, sitting.subject.duration_s),
        "light": light,
        "blind": blind,
        "views": _views(sitting, tables.segments, shown, light=light),
        "streams": list(STREAMS),
        "coverage": _coverage(tables.coverage),
        "events": _events(tables.events),
        "flags": _flags(tables.flags, blind=blind),
        "severity": _severity(sitting),
        "labels": _labels(sitting),
        "families": dict(palette.FAMILY_OF),
        "waveforms": _waveforms(measured),
        "positions": lanes.positions(measured),
        "quiet": _quiet(tables, measured, window),
        "warnings": _warnings(tables.events),
    }


def file_items(
    sitting: Sitting, segments: pd.DataFrame, *, workspace: Workspace, light: bool
) -> dict[str, Playable]:
    """Return how every file of a sitting reaches the browser, by file."""
    folder, copies = sitting.session.folder, workspace.media(sitting)
    return {i.file: i for i in plan(segments, folder=folder, copies=copies, light=light)}


def has_light_copies(sitting: Sitting, segments: pd.DataFrame, *, workspace: Workspace) -> bool:
    """Say whether every file of a sitting that has pictures has its light copy already."""
    items = file_items(sitting, segments, workspace=workspace, light=True)
    pictured = set(segments.loc[segments["video_codec"].notna(), "file"])
    return bool(pictured) and all(items[file].ready for file in pictured if file in items)


def _window(sittings: pd.DataFrame) -> list[float]:
    bounds = sittings[["window_start_s", "window_end_s"]].dropna()
    return [float(v) for v in bounds.iloc[0]] if len(bounds) else [0.0, 0.0]


def _extent(window: list[float], shown: dict[str, list[Span]], scheduled_s: float) -> list[float]:
    edges = [edge for found in shown.values() for s in found for edge in (s.from_s, s.to_s)]
    edges += window if window[1] > window[0] else [0.0, scheduled_s]
    return [min(edges), max(edges)]


def _views(
    sitting: Sitting, segments: pd.DataFrame, shown: dict[str, list[Span]], *, light: bool
) -> list[dict[str, Any]]:
    views = []
    for stream in VIEWS:
        rows = segments[segments["stream"] == stream]
        if rows.empty and stream not in sitting.session.required_streams:
            continue
        rates = rows["mean_fps"].dropna()
        views.append(
            {
                "stream": stream,
                "fps": float(rates.max()) if len(rates) else 25.0,
                "sound": bool(rows["audio_codec"].notna().any()),
                "spans": [as_json(span, sitting.key, light=light) for span in shown[stream]],
            }
        )
    return views


def _coverage(coverage: pd.DataFrame) -> dict[str, list[list[Any]]]:
    # What is wrong is drawn over what is recorded.
    later = coverage["state"].ne("recorded")
    rows = coverage.assign(later=later).sort_values(["later", "start_s"])
    return {
        str(stream): [[float(row.start_s), float(row.end_s), row.state] for row in _rows(own)]
        for stream, own in rows.groupby("stream")
        if stream in (*VIEWS, *POSITIONS)
    }


def _events(events: pd.DataFrame) -> dict[str, dict[str, Any]]:
    placed = events.dropna(subset=["time_s"]).sort_values("time_s", kind="stable")
    return {str(stream): _log(own) for stream, own in placed.groupby("stream") if stream in LOGS}


def _log(rows: pd.DataFrame) -> dict[str, Any]:
    """Return a log column by column, every type and detail once: most say what others said."""
    kind, kinds = pd.factorize(rows["type"])
    detail, details = pd.factorize(rows["detail"])
    return {
        "at_s": rows["time_s"].to_numpy(dtype=float).round(_PLACES).tolist(),
        "kind": kind.tolist(),
        "kinds": [str(one) for one in kinds],
        "detail": detail.tolist(),
        "details": [_detail(str(one)) for one in details],
    }


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    return frame.itertuples(index=False)


def _detail(detail: str) -> str:
    facts = json.loads(detail) if detail else {}
    text = ", ".join(f"{name}: {value}" for name, value in facts.items())
    return text if len(text) <= _DETAIL_CHARACTERS else f"{text[: _DETAIL_CHARACTERS - 1]}…"


def _flags(flags: pd.DataFrame, *, blind: bool) -> list[dict[str, Any]]:
    ordered = flags.sort_values(["start_s", "end_s", "label"], kind="stable")
    return [
        {
            "id": row.flag_id,
            "label": row.label,
            "streams": list(row.streams),
            "start_s": float(row.start_s),
            "end_s": float(row.end_s),
            "score": None if blind or not math.isfinite(row.score) else float(row.score),
            "supports": list(row.supports),
            "contradicts": list(row.contradicts),
            "could_not_see": [] if row.could_not_see is None else list(row.could_not_see),
            "reason": {
                language: words.reason(row.reason_key, row.facts, language) or row.reason
                for language in words.LANGUAGES
            },
        }
        for row in _rows(ordered)
    ]


def _severity(sitting: Sitting) -> dict[str, float]:
    """Return the risk points (0 to 100) of one certain flag of each label under the rulebook."""
    try:
        rulebook = rulebook_of(sitting)
    except RulebookError:  # the outcome's panel says so; flags are shown all the same
        return {}
    return {label: rulebook.label_weight(label) for label in palette.FAMILY_OF}


def _labels(sitting: Sitting) -> list[str]:
    """Return the labels that a person may give, those that the rulebook weighs most first.

    The first ten have a digit each: what no detector sees comes before what machines mark, too.
    """
    weights = _severity(sitting)
    people = [label for label in PEOPLE_ONLY if label != "other"]
    rest = [label for label in palette.FAMILY_OF if label not in PEOPLE_ONLY]
    rest.sort(key=lambda label: (-weights.get(label, 0.0), label))
    return [
        *people,
        "extra_person",
        "absent",
        "other",
        *(label for label in rest if label not in {"extra_person", "absent"}),
    ]


def _waveforms(measured: lanes.Measured) -> dict[str, dict[str, Any]]:
    heard = {view: lanes.waveform(measured, view) for view in VIEWS}
    return {view: lane for view, lane in heard.items() if lane is not None}


def _quiet(
    tables: SittingTables, measured: lanes.Measured, window: list[float]
) -> list[list[float]]:
    flags = tables.flags[["start_s", "end_s"]].to_numpy(dtype=float)
    instants = tables.events["time_s"].dropna().to_numpy(dtype=float)
    # An instant is an interval of nothing: it gets a width that the margin then widens.
    busy = np.concatenate(
        [flags + np.array([0.0, 0.001]), np.column_stack([instants, instants + 0.001])]
    )
    return lanes.quiet(measured, tables.coverage, busy, window=(window[0], window[1]))


def _warnings(events: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the warnings that the logs hold, for taking them on record."""
    rows = events[(events["type"] == "warning") & events["time_s"].notna()].sort_values("time_s")
    return [
        {"time_s": float(row.time_s), **(json.loads(row.detail) if row.detail else {})}
        for row in _rows(rows)
    ]
