"""A consistent copy of ledger and workspace in one file, made while others work, and its return."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from review import __version__
from review.errors import LedgerError
from review.ledger import refill, snapshot
from review.ledger.chain import Anchor
from review.ledger.export import write_lines
from review.ledger.payloads import Exported
from review.ledger.store import open_ledger
from review.workspace import Workspace, atomic_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from review.ledger.identity import Author

#: Named in every backup.
FORMAT: Final = "review-backup-1"
_MANIFEST, _LEDGER, _FILES = "manifest.json", "ledger.jsonl", "workspace/"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What is in a backup.

    Parameters
    ----------
    files, size_bytes
        Of the workspace, the ledger not counted.
    entries, anchor
        Of the ledger; the last entry says that the backup was made, and by whom.
    """

    file: str
    made_at: str
    files: int
    size_bytes: int
    entries: int
    anchor: Anchor


def make(
    workspace: Workspace | Path | str | None,
    file: Path | str,
    *,
    author: Author,
    leave_out: Collection[str] = (),
) -> Backup:
    """Write ledger and workspace to one file (tar), consistent, while others go on working.

    The workspace is taken in a moment in which no file changes; the ledger up to the entry which
    says that the backup was made, which comes after that moment: no decision is lost. The ledger
    is in it as an export (JSON Lines), whichever database it lives in.

    Parameters
    ----------
    leave_out
        Folders of the workspace to leave out: ``media``, ``frames`` and ``models`` can be had
        again.

    Raises
    ------
    LedgerError
        If the file is there already or cannot be written, the author may not export, or the
        workspace does not come to rest.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    target = Path(file)
    if target.exists():
        raise LedgerError("there is a file already", where=target, todo="choose another name")
    if not space.folder.is_dir():
        raise LedgerError("no such workspace", where=space.folder, todo="name it: --workspace")
    with (
        _disk(target),
        closing(open_ledger(space.ledger)) as ledger,
        _staging(space.folder, ".backup-") as stage,
    ):
        files = stage / "files"
        files.mkdir()
        names = snapshot.take(space.folder, files, leave_out=leave_out)
        entry = ledger.record(Exported(what="backup", file=target.name), author=author)
        anchor = Anchor(seq=entry.seq, hash=entry.hash)
        write_lines(ledger, anchor, stage / _LEDGER)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        with atomic_path(target) as part:
            sizes = _pack(part, stage, names, anchor=anchor, made_at=made_at)
    return Backup(
        file=str(target),
        made_at=made_at,
        files=len(names),
        size_bytes=sum(sizes),
        entries=anchor.seq,
        anchor=anchor,
    )


def restore(file: Path | str, folder: Path | str, *, ledger: str | None = None) -> Backup:
    """Put a backup back into a new folder; when this returns, every file and entry was checked.

    Parameters
    ----------
    folder
        The workspace to be: not there yet, or empty.
    ledger
        Address of an empty database that its owner may fill; ``ledger.sqlite`` in the folder if
        not given.

    Raises
    ------
    LedgerError
        If there is something already, the file is no backup, a file in it is damaged, or the chain
        does not hold; nothing is left behind then.
    """
    source, target = Path(file), Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise LedgerError(
            "there is something already", where=target, expected="a new or an empty folder"
        )
    with _disk(source), _staging(target.resolve().parent, ".restore-") as stage:
        manifest = _unpack(source, stage)
        anchor = Anchor.parse(manifest["anchor"])
        files = stage / "workspace"
        files.mkdir(exist_ok=True)
        refill.fill(ledger or str(files / "ledger.sqlite"), stage / _LEDGER, anchor=anchor)
        if target.exists():
            target.rmdir()
        files.rename(target)
    return Backup(
        file=str(source),
        made_at=manifest["made_at"],
        files=len(manifest["files"]),
        size_bytes=sum(said["size"] for said in manifest["files"].values()),
        entries=anchor.seq,
        anchor=anchor,
    )


@contextmanager
def _staging(folder: Path, prefix: str) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(dir=folder, prefix=prefix))
    stage.chmod(0o755)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def _disk(where: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, tarfile.TarError) as error:
        raise LedgerError(
            "the backup cannot be read or written",
            where=where,
            found=getattr(error, "strerror", None) or str(error),
            todo="check the disk and the file",
        ) from error


def _pack(path: Path, stage: Path, names: list[str], *, anchor: Anchor, made_at: str) -> list[int]:
    said: dict[str, dict[str, Any]] = {}
    with path.open("wb") as raw:
        with tarfile.open(
            fileobj=raw, mode="w", format=tarfile.PAX_FORMAT, dereference=True
        ) as tar:
            tar.add(stage / _LEDGER, _LEDGER)
            for name in names:
                source = stage / "files" / name
                said[name] = {"size": source.stat().st_size, "sha256": _sha256(source)}
                tar.add(source, _FILES + name)
            manifest = {
                "format": FORMAT,
                "version": __version__,
                "made_at": made_at,
                "anchor": str(anchor),
                "ledger_sha256": _sha256(stage / _LEDGER),
                "files": said,
            }
            text = stage / _MANIFEST
            text.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
            tar.add(text, _MANIFEST)
        raw.flush()
        os.fsync(raw.fileno())
    return [one["size"] for one in said.values()]


def _unpack(source: Path, stage: Path) -> dict[str, Any]:
    """Unpack a backup and hold every file against the manifest; return the manifest."""
    with tarfile.open(source, "r:") as tar:
        tar.extractall(stage, filter="data")
    try:
        manifest: dict[str, Any] = json.loads((stage / _MANIFEST).read_text(encoding="utf-8"))
        known = manifest["format"] == FORMAT
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise LedgerError("no backup", where=source, expected=f"a {FORMAT} with its {_MANIFEST}")
    hashes = {_FILES + name: said["sha256"] for name, said in manifest["files"].items()}
    hashes[_LEDGER] = manifest["ledger_sha256"]
    there = {path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file()} - {
        _MANIFEST
    }
    wrong = sorted(there ^ set(hashes))
    wrong += [name for name in sorted(there & set(hashes)) if _sha256(stage / name) != hashes[name]]
    if wrong:
        raise LedgerError(
            "the backup is damaged",
            where=source,
            found=f"{len(wrong)} file(s) not as they were, {wrong[0]} first",
            todo="use another backup",
        )
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
