"""Tables as a spreadsheet: typed cells, a frozen header, and no text that becomes a formula."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from review.reporting.voice import Voice, clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from review.reporting.model import DecisionSummary, SittingSummary

#: A cell holds at most this many characters (Excel's limit is 32,767); the note says so.
MOST_LETTERS: Final = 30_000
#: What a spreadsheet may take for a formula at the start of a cell.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_WIDTHS: Final = (8, 60)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet: its name, its columns' headings, its rows of plain values."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """Return sheets as an XLSX file.

    Numbers, dates and truth values are cells of their own type. Text is text, whatever it begins
    with: such cells are typed as strings and carry the mark (``quotePrefix``) that keeps a
    spreadsheet from reading them as formulas when somebody edits them.
    """
    book = Workbook(write_only=True)
    for sheet in sheets:
        page: Worksheet = book.create_sheet(title=_title(sheet.name))
        page.freeze_panes = "A2"
        for number, width in enumerate(_widths(sheet), start=1):
            page.column_dimensions[get_column_letter(number)].width = width
        page.append([_head(page, text) for text in sheet.columns])
        for row in sheet.rows:
            page.append([_cell(page, value) for value in row])
        last = get_column_letter(max(len(sheet.columns), 1))
        page.auto_filter.ref = f"A1:{last}{len(sheet.rows) + 1}"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _title(name: str) -> str:
    # Excel refuses some characters and more than 31 of them.
    return "".join(c for c in clean(name) if c not in "[]:*?/\\'")[:31] or "-"


def _widths(sheet: Sheet) -> list[float]:
    least, most = _WIDTHS
    shown = [
        max([_letters(head), *(_letters(row[n]) for row in sheet.rows[:200])])
        for n, head in enumerate(sheet.columns)
    ]
    return [float(min(max(width + 2, least), most)) for width in shown]


def _letters(value: Any) -> int:
    # Chinese characters are twice as wide.
    text = f"{value:.3f}" if isinstance(value, float) else str("" if value is None else value)
    return sum(2 if ord(c) > 0x2E80 else 1 for c in text[:80])


def _head(page: Worksheet, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, value=clean(text))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _cell(page: Worksheet, value: Any) -> WriteOnlyCell | None:  # noqa: PLR0911  # one per type
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        # Spreadsheets know no time zones; the sheet "About" names it.
        cell = WriteOnlyCell(page, value=value.replace(tzinfo=None, microsecond=0))
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
        return cell
    if isinstance(value, date):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = "yyyy-mm-dd"
        return cell
    if isinstance(value, (bool, int)):
        return WriteOnlyCell(page, value=value)
    if isinstance(value, float):
        if value != value:  # noqa: PLR0124  # missing
            return None
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = "0.000"
        return cell
    text = clean(str(value))
    if len(text) > MOST_LETTERS:
        text = f"{text[:MOST_LETTERS]}…"
    cell = WriteOnlyCell(page, value=text)
    cell.data_type = "s"
    if text.startswith(FORMULA):
        cell.quotePrefix = True
    return cell


class SessionSheets:
    """The sheets of a session's summary, filled one sitting after the other.

    Parameters
    ----------
    voice
        Headings and names are in its languages.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._sittings: list[tuple[Any, ...]] = []
        self._flags: list[tuple[Any, ...]] = []
        self._decisions: list[tuple[Any, ...]] = []
        self._about: dict[str, str] = {}

    def add(self, summary: SittingSummary) -> None:
        """Add a sitting: its row, one per flag, one per decision."""
        voice, start = self._voice, summary.exam.start
        conclusion = summary.conclusion
        stands = [f.standing for f in summary.flags if f.standing]
        window_s = summary.window[1] - summary.window[0] if summary.window else None
        self._sittings.append((
            *summary.key,
            summary.person.name,
            summary.exam.subject_name,
            start,
            voice.plain("report.analysed"),
            len(summary.flags),
            len(stands),
            sum(s.verdict == "confirmed" for s in stands),
            summary.risk,
            summary.unseen,
            window_s,
            voice.name("outcome", conclusion.outcome) if conclusion and conclusion.outcome else "",
            "",
        ))  # fmt: skip
        for flag in summary.flags:
            self._flags.append((
                *summary.key,
                flag.number,
                flag.flag_id,
                voice.name("label", flag.label),
                voice.names("stream", flag.streams),
                flag.start_s,
                flag.end_s,
                start + timedelta(seconds=flag.start_s),
                start + timedelta(seconds=flag.end_s),
                flag.score,
                flag.detector,
                " / ".join(dict.fromkeys(flag.reason[one] for one in voice.languages)),
                voice.names("stream", flag.supports),
                voice.names("stream", flag.contradicts),
                voice.name("verdict", flag.standing.verdict) if flag.standing else "",
                bool(flag.standing and flag.standing.disputed),
            ))  # fmt: skip
        said = [d for f in summary.flags for d in f.decisions]
        for one in (*said, *summary.outcomes, *summary.orphans):
            self._decisions.append((*summary.key, *_decision(one, voice)))
        self._about |= {
            "report.about_zone": summary.exam.timezone,
            "report.about_version": summary.version,
            "report.about_anchor": summary.ledger_anchor or self._about.get(
                "report.about_anchor", ""
            ),
        }  # fmt: skip

    def add_failed(self, key: tuple[str, str, str], name: str, subject: str, why: str) -> None:
        """Add the row of a sitting of which there is no report."""
        row: tuple[Any, ...] = (*key, name, subject, None, self._voice.plain("report.not_reported"))
        self._sittings.append((*row, *[None] * 7, why))

    def book(self, made: datetime) -> bytes:
        """Return the workbook."""
        facts = {"report.about_made": made.isoformat(timespec="seconds"), **self._about}
        about = tuple((self._voice.plain(key), value) for key, value in facts.items())
        return workbook((
            self._sheet("sheet_sittings", SITTING_COLUMNS, self._sittings),
            self._sheet("sheet_flags", FLAG_COLUMNS, self._flags),
            self._sheet("sheet_decisions", DECISION_COLUMNS, self._decisions),
            Sheet(name=self._voice.plain("report.sheet_about"), columns=("", ""), rows=about),
        ))  # fmt: skip

    def _sheet(self, name: str, columns: Sequence[str], rows: list[tuple[Any, ...]]) -> Sheet:
        say = self._voice.plain
        return Sheet(
            name=say(f"report.{name}"),
            columns=tuple(say(f"report.{column}") for column in columns),
            rows=tuple(rows),
        )


