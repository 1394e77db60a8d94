"""The front door to one sitting: all its files as raw tables on device time."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from review import tables
from review.errors import LoadError, SessionError
from review.loaders import photos, problems
from review.loaders.files import SittingFiles, find_files
from review.loaders.logs import events_table, load_log
from review.loaders.positions import load_positions, named, positions_table
from review.loaders.problems import Problem, brief
from review.loaders.record import SittingRecord
from review.loaders.registry import Context
from review.loaders.segments import segment_rows
from review.loaders.session import load_session
from review.session import LOGS, POSITIONS, Session, Sitting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from review.loaders.files import Found
    from review.loaders.registry import Loaded

#: Entries of an earlier subject that still hold in a later one: who is logged in, and who that is.
CARRIED: Final = ("login", "identity_check", "permission_granted", "client_exit", "client_restart")
#: The check-in place is where the phone was within this of its identity check.
_CHECK_IN_S: Final = 60.0
#: Rows further than this from the subject are said to be far away; they are kept.
_FAR_S: Final = 36 * 3600.0


def load_sitting(
    path: Path | str | Sitting, *, session: Session | None = None, hash_files: bool = True
) -> SittingRecord:
    """Read everything that was recorded of one sitting.

    Parameters
    ----------
    path
        ``<session>/recordings/<candidate>/<subject>``, which need not exist where all files serve
        several subjects; or the sitting.
    session
        The session, if it is loaded already.
    hash_files
        Whether the recordings' SHA-256 is taken, which reads them whole.

    Returns
    -------
    SittingRecord
        Bad evidence never raises: what was dropped, assumed or cannot be read is a row in
        ``problems`` (codes in :mod:`review.loaders.problems`).

    Raises
    ------
    SessionError
        If the session is unusable, or has no such candidate or subject.
    """
    sitting = path if isinstance(path, Sitting) else _sitting_at(Path(path), session)
    timezone = ZoneInfo(sitting.session.timezone)
    files = find_files(sitting, timezone)
    found: list[Problem] = list(files.problems)
    segments = _segments(sitting, files, timezone, found, hash_files=hash_files)
    events = _events(sitting, files, timezone, found)
    positions = _positions(sitting, files, timezone, events, found)
    usable_photos = _photos(sitting, files, found)
    found += _missing(sitting, files, segments, events, positions)
    return SittingRecord(
        sitting=sitting,
        segments=segments,
        events=events,
        positions=positions,
        problems=problems.table(found, key=sitting.key),
        photos=MappingProxyType(usable_photos),
    )


def _sitting_at(path: Path, session: Session | None) -> Sitting:
    whole = path.resolve() if session is None else path.absolute()
    parts = whole.parts
    if len(parts) < 4 or parts[-3] != "recordings":
        raise SessionError(
            "not the folder of a sitting",
            where=path,
            expected="<session>/recordings/<candidate>/<subject>",
        )
    loaded = session if session is not None else load_session(whole.parents[2])[0]
    return loaded.sitting(parts[-2], parts[-1])


def _segments(
    sitting: Sitting,
    files: SittingFiles,
    timezone: ZoneInfo,
    found: list[Problem],
    *,
    hash_files: bool,
) -> pd.DataFrame:
    context = Context(timezone=timezone)
    rows: list[dict[str, Any]] = []
    for file in files.media:
        made, wrong = segment_rows(sitting, file, context, hash_files=hash_files)
        rows += made
        found += wrong
    frame = tables.build("segments", rows, key=sitting.key)
    return frame.sort_values(["stream", "device_start_s", "file"], kind="stable", ignore_index=True)


def _read(
    files: Iterable[Found],
    load: Callable[[Path, Context], Loaded],
    context: Context,
    found: list[Problem],
    *,
    empty: str,
) -> list[tuple[Found, list[dict[str, Any]]]]:
    """Read files one by one; what fails is a problem, the others are read."""
    read: list[tuple[Found, list[dict[str, Any]]]] = []
    for file in files:
        try:
            loaded = load(file.path, context)
        except LoadError as error:
            found.append(
                Problem(code="file_unreadable", stream=file.stream, file=file.file,
                        message=f"{file.file}: {brief(error)}")
            )  # fmt: skip
            continue
        found += named(loaded.problems, stream=file.stream, file=file.file)
        if not loaded.rows:
            found.append(
                Problem(code=empty, stream=file.stream, file=file.file,
                        message=f"{file.file}: nothing in it can be used")
            )  # fmt: skip
        read.append((file, loaded.rows))
    return read


def _events(
    sitting: Sitting, files: SittingFiles, timezone: ZoneInfo, found: list[Problem]
) -> pd.DataFrame:
    intake = sitting.session.intake
    context = Context(
        timezone=timezone, columns=intake.columns.get("events", {}), words=intake.event_words
    )
    read = _read(files.logs, load_log, context, found, empty="events_empty")
    made: list[pd.DataFrame] = []
    for stream in LOGS:
        own = [row for f, rows in read if f.stream == stream and not f.shared for row in rows]
        shared = [row for f, rows in read if f.stream == stream and f.shared for row in rows]
        if own:
            table, wrong = events_table(sitting, stream, own)
            found += wrong + _far(table, stream)
            made.append(table)
        if shared:
            table, wrong = events_table(sitting, stream, shared)
            found += wrong
            made.append(_part(table, sitting, also=_is_carried(table)))
    made += _earlier_logs(sitting, context)
    frame = tables.join("events", made)
    return frame.sort_values(["stream", "device_s"], kind="stable", ignore_index=True)


def _earlier_logs(sitting: Sitting, context: Context) -> list[pd.DataFrame]:
    """Log-ins and identity checks of the candidate's earlier subjects of the day."""
    made = []
    for subject_id in sitting.candidate.subjects:
        earlier = sitting.session.subject(subject_id)
        day = earlier.start.astimezone(context.timezone).date()
        same_day = day == sitting.subject.start.astimezone(context.timezone).date()
        if earlier.end > sitting.subject.start or not same_day:
            continue
        other = Sitting(session=sitting.session, candidate=sitting.candidate, subject=earlier)
        files = [f for f in find_files(other, context.timezone).logs if not f.shared]
        # What is wrong with these files is said where they belong.
        for file, rows in _read(files, load_log, context, [], empty="events_empty"):
            table, _ = events_table(sitting, file.stream, rows)
            made.append(table[_is_carried(table)])
    return made


