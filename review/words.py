"""Every word that a user reads, in Chinese and English, from one table (``words.toml``)."""

from __future__ import annotations

import json
import string
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


@cache
def table() -> dict[str, dict[str, str]]:
    """Return the whole table: dotted key -> language -> text.

    Keys are ``<section>.<name>``: ``label.absent``, ``reason.absent``, ``ui.play``.
    """
    raw = tomllib.loads(files("review").joinpath("words.toml").read_text(encoding="utf-8"))
    return {
        f"{section}.{name}": texts
        for section, entries in raw.items()
        for name, texts in entries.items()
    }


def say(key: str, language: Language = "en", **facts: Any) -> str:
    """Return the text of a key with its ``{fields}`` filled in.

    Examples
    --------
    >>> say("label.absent"), say("label.absent", "zh")
    ('absent', '不在画面中')
    """
    text = table()[key][language]
    # A report says thousands of them, and most have no fields.
    return _PLAIN.vformat(text, (), facts) if "{" in text or "}" in text else text


def label(name: str, language: Language = "en") -> str:
    """Return the name of a flag label, or the label itself where the table lacks it."""
    entry = table().get(f"label.{name}")
    return entry[language] if entry else name


def reason(key: str, facts: str | dict[str, Any], language: Language = "en") -> str:
    """Return the reason of a flag from its ``reason_key`` and ``facts`` (JSON or mapping).

    A reason that the table lacks (an outside detector's) is empty: the flag's own English
    ``reason`` then serves.
    """
    if f"reason.{key}" not in table():
        return ""
    return say(
        f"reason.{key}", language, **(json.loads(facts) if isinstance(facts, str) else facts)
    )


class _Plain(string.Formatter):
    """Fills in names only: no attribute or index of a value can be reached from the table."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:  # noqa: ARG002
        return kwargs[field_name], field_name


_PLAIN: Final = _Plain()
