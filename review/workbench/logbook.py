"""The log of all devices beside the player, following it (``logbook.js``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from review.workbench import assets

if TYPE_CHECKING:
    import pandas as pd

    from review.session import Sitting


class Logbook(anywidget.AnyWidget):
    """Lists log entries on session time; a click goes there."""

    _esm = assets.module("logbook")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(self, data: dict[str, Any], *, language: str = "en") -> None:
        super().__init__(data=data, words=assets.texts(), language=language)


def logbook(sitting: Sitting, events: pd.DataFrame) -> dict[str, Any]:
    """Return what the widget shows: ``rows`` of session time, stream, type and details as text.

    Entries that nothing places on session time come last.
    """
    ordered = events.sort_values(["time_s", "device_s"], kind="stable")
    return {
        "key": "/".join(sitting.key),
        "timezone": sitting.session.timezone,
        "start_ms": round(sitting.subject.start.timestamp() * 1000),
        "rows": [
            [None if time != time else float(time), stream, kind, details(text)]  # noqa: PLR0124
            for time, stream, kind, text in zip(
                ordered["time_s"],
                ordered["stream"],
                ordered["type"],
                ordered["detail"],
                strict=True,
            )
        ],
    }


def details(text: str) -> str:
    """Return an event's details in one line.

    Examples
    --------
    >>> details('{"to": "notes", "seconds": 3}')
    'to: notes, seconds: 3'
    """
    facts = json.loads(text) if text else {}
    return ", ".join(f"{name}: {value}" for name, value in facts.items())
