"""The evidence package: one ZIP of a case that a stranger can check with standard tools.

``MANIFEST.sha256`` has the SHA-256 of every file (``sha256sum -c`` reads it); ``SIGNATURE.json`` is
the signed ledger entry that holds the manifest's own hash.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow.parquet as pq

from review import tables, words
from review.errors import RenderError, ReviewError
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Exported
from review.reporting.clips import flag_clip
from review.reporting.drafting import Drafter, Order
from review.reporting.links import chain_lines, record_lines
from review.reporting.privacy import Privacy
from review.reporting.stored import read_tables
from review.reporting.write import safe_name
from review.workspace import Workspace, atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review.ledger import Author, Entry, Ledger
    from review.reporting.model import FlagSummary, SittingSummary
    from review.reporting.voice import ReportLanguage
    from review.session import Sitting

#: Version of what a package holds and where.
FORMAT: Final = 1
MANIFEST, SIGNATURE = "MANIFEST.sha256", "SIGNATURE.json"
#: A package has clips of at most so many flags: the confirmed ones first, then by score.
MOST_CLIPS: Final = 10
_BLOCK: Final = 1 << 20
#: Compressed already.
_STORED: Final = (".mp4", ".mkv", ".webm", ".jpg", ".jpeg", ".png", ".pdf", ".docx", ".parquet")
#: What a warning in a proctor's log says (docs/session-folder.md); other fields may name people.
_OF_WARNINGS: Final = ("reason", "clause", "answered", "corrected", "result")
_REFERENCES: Final = ("file", "size_bytes", "sha256_at_first_reading", "sha256_now", "state")


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
    level.admit(who, ledger)
    try:
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
            summary = _report(drafter, sitting, space, folder)
            _clips(summary, sitting, space, folder, most=clips, privacy=level)
            _originals(summary, sitting, folder, include=originals)
            _tables(sitting, space, folder, privacy=level)
            _ledger(ledger, sitting, folder, privacy=level)
            _about(summary, sitting, folder, order, who)
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
    if originals and privacy.name != "full":
        raise RenderError(
            "originals show bystanders",
            where=target,
            expected="the internal full package, or references",
            found=f"privacy {privacy.name} with originals",
            todo="leave the originals out, or ask for privacy full",
        )


def _report(drafter: Drafter, sitting: Sitting, space: Workspace, folder: Path) -> SittingSummary:
    summary, contents = drafter.contents(sitting, read_tables(sitting, space))
    for path, content in contents:
        ending = path.name.removeprefix(safe_name(sitting.subject.id))
        _write(folder / "report" / f"report{ending}", content)
    return summary


def _clips(
    summary: SittingSummary,
    sitting: Sitting,
    space: Workspace,
    folder: Path,
    *,
    most: int,
    privacy: Privacy,
) -> None:
    def rank(flag: FlagSummary) -> tuple[bool, float]:
        confirmed = flag.standing is not None and flag.standing.verdict == "confirmed"
        return (not confirmed, -(1.0 if flag.score is None else flag.score))

    for flag in sorted(summary.flags, key=rank)[:most]:
        name = f"flag-{flag.number:03d}-{safe_name(flag.label)}.mp4"
        flag_clip(flag, sitting, space, folder / "clips" / name, privacy=privacy)


def _originals(summary: SittingSummary, sitting: Sitting, folder: Path, *, include: bool) -> None:
    """List every original with its hash at first reading and now; copy it where it is wanted."""
    first = {file.file: file.sha256 for file in summary.files}
    root = sitting.session.folder
    others = [
        path.relative_to(root).as_posix()
        for place in (sitting.folder, sitting.shared_folder)
        for path in sorted(place.rglob("*"))
        if path.is_file()
    ]
    rows = []
    for name in dict.fromkeys([*sorted(first), *others]):
        path, known = root / name, first.get(name, "")
        now = _sha256(path) if path.is_file() else ""
        state = "missing" if not now else "same" if known == now else "changed"
        if now and not known:
            state = "not hashed before"
        size = path.stat().st_size if now else 0
        rows.append(dict(zip(_REFERENCES, (name, size, known, now, state), strict=True)))
        if include and now:
            _write(folder / "originals" / name, path.read_bytes())
    out = io.StringIO()
    writer = csv.DictWriter(out, _REFERENCES, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    _write(folder / "originals" / "references.csv", out.getvalue())


def _tables(sitting: Sitting, space: Workspace, folder: Path, *, privacy: Privacy) -> None:
    for name in tables.SCHEMAS:
        frame = space.read_sitting(name, sitting)
        if privacy.name != "full" and "embedding" in frame:
            # What a face can be recognised by stays inside.
            nullable = tables.schema(name).field("embedding").nullable
            frame = frame.assign(embedding=None) if nullable else frame.iloc[:0]
        if privacy.nameless:
            frame = _for_the_candidate(name, frame)
        (folder / "tables").mkdir(exist_ok=True)
        pq.write_table(tables.to_arrow(frame, name), folder / "tables" / f"{name}.parquet")


def _for_the_candidate(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without what the pictures of the same copy hide."""
    if name == "texts":
        # Other windows are hidden on the screen: what was read there must not stand here.
        return frame.iloc[:0]
    if name == "events":
        of_proctor = (frame["stream"] == "events_proctor").to_numpy()
        kept = [
            _without(detail) if own else detail
            for detail, own in zip(frame["detail"], of_proctor, strict=True)
        ]
        return frame.assign(detail=kept)
    return frame


