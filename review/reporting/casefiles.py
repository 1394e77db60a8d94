"""What an evidence package holds of a case: report, clips, originals, tables, ledger, facts."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq

from review import tables, words
from review.reporting.clips import flag_clip
from review.reporting.links import chain_lines, record_lines
from review.reporting.stored import read_tables
from review.reporting.write import safe_name

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from review.ledger import Author, Ledger
    from review.reporting.drafting import Drafter, Order
    from review.reporting.model import FlagSummary, SittingSummary
    from review.reporting.privacy import Privacy
    from review.session import Sitting
    from review.workspace import Workspace

#: Version of what a package holds and where.
FORMAT: Final = 1
#: What a warning in a proctor's log says (docs/session-folder.md); other fields may name people.
_OF_WARNINGS: Final = ("reason", "clause", "answered", "corrected", "result")
_REFERENCES: Final = ("file", "size_bytes", "sha256_at_first_reading", "sha256_now", "state")


def put_report(
    drafter: Drafter, sitting: Sitting, space: Workspace, folder: Path
) -> SittingSummary:
    """Put the report in, in every format for people and machines; return what it says."""
    summary, contents = drafter.contents(sitting, read_tables(sitting, space))
    for path, content in contents:
        ending = path.name.removeprefix(safe_name(sitting.subject.id))
        write(folder / "report" / f"report{ending}", content)
    return summary


def put_clips(
    summary: SittingSummary,
    sitting: Sitting,
    space: Workspace,
    folder: Path,
    *,
    most: int,
    privacy: Privacy,
) -> None:
    """Put clips of at most so many flags in: the confirmed ones first, then by score."""

    def rank(flag: FlagSummary) -> tuple[bool, float]:
        confirmed = flag.standing is not None and flag.standing.verdict == "confirmed"
        return (not confirmed, -(1.0 if flag.score is None else flag.score))

    for flag in sorted(summary.flags, key=rank)[:most]:
        name = f"flag-{flag.number:03d}-{safe_name(flag.label)}.mp4"
        flag_clip(flag, sitting, space, folder / "clips" / name, privacy=privacy)


def put_originals(
    summary: SittingSummary, sitting: Sitting, folder: Path, *, include: bool
) -> None:
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
        now = sha256_of(path) if path.is_file() else ""
        state = "missing" if not now else "same" if known == now else "changed"
        if now and not known:
            state = "not hashed before"
        size = path.stat().st_size if now else 0
        rows.append(dict(zip(_REFERENCES, (name, size, known, now, state), strict=True)))
        if include and now:
            copy = folder / "originals" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    out = io.StringIO()
    writer = csv.DictWriter(out, _REFERENCES, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write(folder / "originals" / "references.csv", out.getvalue())


def put_tables(sitting: Sitting, space: Workspace, folder: Path, *, privacy: Privacy) -> None:
    """Put the sitting's tables in, without what the copy may not show."""
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
    if name == "transcripts":
        # Words of other people in the room, and of a proctor who calls by name.
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


def put_ledger(ledger: Ledger, sitting: Sitting, folder: Path, *, privacy: Privacy) -> None:
    """Put the chain in, and for a copy without names what is on the candidate's record."""
    lines = chain_lines(ledger.walk(), sitting.key, privacy=privacy.name)
    write(folder / "ledger" / "ledger.jsonl", "".join(lines))
    if privacy.nameless:
        told = record_lines(ledger.walk(), sitting.key)
        write(folder / "ledger" / "record.jsonl", "".join(told))


def put_about(
    summary: SittingSummary, sitting: Sitting, folder: Path, order: Order, author: Author
) -> None:
    """Put in what the case is, and how the package is checked."""
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
    write(folder / "case.json", json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
    text = "\n\n".join(words.say("package.readme", one) for one in ("zh", "en"))
    write(folder / "README.txt", text + "\n")


def write(path: Path, content: str | bytes) -> None:
    """Write a file of the package."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
