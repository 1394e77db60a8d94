"""Transcripts of analysed sittings, where an institution wants them; no part of an analysis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from tqdm.auto import tqdm

from review import pipeline, tables
from review.analysed import analysed_sitting
from review.batch import runs
from review.batch.analysis import chosen_sittings
from review.detectors.talk import speech_spans
from review.errors import LoadError, ReviewError, SessionError
from review.loaders import load_session
from review.loaders.record import SittingRecord
from review.session import VIEWS
from review.signals.transcript import recording_sha256
from review.signals.transcript import transcribe as write_down
from review.signals.whisper import whisper
from review.timeline import intervals as iv
from review.timeline.clocks import place_spans
from review.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from review.session import Sitting
    from review.signals.transcript import Transcriber

#: What became of a stream: lines written, the same ones there already, no speech in it, its sound
#: not measured, or it failed.
STATES: Final = ("written", "kept", "silent", "unheard", "failed")
COLUMNS: Final = (
    "candidate_id", "subject_id", "stream", "state", "lines", "speech_s", "reason",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What every sitting of a run is transcribed with."""

    space: Workspace
    transcriber: Transcriber
    streams: tuple[str, ...]
    force: bool


def transcribe(
    session: Path | str,
    *,
    workspace: Workspace | Path | str | None = None,
    candidates: Sequence[str] | None = None,
    subjects: Sequence[str] | None = None,
    streams: Sequence[str] | None = None,
    model: Path | None = None,
    language: str | None = None,
    transcriber: Transcriber | None = None,
    force: bool = False,
    progress: bool = False,
) -> pd.DataFrame:
    """Write down by machine what is said in analysed sittings, into the table ``transcripts``.

    Only the speech that the analysis found is listened to. Nothing is judged by it.

    Parameters
    ----------
    session
        Session folder, or the id of a session of the workspace.
    streams
        Views to listen to; by default the first of each sitting whose sound was measured.
    model
        Folder of the model; by default it is looked for like the other model files.
    language
        Code of the language that is spoken; by default it is recognised in every stretch.
    transcriber
        Another machine than Whisper; ``model`` and ``language`` are then not asked for.
    force
        Listen again where the same model has written down the same recording already.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`, one row per sitting and stream; ``state`` is one of
        :data:`STATES`, ``lines`` counts the table's rows, ``speech_s`` is what there is to hear.

    Raises
    ------
    SessionError
        If there is no such session, candidate, subject or view.
    ModelError
        If there is no model, or it cannot be used.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    for stream in streams or ():
        if stream not in VIEWS:
            raise SessionError(
                "no such view", where=f"stream {stream}", expected=f"one of {', '.join(VIEWS)}"
            )
    loaded, _ = load_session(space.folder_of(session))
    chosen = chosen_sittings(loaded, candidates, subjects)
    machine = transcriber or whisper(model, workspace=space, language=language)
    started = datetime.now(UTC)
    wanted = _Wanted(
        space=space, transcriber=machine, streams=tuple(dict.fromkeys(streams or ())), force=force
    )
    rows: list[dict[str, Any]] = []
    for sitting in tqdm(chosen, desc="transcribing", unit="sitting", disable=not progress):
        try:
            rows += _one(wanted, sitting)
        except (ReviewError, OSError) as error:
            rows.append(_row(sitting, "", "failed", reason=" ".join(str(error).split())))
    result = pd.DataFrame(rows, columns=list(COLUMNS))
    record = {
        "kind": "transcribe",
        "session_id": loaded.id,
        "code": pipeline.code_version(),
        "model": machine.model,
        "model_files": getattr(machine, "hashes", {"model.bin": machine.model_sha256}),
        "language": machine.language,
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "sittings": result.to_dict("records"),
    }
    runs.write(space, started, record)
    return result


def _one(wanted: _Wanted, sitting: Sitting) -> list[dict[str, Any]]:
    """Transcribe the wanted streams of one sitting and store what is new."""
    space = wanted.space
    analysis = _analysis(space, sitting)
    signals = _speech(space, sitting)
    heard = [view for view in VIEWS if view in set(signals["stream"])]
    before = space.read_sitting(pipeline.TRANSCRIPTS, sitting)
    clocks = space.read_sitting("clocks", sitting)
    record = _record(space, sitting)
    rows = []
    for stream in wanted.streams or tuple(heard[:1]) or VIEWS[:1]:
        if stream not in heard:
            rows.append(_row(sitting, stream, "unheard"))
            continue
        own = signals[signals["stream"] == stream].sort_values("device_s")
        spans = speech_spans(own["device_s"].to_numpy(), own["value"].to_numpy())
        seconds = round(iv.total_s(spans), 1)
        old = before[before["stream"] == stream]
        if _holds(old, wanted, recording_sha256(record.segments, stream)):
            rows.append(_row(sitting, stream, "kept", lines=len(old), speech_s=seconds))
            continue
        _still_there(record, stream)
        lines = write_down(record, stream, spans, wanted.transcriber)
        made = _placed(lines, clocks, sitting)
        if _analysis(space, sitting) != analysis:
            raise SessionError(
                "the sitting was analysed anew while it was transcribed",
                where="/".join(sitting.key),
                todo="run `review transcribe` again when no analysis is under way",
            )
        before = tables.join("transcripts", [before[before["stream"] != stream], made])
        if len(made) or len(old):
            space.write_beside(pipeline.TRANSCRIPTS, sitting, before)
        state = "written" if len(spans) else "silent"
        rows.append(_row(sitting, stream, state, lines=len(made), speech_s=seconds))
    return rows


def _holds(old: pd.DataFrame, wanted: _Wanted, recording: str) -> bool:
    """Say whether the stored lines are what the same machine would write of the same recording."""
    machine = wanted.transcriber
    return (
        not wanted.force
        and len(old) > 0
        and bool((old["recording_sha256"] == recording).all())
        and bool((old["model_sha256"] == machine.model_sha256).all())
        and (machine.language is None or bool((old["language"] == machine.language).all()))
    )


def _record(space: Workspace, sitting: Sitting) -> SittingRecord:
    """Return a sitting as the analysis read it: its recordings are not hashed once more."""
    return SittingRecord(
        sitting=sitting,
        segments=space.read_sitting("segments", sitting),
        events=space.read_sitting("events", sitting),
        positions=space.read_sitting("positions", sitting),
        problems=space.read_sitting("problems", sitting),
    )


def _still_there(record: SittingRecord, stream: str) -> None:
    own = record.segments[record.segments["stream"] == stream]
    for file, size in zip(own["file"], own["size_bytes"], strict=True):
        path = record.path(file)
        found = path.stat().st_size if path.is_file() else None
        if found != size:
            raise LoadError(
                "this recording is not the one that was analysed",
                where=path,
                expected=f"{size} bytes",
                found="no such file" if found is None else f"{found} bytes",
                todo="run `review analyze` again",
            )


def _placed(lines: list[dict[str, Any]], clocks: pd.DataFrame, sitting: Sitting) -> pd.DataFrame:
    if not lines:
        return tables.empty("transcripts")
    found = pd.DataFrame(lines)
    placed = place_spans(found, clocks, start="device_start_s", end="device_end_s")
    keys = dict(zip(tables.KEYS, sitting.key, strict=True))
    return tables.conform(placed.assign(**keys), "transcripts")


def _speech(space: Workspace, sitting: Sitting) -> pd.DataFrame:
    session_id, candidate_id, subject_id = sitting.key
    found = space.read(
        "signals",
        session_id,
        candidate_id=candidate_id,
        subject_id=subject_id,
        columns=["stream", "device_s", "signal", "value"],
        among={"signal": ["speech"]},
    )
    return found.dropna(subset=["value"])


def _analysis(space: Workspace, sitting: Sitting) -> str:
    """Return which analysis a sitting's tables are of."""
    marker = analysed_sitting(space, sitting)
    return f"{marker['key']} {marker['analysed_at']}"


def _row(
    sitting: Sitting,
    stream: str,
    state: str,
    *,
    lines: int = 0,
    speech_s: float | None = None,
    reason: str = "",
) -> dict[str, Any]:
    values = (*sitting.key[1:], stream, state, lines, speech_s, reason)
    return dict(zip(COLUMNS, values, strict=True))
