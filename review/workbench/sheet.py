"""Tables about a session in both languages, which follow the page's switch (``sheet.js``)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets

from review import words
from review.workbench import assets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from review.words import Language

    #: A text that is the same in every language, or one for each.
    Cell = str | dict[str, str]

#: Words of the sheet itself.
_OWN: Final = ("ui.nothing_here", "ui.more_rows")
#: Columns that say nothing within one session, or only to a program.
_LEFT_OUT: Final = ("session_id", "flag_id", "track", "other_track", "bin")
#: A chance below this is not told more exactly.
_SMALL_CHANCE: Final = 0.001
_NOTHING: Final = "–"


class Sheet(anywidget.AnyWidget):
    """Shows a table; whoever switches the language of one widget of a session switches all.

    Parameters
    ----------
    session_id
        Whose language it follows.
    heads
        Headings; none for plain lines.
    rows
        Cells, each a text or language -> text.
    left
        How many rows more there are.
    frame
        The table behind it, for who wants to go on with it in Python.
    """

    _esm = assets.module("sheet")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(
        self,
        session_id: str,
        *,
        heads: Sequence[Cell],
        rows: Sequence[Sequence[Cell]],
        left: int = 0,
        frame: pd.DataFrame | None = None,
        language: Language = "en",
    ) -> None:
        self.frame = frame
        table = words.table()
        super().__init__(
            data={
                "session_id": session_id,
                "heads": list(heads),
                "rows": [list(row) for row in rows],
                "left": left,
            },
            words={key: table[key] for key in _OWN},
            language=language,
        )


def said(key: str, **facts: Any) -> dict[str, str]:
    """Return a text of the words table in every language."""
    return {language: words.say(key, language, **facts) for language in words.LANGUAGES}


def sheet_of(
    frame: pd.DataFrame, *, session_id: str, first: int | None = None, language: Language = "en"
) -> Sheet:
    """Show a table of a session with headings and values that have words.

    Parameters
    ----------
    frame
        One of the tables of :data:`review.batch.quality.TABLES`.
    first
        Only so many rows; how many there are more is said.
    """
    shown = frame if first is None else frame.head(first)
    kept = [str(name) for name in frame.columns if name not in _LEFT_OUT]
    records: list[Any] = shown[kept].to_dict("records")
    return Sheet(
        session_id,
        heads=[heading(name) for name in kept],
        rows=[[cell(name, row[name], row) for name in kept] for row in records],
        left=len(frame) - len(shown),
        frame=frame,
        language=language,
    )


def heading(name: str) -> Cell:
    """Return the heading of a column; its name where the words table lacks it."""
    return words.table().get(f"column.{name}") or name


def cell(name: str, value: Any, row: Mapping[str, Any]) -> Cell:
    """Return what a cell of a column says."""
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        return _joined([cell(name, one, row) for one in value])
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return _NOTHING
    if isinstance(value, bool):
        return said("value.yes" if value else "value.no")
    if isinstance(value, float):
        return _number(name, value)
    known = _WORDED.get(name)
    return known(str(value), row) if known else str(value)


def _number(name: str, value: float) -> str:
    if name == "p_value" and value < _SMALL_CHANCE:
        return f"< {_SMALL_CHANCE:g}"
    return f"{value:.3g}"


def _joined(cells: Sequence[Cell]) -> Cell:
    if not cells:
        return _NOTHING
    of = {
        language: [one if isinstance(one, str) else one[language] for one in cells]
        for language in words.LANGUAGES
    }
    return {language: ("、" if language == "zh" else ", ").join(of[language]) for language in of}


def _word(section: str) -> Callable[[str, Mapping[str, Any]], Cell]:
    return lambda value, _: words.table().get(f"{section}.{value}") or value


def _named(value: str, row: Mapping[str, Any]) -> Cell:
    """Return a name of the table of agreement: a label's word, or a person."""
    return _word("label")(value, row) if row.get("by") == "label" else value


def _class(value: str, row: Mapping[str, Any]) -> Cell:
    """Return a class that is compared with the others: a view, or a third of what was measured."""
    return _word("stream" if row.get("by") == "view" else "value")(value, row)


def _verdict(value: str, row: Mapping[str, Any]) -> Cell:
    """Return ``person: verdict`` with the verdict's word."""
    person, _, verdict = value.rpartition(": ")
    word = _word("verdict")(verdict, row)
    return {
        language: f"{person}: {word if isinstance(word, str) else word[language]}"
        for language in words.LANGUAGES
    }


#: Column -> how its texts are said.
_WORDED: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Cell]]] = {
    "label": _word("label"), "labels": _word("label"), "detector": _word("label"),
    "stream": _word("stream"), "streams": _word("stream"), "other_stream": _word("stream"),
    "state": _word("value"), "by": _word("value"), "value": _class, "name": _named,
    "verdicts": _verdict,
}  # fmt: skip
