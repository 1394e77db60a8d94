"""What was ordered of one sitting: its summary, its exhibits, and the files that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from review.loaders.regions import region_boundary
from review.reporting.evidence import EvidenceReader, shows_map
from review.reporting.exports import flags_vtt, summary_json
from review.reporting.letters import letter_docx
from review.reporting.maps import checkin_places, map_svg
from review.reporting.nameless import without_names
from review.reporting.paper import Paper
from review.reporting.privacy import Privacy
from review.reporting.render import Exhibit, Renderer
from review.reporting.summary import summarise
from review.reporting.voice import Voice
from review.reporting.write import report_path, safe_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from review.ledger import Ledger
    from review.reporting.model import FlagSummary, SittingSummary
    from review.reporting.stored import SittingTables
    from review.reporting.voice import ReportLanguage
    from review.session import Sitting
    from review.workspace import Workspace

    #: Where a file would go, and what it holds.
    Content = tuple[Path, str | bytes]

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


class Drafter:
    """Makes what was ordered of sittings, one after the other; nothing is written.

    Parameters
    ----------
    ledger
        Is only read.

    Raises
    ------
    RenderError
        If a template folder is not there, or PDF files cannot be made here.
    """

    def __init__(self, order: Order, workspace: Workspace, *, ledger: Ledger) -> None:
        self.order, self.voice = order, Voice.of(order.language)
        self.renderer = Renderer(order.templates)
        self._space, self._ledger = workspace, ledger
        self._paper: Paper | None = Paper() if "pdf" in order.formats else None

    def contents(
        self, sitting: Sitting, given: SittingTables
    ) -> tuple[SittingSummary, list[Content]]:
        """Return what was ordered of one sitting: where it would go, and what it is."""
        summary = summarise(
            sitting, self._space, ledger=self._ledger, given=given, mask=self.order.privacy.mask
        )
        if self.order.privacy.nameless:
            summary = without_names(summary)
        return summary, self._contents(sitting, given, summary)

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
    ) -> list[Content]:
        formats, key = self.order.formats, sitting.key
        made: list[Content] = []
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
    ground: dict[str, Any] = {}
    if any(shows_map(flag) for flag in ranked):
        positions, events = reader.record.positions, reader.record.events
        ground = {
            "boundary": region_boundary(sitting.session, sitting.candidate),
            "checkin": checkin_places(positions, events),
        }
    return {flag.flag_id: _exhibit(flag, reader, ground, voice) for flag in ranked}


def _exhibit(
    flag: FlagSummary, reader: EvidenceReader, ground: Mapping[str, Any], voice: Voice
) -> Exhibit:
    if shows_map(flag):
        drawn = map_svg(flag, reader.record.positions, voice=voice, **ground)
        if drawn is not None:
            return Exhibit(map=drawn)
    return Exhibit(picture=reader.show(flag, voice))
