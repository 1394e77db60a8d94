"""A workspace as it is at one moment, taken while others work on it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from review.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

#: The ledger is copied by its own means, and locks and half-written files are nobody's results.
_LEFT_OUT: Final = ("ledger.sqlite", ".part-", ".backup-")
#: How often a moment is looked for in which nothing changes while all files are linked.
_ATTEMPTS: Final = 20

#: Path within the workspace -> what tells one state of the file from another.
State = dict[str, tuple[int, int, int]]


def take(folder: Path, into: Path, *, leave_out: Collection[str] = ()) -> list[str]:
    """Link every file of a workspace into another folder of the same disk, all of one moment.

    Files of a workspace are replaced and never changed in place, so a link keeps what was there.
    Where links are not possible the files are copied.

    Parameters
    ----------
    leave_out
        Names of folders of the workspace that are not taken.

    Returns
    -------
    list of str
        Their paths within the workspace, sorted.

    Raises
    ------
    LedgerError
        If no moment was found in which nothing changed.
    """
    for _ in range(_ATTEMPTS):
        before = state_of(folder, leave_out=leave_out)
        try:
            for name in before:
                _link(folder / name, into / name)
        except FileNotFoundError:
            before = {}
        if before and before == state_of(folder, leave_out=leave_out):
            return sorted(before)
        if not before and not state_of(folder, leave_out=leave_out):
            return []
        shutil.rmtree(into)
        into.mkdir()
    raise LedgerError(
        "the workspace changes faster than it can be copied",
        where=folder,
        todo="make the backup when the analysis is through",
    )


def state_of(folder: Path, *, leave_out: Collection[str] = ()) -> State:
    """Return every file of a workspace with its size, time of change and identity."""
    found: State = {}
    for path in _files(folder, leave_out):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        name = path.relative_to(folder).as_posix()
        found[name] = (status.st_size, status.st_mtime_ns, status.st_ino)
    return found


def _files(folder: Path, leave_out: Collection[str]) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        top = Path(root) == folder
        folders[:] = [
            n for n in folders if not n.startswith(_LEFT_OUT) and not (top and n in leave_out)
        ]
        yield from (Path(root) / n for n in names if not n.startswith(_LEFT_OUT))


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if not source.is_symlink():
            os.link(source, target)
            return
    except FileNotFoundError:
        raise
    except OSError:  # another disk, or one without links
        pass
    shutil.copy2(source, target)
