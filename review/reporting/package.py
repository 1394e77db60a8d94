"""The evidence package: one ZIP of a case that a stranger can check with standard tools.

``MANIFEST.sha256`` has the SHA-256 of every file (``sha256sum -c`` reads it); ``SIGNATURE.json`` is
the signed ledger entry that holds the manifest's own hash.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.errors import RenderError, reason_of
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Exported
from review.reporting import casefiles
from review.reporting.crew import FAILURES
from review.reporting.drafting import Drafter, Order
from review.reporting.privacy import Privacy
from review.reporting.write import safe_name
from review.workspace import Workspace, atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review.ledger import Author, Entry, Ledger
    from review.reporting.voice import ReportLanguage
    from review.session import Sitting

MANIFEST, SIGNATURE = "MANIFEST.sha256", "SIGNATURE.json"
#: A package has clips of at most so many flags: the confirmed ones first, then by score.
MOST_CLIPS: Final = 10
_BLOCK: Final = 1 << 20
#: Compressed already.
_STORED: Final = (".mp4", ".mkv", ".webm", ".jpg", ".jpeg", ".png", ".pdf", ".docx", ".parquet")


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package that was written; ``manifest_sha256`` is what its ledger entry holds."""

    path: Path
    files: int
    size_bytes: int
    manifest_sha256: str
    entry: int


def package(
    sitting: Sitting,
    path: Path | str,
    *,
    workspace: Workspace | Path | str | None = None,
    privacy: Privacy | str = "default",
    originals: bool = False,
    clips: int = MOST_CLIPS,
    language: ReportLanguage = "both",
    templates: Path | str | None = None,
    author: Author | None = None,
) -> Package:
    """Pack a case: report, clips, originals or references to them, tables, ledger, hashes.

    Parameters
    ----------
    path
        ``.zip``; never there half written.
    privacy
        As for reports. Only the internal ``full`` package holds originals, embeddings and the
        whole ledger; the others hold the ledger's entries about the case, and of all others their
        hashes alone, by which the chain can still be followed.
    originals
        Put the original files in, not only their names and hashes.
    clips
        At most so many clips of flags; 0 for none.

    Raises
    ------
    RenderError
        If the author may not make it, something of it cannot be made, or the disk is full.
    """
    target = Path(path)
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    level = Privacy.of(privacy) if isinstance(privacy, str) else privacy
    _check(target, level, originals=originals)
    ledger = open_ledger(space.ledger)
    who = author or current_author(database_user=ledger.database_user)
    try:
        level.admit(who, ledger)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".package-") as scratch:
            folder = Path(scratch)
            order = Order(
                out=folder / "report",
                language=language,
                formats=("html", "pdf", "docx", "json", "vtt"),
                privacy=level,
                templates=templates,
            )
            drafter = Drafter(order, space, ledger=ledger)
            summary = casefiles.put_report(drafter, sitting, space, folder)
            casefiles.put_clips(summary, sitting, space, folder, most=clips, privacy=level)
            casefiles.put_originals(summary, sitting, folder, include=originals)
            casefiles.put_tables(sitting, space, folder, privacy=level)
            casefiles.put_ledger(ledger, sitting, folder, privacy=level)
            casefiles.put_about(summary, sitting, folder, order, who)
            return _pack(folder, target, ledger, sitting, who, level)
    except OSError as error:
        raise RenderError(
            "the package cannot be written",
            where=target,
            found=error.strerror or str(error),
            todo="free some room or choose another folder",
        ) from error
    finally:
        ledger.close()


def _check(target: Path, privacy: Privacy, *, originals: bool) -> None:
    if target.suffix != ".zip":
        raise RenderError("a package is a .zip file", where=target, found=target.suffix or "none")
    _check_originals(privacy, target, originals=originals)


def _check_originals(privacy: Privacy, where: Path, *, originals: bool) -> None:
    if originals and privacy.name != "full":
        raise RenderError(
            "originals show bystanders",
            where=where,
            expected="the internal full package, or references",
            found=f"privacy {privacy.name} with originals",
            todo="leave the originals out, or ask for privacy full",
        )


def _pack(
    folder: Path,
    target: Path,
    ledger: Ledger,
    sitting: Sitting,
    author: Author,
    privacy: Privacy,
) -> Package:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in files}
    hashes = {name: casefiles.sha256_of(path) for name, path in names.items()}
    listed = "".join(f"{value}  {name}\n" for name, value in hashes.items()).encode()
    digest = hashlib.sha256(listed).hexdigest()
    # Everything that can fail for want of room is done before the ledger says that it left.
    with atomic_path(target) as part:
        with zipfile.ZipFile(part, "w") as archive:
            for name, path in names.items():
                _put(archive, name, path)
            archive.writestr(_info(MANIFEST), listed)
            entry = ledger.record(
                Exported(
                    what=f"evidence package ({privacy.name})", file=target.name, sha256=digest
                ),
                sitting_key=sitting.key,
                author=author,
            )
            archive.writestr(_info(SIGNATURE), signature_text(entry, author))
        size = part.stat().st_size
    return Package(
        path=target,
        files=len(names) + 2,
        size_bytes=size,
        manifest_sha256=digest,
        entry=entry.seq,
    )


def signature_text(entry: Entry, author: Author) -> str:
    """Return the signed entry as JSON, with the public key that its signature is checked with."""
    fields = {**dataclasses.asdict(entry), "public_key": author.public_key}
    return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"


def _put(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    with path.open("rb") as source, archive.open(_info(name), "w", force_zip64=True) as out:
        while block := source.read(_BLOCK):
            out.write(block)


def _info(name: str) -> zipfile.ZipInfo:
    # No clock and no user of this machine: the manifest and the ledger say when and who.
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    stored = Path(name).suffix.lower() in _STORED
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def package_all(
    sittings: Iterable[Sitting],
    folder: Path | str,
    *,
    workspace: Workspace | Path | str | None = None,
    privacy: Privacy | str = "default",
    originals: bool = False,
    author: Author | None = None,
    progress: Any = None,
    **options: Any,
) -> pd.DataFrame:
    """Pack several cases into a folder; a case that fails is a row with its reason.

    Raises
    ------
    RenderError
        If the author may make none of them.
    """
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    level = Privacy.of(privacy) if isinstance(privacy, str) else privacy
    _check_originals(level, Path(folder), originals=originals)
    ledger = open_ledger(space.ledger)
    who = author or current_author(database_user=ledger.database_user)
    level.admit(who, ledger)
    ledger.close()
    given = {"workspace": space, "privacy": level, "originals": originals, "author": who, **options}
    rows = []
    for sitting in sittings:
        session_id, candidate_id, subject_id = sitting.key
        name = f"{safe_name(candidate_id)}-{safe_name(subject_id)}.zip"
        path = Path(folder) / safe_name(session_id) / name
        row: dict[str, Any] = {"candidate_id": candidate_id, "subject_id": subject_id}
        try:
            made = package(sitting, path, **given)
        except FAILURES as error:
            rows.append({**row, "state": "failed", "reason": reason_of(error)})
        else:
            rows.append({**row, "state": "done", "path": str(made.path), "files": made.files,
                         "manifest_sha256": made.manifest_sha256, "entry": made.entry})  # fmt: skip
        if progress is not None:
            progress(len(rows))
    columns: Sequence[str] = (
        "candidate_id", "subject_id", "state", "path", "files", "manifest_sha256", "entry",
        "reason",
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns))
