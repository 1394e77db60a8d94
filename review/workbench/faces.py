"""Identity photographs beside faces of the sitting and their distances (``faces.js``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import anywidget
import numpy as np
import traitlets

from review.loaders.files import find_files
from review.session import CAMERAS
from review.timeline.clocks import to_session_s
from review.workbench import assets

if TYPE_CHECKING:
    import pandas as pd

    from review.session import Sitting

#: How many faces from across the sitting are shown of a view: evenly over time, and beside them
#: those that are farthest from the photographs.
_EVENLY: Final = 6
_FARTHEST: Final = 3
#: A face is cut out with this share of its size around it.
_ROOM: Final = 0.35


class Faces(anywidget.AnyWidget):
    """Shows the photographs, which reach the browser by the media handler alone."""

    _esm = assets.module("faces")
    _css = assets.style()
    data = traitlets.Dict().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Enum(["en", "zh"], "en").tag(sync=True)

    def __init__(self, data: dict[str, Any], *, language: str = "en") -> None:
        super().__init__(data=data, words=assets.texts(), language=language)


def faces_data(
    sitting: Sitting, signals: pd.DataFrame, *, detections: pd.DataFrame, clocks: pd.DataFrame
) -> dict[str, Any]:
    """Return what the widget shows.

    Parameters
    ----------
    signals
        Table ``signals`` of the sitting: ``identity_distance_photo`` (to the nearest photograph)
        and ``identity_distance_self`` (to the sitting's majority) are read.
    detections
        Table ``detections``; the faces' boxes are read.
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
                "seen": _seen(sitting, signals, detections, clocks, view),
            }
            for view in CAMERAS
        ],
    }


def photo_address(key: tuple[str, str, str], name: str) -> str:
    """Return the address of a photograph, relative to the server's base."""
    return "/".join(["review", "photo", *(quote(part, safe="") for part in (*key, name))])


def still_address(key: tuple[str, str, str], stream: str) -> str:
    """Return the address of stills of a view, relative to the server's base, without its query."""
    return "/".join(["review", "still", *(quote(part, safe="") for part in (*key, stream))])


def _seen(
    sitting: Sitting,
    signals: pd.DataFrame,
    detections: pd.DataFrame,
    clocks: pd.DataFrame,
    view: str,
) -> list[dict[str, Any]]:
    """Return faces from across the sitting that were compared, in order of time."""
    compared = signals[
        (signals["stream"] == view) & (signals["signal"] == "identity_distance_self")
    ].dropna(subset=["value"])
    faces = detections[(detections["stream"] == view) & (detections["kind"] == "face")]
    faces = faces.assign(area=faces["w_px"] * faces["h_px"]).sort_values("area")
    # Of several faces at one moment the largest was compared.
    main = faces.drop_duplicates("device_s", keep="last")
    known = compared.merge(main, on="device_s", suffixes=("", "_face")).sort_values("device_s")
    if known.empty:
        return []
    to_photo = signals[
        (signals["stream"] == view) & (signals["signal"] == "identity_distance_photo")
    ].set_index("device_s")["value"]
    known = known.assign(photo=known["device_s"].map(to_photo))
    far = known["photo"].fillna(known["value"]).to_numpy(dtype=float)
    evenly = np.linspace(0, len(known) - 1, min(_EVENLY, len(known))).round().astype(int)
    farthest = np.argsort(-far, kind="stable")[:_FARTHEST]
    chosen = known.iloc[sorted({*evenly.tolist(), *farthest.tolist()})]
    times = to_session_s(clocks, view, chosen["device_s"].to_numpy(dtype=float))
    base = still_address(sitting.key, view)
    rows: list[Any] = list(chosen.itertuples(index=False))
    return [
        {
            "time_s": float(time_s),
            "url": f"{base}?t={time_s:.3f}&w=120&exact=1&box={_box(row)}",
            "to_self": float(row.value),
            "to_photo": float(row.photo) if np.isfinite(row.photo) else None,
        }
        for time_s, row in zip(times, rows, strict=True)
    ]


def _box(row: Any) -> str:
    left, top = row.x_px - _ROOM * row.w_px, row.y_px - _ROOM * row.h_px
    wide, high = (1 + 2 * _ROOM) * row.w_px, (1 + 2 * _ROOM) * row.h_px
    return ",".join(f"{max(0.0, value):.0f}" for value in (left, top, wide, high))


def _of(signals: pd.DataFrame, view: str, name: str) -> pd.Series[Any]:
    rows = signals[(signals["stream"] == view) & (signals["signal"] == name)]
    return rows["value"].dropna()


def _median(signals: pd.DataFrame, view: str, name: str) -> float | None:
    values = _of(signals, view, name)
    return float(values.median()) if len(values) else None
