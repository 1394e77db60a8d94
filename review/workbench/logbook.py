"""The log of all devices beside the player, following it (``logbook.js``)."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

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


#: Type of the rows that a machine wrote down from the sound; no log has entries of this type.
TRANSCRIPT: Final = "transcript"


def logbook(
    sitting: Sitting, events: pd.DataFrame, transcripts: pd.DataFrame | None = None
) -> dict[str, Any]:
    """Return what the widget shows: ``rows`` of session time, stream, type and details as text.

    Entries that nothing places on session time come last. What a machine wrote down of the sound
    (table ``transcripts``) stands among them, as rows of type :data:`TRANSCRIPT`.
    """
    ordered = events.sort_values(["time_s", "device_s"], kind="stable")
    rows = [
        [None if time != time else float(time), stream, kind, details(text)]  # noqa: PLR0124
        for time, stream, kind, text in zip(
            ordered["time_s"],
            ordered["stream"],
            ordered["type"],
            ordered["detail"],
            strict=True,
        )
    ]
    if transcripts is not None and len(transcripts):
        said = zip(transcripts["start_s"], transcripts["stream"], transcripts["text"], strict=True)
        rows += [[float(time), stream, TRANSCRIPT, text] for time, stream, text in said]
        rows.sort(key=lambda row: math.inf if row[0] is None else row[0])
    return {
        "key": "/".join(sitting.key),
        "timezone": sitting.session.timezone,
        "start_ms": round(sitting.subject.start.timestamp() * 1000),
        "rows": rows,
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
