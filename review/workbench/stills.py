"""Single pictures for the browser: thumbnails on the timeline, faces from across a sitting.

``{base_url}review/still/<session>/<candidate>/<subject>/<stream>?t=<session time>&w=<width>`` gives
the picture that was shown at a time as JPEG; with ``&box=x,y,w,h`` (pixels of the upright original)
a part of it. Without ``&exact=1`` a key frame within a second after it may stand for it: a
thumbnail.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jupyter_server.auth.decorator import authorized
from PIL import Image
from tornado import web

from review.errors import ReviewError
from review.loaders.media import open_video
from review.loaders.streams import pieces
from review.playback import decide, numbered
from review.timeline.clocks import to_device_s
from review.workbench.handlers import WorkbenchHandler, inside
from review.workspace import atomic_path, file_name

if TYPE_CHECKING:
    from pathlib import Path

    from review.workspace import Workspace

    Key = tuple[str, str, str]

#: Widest still: a view of its own size is the player's work.
_MOST_PX: Final = 640
_QUALITY: Final = 82
#: A key frame this much later may stand for a moment in a thumbnail, in seconds.
_NEAR_S: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class Still:
    """Which picture is wanted.

    Parameters
    ----------
    time_s
        Session time.
    box
        x, y, width, height in pixels of the upright original; None for all of it.
    exact
        Whether the picture of that very moment is wanted, or one near it will do.
    """

    stream: str
    time_s: float
    width_px: int = 160
    box: tuple[int, int, int, int] | None = None
    exact: bool = False


def still(workspace: Workspace, key: Key, wanted: Still) -> bytes:
    """Return a picture as JPEG, from the workspace's store of frames or decoded now.

    Raises
    ------
    FileNotFoundError
        If nothing was recorded then.
    PermissionError
        If the table names a file outside the session's folder.
    """
    session_id, candidate_id, subject_id = key
    of: dict[str, Any] = {"candidate_id": candidate_id, "subject_id": subject_id}
    segments = workspace.read("segments", session_id, **of)
    clocks = workspace.read("clocks", session_id, **of)
    device_s = float(to_device_s(clocks, wanted.stream, [wanted.time_s])[0])
    for piece in pieces(segments, wanted.stream):
        if piece.start_s <= device_s < piece.end_s:
            kept = _kept(workspace, key, wanted, piece.file)
            if not kept.is_file():
                path, pts_s = _source(
                    workspace, key, segments, piece.file, piece.pts_s(device_s), wanted
                )
                with atomic_path(kept) as part:
                    part.write_bytes(_picture(path, pts_s, wanted))
            return kept.read_bytes()
    raise FileNotFoundError(f"nothing of {wanted.stream} was recorded at {wanted.time_s:g} s")


def _source(
    workspace: Workspace,
    key: Key,
    segments: Any,
    file: str,
    pts_s: float,
    wanted: Still,
) -> tuple[Path, float]:
    """Return what the picture is taken from: for a thumbnail the light copy where there is one."""
    folder = workspace.session_folder(key[0]).resolve()
    original = (folder / file).resolve()
    if not original.is_relative_to(folder):
        raise PermissionError(f"{file} of {'/'.join(key)} leads out of {folder}")
    if not wanted.exact and wanted.box is None:
        for stream, number, row in numbered(segments):
            if row["file"] == file:
                copies = workspace.media_of(key)
                item = decide(row, stream, number, folder=folder, copies=copies, light=True)
                if item.ready:
                    return item.path, pts_s - item.zero_pts_s
    return original, pts_s


def _picture(path: Path, pts_s: float, wanted: Still) -> bytes:
    with open_video(path) as video:
        found = None
        if not wanted.exact:
            near = video.pictures(start_pts_s=pts_s, end_pts_s=pts_s + _NEAR_S, keys_only=True)
            found = next(near, None)
        if found is None:
            found = video.shown_at(pts_s)
    if found is None:
        raise FileNotFoundError(f"no picture of {path.name} decodes at {pts_s:g} s")
    image = Image.fromarray(found.pixels[..., ::-1])
    if wanted.box is not None:
        x, y, wide, high = wanted.box
        image = image.crop((x, y, min(image.width, x + wide), min(image.height, y + high)))
    image.thumbnail((wanted.width_px, 4 * wanted.width_px))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _kept(workspace: Workspace, key: Key, wanted: Still, file: str) -> Path:
    name = hashlib.sha256(repr((wanted, file)).encode()).hexdigest()[:24]
    folder = workspace.folder.joinpath("frames", *(file_name(part) for part in key))
    return folder / f"{file_name(wanted.stream)}-{name}.jpg"


class StillHandler(WorkbenchHandler):
    """Gives stills to whoever may watch."""

    @web.authenticated
    @authorized
    async def get(self, session_id: str, candidate_id: str, subject_id: str, stream: str) -> None:
        """Send a picture."""
        self.check_xsrf_cookie()
        try:
            wanted = self._wanted(stream)
        except ValueError as error:
            raise web.HTTPError(400, str(error)) from error
        key = (session_id, candidate_id, subject_id)
        picture = await self.work(self._still, key, wanted)
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Cache-Control", "private, no-store")
        self.finish(picture)

    def _still(self, key: Key, wanted: Still) -> bytes:
        inside(*key, wanted.stream)
        self.gate.opened(key, wanted.stream)
        try:
            return still(self.workspace, key, wanted)
        except ReviewError as error:
            raise FileNotFoundError(str(error)) from error

    def _wanted(self, stream: str) -> Still:
        box = self.get_argument("box", "")
        numbers = [int(part) for part in box.split(",")] if box else []
        if numbers and (len(numbers) != 4 or min(numbers) < 0 or 0 in numbers[2:]):
            raise ValueError("box: four numbers, x,y,width,height")
        return Still(
            stream=stream,
            time_s=float(self.get_argument("t")),
            width_px=min(_MOST_PX, max(16, int(self.get_argument("w", "160")))),
            box=(numbers[0], numbers[1], numbers[2], numbers[3]) if numbers else None,
            exact=self.get_argument("exact", "") == "1",
        )
