"""The reports of a whole session: the files of every sitting, and what is about all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pandas as pd
from tqdm.auto import tqdm

from review.errors import LedgerError, RenderError, reason_of
from review.ledger import current_author, open_ledger
from review.loaders import load_session
from review.reporting.crew import FAILURES, crew_size, drafts
from review.reporting.drafting import MOST_PICTURES, Drafter, Order
from review.reporting.exporter import Exporter
from review.reporting.exports import flag_rows, flags_csv
from review.reporting.overview import Overview
from review.reporting.privacy import Privacy
from review.reporting.sheets import SessionSheets
from review.reporting.voice import TAGS, Voice
from review.reporting.write import SUFFIXES, report_path, write_text
from review.session import Session
from review.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review.ledger import Author
    from review.reporting.crew import Draft
    from review.reporting.voice import ReportLanguage
    from review.session import Sitting

_LINKS: Final = {"en": "English", "zh": "中文", "both": "中文 / English"}
FORMATS: Final = ("html", "pdf", "docx", "xlsx", "json", "csv", "vtt")
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
    privacy: Privacy | str = "default",
    templates: Path | str | None = None,
    formats: Sequence[str] = ("html",),
    author: Author | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Write the reports of a session's sittings, and what is about the session as a whole.

    Parameters
    ----------
    session
        Session folder, the id of a session that was analysed into the workspace, or a session that
        was loaded already.
    out
        Folder of reports: ``out/<session>/<candidate>/<subject>.html``; Chinese pages end in
        ``.zh.html``, those in both languages in ``.both.html``; copies of another privacy have its
        name before the ending.
    language
        ``en``, ``zh`` or ``both``.
    candidate, candidates, subjects
        Only these; None for all.
    pictures
        At most this many evidence pictures a page, for the flags of the highest scores; 0 for
        none.
    privacy
        ``default``, ``redacted`` (for the candidate's appeal), ``full`` (internal, by right of
        role), or a :class:`review.reporting.privacy.Privacy`.
    templates
        Folder of an institution's own templates.
    formats
        ``html`` and ``pdf`` (the report), ``docx`` (the decision letter, where something is
        concluded), ``xlsx`` (the session's summary), ``json`` (all of a sitting's summary), ``vtt``
        (its flags beside each video), ``csv`` (the flags of all chosen sittings). Of a whole
        session, ``html`` and ``pdf`` include the session's report and the certificate.
    author
        Who exports, for the ledger; the user of this process if not given.
    workers
        Processes; by default one per core where there is enough to do, else this one alone.

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
        If a template has a mistake, the folder of templates is not there, a format is not known,
        or the author may not make such a copy.
    LedgerError
        If the ledger does not take what is recorded about every export.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise RenderError(
            "no such format", expected=f"one of {', '.join(FORMATS)}", found=", ".join(unknown)
        )
    space = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    loaded = find_session(session, space)
    only = set(candidates or ()) | ({candidate} if candidate else set())
    for candidate_id in only:
        loaded.candidate(candidate_id)
    for subject_id in subjects or ():
        loaded.subject(subject_id)
    ledger = open_ledger(space.ledger)
    order = Order(
        out=Path(out),
        language=language,
        pictures=pictures,
        formats=tuple(formats),
        privacy=Privacy.of(privacy) if isinstance(privacy, str) else privacy,
        templates=templates,
    )
    who = author or current_author(database_user=ledger.database_user)
    drafter = Drafter(order, space, ledger=ledger)
    exporter = Exporter(order, ledger=ledger, author=who)
    job = _Job(loaded, drafter, exporter, Overview(loaded, space, ledger))
    chosen = [
        sitting
        for sitting in loaded.sittings()
        if (not only or sitting.candidate.id in only)
        and (not subjects or sitting.subject.id in subjects)
    ]
    crew = crew_size(order, len(chosen)) if workers is None else workers
    made = drafts(drafter, loaded, space, chosen, workers=crew)
    bar = tqdm(chosen, desc="reports", unit="sitting", disable=not progress)
    # In this order: without a further sitting the crew is asked for no further draft.
    rows = [job.sitting(sitting, one) for sitting, one in zip(bar, made, strict=True)]
    job.finish(all_=not only and not subjects)
    ledger.close()
    return pd.DataFrame(rows, columns=list(COLUMNS))


def find_session(session: Session | Path | str, space: Workspace) -> Session:
    """Return a session by its folder, or by the id under which the workspace knows it.

    Raises
    ------
    SessionError
        If there is neither.
    """
    if isinstance(session, Session):
        return session
    loaded, _ = load_session(space.folder_of(session))
    return loaded


class _Job:
    """What every sitting of a run is reported with, and what is gathered on the way."""

    def __init__(
        self, session: Session, drafter: Drafter, exporter: Exporter, overview: Overview
    ) -> None:
        self._session, self._drafter, self._exporter = session, drafter, exporter
        self._order, self._overview = drafter.order, overview
        self._entries: list[dict[str, Any]] = []
        self._sheets = SessionSheets(drafter.voice)
        self._flags: list[dict[str, Any]] = []

    def sitting(self, sitting: Sitting, made: Draft) -> dict[str, Any]:
        """Write and record what was made of one sitting; return its row."""
        row = {**dict(zip(COLUMNS, sitting.key, strict=False)), "flags": made.flags}
        summary = made.summary
        if summary is None:
            return {**row, **self._failed(sitting, made.flags, made.failure)}
        try:
            self._exporter.export(made.contents, sitting.key)
        except FAILURES as error:
            if isinstance(error, LedgerError):
                raise
            return {**row, **self._failed(sitting, made.flags, reason_of(error))}
        self._sheets.add(summary)
        self._overview.add(summary)
        self._flags += flag_rows(summary, language=self._drafter.voice.languages[0])
        # With those that people marked themselves.
        counted = {"flags": len(summary.flags)}
        self._entries.append({
            **_entry(sitting), **counted, "risk": summary.risk, "links": self._links(sitting),
        })  # fmt: skip
        path = made.contents[0][0] if made.contents else self._folder
        return {**row, **counted, "state": "done", "path": str(path)}

    def _failed(self, sitting: Sitting, flags: int, reason: str) -> dict[str, Any]:
        name, subject = sitting.candidate.name, sitting.subject.name
        self._sheets.add_failed(sitting.key, name, subject, reason)
        self._overview.add_failed(sitting, reason)
        self._entries.append({**_entry(sitting), "flags": flags, "reason": reason})
        return {"state": "failed", "reason": reason}

    @property
    def _folder(self) -> Path:
        key = (self._session.id, "x", "x")
        return report_path(self._order.out, key, language="en").parents[1]

    def _links(self, sitting: Sitting) -> list[dict[str, str]]:
        made = []
        for language in SUFFIXES:
            path = report_path(self._order.out, sitting.key, language=language)
            if path.exists():
                relative = path.relative_to(path.parents[1]).as_posix()
                tag = TAGS[Voice.of(language).languages[0]]
                made.append({"href": quote(relative), "tag": tag, "text": _LINKS[language]})
        return made

    def finish(self, *, all_: bool) -> None:
        """Write what is about the session; pages only where all of it was reported (``all_``)."""
        order, drafter, folder = self._order, self._drafter, self._folder
        contents: list[tuple[Path, str | bytes]] = []
        if "csv" in order.formats:
            contents.append((folder / "flags.csv", flags_csv(self._flags)))
        suffix = SUFFIXES[order.language]
        if "xlsx" in order.formats:
            contents.append((folder / f"session{suffix}.xlsx", self._sheets.book(order.made)))
        # These pages name who read what: they are for supervisors, not for a candidate's copy.
        about = all_ and not order.privacy.nameless
        if about and {"html", "pdf"} & set(order.formats):
            for name, text in self._overview.pages(drafter.renderer, order).items():
                if "html" in order.formats:
                    contents.append((folder / f"{name}{suffix}.html", text))
                if "pdf" in order.formats:
                    contents.append((folder / f"{name}{suffix}.pdf", drafter.set_on_paper(text)))
        self._exporter.export(contents, (self._session.id, None, None))
        if "html" in order.formats and about:
            self._indexes(folder)

    def _indexes(self, folder: Path) -> None:
        order, renderer = self._order, self._drafter.renderer
        extra = sorted(p.name for p in folder.glob("*.html") if p.name != "index.html")
        text = renderer.index(
            self._session.id, self._entries, language="both", made=order.made, extra=extra
        )
        write_text(folder / "index.html", text)
        others = sorted(path.parent.name for path in order.out.glob("*/index.html"))
        listed = [{"href": f"{quote(name)}/index.html", "name": name} for name in others]
        write_text(order.out / "index.html", renderer.sessions(listed, language="both"))


def _entry(sitting: Sitting) -> dict[str, Any]:
    """Return what the list of reports says of every sitting."""
    return {
        "candidate_id": sitting.candidate.id,
        "name": sitting.candidate.name,
        "subject": sitting.subject.name,
        "risk": None,
        "links": [],
        "reason": "",
    }
