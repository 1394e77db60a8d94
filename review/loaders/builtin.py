"""The loaders that come with the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.loaders import log_csv, log_json, position_csv, position_gpx
from review.loaders.container import MediaInfo, probe
from review.loaders.registry import Loader, register

if TYPE_CHECKING:
    from pathlib import Path

    from review.loaders.registry import Context

_MEDIA_SUFFIXES: Final = (
    ".mp4", ".m4v", ".mov", ".3gp", ".webm", ".mkv", ".avi", ".flv", ".ts", ".mts", ".m2ts",
    ".m4s", ".mpg", ".mpeg", ".gif", ".m4a", ".aac", ".mp3", ".wav", ".ogg", ".opus", ".flac",
    ".amr", ".wma", ".wmv",
)  # fmt: skip


def _is_media(_path: Path, head: bytes) -> bool:
    return not head.lstrip().startswith(b"#EXTM3U")


def _media(path: Path, _context: Context) -> MediaInfo:
    return probe(path)


_LOADERS: Final = (
    Loader(name="recording", kind="media", suffixes=_MEDIA_SUFFIXES, takes=_is_media, load=_media),
    position_csv.LOADER,
    position_gpx.LOADER,
    log_csv.LOADER,
    log_json.LOADER,
)


def register_all() -> None:
    """Register the loaders that come with the project."""
    for loader in _LOADERS:
        register(loader)
