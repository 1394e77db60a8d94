"""Who has a sitting open now: files in the workspace, renewed while a page is open.

It is for people to see each other, not a lock: two may read one sitting, and the ledger holds what
each of them says. Whoever works in another workspace is not seen.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, Final

from review.workspace import atomic_path, file_name

if TYPE_CHECKING:
    from pathlib import Path

    from review.workspace import Workspace

    Key = tuple[str, str, str]

#: A page that has not been heard of for this long is closed, in seconds; pages call thrice as
#: often.
STALE_S: Final = 45.0


def announce(workspace: Workspace, key: Key, person: str, page: str) -> None:
    """Say that a person has a sitting open in a page, or still has."""
    path = _folder(workspace, key) / f"{file_name(f'{person} {page}')}.json"
    if path.exists():
        os.utime(path)
        return
    with atomic_path(path) as part:
        part.write_text(json.dumps({"person": person}, ensure_ascii=False), encoding="utf-8")


def leave(workspace: Workspace, key: Key, person: str, page: str) -> None:
    """Say that a page was closed."""
    path = _folder(workspace, key) / f"{file_name(f'{person} {page}')}.json"
    path.unlink(missing_ok=True)


def present(workspace: Workspace, key: Key, *, now: float | None = None) -> list[str]:
    """Return who has a sitting open, each person once.

    Parameters
    ----------
    now
        Seconds since 1970; the present if not given.
    """
    limit = (time.time() if now is None else now) - STALE_S
    people: set[str] = set()
    for path in _folder(workspace, key).glob("*.json"):
        found = _read(path)
        if found is None or found[0] < limit:
            path.unlink(missing_ok=True)
        else:
            people.add(found[1])
    return sorted(people)


def _read(path: Path) -> tuple[float, str] | None:
    try:
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return path.stat().st_mtime, str(known["person"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _folder(workspace: Workspace, key: Key) -> Path:
    return workspace.folder.joinpath("presence", *(file_name(part) for part in key))
