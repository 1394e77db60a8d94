"""Second step of a report: a summary and its exhibits become the text of a page.

Templates are Jinja2 files. An institution gives a folder of its own; what it does not hold is
taken from the shipped ones, so that replacing ``style.css`` alone is enough for another look.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from review.errors import RenderError
from review.figures.palette import COVERAGE, QUIET, label_colour
from review.reporting.evidence import Shown
from review.reporting.timeline import timeline_svg
from review.reporting.voice import Voice, clean, clock, percent, wall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from jinja2 import Environment
    from markupsafe import Markup

    from review.reporting.model import FlagSummary, SittingSummary, StreamSummary
    from review.reporting.voice import ReportLanguage

#: What is wrong where a template is: it stops a run, since no page would be made.
TEMPLATE_MISTAKE: Final = "mistake in a template"
SHIPPED: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """What stands beside a flag: a map where it is about the place, else a picture."""

    picture: Shown = field(default_factory=Shown)
    map: Markup | None = None


class Renderer:
    """Renders summaries; made once for many pages.

    Parameters
    ----------
    templates
        Folder of an institution's own templates.

    Raises
    ------
    RenderError
        If the folder is not there.
    """

    def __init__(self, templates: Path | str | None = None) -> None:
        if templates is not None and not Path(templates).is_dir():
            raise RenderError(
                "no such folder of templates",
                where=templates,
                todo="give a folder that holds templates under the names of the shipped ones",
            )
        self.folders = tuple(str(f) for f in (templates, SHIPPED) if f is not None)
        self._environment: Environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(self.folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["tidy"] = clean

    def page(
        self,
        summary: SittingSummary,
        exhibits: Mapping[str, Exhibit],
        *,
        language: ReportLanguage,
        made: datetime,
        pictures: int = 0,
        privacy: str = "default",
    ) -> str:
        """Return the page of one sitting.

        Parameters
        ----------
        exhibits
            Flag id -> what stands beside it; a flag without one says that it was left out.
        made
            When the page is made, aware.
        pictures
            How many flags were given a picture at most, for that sentence.
        privacy
            Name of a :class:`review.reporting.privacy.Privacy`: the page says what was masked.

        Raises
        ------
        RenderError
            Naming the template and the line of the mistake.
        """
        voice = Voice.of(language)
        left_out = Exhibit(picture=Shown(notes=(("picture_left_out", {"n": pictures}),)))
        states = [
            s for s in COVERAGE if any(s == x for y in summary.streams for *_, x in y.stretches)
        ]
        # A sitting with nothing found gets half a page: what is whole needs no row of its own.
        whole = tuple(one.stream for one in summary.streams if summary.clean and is_whole(one))
        return self._render(
            "report.html",
            voice,
            s=summary,
            evidence={flag.flag_id: exhibits.get(flag.flag_id, left_out) for flag in summary.flags},
            timeline=timeline_svg(summary, voice),
            states=states,
            clocks={one.stream: one for one in summary.clocks},
            whole=whole,
            pictured=pictures > 0 or bool(exhibits),
            partial=[one for one in summary.streams if one.stream not in whole],
            others=others,
            problems=[p for p in summary.problems if not (summary.clean and p.severity == "info")],
            quiet=sum(p.severity == "info" for p in summary.problems),
            moved=any(one.state != "declared" for one in summary.clocks),
            decided=sum(flag.standing is not None for flag in summary.flags),
            schedule=schedule(summary),
            privacy=privacy,
            made=made.isoformat(timespec="seconds"),
        )

    def index(
        self,
        session_id: str,
        rows: Sequence[Mapping[str, Any]],
        *,
        language: ReportLanguage,
        made: datetime,
        extra: Sequence[str] = (),
    ) -> str:
        """Return the page that lists a session's reports, pages about it, and what failed."""
        return self._render(
            "index.html",
            Voice.of(language),
            session_id=session_id,
            rows=rows,
            extra=extra,
            made=made.isoformat(timespec="seconds"),
        )

    def sessions(self, sessions: Sequence[Mapping[str, str]], *, language: ReportLanguage) -> str:
        """Return the page that lists sessions."""
        return self._render("sessions.html", Voice.of(language), sessions=sessions)

    def other(self, name: str, voice: Voice, **given: Any) -> str:
        """Return the page of any template of the folders."""
        return self._render(name, voice, **given)

    def _render(self, name: str, voice: Voice, **given: Any) -> str:
        def say(key: str, **facts: Any) -> Markup:
            return voice.html(f"report.{key}", **facts)

        try:
            return self._environment.get_template(name).render(
                voice=voice,
                t=say,
                clock=clock,
                wall=wall,
                percent=percent,
                label_colour=label_colour,
                coverage_fill=coverage_fill,
                **given,
            )
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise self._explained(name, error) from error

    def _explained(self, name: str, error: Exception) -> RenderError:
        file, line = name, 0
        if isinstance(error, TemplateSyntaxError):
            file, line = error.filename or error.name or name, error.lineno
        else:
            # Jinja2 rewrites the traceback so that its frames name the template and its line.
            for frame in traceback.extract_tb(error.__traceback__):
                if frame.filename.startswith(self.folders):
                    file, line = frame.filename, frame.lineno or 0
        return RenderError(
            TEMPLATE_MISTAKE,
            where=f"{file}, line {line}",
            found=f"{type(error).__name__}: {error}",
            todo="mend that line, or remove the file to use the shipped template",
        )


def is_whole(stream: StreamSummary) -> bool:
    """Say whether a stream is recorded throughout the window, and nothing else is said of it."""
    lost_s = sum(seconds for state, seconds in stream.totals_s.items() if state != "recorded")
    return stream.window_s > 0 and stream.recorded_share > 0.9999 and not lost_s


def others(flag: FlagSummary) -> tuple[str, ...]:
    """Return the streams that support a flag besides its own."""
    return tuple(stream for stream in flag.supports if stream not in flag.streams)


def schedule(summary: SittingSummary) -> str:
    """Return the scheduled time of the paper in the session's time zone."""
    start, end = summary.exam.start, summary.exam.end
    day = "" if start.date() == end.date() else f"{end:%Y-%m-%d} "
    return f"{start:%Y-%m-%d %H:%M}\u2013{day}{end:%H:%M}"


def coverage_fill(state: str) -> str:
    """Return the colour of a coverage state, for a legend: its name stands beside it."""
    return COVERAGE.get(state, (QUIET, ""))[0]
