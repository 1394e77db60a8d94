"""The one place where the order of the steps is written: files, tables, flags, score."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from review import __version__, detectors, plugins, tables
from review.errors import LoadError
from review.ledger import open_ledger
from review.ledger.decisions import standing
from review.loaders import load_sitting
from review.loaders.record import SittingRecord
from review.loaders.regions import region_boundary
from review.rules import load_rulebook
from review.scoring.conditions import conditions
from review.scoring.lookalikes import persons
from review.scoring.risk import score
from review.signals.measure import Measurements, MeasureOptions, measure
from review.signals.models import find_models
from review.signals.transcript import recording_sha256
from review.timeline.assemble import assemble
from review.timeline.clocks import place_spans
from review.timeline.coverage import CoverageOptions
from review.timeline.sync import synchronise
from review.timeline.sync.by_hand import Override, apply_by_hand
from review.workspace import MARKER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from review.session import Session, Sitting
    from review.workspace import Workspace

#: Written on demand, not by an analysis, which only keeps it in step with clocks and recordings.
TRANSCRIPTS = "transcripts"
#: Tables that an analysis writes, besides the marker.
TABLES = tuple(name for name in tables.SCHEMAS if name not in {MARKER, TRANSCRIPTS})
#: Codes of problems that come up after the clocks are known, and anew with other clocks.
_LATE_CODES = ("detector_failed",)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What an analysis depends on besides the evidence; part of every result's key.

    Parameters
    ----------
    thresholds
        Detector -> option -> value, resolved.
    rulebook
        Hash of the rulebook's content, which a session may bring itself.
    """

    thresholds: Mapping[str, Mapping[str, Any]]
    rulebook: str
    measure: MeasureOptions
    coverage: CoverageOptions


def resolve_options(session: Session) -> Options:
    """Resolve thresholds: session.toml before the rulebook before the detectors' defaults.

    Raises
    ------
    DetectorError, RulebookError
        If a threshold names no detector or option, or the rulebook is not valid.
    """
    book = load_rulebook(session.rulebook, folder=session.folder)
    thresholds = detectors.resolve(session.thresholds, book.thresholds, platform=session.platform)
    return Options(
        thresholds=thresholds,
        rulebook=hashlib.sha256(repr(book).encode()).hexdigest(),
        measure=MeasureOptions(),
        coverage=CoverageOptions(),
    )


@dataclass(frozen=True, kw_only=True)
class Key:
    """What a sitting's tables stand under: what was measured, and what was judged from it.

    A changed threshold, rulebook or offset changes ``judged`` alone, and the tables are made anew
    from the stored measurements: no recording is read for it.
    """

    measured: str
    judged: str

    def __str__(self) -> str:
        return f"{self.measured}:{self.judged}"


