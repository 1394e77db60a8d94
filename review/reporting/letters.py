"""The decision letter: an institution's Word file with the facts of one sitting in its tags."""

from __future__ import annotations

import io
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from review import words
from review.errors import RenderError
from review.reporting.render import SHIPPED, TEMPLATE_MISTAKE, schedule
from review.reporting.voice import Voice, clean, clock, wall

if TYPE_CHECKING:
    from datetime import datetime

    from review.reporting.model import FlagSummary, PenaltySummary, SittingSummary, Texts
    from review.reporting.voice import ReportLanguage

#: What a template may do wrong besides what Jinja2 itself calls an error.
_MISTAKES: Final = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError)


def letter_docx(
    summary: SittingSummary,
    *,
    language: ReportLanguage,
    made: datetime,
    templates: Path | str | None = None,
) -> bytes | None:
    """Return the decision letter of a sitting as a Word file; None where nothing is concluded.

    Parameters
    ----------
    made
        When it is made, aware: the letter's date is its day in the session's time zone.
    templates
        Folder of an institution's own templates; ``letter.<language>.docx`` in it replaces the
        shipped one.

    Raises
    ------
    RenderError
        Naming the template, the paragraph and the tag of a mistake in it.
    """
    if summary.conclusion is None or not summary.conclusion.outcome:
        return None
    name = f"letter.{language}.docx"
    folders = [Path(f) for f in (templates, SHIPPED) if f is not None]
    path = next((f / name for f in folders if (f / name).exists()), SHIPPED / name)
    document = _opened(path)
    facts = letter_facts(summary, Voice.of(language), made=made)
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        document.render(facts, jinja_env=environment, autoescape=True)
    except _MISTAKES as error:
        raise RenderError(
            TEMPLATE_MISTAKE,
            where=f"{path}, {_place(document, error)}",
            found=f"{type(error).__name__}: {error}",
            todo="mend that tag in Word, or remove the file to use the shipped template",
        ) from error
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _opened(path: Path) -> DocxTemplate:
    try:
        document = DocxTemplate(path)
        document.render_init()
    except (PackageNotFoundError, BadZipFile, OSError, KeyError, ValueError) as error:
        raise RenderError(
            TEMPLATE_MISTAKE,
            where=path,
            expected="a Word file (.docx)",
            found=str(error).splitlines()[0],
            todo="save it again in Word, or remove the file to use the shipped template",
        ) from error
    return document


def _place(document: DocxTemplate, error: Exception) -> str:
    """Name the paragraph in which a mistake is, and what stands there."""
    line = getattr(error, "lineno", None)
    if line is None:
        frames = [
            f for f in traceback.extract_tb(error.__traceback__) if f.filename == "<template>"
        ]
        line = frames[-1].lineno if frames else None
    part = document.current_rendering_part
    if line is None or part is None:
        return "its properties"
    body = part is document.docx.part
    xml = document.get_xml() if body else document.get_part_xml(part)
    # docxtpl gives Jinja2 one line for each paragraph.
    lines = re.sub(r"<w:p([ >])", r"\n<w:p\1", document.patch_xml(xml)).splitlines()
    text = re.sub(r"<[^>]+>", "", lines[line - 1]) if 0 < line <= len(lines) else ""
    where = "paragraph" if body else "header or footer, paragraph"
    return f"{where} {max(line - 1, 1)}: {' '.join(text.split())[:120]!r}"


def letter_facts(summary: SittingSummary, voice: Voice, *, made: datetime) -> dict[str, Any]:
    """Return what a template may name; ``docs/reports.md`` lists it."""
    conclusion, exam, person = summary.conclusion, summary.exam, summary.person
    if conclusion is None:
        return {}
    resting = {number for one in conclusion.clauses for number in one.flags}
    cited = [c for c in conclusion.clauses if not c.lacking]

    def say(texts: Texts) -> str:
        return " / ".join(dict.fromkeys(clean(texts[one]) for one in voice.languages))

    return {
        "candidate": {
            "id": clean(person.candidate_id),
            "name": clean(person.name),
            "id_number": clean(person.id_number),
            "occupation": clean(person.occupation),
            "level": clean(person.level),
        },
        "exam": {
            "session": clean(exam.session_id),
            "subject": clean(exam.subject_name),
            "schedule": schedule(summary),
            "timezone": exam.timezone,
            "region": clean(person.region or exam.region),
        },
        "issuer": {"name": clean(exam.issuer), "contact": clean(exam.contact)},
        "outcome_class": conclusion.outcome,
        "outcome": voice.name("outcome", conclusion.outcome),
        "flags": [_fact(f, summary, voice, say(f.reason)) for f in summary.flags
                  if f.number in resting],
        "clauses": [{"number": say(c.number), "text": say(c.text)} for c in cited],
        "penalties": [penalty_text(one, voice) for one in conclusion.penalties],
        "signatures": [
            {"who": clean(s.who), "role": voice.name("role", s.role), "day": s.signed_on}
            for s in conclusion.signatures
        ],
        "decided_on": conclusion.decided_on,
        "statement_until": conclusion.statement_until,
        "appeal_until": conclusion.appeal_until,
        "today": made.astimezone(exam.start.tzinfo).date().isoformat(),
        "anchor": summary.ledger_anchor,
    }  # fmt: skip


def _fact(flag: FlagSummary, summary: SittingSummary, voice: Voice, reason: str) -> dict[str, Any]:
    start = summary.exam.start
    return {
        "number": flag.number,
        "label": voice.name("label", flag.label),
        "when": f"{wall(start, flag.start_s)}\u2013{wall(start, flag.end_s)} "
        f"({clock(flag.start_s)}\u2013{clock(flag.end_s)})",
        "reason": reason,
    }


def penalty_text(penalty: PenaltySummary, voice: Voice) -> str:
    """Return a penalty as a sentence without markup."""
    parts = []
    for one in voice.languages:
        spoken = Voice((one,))
        text = f"{spoken.name('penalty', penalty.kind)}"
        text += f" ({words.say(f'report.scope_{penalty.scope}', one)})"
        if penalty.banned_until:
            text += ": " + words.say(
                "report.ban_dates", one, after=penalty.banned_after, until=penalty.banned_until
            )
        parts.append(text)
    return " / ".join(dict.fromkeys(parts))
