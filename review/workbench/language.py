"""The language that notebooks begin with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from review.words import LANGUAGES

if TYPE_CHECKING:
    from review.words import Language


def chosen(language: Language | None = None) -> Language:
    """Return the language asked for, else ``REVIEW_LANGUAGE``, else English."""
    if language is not None:
        return language
    wanted = os.environ.get("REVIEW_LANGUAGE", "")
    return next((known for known in LANGUAGES if known == wanted), "en")
