"""Words, times and numbers as a reader of a report meets them, in one language or in both."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from markupsafe import Markup, escape

from review import words
from review.errors import RenderError

if TYPE_CHECKING:
    from review.reporting.model import Texts
    from review.words import Language

ReportLanguage = Literal["en", "zh", "both"]
#: BCP 47 tags for ``lang`` attributes.
TAGS: Final = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True)
class Voice:
    """Speaks the word table in the languages of one report, Chinese first where it is both."""

    languages: tuple[Language, ...]

    @classmethod
    def of(cls, language: ReportLanguage) -> Voice:
        """Return the voice of ``en``, ``zh`` or ``both``.

        Raises
        ------
        RenderError
            For another language.
        """
        if language == "both":
            return cls(("zh", "en"))
        if language in words.LANGUAGES:
            return cls((language,))
        raise RenderError("no such language", expected="en, zh or both", found=repr(language))

    @property
    def tag(self) -> str:
        """Language of the page as a whole."""
        return TAGS[self.languages[0]]

    def plain(self, key: str, **facts: Any) -> str:
        """Return a text without markup, for attributes, titles and drawings."""
        return " / ".join(dict.fromkeys(words.say(key, one, **facts) for one in self.languages))

    def html(self, key: str, **facts: Any) -> Markup:
        """Return a text as HTML; in both languages, each in an element that names its language."""
        return self.texts({one: words.say(key, one, **facts) for one in self.languages})

    def texts(self, texts: Texts) -> Markup:
        """Return sentences given per language as HTML."""
        if len({texts[one] for one in self.languages}) == 1:
            return escape(clean(texts[self.languages[0]]))
        spans = [
            Markup('<span lang="{}">{}</span>').format(TAGS[one], clean(texts[one]))
            for one in self.languages
        ]
        return Markup(" ").join(spans)

    def name(self, section: str, name: str) -> str:
        """Return the plain name of a member of a section (``stream``, ``state``, ...).

        One that the table lacks (an outside detector's label) is returned as it is.
        """
        key = f"{section}.{name}"
        return self.plain(key) if key in words.table() else name

    def names(self, section: str, names: tuple[str, ...]) -> str:
        """Return several names as a list in a sentence."""
        comma = "、" if self.languages == ("zh",) else ", "
        return comma.join(self.name(section, name) for name in names)

    def length(self, seconds: float) -> str:
        """Return a duration: tenths below a minute, else minutes and seconds, or hours.

        A page in both languages has the signs that both know.
        """
        return _length(seconds, self.languages[-1])


def _length(seconds: float, language: Language) -> str:
    if seconds < 59.95:
        return words.say("report.seconds", language, s=f"{seconds:.1f}")
    whole = round(seconds)
    if whole < 3600:
        return words.say("report.minutes", language, m=whole // 60, s=f"{whole % 60:02d}")
    return words.say("report.hours", language, h=whole // 3600, m=f"{whole % 3600 // 60:02d}")


def clock(seconds: float) -> str:
    """Return session time as ``h:mm:ss``, with a minus sign before the start.

    Examples
    --------
    >>> clock(3725.4), clock(-61.0)
    ('1:02:05', '\u22120:01:01')
    """
    whole = abs(int(seconds // 1))
    sign = "\u2212" if seconds < 0 and whole else ""
    return f"{sign}{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def wall(start: datetime, seconds: float) -> str:
    """Return the wall clock of a session time as ``hh:mm:ss`` in the session's time zone."""
    return (start + timedelta(seconds=seconds)).strftime("%H:%M:%S")


def percent(share: float) -> str:
    """Return a share in percent, such that only nothing is 0 % and only everything is 100 %.

    Examples
    --------
    >>> percent(1.0), percent(0.9999), percent(0.0001), percent(0.5)
    ('100 %', '>99.9 %', '<0.1 %', '50.0 %')
    """
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    if share > 0.999:
        return ">99.9 %"
    return "<0.1 %" if share < 0.001 else f"{100 * share:.1f} %"


def clean(text: str) -> str:
    r"""Drop what cannot stand in a page: control characters other than line ends and tabs.

    Examples
    --------
    >>> clean("a\x00b")
    'ab'
    """
    if text.isprintable():
        # Almost every text: nothing of it is a control character.
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})


def masked(id_number: str) -> str:
    """Hide an identity number but for its first three and last two characters.

    They suffice to tell two people of one exam apart on paper; the birthday is hidden.

    Examples
    --------
    >>> masked("110101199003071233"), masked("AB12")
    ('110*************33', '***2')
    """
    if len(id_number) < 8:
        return "*" * max(len(id_number) - 1, 0) + id_number[-1:]
    return f"{id_number[:3]}{'*' * (len(id_number) - 5)}{id_number[-2:]}"
