"""What every widget's front end is made of: its module, the style, the words.

Each widget has one ES module in ``front``; what several share stands beside it in modules of their
own. A widget's module reaches the browser as text, where ``./`` means nothing, so :func:`module`
puts the modules that it imports before it, once each, and takes the import lines away. There is no
other build step. Names are therefore unique over all modules; a test holds them to it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

from review import words

#: Sections of the words table that a browser gets.
_SECTIONS: Final = (
    "ui", "label", "stream", "state", "verdict", "outcome", "lack", "penalty", "role", "entry",
)  # fmt: skip
_IMPORT: Final = re.compile(r'^import\s*\{[^}]*\}\s*from\s*"\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def module(name: str) -> str:
    """Return a widget's ES module with everything that it imports put before it."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", source(part))) for part in parts(name))


def parts(name: str) -> tuple[str, ...]:
    """Return the names of the modules that make up a widget's, what is imported first."""
    found: dict[str, None] = {}

    def add(part: str) -> None:
        for needed in _IMPORT.findall(source(part)):
            if needed not in found:
                add(needed)
        found.setdefault(part)

    add(name)
    return tuple(found)


def source(name: str) -> str:
    """Return one module as it stands in ``front``."""
    path = files("review.workbench").joinpath("front", f"{name}.js")
    return path.read_text(encoding="utf-8")


def style() -> str:
    """Return the style sheet of all widgets."""
    return files("review.workbench").joinpath("workbench.css").read_text(encoding="utf-8")


def texts() -> dict[str, dict[str, str]]:
    """Return the words that a browser needs: dotted key -> language -> text."""
    return {key: text for key, text in words.table().items() if key.split(".")[0] in _SECTIONS}
