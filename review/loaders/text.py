"""Reading text files as they come: UTF-8 with or without a mark, or what Chinese Windows writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from review.errors import LoadError

if TYPE_CHECKING:
    from pathlib import Path

#: Logs, tables and positions larger than this are not read into memory: a day of one position a
#: second is under 10 MB.
MOST_BYTES: Final = 256 * 1024 * 1024


def read_text(path: Path, *, most_bytes: int = MOST_BYTES) -> tuple[str, str | None]:
    """Return the text of a file and, if it was not UTF-8, the encoding it was read in.

    Bytes that fit no encoding become replacement characters, and the encoding is then given as
    ``damaged``: what they stood in fails by itself, the rest is still there.

    Raises
    ------
    LoadError
        If the file cannot be read or is too large.
    """
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise LoadError(
                "the file is too large",
                where=path,
                expected=f"at most {most_bytes // 2**20} MB",
                found=f"{size // 2**20} MB",
            )
        raw = path.read_bytes()
    except OSError as error:
        raise LoadError("the file cannot be read", where=path, found=str(error)) from error
    # A byte order mark says what the others only let guess.
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace"), encoding
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        pass
    try:
        # What Excel on Chinese Windows saves as "CSV"; any byte pair that it knows is valid.
        return raw.decode("gb18030"), "gb18030"
    except UnicodeDecodeError:
        return raw.decode("utf-8-sig", errors="replace"), "damaged"


def plain(text: str) -> str:
    """Return a text that every program can write: lone surrogates become escapes.

    JSON may hold them, and so may the names of files that were made in another encoding.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def is_plain(text: str) -> bool:
    """Say whether a text is free of lone surrogates."""
    return plain(text) == text


def read_json(path: Path) -> tuple[Any, str | None]:
    """Return what a JSON file holds, and the encoding as in :func:`read_text`; LoadError if none.

    ``NaN`` and ``Infinity`` are refused: they are no JSON.
    """
    text, encoding = read_text(path)
    try:
        return json.loads(text, parse_constant=_refuse), encoding
    except (ValueError, RecursionError) as error:
        raise LoadError(
            "not JSON", where=path, found=str(error).splitlines()[0] or "too deeply nested"
        ) from error


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
