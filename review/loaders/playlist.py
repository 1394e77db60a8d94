"""HLS playlists of local files (RFC 8216).

A playlist is text that makes a reader open other files. It is therefore rewritten before the
media library sees it: every file it names must lie in the session folder, is named by its full
path, and the list is closed, so that nothing waits for parts that will never come.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from review.errors import LoadError
from review.loaders.text import read_text

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES: Final = (".m3u8", ".m3u")
#: A day of two-second parts is under 4 MB of text.
_MOST_BYTES: Final = 16 * 1024 * 1024
_SCHEME: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:|^//")
_BANDWIDTH: Final = re.compile(r"[:,]BANDWIDTH=(\d+)")
#: A playlist of playlists names lists of parts; no deeper nesting is defined.
_DEEPEST: Final = 2


def closed_playlist(path: Path) -> tuple[str, list[str]]:
    """Return a playlist that is safe to open.

    Returns
    -------
    text : str
        Of the list of parts (of the best variant, if there are several), with full paths.
    missing : list of str
        Parts that are named but not there; they are left out.

    Raises
    ------
    LoadError
        If it is no playlist, names a network address or a file outside of the session folder, is
        encrypted, or none of its parts is there.
    """
    return _closed(path, _root(path), 0)


def parts_on_disk(path: Path) -> set[Path]:
    """Return the files that a playlist names, those of the lists it names included."""
    found: set[Path] = set()
    waiting = [(path, 0)]
    while waiting:
        playlist, depth = waiting.pop()
        try:
            text, _ = read_text(playlist, most_bytes=_MOST_BYTES)
            inside = {_inside(name, playlist, _root(path)) for name in _names(text)}
        except LoadError:
            continue
        inside -= found
        found |= inside
        if depth < _DEEPEST:
            waiting += [(p, depth + 1) for p in inside if p.suffix.lower() in SUFFIXES]
    return found


def missing_parts(path: Path) -> list[str]:
    """Return the parts that a playlist names and that are not there; LoadError as above."""
    return closed_playlist(path)[1]


def _closed(path: Path, root: Path, depth: int) -> tuple[str, list[str]]:
    text, _ = read_text(path, most_bytes=_MOST_BYTES)
    if not text.lstrip().startswith("#EXTM3U"):
        raise LoadError("not a playlist", where=path, expected="a first line #EXTM3U")
    for name in _names(text):
        _inside(name, path, root)
    variants = _variants(text)
    if variants:
        if depth >= _DEEPEST:
            raise LoadError("playlists name each other without an end", where=path)
        return _closed(_inside(variants[-1], path, root), root, depth + 1)
    return _rewritten(text, path, root)


def _rewritten(text: str, path: Path, root: Path) -> tuple[str, list[str]]:
    lines: list[str] = []
    pending: list[str] = []
    missing: list[str] = []
    parts = 0
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#EXT-X-ENDLIST"):
            continue
        if line.startswith("#EXT-X-KEY") and "METHOD=NONE" not in line:
            raise LoadError(
                "the parts are encrypted", where=path, todo="ask for them without encryption"
            )
        if not line.startswith("#"):
            part = _inside(line, path, root)
            if part.is_file():
                lines += [*pending, str(part)]
                parts += 1
            else:
                missing.append(line)
            pending = []
        elif line.startswith(("#EXTINF", "#EXT-X-BYTERANGE", "#EXT-X-DISCONTINUITY")):
            pending.append(line)
        else:
            lines.append(_with_full_path(line, path, root))
    if not parts:
        raise LoadError("none of the parts is there", where=path, found=", ".join(missing[:3]))
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]), missing


def _with_full_path(line: str, path: Path, root: Path) -> str:
    before, marker, rest = line.partition('URI="')
    if not marker:
        return line
    name, _, after = rest.partition('"')
    return f'{before}URI="{_inside(name, path, root)}"{after}'


def _variants(text: str) -> list[str]:
    """Return the playlists that a playlist names, the one of the highest rate last."""
    found: list[tuple[int, str]] = []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines[:-1]):
        if line.startswith("#EXT-X-STREAM-INF"):
            rate = _BANDWIDTH.search(line)
            follows = next((x for x in lines[number + 1 :] if not x.startswith("#")), None)
            if follows is not None:
                found.append((int(rate.group(1)) if rate else 0, follows))
    return [name for _, name in sorted(found, key=lambda item: item[0])]


def _names(text: str) -> list[str]:
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


def _inside(name: str, playlist: Path, root: Path) -> Path:
    """Return the file that an address stands for; LoadError if it leads out of the session."""
    if _SCHEME.match(name):
        raise LoadError(
            "the playlist names a network address",
            where=playlist,
            expected="files of the session folder",
            found=name[:80],
            todo="download the parts into the session folder and name them there",
        )
    try:
        literal = (playlist.parent / name).resolve()
        # Writers differ on whether a percent sign in a file name is encoded.
        decoded = (playlist.parent / unquote(name.partition("?")[0])).resolve()
        chosen = literal if literal.is_file() else decoded
    except (OSError, ValueError, RuntimeError) as error:
        raise LoadError("the playlist names no file", where=playlist, found=name[:80]) from error
    if not chosen.is_relative_to(root):
        raise LoadError(
            "the playlist names a path outside of the session folder",
            where=playlist,
            found=name[:80],
        )
    return chosen


def _root(path: Path) -> Path:
    """Return the session folder that a playlist lies in, else its own folder."""
    own = path.resolve().parent
    return next((p for p in (own, *own.parents) if (p / "session.toml").is_file()), own)
