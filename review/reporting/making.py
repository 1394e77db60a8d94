"""One sitting's files: summary, exhibits, every wanted format, and the ledger entry about them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from review.ledger.payloads import Exported
from review.loaders.regions import region_boundary
from review.reporting.evidence import EvidenceReader, shows_map
from review.reporting.exports import flags_vtt, summary_json
from review.reporting.letters import letter_docx
from review.reporting.maps import checkin_places, map_svg
from review.reporting.paper import Paper
from review.reporting.privacy import Privacy, without_names
from review.reporting.render import Exhibit, Renderer
from review.reporting.summary import summarise
from review.reporting.voice import Voice
from review.reporting.write import report_path, safe_name, write_bytes, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from review.ledger import Author, Ledger
    from review.reporting.model import FlagSummary, SittingSummary
    from review.reporting.stored import SittingTables
    from review.reporting.voice import ReportLanguage
    from review.session import Sitting
    from review.workspace import Workspace

#: A page with more pictures than this would be slow to open; the strongest flags have them.
MOST_PICTURES: Final = 40


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is wanted of every sitting.

    Parameters
    ----------
    pictures
        At most so many evidence pictures a page.
    formats
        Some of :data:`review.reporting.session_reports.FORMATS`.
    templates
        Folder of an institution's own templates.
    made
        When the run began, aware.
    """

    out: Path
    language: ReportLanguage = "en"
    pictures: int = MOST_PICTURES
    formats: tuple[str, ...] = ("html",)
    privacy: Privacy = field(default_factory=lambda: Privacy.of("default"))
    templates: Path | str | None = None
    made: datetime = field(default_factory=lambda: datetime.now(UTC))


class Maker:
    """Makes the files of sittings, one after the other.

    Parameters
    ----------
    author
        Who exports; every sitting's files are an entry of the ledger.

    Raises
    ------
    RenderError
        If the author may not make such a copy, a template folder is not there, or PDF files cannot
        be made here.
    LedgerError
        If the ledger does not know the author.
    """

    def __init__(
        self, order: Order, workspace: Workspace, *, ledger: Ledger, author: Author
    ) -> None:
        order.privacy.admit(author, ledger)
        self.order, self.voice = order, Voice.of(order.language)
        self.renderer = Renderer(order.templates)
        self._space, self._ledger, self._author = workspace, ledger, author
        self._paper: Paper | None = Paper() if "pdf" in order.formats else None

    def make(self, sitting: Sitting, given: SittingTables) -> tuple[SittingSummary, list[Path]]:
        """Write what was ordered of one sitting and record it; return the files, a page first.

        Raises
        ------
        ReviewError
            If something cannot be made or recorded; nothing new is left under the final names.
        """
        summary, contents = self.contents(sitting, given)
        self.export(contents, sitting.key)
        return summary, [path for path, _ in contents]

    def contents(
        self, sitting: Sitting, given: SittingTables
    ) -> tuple[SittingSummary, list[tuple[Path, str | bytes]]]:
        """Return what was ordered of one sitting: where it would go, and what it is."""
        summary = summarise(
            sitting, self._space, ledger=self._ledger, given=given, mask=self.order.privacy.mask
        )
        if self.order.privacy.nameless:
            summary = without_names(summary)
        return summary, self._contents(sitting, given, summary)

    def export(
        self, contents: Sequence[tuple[Path, str | bytes]], key: tuple[str | None, ...]
    ) -> None:
        """Write files and record that they left the workspace; unrecorded, they do not stay."""
        if not contents:
            return
        written: list[Path] = []
        try:
            for path, content in contents:
                if isinstance(content, bytes):
                    write_bytes(path, content)
                else:
                    write_text(path, content)
                written.append(path)
            self._record(written, key)
        except BaseException:
            # One that could not be written is still there as it was before.
            for path in written:
                path.unlink(missing_ok=True)
            raise

    def set_on_paper(self, html: str) -> bytes:
        """Return a page as PDF."""
        if self._paper is None:
            self._paper = Paper()
        return self._paper.pdf(html)

    def place(self, key: tuple[str, str, str], ending: str, *, spoken: bool = True) -> Path:
        """Return where a file of a sitting goes; ``spoken`` where it is in the run's language."""
        language = self.order.language if spoken else "en"
        copy = "" if self.order.privacy.name == "default" else f".{self.order.privacy.name}"
        return report_path(self.order.out, key, language=language, ending=copy + ending)

    def _contents(
        self, sitting: Sitting, given: SittingTables, summary: SittingSummary
    ) -> list[tuple[Path, str | bytes]]:
        formats, key = self.order.formats, sitting.key
        made: list[tuple[Path, str | bytes]] = []
        if {"html", "pdf"} & set(formats):
            page = self.page(summary, sitting)
            if "html" in formats:
                made.append((self.place(key, ".html"), page))
            if "pdf" in formats:
                made.append((self.place(key, ".pdf"), self.set_on_paper(page)))
        if "docx" in formats:
            letter = letter_docx(
                summary,
                language=self.order.language,
                made=self.order.made,
                templates=self.order.templates,
            )
            made += [] if letter is None else [(self.place(key, ".docx"), letter)]
        if "json" in formats:
            made.append((self.place(key, ".json", spoken=False), summary_json(summary)))
        if "vtt" in formats:
            cues = flags_vtt(summary, given.clocks, given.segments, voice=self.voice)
            for file, text in cues.items():
                ending = f".{safe_name(file.replace('/', '_'))}.vtt"
                made.append((self.place(key, ending, spoken=False), text))
        return made

    def page(self, summary: SittingSummary, sitting: Sitting) -> str:
        """Return the page of one sitting with its exhibits."""
        order = self.order
        shown = exhibits_of(
            summary,
            sitting,
            self._space,
            self.voice,
            most=order.pictures,
            privacy=order.privacy,
        )
        return self.renderer.page(
            summary,
            shown,
            language=order.language,
            made=order.made,
            pictures=order.pictures,
            privacy=order.privacy.name,
        )

    def _record(self, paths: Sequence[Path], key: tuple[str | None, ...]) -> None:
        kinds = " ".join(dict.fromkeys(path.suffix.lstrip(".") for path in paths))
        entry = Exported(
            what=f"report ({kinds}; {self.order.privacy.name})",
            file=paths[0].relative_to(self.order.out).as_posix(),
            sha256=digest_of(paths),
        )
        self._ledger.record(entry, sitting_key=key, author=self._author)