def sitting_key(
    sitting: Sitting,
    options: Options,
    models: Mapping[str, str],
    overrides: Sequence[Override] = (),
) -> Key:
    """Return the key that a sitting's tables stand under.

    It covers what the manifest says of the session and of this candidate, the sitting's files by
    name, size and time of change (contents are hashed when they are read, and stand in
    ``segments``), the options, the models and the code. Another candidate's row changes nothing.
    """
    session = replace(sitting.session, candidates=(), folder=Path())
    files = [session.region.boundary] if session.region and session.region.boundary else []
    for folder in (sitting.folder, sitting.shared_folder):
        files += sorted(path for path in folder.rglob("*") if path.is_file())
    stats = [(path, path.stat()) for path in files if path.exists()]
    evidence = {
        # What detectors alone read is no part of what is measured.
        "session": repr(replace(session, thresholds={}, rulebook="", off_screen_limit=None)),
        "candidate": repr(sitting.candidate),
        "subject": sitting.subject.id,
        "files": [(str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stats],
        "options": repr(options.measure),
        "models": dict(sorted(models.items())),
        "code": _code(*MEASURING),
    }
    judgement = {
        "session": repr(session),
        "thresholds": repr(options.thresholds),
        "rulebook": options.rulebook,
        "coverage": repr(options.coverage),
        "by_hand": repr(overrides),
        "code": _code(*JUDGING),
    }
    return Key(measured=digest(evidence), judged=digest(judgement)[:16])


def digest(content: Any) -> str:
    """Return the SHA-256 of what JSON can say."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


#: Whose code makes measurements, and whose makes flags and scores from them.
MEASURING = ("session.py", "tables.py", "loaders", "signals", "timeline/sync")
JUDGING = (
    "pipeline.py", "timeline", "detectors", "rules", "scoring/risk.py", "scoring/lookalikes.py",
    "scoring/conditions.py",
)  # fmt: skip


@cache
def _code(*parts: str) -> str:
    """Hash of the source of parts of the package, and of what other packages add to them."""
    found = hashlib.sha256("\n".join(plugins.installed()).encode())
    root = Path(__file__).parent
    for part in parts:
        place = root / part
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.suffix in {".py", ".toml"}:
                found.update(path.read_bytes())
    return found.hexdigest()


def code_version() -> str:
    """Return the package's version and a hash of its source, so that a changed rule counts."""
    return f"{__version__}+{_code(*MEASURING, *JUDGING)[:12]}"


def analyze_sitting(
    sitting: Sitting,
    workspace: Workspace,
    *,
    options: Options | None = None,
    force: bool = False,
    threads: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> pd.DataFrame:
    """Analyse one sitting into the workspace, unless its tables already stand under the same key.

    Offsets that people set stand in the workspace's ledger and win over what was measured. Where
    only those, thresholds or rules changed, the tables are made anew from the stored measurements:
    no recording is read.

    Parameters
    ----------
    options
        From :func:`resolve_options`; resolved here if not given.
    force
        Analyse even if nothing changed.
    threads
        Streams worked on at once; by default one per core. It does not change the result.
    progress
        Called with the stream in work and the share done (0 to 1).

    Returns
    -------
    pandas.DataFrame
        The sitting's row of the table ``sittings``.

    Raises
    ------
    ReviewError
        What a batch turns into a row of state ``failed``.
    """
    started = time.monotonic()
    options = options or resolve_options(sitting.session)
    models = find_models(workspace)
    overrides = offsets_by_hand(workspace, sitting)
    key = sitting_key(sitting, options, models.hashes, overrides)
    known = workspace.read_sitting(MARKER, sitting)
    done = len(known) and not force and known["state"].iloc[0] == "done"
    before = str(known["key"].iloc[0]) if done else ""
    if before == str(key):
        return known
    if before.startswith(f"{key.measured}:"):
        frames = _judged_again(sitting, workspace, overrides=overrides, options=options)
    else:
        frames = analyse_record(
            load_sitting(sitting),
            models=models,
            options=options,
            overrides=overrides,
            threads=threads,
            progress=progress,
        )
        _still_the_same(sitting, key, sitting_key(sitting, options, models.hashes, overrides))
    window = frames.pop("window")
    frames[MARKER] = marker_row(
        sitting, state="done", key=str(key), elapsed_s=time.monotonic() - started, window=window
    )
    said = workspace.read_sitting(TRANSCRIPTS, sitting)
    if len(said):
        frames[TRANSCRIPTS] = placed_transcripts(said, frames["segments"], frames["clocks"])
    workspace.write_sitting(sitting, frames)
    return frames[MARKER]


def placed_transcripts(
    said: pd.DataFrame, segments: pd.DataFrame, clocks: pd.DataFrame
) -> pd.DataFrame:
    """Return the rows of ``transcripts`` whose recordings are still the same, on session time."""
    now = {stream: recording_sha256(segments, stream) for stream in said["stream"].unique()}
    same = said[said["recording_sha256"] == said["stream"].map(now)].reset_index(drop=True)
    return place_spans(same, clocks, start="device_start_s", end="device_end_s")


def offsets_by_hand(workspace: Workspace, sitting: Sitting) -> tuple[Override, ...]:
    """Return the offsets that people set for a sitting and did not take back, in their order."""
    if not workspace.has_ledger:
        return ()
    where = dict(zip(tables.KEYS, sitting.key, strict=True))
    ledger = open_ledger(workspace.ledger)
    rows = standing(ledger.entries(**where, kinds=("offset_set", "retraction")))
    return tuple(
        Override(
            stream=said["stream"],
            offset_s=said["offset_s"],
            device_s=said.get("device_s"),
            alone=said.get("alone", False),
        )
        for said in rows.sort_values("seq")["payload"]
    )


def _still_the_same(sitting: Sitting, before: Key, after: Key) -> None:
    """Refuse results of files that changed while they were read: they belong to neither state."""
    if before.measured != after.measured:
        raise LoadError(
            "files changed while they were analysed",
            where=sitting.name,
            todo="run `review analyze` again when nothing is copied into the session any more",
        )


def analyse_record(
    record: SittingRecord,
    *,
    models: Any,
    options: Options,
    overrides: Sequence[Override] = (),
    threads: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Take a loaded sitting through all steps.

    Returns
    -------
    dict
        Table name -> rows, and ``window`` -> ``(start_s, end_s)``.
    """
    sitting = record.sitting
    measured = measure(
        record,
        models=models,
        boundary=region_boundary(sitting.session, sitting.candidate),
        options=options.measure,
        threads=threads,
        progress=progress,
    )
    synchronised = synchronise(record, signals=measured.signals)
    problems = [record.problems, measured.problems, synchronised.problems]
    whole = replace(record, problems=tables.join("problems", problems))
    frames = _judged(whole, measured, synchronised.clocks, overrides=overrides, options=options)
    return {**frames, "anchors": synchronised.anchors}


def _judged_again(
    sitting: Sitting,
    workspace: Workspace,
    *,
    overrides: Sequence[Override],
    options: Options,
) -> dict[str, Any]:
    """Make the tables of a sitting anew from what is stored of it, with other clocks."""
    stored = {name: workspace.read_sitting(name, sitting) for name in TABLES}
    problems = stored["problems"]
    record = SittingRecord(
        sitting=sitting,
        segments=stored["segments"],
        events=stored["events"],
        positions=stored["positions"],
        problems=problems[~problems["code"].isin(_LATE_CODES)],
    )
    measured = Measurements(
        signals=stored["signals"],
        detections=stored["detections"],
        texts=stored["texts"],
        problems=tables.empty("problems"),
    )
    frames = _judged(
        record, measured, stored["clocks_measured"], overrides=overrides, options=options
    )
    # Tables that do not depend on clocks stay as they are.
    return {**stored, **frames}


def _judged(
    record: SittingRecord,
    measured: Measurements,
    clocks_measured: pd.DataFrame,
    *,
    overrides: Sequence[Override],
    options: Options,
) -> dict[str, Any]:
    """Bring a sitting to session time and look for what people should look at."""
    sitting = record.sitting
    clocks = apply_by_hand(clocks_measured, overrides)
    evidence = assemble(record, measured, clocks, options=options.coverage)
    flags, detector_problems = detectors.run(evidence, options.thresholds)
    scores = score(
        flags,
        evidence.coverage,
        window=evidence.window,
        required_streams=sitting.session.required_streams,
        rulebook=load_rulebook(sitting.session.rulebook, folder=sitting.session.folder),
        key=sitting.key,
    )
    return {
        "segments": record.segments,
        "clocks": clocks,
        "clocks_measured": clocks_measured,
        "coverage": evidence.coverage,
        "events": evidence.events,
        "positions": evidence.positions,
        "signals": measured.signals,
        "detections": measured.detections,
        "texts": measured.texts,
        "flags": flags,
        "scores": scores,
        "persons": persons(measured.detections),
        "conditions": conditions(
            measured.signals, measured.detections, record.segments, key=sitting.key
        ),
        "problems": tables.join("problems", [record.problems, detector_problems]),
        "window": evidence.window,
    }


def marker_row(
    sitting: Sitting,
    *,
    state: str,
    key: str,
    elapsed_s: float,
    window: tuple[float, float] | None = None,
    reason: str | None = None,
) -> pd.DataFrame:
    """Return a sitting's row of ``sittings``."""
    row = {
        "state": state,
        "reason": reason,
        "key": key,
        "window_start_s": None if window is None else window[0],
        "window_end_s": None if window is None else window[1],
        "elapsed_s": elapsed_s,
        "analysed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": code_version(),
    }
    return tables.build(MARKER, [row], key=sitting.key)
