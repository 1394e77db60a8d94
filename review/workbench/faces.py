"""Identity photographs beside how far the sitting's faces are from them (``faces.js``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import anywidget
import traitlets

from review.loaders.files import find_files
from review.session import CAMERAS
from review.workbench import assets

if TYPE_CHECKING:
    import pandas as pd

    from review.session import Sitting


class Faces(anywidget.AnyWidget):
    """Shows the photographs, which reach the browser by the media handler alone."""

    _esm = assets.module("faces")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(self, data: dict[str, Any], *, language: str = "en") -> None:
        super().__init__(data=data, words=assets.texts(), language=language)


def faces_data(sitting: Sitting, signals: pd.DataFrame) -> dict[str, Any]:
    """Return what the widget shows.

    Parameters
    ----------
    signals
        Table ``signals`` of the sitting: ``identity_distance_photo`` (to the nearest photograph)
        and ``identity_distance_self`` (to the sitting's majority) are read.
    """
    photos = find_files(sitting, ZoneInfo(sitting.session.timezone)).photos
    return {
        "key": "/".join(sitting.key),
        "photos": [
            {"name": name, "url": photo_address(sitting.key, name)} for name in sorted(photos)
        ],
        "views": [
            {
                "stream": view,
                "to_photo": _median(signals, view, "identity_distance_photo"),
                "to_self": _median(signals, view, "identity_distance_self"),
                "faces": int(_of(signals, view, "identity_distance_self").count()),
            }
            for view in CAMERAS
        ],
    }


def photo_address(key: tuple[str, str, str], name: str) -> str:
    """Return the address of a photograph, relative to the server's base."""
    return "/".join(["review", "photo", *(quote(part, safe="") for part in (*key, name))])


def _of(signals: pd.DataFrame, view: str, name: str) -> pd.Series[Any]:
    rows = signals[(signals["stream"] == view) & (signals["signal"] == name)]
    return rows["value"].dropna()


def _median(signals: pd.DataFrame, view: str, name: str) -> float | None:
    values = _of(signals, view, name)
    return float(values.median()) if len(values) else None