def _is_carried(table: pd.DataFrame) -> np.ndarray:
    return (table["type"].isin(CARRIED) & (table["device_s"] < 0)).to_numpy()


def _positions(
    sitting: Sitting,
    files: SittingFiles,
    timezone: ZoneInfo,
    events: pd.DataFrame,
    found: list[Problem],
) -> pd.DataFrame:
    columns = sitting.session.intake.columns.get("positions", {})
    context = Context(timezone=timezone, columns=columns)
    read = _read(files.positions, load_positions, context, found, empty="positions_empty")
    made = []
    for stream in POSITIONS:
        own = [row for f, rows in read if f.stream == stream and not f.shared for row in rows]
        shared = [row for f, rows in read if f.stream == stream and f.shared for row in rows]
        if own:
            table, wrong = positions_table(sitting, stream, own)
            found += wrong + _far(table, stream)
            made.append(table)
        if shared:
            table, wrong = positions_table(sitting, stream, shared)
            found += wrong
            made.append(_part(table, sitting, also=_near_check_in(table, stream, events)))
    return tables.join("positions", made)


def _near_check_in(table: pd.DataFrame, stream: str, events: pd.DataFrame) -> np.ndarray:
    """Say which positions are those of the check-in, even if it was for an earlier subject."""
    log = {"gps_phone1": "events_phone1", "gps_phone2": "events_phone2"}[stream]
    checks = events.loc[
        (events["stream"] == log) & (events["type"] == "identity_check"), "device_s"
    ].to_numpy()
    times = table["device_s"].to_numpy()
    near: np.ndarray = (np.abs(times[:, None] - checks[None, :]) <= _CHECK_IN_S).any(axis=1)
    return near


def _part(table: pd.DataFrame, sitting: Sitting, *, also: np.ndarray) -> pd.DataFrame:
    """Return what belongs to this sitting of rows that serve several subjects."""
    intake = sitting.session.intake
    device_s = table["device_s"].to_numpy()
    until_s = sitting.subject.duration_s + intake.tail_s
    inside = (device_s >= -intake.opens_s) & (device_s < until_s)
    part: pd.DataFrame = table[inside | also]
    return part


def _far(table: pd.DataFrame, stream: str) -> list[Problem]:
    far = int((table["device_s"].abs() > _FAR_S).sum())
    if not far:
        return []
    message = f"{far} of {len(table)} rows lie more than a day away from the subject"
    return [Problem(code="time_far", stream=stream, message=message)]


def _photos(sitting: Sitting, files: SittingFiles, found: list[Problem]) -> dict[str, Path]:
    usable = {}
    for name, path in sorted(files.photos.items()):
        file = path.relative_to(sitting.session.folder).as_posix()
        try:
            photos.check_photo(path)
        except LoadError as error:
            message = f"{file}: {brief(error)}"
            found.append(Problem(code="photo_unreadable", file=file, message=message))
        else:
            usable[name] = path
    if "id_photo" not in files.photos:
        message = "there is no registered photograph (identity/id_photo.jpg)"
        found.append(Problem(code="photo_missing", message=message))
    return usable


def _missing(
    sitting: Sitting,
    files: SittingFiles,
    segments: pd.DataFrame,
    events: pd.DataFrame,
    positions: pd.DataFrame,
) -> list[Problem]:
    everything = (*files.media, *files.positions, *files.logs)
    if not everything:
        folder = sitting.folder.relative_to(sitting.session.folder).as_posix()
        return [Problem(code="sitting_empty", message=f"no recordings at all; expected {folder}")]
    shown = set(segments.loc[segments["duration_s"] > 0, "stream"])
    # What was carried over from an earlier subject does not stand for a log of this one.
    opens_s = -sitting.session.intake.opens_s
    logged = set(events.loc[events["device_s"] >= opens_s, "stream"])
    placed = set(positions.loc[positions["device_s"] >= opens_s, "stream"])
    usable = shown | logged | placed
    given = {file.stream for file in everything}
    return [
        Problem(
            code="stream_missing",
            stream=stream,
            message=f"{stream} is required but has no "
            f"{'usable file' if stream in given else 'file'}",
        )
        for stream in sitting.session.required_streams
        if stream not in usable
    ]
