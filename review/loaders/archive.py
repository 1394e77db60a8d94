"""A session that comes as one ``.zip`` or ``.tar``: unpacked into the workspace, safely.

Nothing in an archive can write outside of its own folder: entries with absolute paths, with ``..``
or that are links or devices make the whole archive refused, and so do more files or bytes than
allowed, counted while they are written.
"""

from __future__ import annotations

import hashlib
import lzma
import shutil
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from review.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SUFFIXES: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_CHUNK: Final = 1 << 20
#: What the standard library raises for archives that are damaged in one way or another.
_DAMAGE: Final = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError,
    OSError, NotImplementedError, RuntimeError, ValueError, LookupError,
)  # fmt: skip
#: Left free on the disk that is unpacked to.
_SPARE_BYTES: Final = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an archive may unpack to.

    Parameters
    ----------
    files
        Entries. A session of 1,000 candidates with 50 files each has 50,000.
    size_bytes
        Bytes: 1,000 candidates with four views of an hour at 1 Mbit/s are 1.8 TB.
    """

    files: int = 500_000
    size_bytes: int = 4 * 10**12


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One entry: its name in parts, and how its content is opened (None for a folder)."""

    parts: tuple[str, ...]
    open: Callable[[], IO[bytes]] | None


def is_archive(path: Path) -> bool:
    """Say whether a path is to be taken as an archive, by its name."""
    return path.is_file() and path.name.lower().endswith(SUFFIXES)


def unpack(path: Path, into: Path, *, limits: Limits | None = None) -> Path:
    """Unpack a session archive once.

    Parameters
    ----------
    path
        The archive.
    into
        Folder below which it is unpacked, in a folder named after the archive and its content's
        size and time of change. If that is there already, it is used as it is.

    Returns
    -------
    pathlib.Path
        The session folder: where ``session.toml`` lies.

    Raises
    ------
    SessionError
        If the archive is damaged, unsafe, too large, or holds no session.
    """
    limits = limits or Limits()
    status = path.stat()
    mark = hashlib.sha256(
        f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}".encode()
    ).hexdigest()[:16]
    target = into / f"{path.name.partition('.')[0] or 'session'}-{mark}"
    if not target.is_dir():
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into, prefix=".unpacking-") as folder:
            room = Path(folder) / "content"
            room.mkdir()
            free = shutil.disk_usage(into).free - _SPARE_BYTES
            try:
                with _entries(path) as entries:
                    _write(entries, room, path, limits, free)
            except _DAMAGE as error:
                raise SessionError(
                    "the archive cannot be unpacked",
                    where=path,
                    found=str(error) or type(error).__name__,
                    todo="pack the session folder again, without a password",
                ) from error
            _session_folder(room, path)
            room.rename(target)
    return _session_folder(target, path)


@contextmanager
def _entries(path: Path) -> Iterator[Iterator[_Entry]]:
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            yield (_zip_entry(archive, info, path) for info in archive.infolist())
    else:
        with tarfile.open(path) as archive:
            yield (_tar_entry(archive, info, path) for info in archive)


def _zip_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> _Entry:
    mode = info.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or not stat.S_IFMT(mode)):
        raise _refused(path, info.filename, "is a link or a device")
    name = info.filename
    if not info.flag_bits & 0x800:
        # Without the UTF-8 mark the bytes are in the packer's own encoding, which the library
        # has taken for code page 437; Windows in China writes GBK.
        raw = name.encode("cp437", "replace")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            name = raw.decode("gb18030", "replace")
    parts = _parts(name, path)
    return _Entry(parts=parts, open=None if info.is_dir() else lambda: archive.open(info))


def _tar_entry(archive: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> _Entry:
    if not (info.isreg() or info.isdir()):
        raise _refused(path, info.name, "is a link or a device")
    parts = _parts(info.name, path)

    def content() -> IO[bytes]:
        file = archive.extractfile(info)
        if file is None:
            raise _refused(path, info.name, "has no content")
        return file

    return _Entry(parts=parts, open=None if info.isdir() else content)


def _parts(name: str, path: Path) -> tuple[str, ...]:
    """Return the parts of an entry's name; SessionError for one that leads elsewhere."""
    plain = name.replace("\\", "/")
    parts = PurePosixPath(plain).parts
    leads_away = plain.startswith("/") or ".." in parts or (parts and parts[0].endswith(":"))
    if leads_away or any("\0" in part or len(part.encode()) > 255 for part in parts):
        raise _refused(path, name, "leads out of the archive")
    return tuple(part for part in parts if part != ".")


def _write(
    entries: Iterable[_Entry], room: Path, path: Path, limits: Limits, free_bytes: int
) -> None:
    count = size = 0
    for entry in entries:
        count += 1
        if count > limits.files:
            raise _refused(path, "", f"holds more than {limits.files} files")
        target = room.joinpath(*entry.parts)
        if entry.open is None:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with entry.open() as source, target.open("xb") as out:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > min(limits.size_bytes, free_bytes):
                    allowed = min(limits.size_bytes, max(free_bytes, 0))
                    raise _refused(path, "", f"unpacks to more than {allowed} bytes")
                out.write(chunk)


def _session_folder(room: Path, path: Path) -> Path:
    """Find the session folder: the content itself, or the one folder that it holds."""
    inner = [entry for entry in room.iterdir() if entry.is_dir()]
    folders: list[Path] = [room, *(inner if len(inner) == 1 else [])]
    for folder in folders:
        if (folder / "session.toml").is_file():
            return folder
    raise SessionError(
        "the archive holds no session",
        where=path,
        expected="session.toml at its top or in its only folder",
    )


def _refused(path: Path, name: str, why: str) -> SessionError:
    return SessionError(
        "the archive is refused",
        where=path,
        found=f"{name[:80]!r} {why}" if name else f"it {why}",
        todo="pack the session folder itself, without links",
    )
