"""Rulebooks as data, and what they let a sitting conclude."""

from review.rules.model import (
    Clause,
    Conflict,
    Follows,
    Omitted,
    Parameter,
    Penalty,
    Rulebook,
    Text,
)
from review.rules.reading import load_rulebook, shipped_rulebooks

__all__ = [
    "Clause",
    "Conflict",
    "Follows",
    "Omitted",
    "Parameter",
    "Penalty",
    "Rulebook",
    "Text",
    "load_rulebook",
    "shipped_rulebooks",
]
