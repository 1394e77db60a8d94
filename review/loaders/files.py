"""Which files of the session folder belong to which stream of a sitting."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from review.errors import LoadError
from review.loaders import photos, playlist
from review.loaders.problems import Problem
from review.loaders.text import is_plain, plain, read_text
from review.loaders.times import parse_time
from review.session import VIEW_ALIASES, VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from review.session import Sitting

RECORDINGS_CSV: Final = "recordings.csv"
#: Folder -> beginning of a file's name -> stream.
_OWNERS: Final = {
    "gps": {"phone1": "gps_phone1", "phone2": "gps_phone2"},
    "events": {
        "client": "events_client",
        "phone1": "events_phone1",
        "phone2": "events_phone2",
        "proctor": "events_proctor",
    },
}
#: What file managers and copy programs leave behind.
_DROPPINGS: Final = ("thumbs.db", "desktop.ini", ".ds_store")


@dataclass(frozen=True, kw_only=True)
class Found:
    """One file of a stream.

    Parameters
    ----------
    file
        Path relative to the session folder, as the tables have it.
    shared
        It serves several subjects of the candidate.
    start
        What recordings.csv says of its start.
    """

    stream: str
    path: Path
    file: str
    shared: bool
    start: datetime | None = None
    start_naive: bool = False


@dataclass(frozen=True, kw_only=True)
class SittingFiles:
    """All files of a sitting, in order of stream and name."""

    media: list[Found] = field(default_factory=list)
    positions: list[Found] = field(default_factory=list)
    logs: list[Found] = field(default_factory=list)
    photos: dict[str, Path] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def find_files(sitting: Sitting, timezone: ZoneInfo) -> SittingFiles:
    """Look through the folders of a sitting and of its candidate's shared files.

    A photograph of the sitting's own folder goes before a shared one.
    """
    files = SittingFiles()
    for folder, shared in ((sitting.folder, False), (sitting.shared_folder, True)):
        if folder.is_dir():
            starts = _starts(folder, sitting, timezone, files.problems)
            for path in sorted(folder.iterdir()):
                if not is_plain(path.name):
                    files.problems.append(_unnameable(path))
                    continue
                _take(path, starts, files, sitting=sitting, shared=shared)
    for kind in (files.media, files.positions, files.logs):
        kind.sort(key=lambda found: (found.stream, found.file))
    return files


def relative(sitting: Sitting, path: Path) -> str:
    """Return the path as tables have it: relative to the session folder, with slashes."""
    return path.relative_to(sitting.session.folder).as_posix()


_Starts = dict[tuple[str, str], tuple["datetime", bool]]


def _take(
    path: Path, starts: _Starts, files: SittingFiles, *, sitting: Sitting, shared: bool
) -> None:
    """Sort one entry of a sitting's folder into ``files``."""
    name = path.name.lower()
    stream = VIEW_ALIASES.get(name, name)
    if not path.is_dir():
        if name != RECORDINGS_CSV and not _is_dropping(path):
            files.problems.append(_unexpected(path, sitting))
    elif stream in VIEWS:
        for file in _media_files(path, files.problems):
            start, naive = starts.get((stream, file.relative_to(path).as_posix()), (None, False))
            found = _found(stream, file, sitting, shared=shared)
            files.media.append(replace(found, start=start, start_naive=naive))
    elif name in _OWNERS:
        into = files.positions if name == "gps" else files.logs
        for file in _files(path, files.problems):
            owner = _owner(file.name, _OWNERS[name])
            if owner is None:
                files.problems.append(_unexpected(file, sitting))
            else:
                into.append(_found(owner, file, sitting, shared=shared))
    elif name == "identity":
        _take_photos(path, files, sitting)
    else:
        files.problems.append(_unexpected(path, sitting))


def _take_photos(folder: Path, files: SittingFiles, sitting: Sitting) -> None:
    for file in _files(folder, files.problems):
        photo = file.stem.lower()
        if photo in photos.NAMES and file.suffix.lower() in photos.SUFFIXES:
            files.photos.setdefault(photo, file)
        else:
            files.problems.append(_unexpected(file, sitting))


def _found(stream: str, path: Path, sitting: Sitting, *, shared: bool) -> Found:
    return Found(stream=stream, path=path, file=relative(sitting, path), shared=shared)


def _files(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or _is_dropping(path):
            continue
        if is_plain(path.relative_to(folder).as_posix()):
            yield path
        else:
            problems.append(_unnameable(path))


def _media_files(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """Yield the recordings of a view; what a playlist names is a part of it, not one more."""
    everything = list(_files(folder, problems))
    parts: set[Path] = set()
    for path in everything:
        if path.suffix.lower() in playlist.SUFFIXES:
            parts |= playlist.parts_on_disk(path)
    yield from (path for path in everything if path.resolve() not in parts)


def _unnameable(path: Path) -> Problem:
    """Refuse a file whose name no table can hold and no program can show."""
    name = plain(path.name)
    message = f"{name}: the name is not text in UTF-8; rename the file"
    return Problem(code="file_refused", file=name, message=message)


def _is_dropping(path: Path) -> bool:
    return path.name.lower() in _DROPPINGS or path.name.startswith("._")


def _owner(name: str, streams: dict[str, str]) -> str | None:
    """``phone1.gpx``, ``phone1-2.gpx`` and ``phone1 (2).gpx`` are phone 1's, ``phone12`` is not."""
    lower = name.lower()
    for prefix, stream in streams.items():
        if lower.startswith(prefix) and not lower[len(prefix) : len(prefix) + 1].isalnum():
            return stream
    return None


def _unexpected(path: Path, sitting: Sitting) -> Problem:
    file = relative(sitting, path)
    return Problem(code="file_unexpected", file=file, message=f"{file} belongs to no stream")


def _starts(folder: Path, sitting: Sitting, timezone: ZoneInfo, problems: list[Problem]) -> _Starts:
    """Read ``recordings.csv``: (stream, file within the stream's folder) -> start."""
    path = folder / RECORDINGS_CSV
    if not path.is_file():
        return {}
    file = relative(sitting, path)
    try:
        text, _ = read_text(path)
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (LoadError, csv.Error) as error:
        problems.append(Problem(code="recordings_csv", file=file, message=f"{file}: {error}"))
        return {}
    starts: _Starts = {}
    for line, row in enumerate(rows, start=2):
        cells = {str(k).strip().lower(): (v or "").strip() for k, v in row.items() if k and
                 isinstance(v, (str, type(None)))}  # fmt: skip
        stream = VIEW_ALIASES.get(cells.get("stream", ""), cells.get("stream", ""))
        start = parse_time(cells.get("start"), timezone)
        name = cells.get("file", "").replace("\\", "/")
        if stream not in VIEWS or not name or start is None:
            found = ",".join(cells.values())[:80]
            message = f"{file}, line {line}: expected stream,file,start (ISO 8601); found {found}"
            problems.append(Problem(code="recordings_csv", file=file, message=message))
            continue
        # With or without the stream's folder in front.
        first, _, rest = name.partition("/")
        own = rest if rest and VIEW_ALIASES.get(first, first) == stream else name
        starts[stream, own] = start
    missing = [key for key in starts if not _is_there(folder, *key)]
    for stream, name in missing:
        message = f"{file}: there is no {stream}/{name}"
        problems.append(Problem(code="recordings_csv", stream=stream, file=file, message=message))
    return starts


def _is_there(folder: Path, stream: str, name: str) -> bool:
    names = [stream, *(alias for alias, view in VIEW_ALIASES.items() if view == stream)]
    return any((folder / view / name).is_file() for view in names)