def digest_of(paths: Iterable[Path]) -> str:
    """Return the SHA-256 of a file, or of what ``sha256sum`` prints for several by their names.

    ``sha256sum theory.html theory.pdf | sha256sum`` gives the same, in the files' folder.
    """
    listed = list(paths)
    hashes = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in listed]
    if len(hashes) == 1:
        return hashes[0][1]
    lines = "".join(f"{value}  {name}\n" for name, value in hashes)
    return hashlib.sha256(lines.encode()).hexdigest()


def exhibits_of(
    summary: SittingSummary,
    sitting: Sitting,
    workspace: Workspace,
    voice: Voice,
    *,
    most: int = MOST_PICTURES,
    privacy: Privacy | None = None,
) -> dict[str, Exhibit]:
    """Return what stands beside the flags, for the ``most`` of the highest scores."""
    ranked = sorted(summary.flags, key=lambda f: -(1.0 if f.score is None else f.score))[:most]
    if not ranked:
        return {}
    reader = EvidenceReader(sitting, workspace, privacy=privacy)
    boundary = None
    if any(shows_map(flag) for flag in ranked):
        boundary = region_boundary(sitting.session, sitting.candidate)
    return {flag.flag_id: _exhibit(flag, reader, boundary, voice) for flag in ranked}


def _exhibit(flag: FlagSummary, reader: EvidenceReader, boundary: Any, voice: Voice) -> Exhibit:
    if shows_map(flag):
        positions, events = reader.record.positions, reader.record.events
        drawn = map_svg(
            flag,
            positions,
            boundary=boundary,
            checkin=checkin_places(positions, events),
            voice=voice,
        )
        if drawn is not None:
            return Exhibit(map=drawn)
    return Exhibit(picture=reader.show(flag, voice))
