"""Recordings for the browser: an authenticated handler of the Jupyter server.

``{base_url}review/media/<session>/<candidate>/<subject>/<stream>/<number>?v=<version>`` gives the
``number``-th file of a stream, as it is or as its playable copy (``&light=1``: the small one).
Only files in the table ``segments`` of a session of this workspace are given, and only from inside
that session's folder. The workspace is the server's: ``REVIEW_WORKSPACE``, else ``workspace``
in the folder in which the server was started. ``{base_url}review/photo/<session>/<candidate>/
<subject>/<name>`` gives an identity photograph in the same way, ``review/clip/...`` a clip that
was made of the sitting. All are for people whose role may watch, and that a stream was opened or
a clip fetched is in the ledger before its first byte is sent (:mod:`review.workbench.gate`).
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.iostream import StreamClosedError

from review.playback import decide, numbered
from review.workbench.clips import clips_folder
from review.workbench.gate import Gate
from review.workbench.handlers import WorkbenchHandler, inside
from review.workbench.opening import OpenHandler
from review.workbench.stills import StillHandler
from review.workbench.watching import HereHandler, TokenHandler, WatchedHandler
from review.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from jupyter_server.serverapp import ServerApp

#: Read and sent at once: enough for a few pictures, little enough for many readers.
_CHUNK_BYTES: Final = 1 << 18
_TYPES: Final = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    # QuickTime files that a browser can play are MP4 under an older name.
    ".mov": "video/mp4",
    ".m4a": "audio/mp4",
    ".webm": "video/webm",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
}
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file that may be served, and the version under which a browser may hold it."""

    path: Path
    version: str


