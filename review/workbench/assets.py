"""What every widget's front end is made of: its module, the style, the words."""

from __future__ import annotations

from importlib.resources import files

from review import words

#: Sections of the words table that a browser gets.
_SECTIONS = ("ui", "label", "stream", "state", "verdict")


def module(name: str) -> str:
    """Return a widget's ES module, with what all of them share put before it."""
    folder = files("review.workbench")
    parts = ("shared.js", f"{name}.js")
    return "\n".join(folder.joinpath(part).read_text(encoding="utf-8") for part in parts)


def style() -> str:
    """Return the style sheet of all widgets."""
    return files("review.workbench").joinpath("workbench.css").read_text(encoding="utf-8")


def texts() -> dict[str, dict[str, str]]:
    """Return the words that a browser needs: dotted key -> language -> text."""
    return {key: text for key, text in words.table().items() if key.split(".")[0] in _SECTIONS}
