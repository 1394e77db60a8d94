"""Third step of a report: texts become files, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from review.errors import RenderError
from review.workspace import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    from review.reporting.voice import ReportLanguage

#: Language -> what stands between a report's name and its ending.
SUFFIXES: Final[dict[ReportLanguage, str]] = {"en": "", "zh": ".zh", "both": ".both"}
#: A file name may have 255 bytes; what is appended to a name needs some of them.
_LONGEST: Final = 200


def report_path(
    out: Path, key: tuple[str, str, str], *, language: ReportLanguage, ending: str = ".html"
) -> Path:
    """Return ``out/<session>/<candidate>/<subject>[.zh|.both].html``.

    Parts that could leave the folder, or that a file system would refuse, are percent-encoded.
    """
    session_id, candidate_id, subject_id = (safe_name(part) for part in key)
    return out / session_id / candidate_id / f"{subject_id}{SUFFIXES[language]}{ending}"


def safe_name(part: str) -> str:
    """Return one part of a path.

    Examples
    --------
    >>> safe_name("../x"), safe_name("..")
    ('..%2Fx', '%2E%2E')
    """
    # Letters of any script may stay; quote() would make an unreadable name of a Chinese one.
    made = "".join(c if c.isalnum() or c in " -_.()" else quote(c, safe="") for c in part)
    if made.strip(". ") == "" or len(made.encode()) > _LONGEST:
        made = quote(part, safe="").replace(".", "%2E")
    if len(made) > _LONGEST:
        raise RenderError("too long for a file name", where=part[:40], found=f"{len(part)} letters")
    return made


def write_text(path: Path, text: str) -> Path:
    """Write a text file such that there is never half of it under its name.

    Raises
    ------
    RenderError
        If the disk does not take it.
    """
    # Lone surrogates cannot be encoded; nothing that a page shows has them by now.
    return write_bytes(path, text.encode("utf-8", errors="replace"))


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file such that there is never half of it under its name.

    Raises
    ------
    RenderError
        If the disk does not take it.
    """
    try:
        with atomic_path(path) as part:
            part.write_bytes(content)
    except OSError as error:
        raise RenderError(
            "cannot be written",
            where=path,
            found=error.strerror or str(error),
            todo="free some room or choose another folder",
        ) from error
    return path