def locate(
    workspace: Workspace,
    key: tuple[str, str, str],
    stream: str,
    number: int,
    *,
    version: str | None = None,
    light: bool = False,
) -> Found:
    """Find the file behind an address.

    Parameters
    ----------
    key
        session_id, candidate_id, subject_id.
    version
        What the page expects; None takes what is there.
    light
        The light copy instead of the original.

    Raises
    ------
    PermissionError
        If the table names a file outside the session's folder.
    FileNotFoundError
        If there is no such row, file or copy, or the file is another one by now.
    SessionError
        If the session is not in this workspace.
    """
    folder = workspace.session_folder(key[0]).resolve()
    segments = workspace.read("segments", key[0], candidate_id=key[1], subject_id=key[2])
    rows = {(of, n): row for of, n, row in numbered(segments)}
    row = rows.get((stream, number))
    if row is None:
        raise FileNotFoundError(f"no file {number} of {stream} in {'/'.join(key)}")
    original = (folder / row["file"]).resolve()
    if not original.is_relative_to(folder):
        raise PermissionError(f"{row['file']} of {'/'.join(key)} leads out of {folder}")
    item = decide(row, stream, number, folder=folder, copies=workspace.media_of(key), light=light)
    if version is not None and version != item.version:
        raise FileNotFoundError(f"{row['file']} has changed since the page was opened")
    if not item.path.is_file():
        raise FileNotFoundError(f"{item.path} is not there")
    return Found(path=item.path, version=item.version)


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Read a ``Range`` header (RFC 9110, section 14): first byte and the one after the last.

    None means the whole file: no header, several ranges, or one that is not understood.

    Raises
    ------
    ValueError
        If the range holds nothing of the file.

    Examples
    --------
    >>> byte_range("bytes=0-9", 100), byte_range("bytes=90-", 100), byte_range("bytes=-5", 100)
    ((0, 10), (90, 100), (95, 100))
    >>> byte_range("bytes=0-1,5-6", 100) is None
    True
    """
    match = _RANGE.fullmatch((header or "").replace(" ", ""))
    if not match or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last) + 1, size) if first and last else size
    if start >= end:
        raise ValueError(f"no byte of {size} in {header}")
    return start, end


def locate_photo(workspace: Workspace, key: tuple[str, str, str], name: str) -> Found:
    """Find an identity photograph; raises as :func:`locate` does."""
    from review.loaders import load_session  # with everything that reads media
    from review.loaders.files import find_files

    session, _ = load_session(workspace.session_folder(key[0]))
    photos = find_files(session.sitting(key[1], key[2]), ZoneInfo(session.timezone)).photos
    if name not in photos:
        raise FileNotFoundError(f"no {name} in {'/'.join(key)}")
    path = photos[name].resolve()
    if not path.is_relative_to(session.folder.resolve()):
        raise PermissionError(f"{name} of {'/'.join(key)} leads out of {session.folder}")
    stat = path.stat()
    return Found(path=path, version=f"{stat.st_size:x}-{stat.st_mtime_ns:x}")


def _recording(
    workspace: Workspace, gate: Gate, address: Sequence[str], query: Mapping[str, str]
) -> Found:
    session_id, candidate_id, subject_id, stream, number = address
    if not number.isdecimal():
        raise FileNotFoundError(f"{number!r} is no number of a file")
    key = (session_id, candidate_id, subject_id)
    found = locate(
        workspace,
        key,
        stream,
        int(number),
        version=query.get("v"),
        light=query.get("light") == "1",
    )
    gate.opened(key, stream)
    return found


def _photo(
    workspace: Workspace, gate: Gate, address: Sequence[str], _query: Mapping[str, str]
) -> Found:
    gate.author()
    session_id, candidate_id, subject_id, name = address
    return locate_photo(workspace, (session_id, candidate_id, subject_id), name)


def _clip(
    workspace: Workspace, gate: Gate, address: Sequence[str], _query: Mapping[str, str]
) -> Found:
    session_id, candidate_id, subject_id, name = address
    key = (session_id, candidate_id, subject_id)
    workspace.session_folder(session_id)
    path = clips_folder(workspace, key) / name
    if not path.is_file():
        raise FileNotFoundError(f"no clip {name} of {'/'.join(key)}")
    gate.fetched(key, name)
    stat = path.stat()
    return Found(path=path, version=f"{stat.st_size:x}-{stat.st_mtime_ns:x}")


class FileHandler(WorkbenchHandler):
    """Gives a recording, clip or photograph to a browser that is logged in, whole or by range."""

    def initialize(self, find: Callable[..., Found]) -> None:
        """Take the function that finds the file behind an address."""
        self._finder = find

    @property
    def content_security_policy(self) -> str:
        """Nothing in a recording is ever run."""
        return super().content_security_policy + "; sandbox"

    @web.authenticated
    @authorized
    async def get(self, *address: str) -> None:
        """Send the file or the wanted range."""
        await self._serve(address, body=True)

    @web.authenticated
    @authorized
    async def head(self, *address: str) -> None:
        """Send the headers alone."""
        await self._serve(address, body=False)

    async def _serve(self, address: tuple[str, ...], *, body: bool) -> None:
        self.check_xsrf_cookie()
        found = await self.work(self._find, address)
        size = found.path.stat().st_size
        wanted = self.request.headers.get("If-Range")
        header = self.request.headers.get("Range")
        if wanted is not None and wanted != f'"{found.version}"':
            header = None
        try:
            part = byte_range(header, size)
        except ValueError:
            self.set_status(416)
            self.set_header("Content-Range", f"bytes */{size}")
            return
        start, end = part or (0, size)
        self._describe(found, start, end)
        if part is not None:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        if body:
            await self._send(found.path, start, end)

    def _find(self, address: tuple[str, ...]) -> Found:
        query = {name: self.get_argument(name) for name in self.request.query_arguments}
        inside(*address)
        return self._finder(self.workspace, self.gate, address, query)

    def _describe(self, found: Found, start: int, end: int) -> None:
        kind = _TYPES.get(found.path.suffix.lower(), "application/octet-stream")
        self.set_header("Content-Type", kind)
        self.set_header("Content-Length", str(end - start))
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Etag", f'"{found.version}"')
        # People's recordings stay on the server: no browser keeps them on its disk.
        self.set_header("Cache-Control", "private, no-store")

    async def _send(self, path: Path, start: int, end: int) -> None:
        with path.open("rb") as file:
            file.seek(start)
            left = end - start
            while left:
                chunk = await asyncio.to_thread(file.read, min(left, _CHUNK_BYTES))
                if not chunk:
                    raise web.HTTPError(500, f"{path} became shorter while it was sent")
                left -= len(chunk)
                self.write(chunk)
                try:
                    await self.flush()
                except StreamClosedError:  # the player jumped elsewhere
                    return

    def compute_etag(self) -> str | None:
        """Leave the tag to :meth:`_describe`: tornado would hash the body for it."""
        return None


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "review.workbench.media"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    workspace = Workspace()
    workspace.folder = workspace.folder.resolve()
    app.web_app.settings["review_workspace"] = workspace
    app.web_app.settings["review_gate"] = Gate(workspace)
    part = "([^/]+)"

    def route(what: str, parts: int) -> str:
        return url_path_join(app.web_app.settings["base_url"], "review", what, *[part] * parts)

    add: Any = app.web_app.add_handlers
    routes = [
        (route("media", 5), FileHandler, {"find": _recording}),
        (route("photo", 4), FileHandler, {"find": _photo}),
        (route("clip", 4), FileHandler, {"find": _clip}),
        (route("still", 4), StillHandler),
        (route("watched", 3), WatchedHandler),
        (route("here", 3), HereHandler),
        (route("token", 0), TokenHandler),
        (route("open", 3), OpenHandler),
        (route("next", 3), OpenHandler, {"following": True}),
    ]
    add(".*$", routes)
    app.log.info("recordings of workspace %s are served to this server's users", workspace.folder)