def _without(detail: str) -> str:
    """Return the detail of a proctor's entry without what may name the proctor."""
    found = json.loads(detail)
    kept = {k: v for k, v in found.items() if k in _OF_WARNINGS} if isinstance(found, dict) else {}
    return json.dumps(kept, ensure_ascii=False)


def _ledger(ledger: Ledger, sitting: Sitting, folder: Path, *, privacy: Privacy) -> None:
    lines = chain_lines(ledger.walk(), sitting.key, privacy=privacy.name)
    _write(folder / "ledger" / "ledger.jsonl", "".join(lines))
    if privacy.nameless:
        told = record_lines(ledger.walk(), sitting.key)
        _write(folder / "ledger" / "record.jsonl", "".join(told))


def _about(
    summary: SittingSummary, sitting: Sitting, folder: Path, order: Order, author: Author
) -> None:
    facts: dict[str, Any] = {
        "format": FORMAT,
        "session_id": sitting.session.id,
        "candidate_id": sitting.candidate.id,
        "subject_id": sitting.subject.id,
        "privacy": order.privacy.name,
        "made": order.made.isoformat(timespec="seconds"),
        "made_by": author.person,
        "analysed_at": summary.analysed_at,
        "version": summary.version,
        "originals_sha256": summary.originals_sha256,
    }
    _write(folder / "case.json", json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
    text = "\n\n".join(words.say("package.readme", one) for one in ("zh", "en"))
    _write(folder / "README.txt", text + "\n")


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
    listed = "".join(f"{_sha256(path)}  {name}\n" for name, path in names.items()).encode()
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


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_all(
    sittings: Iterable[Sitting], folder: Path | str, *, progress: Any = None, **options: Any
) -> pd.DataFrame:
    """Pack several cases into a folder; a case that fails is a row with its reason."""
    rows = []
    for sitting in sittings:
        session_id, candidate_id, subject_id = sitting.key
        name = f"{safe_name(candidate_id)}-{safe_name(subject_id)}.zip"
        path = Path(folder) / safe_name(session_id) / name
        row: dict[str, Any] = {"candidate_id": candidate_id, "subject_id": subject_id}
        try:
            made = package(sitting, path, **options)
        except (ReviewError, ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
            rows.append({**row, "state": "failed", "reason": str(error)})
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