def _decision(one: DecisionSummary, voice: Voice) -> tuple[Any, ...]:
    numbers = [
        " / ".join(dict.fromkeys(number[x] for x in voice.languages)) for number, _ in one.clauses
    ]
    return (
        one.seq or None,
        voice.name("entry", one.kind),
        one.flag_id,
        voice.name("label", one.label) if one.label else "",
        voice.name("verdict", one.verdict) if one.verdict else "",
        voice.name("outcome", one.outcome) if one.outcome else "",
        "; ".join(numbers),
        one.who,
        voice.name("role", one.role) if one.role else "",
        datetime.fromisoformat(one.at),
        one.note,
        one.orphaned,
    )


_KEY: Final = ("col_session", "candidate_id", "subject")
SITTING_COLUMNS: Final = (
    *_KEY, "col_name", "col_subject_name", "col_start", "col_analysis", "col_flags", "col_decided",
    "col_confirmed", "col_risk", "col_unseen", "col_window", "col_outcome", "col_reason_failed",
)  # fmt: skip
FLAG_COLUMNS: Final = (
    *_KEY, "col_number", "col_flag_id", "col_label", "col_views", "col_from_s", "col_to_s",
    "col_start", "col_end", "col_score", "col_detector", "col_reason", "col_supports",
    "col_contradicts", "col_verdict", "col_disputed",
)  # fmt: skip
DECISION_COLUMNS: Final = (
    *_KEY, "col_entry", "col_kind", "col_flag_id", "col_label", "col_verdict", "col_outcome",
    "col_clause", "col_who", "col_role", "col_at", "col_note", "col_orphaned",
)  # fmt: skip
