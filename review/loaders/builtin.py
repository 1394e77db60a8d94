"""The loaders that come with the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.loaders import (
    log_csv,
    log_json,
    log_seb,
    log_seb_server,
    playlist,
    position_csv,
    position_gpx,
    position_json,
    position_nmea,
)
from review.loaders.registry import Loader, register
from review.loaders.spans import Recording, examine

if TYPE_CHECKING:
    from pathlib import Path

    from review.loaders.registry import Context

_MEDIA_SUFFIXES: Final = (
    ".mp4", ".m4v", ".mov", ".3gp", ".webm", ".mkv", ".avi", ".flv", ".ts", ".mts", ".m2ts",
    ".m4s", ".mpg", ".mpeg", ".gif", ".m4a", ".aac", ".mp3", ".wav", ".ogg", ".opus", ".flac",
    ".amr", ".wma", ".wmv",
)  # fmt: skip


def _is_media(path: Path, head: bytes) -> bool:
    return not _is_playlist(path, head)


def _is_playlist(_path: Path, head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"#EXTM3U")


def _media(path: Path, _context: Context) -> Recording:
    return examine(path)


_LOADERS: Final = (
    Loader(name="recording", kind="media", suffixes=_MEDIA_SUFFIXES, takes=_is_media, load=_media),
    Loader(
        name="HLS playlist",
        kind="media",
        suffixes=playlist.SUFFIXES,
        takes=_is_playlist,
        load=_media,
    ),
    position_csv.LOADER,
    position_gpx.LOADER,
    position_json.ANDROID,
    position_json.GEOJSON,
    position_nmea.LOADER,
    log_csv.LOADER,
    log_json.LOADER,
    log_seb.LOADER,
    log_seb_server.LOADER,
)


def register_all() -> None:
    """Register the loaders that come with the project."""
    for loader in _LOADERS:
        register(loader)
