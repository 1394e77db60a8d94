"""The reports of a whole session: one page per sitting, and an index."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pandas as pd
from tqdm.auto import tqdm

from review.errors import RenderError, ReviewError
from review.ledger import open_ledger
from review.loaders import load_session
from review.loaders.regions import region_boundary
from review.reporting.evidence import EvidenceReader, shows_map
from review.reporting.exports import flags_csv, flags_vtt, summary_json
from review.reporting.maps import checkin_places, map_svg
from review.reporting.render import TEMPLATE_MISTAKE, Exhibit, Renderer
from review.reporting.stored import session_tables
from review.reporting.summary import summarise
from review.reporting.voice import TAGS, Voice
from review.reporting.write import SUFFIXES, report_path, safe_name, write_text
from review.session import Session
from review.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.reporting.model import FlagSummary, SittingSummary
    from review.reporting.stored import SittingTables
    from review.reporting.voice import ReportLanguage
    from review.session import Sitting

#: A page with more pictures than this would be slow to open; the strongest flags have them.
MOST_PICTURES: Final = 40
_LINKS: Final = {"en": "English", "zh": "中文", "both": "中文 / English"}
FORMATS: Final = ("html", "json", "vtt", "csv")
#: What one sitting may raise that is its own misfortune: the project's errors, and those that
#: damaged evidence provokes in the libraries under them.
FAILURES: Final = (ReviewError, ArithmeticError, LookupError, OSError, TypeError, ValueError)
COLUMNS: Final = ("session_id", "candidate_id", "subject_id", "state", "flags", "path", "reason")


def report(
    session: Session | Path | str,
    *,
    workspace: Workspace | Path | str | None = None,
    out: Path | str = "reports",
    language: ReportLanguage = "en",
    candidate: str | None = None,
    candidates: Sequence[str] | None = None,
    subjects: Sequence[str] | None = None,
    pictures: int = MOST_PICTURES,
    mask: bool = True,
    templates: Path | str | None = None,
    formats: Sequence[str] = ("html",),
    progress: bool = False,
) -> pd.DataFrame:
    """Write one page per sitting of a session, and an index of them.

    Parameters
    ----------
    session
        Session folder, the id of a session that was analysed into the workspace, or a session that
        was loaded already.
    out
        Folder of reports: ``out/<session>/<candidate>/<subject>.html``; Chinese pages end in
        ``.zh.html``, those in both languages in ``.both.html``.
    language
        ``en``, ``zh`` or ``both``.
    candidate, candidates, subjects
        Only these; None for all.
    pictures
        At most this many evidence pictures a page, for the flags of the highest scores; 0 for
        none.
    mask
        Hide identity numbers but for their ends.
    templates
        Folder of an institution's own templates.
    formats
        ``html``; for machines ``json`` (all of a sitting's summary), ``vtt`` (its flags beside each
        video) and ``csv`` (the flags of all chosen sittings, in the session's folder).

    Returns
    -------
    pandas.DataFrame
        One row per sitting: session_id, candidate_id, subject_id, state (``done`` or ``failed``),
        flags, path, reason.

    Raises
    ------
    SessionError
        If the session, a candidate or a subject is not known.
    RenderError
        If a template has a mistake, the folder of templates is not there, or a format is not known.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise RenderError(
            "no such format", expected=f"one of {', '.join(FORMATS)}", found=", ".join(unknown)
        )
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    loaded = _session(session, space)
    only = set(candidates or ()) | ({candidate} if candidate else set())
    for candidate_id in only:
        loaded.candidate(candidate_id)
    for subject_id in subjects or ():
        loaded.subject(subject_id)
    job = _Job(
        space,
        Path(out),
        Renderer(templates),
        language=language,
        pictures=pictures,
        mask=mask,
        formats=tuple(formats),
    )
    chosen = [
        (sitting, given)
        for sitting, given in session_tables(loaded, space)
        if (not only or sitting.candidate.id in only)
        and (not subjects or sitting.subject.id in subjects)
    ]
    rows, entries = [], []
    for sitting, given in tqdm(chosen, desc="reports", unit="sitting", disable=not progress):
        row, entry = job.sitting(sitting, given)
        rows.append(row)
        entries.append(entry)
    job.finish(loaded, entries, all_=not only and not subjects)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _session(session: Session | Path | str, space: Workspace) -> Session:
    if isinstance(session, Session):
        return session
    known = str(session) in space.sessions()
    loaded, _ = load_session(space.session_folder(str(session)) if known else session)
    return loaded


class _Job:
    """What every sitting of a run is reported with."""

    def __init__(
        self,
        space: Workspace,
        out: Path,
        renderer: Renderer,
        *,
        language: ReportLanguage,
        pictures: int,
        mask: bool,
        formats: tuple[str, ...],
    ) -> None:
        self._space, self._out, self._renderer = space, out, renderer
        self._language, self._pictures, self._mask = language, pictures, mask
        self._voice = Voice.of(language)
        self._made = datetime.now(UTC)
        self._ledger = open_ledger(space.ledger)
        self._formats = formats
        self._summaries: list[SittingSummary] = []

    def sitting(
        self, sitting: Sitting, given: SittingTables
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Report one sitting; return its row and its entry of the index."""
        session_id, candidate_id, subject_id = sitting.key
        row: dict[str, Any] = {
            "session_id": session_id,
            "candidate_id": candidate_id,
            "subject_id": subject_id,
            "flags": len(given.flags),
        }
        entry: dict[str, Any] = {
            "candidate_id": candidate_id,
            "name": sitting.candidate.name,
            "subject": sitting.subject.name,
            "flags": len(given.flags),
            "risk": None,
            "links": [],
            "reason": "",
        }
        try:
            summary, path = self._write(sitting, given)
        except FAILURES as error:
            if isinstance(error, RenderError) and error.what == TEMPLATE_MISTAKE:
                raise
            own = isinstance(error, ReviewError)
            reason = str(error) if own else f"{type(error).__name__}: {error}"
            return {**row, "state": "failed", "reason": reason}, {**entry, "reason": reason}
        # With those that people marked themselves.
        counted = {"flags": len(summary.flags)}
        return (
            {**row, **counted, "state": "done", "path": str(path)},
            {**entry, **counted, "risk": summary.risk, "links": self._links(sitting)},
        )

    def _write(self, sitting: Sitting, given: SittingTables) -> tuple[SittingSummary, Path]:
        """Write what was asked for; return the path of the first of it."""
        summary = summarise(sitting, self._space, ledger=self._ledger, given=given, mask=self._mask)
        made = [path for one in self._formats for path in self._one(one, sitting, given, summary)]
        self._summaries.append(summary)
        return summary, made[0] if made else self._folder(sitting.session)

    def _one(
        self, form: str, sitting: Sitting, given: SittingTables, summary: SittingSummary
    ) -> list[Path]:
        def place(ending: str, language: ReportLanguage = "en") -> Path:
            return report_path(self._out, sitting.key, language=language, ending=ending)

        if form == "html":
            shown = exhibits_of(summary, sitting, self._space, self._voice, most=self._pictures)
            page = self._renderer.page(
                summary,
                shown,
                language=self._language,
                made=self._made,
                pictures=self._pictures,
            )
            return [write_text(place(".html", self._language), page)]
        if form == "json":
            return [write_text(place(".json"), summary_json(summary))]
        if form == "vtt":
            cues = flags_vtt(summary, given.clocks, given.segments, voice=self._voice)
            return [
                write_text(place(f".{safe_name(file.replace('/', '_'))}.vtt"), text)
                for file, text in cues.items()
            ]
        return []

    def _folder(self, session: Session) -> Path:
        return report_path(self._out, (session.id, "x", "x"), language="en").parents[1]

    def _links(self, sitting: Sitting) -> list[dict[str, str]]:
        made = []
        for language in SUFFIXES:
            path = report_path(self._out, sitting.key, language=language)
            if path.exists():
                relative = path.relative_to(path.parents[1]).as_posix()
                tag = TAGS[Voice.of(language).languages[0]]
                made.append({"href": quote(relative), "tag": tag, "text": _LINKS[language]})
        return made

    def finish(self, session: Session, entries: Sequence[Mapping[str, Any]], *, all_: bool) -> None:
        """Write what is about the whole session: the table of flags, and indexes in both languages.

        The indexes are written where all sittings are reported (``all_``).
        """
        folder = self._folder(session)
        if "csv" in self._formats:
            spoken = self._voice.languages[0]
            write_text(folder / "flags.csv", flags_csv(self._summaries, language=spoken))
        if "html" not in self._formats or not all_:
            return
        text = self._renderer.index(session.id, entries, language="both", made=self._made)
        write_text(folder / "index.html", text)
        others = sorted(path.parent.name for path in self._out.glob("*/index.html"))
        listed = [{"href": f"{quote(name)}/index.html", "name": name} for name in others]
        write_text(self._out / "index.html", self._renderer.sessions(listed, language="both"))


def exhibits_of(
    summary: SittingSummary,
    sitting: Sitting,
    workspace: Workspace,
    voice: Voice,
    *,
    most: int = MOST_PICTURES,
) -> dict[str, Exhibit]:
    """Return what stands beside the flags, for the ``most`` of the highest scores."""
    ranked = sorted(summary.flags, key=lambda f: -(1.0 if f.score is None else f.score))[:most]
    if not ranked:
        return {}
    reader = EvidenceReader(sitting, workspace)
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
