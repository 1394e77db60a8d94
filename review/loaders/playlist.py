"""HLS playlists of local files (RFC 8216)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from review.errors import LoadError
from review.loaders.text import read_text

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES: Final = (".m3u8", ".m3u")
_MOST_BYTES: Final = 16 * 1024 * 1024


def parts_on_disk(path: Path) -> set[Path]:
    """Return the files that a playlist names, as far as they lie in its folder or below."""
    try:
        text, _ = read_text(path, most_bytes=_MOST_BYTES)
    except LoadError:
        return set()
    found: set[Path] = set()
    for name in names(text):
        inside = (path.parent / unquote(name.partition("?")[0])).resolve()
        if inside.is_relative_to(path.parent.resolve()):
            found.add(inside)
    return found


def names(text: str) -> list[str]:
    """Return every address that a playlist names: parts, other playlists, maps, keys."""
    found: list[str] = []
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("#"):
            _, marker, rest = line.partition('URI="')
            if marker:
                found.append(rest.partition('"')[0])
        elif line:
            found.append(line)
    return found
