"""Under what conditions each view was recorded: light, picture quality, size of the face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from review import tables
from review.session import CAMERAS
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Signals whose medians tell the conditions of a view.
_SIGNALS: Final = ("luma", "sharpness", "contrast", "face_luma")
_KEYS: Final = list(KEYS)


def conditions(
    signals: pd.DataFrame,
    detections: pd.DataFrame,
    segments: pd.DataFrame,
    *,
    key: tuple[str, str, str],
) -> pd.DataFrame:
    """Condense a sitting's measurements to one row per camera view: table ``conditions``.

    Parameters
    ----------
    signals, detections, segments
        Tables of one sitting.
    key
        session_id, candidate_id, subject_id.
    """
    medians = _medians(signals)
    faces = detections[(detections["kind"] == "face") & detections["stream"].isin(CAMERAS)]
    face_px = faces.groupby("stream")["h_px"].median()
    shown = segments[segments["stream"].isin(CAMERAS) & segments["height_px"].notna()]
    heights = shown.groupby("stream")["height_px"].median()
    rows = [
        {
            "stream": stream,
            "height_px": heights.get(stream),
            "face_px": face_px.get(stream),
            **{name: medians.get((stream, name)) for name in _SIGNALS},
        }
        for stream in CAMERAS
        if stream in heights.index
    ]
    return tables.build("conditions", rows, key=key)


def _medians(signals: pd.DataFrame) -> Mapping[tuple[str, str], float]:
    wanted = signals[signals["signal"].isin(_SIGNALS) & signals["stream"].isin(CAMERAS)]
    found = wanted.groupby(["stream", "signal"])["value"].median().dropna()
    return dict(zip(found.index.to_flat_index(), found.to_numpy(dtype=float), strict=True))


def classed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the views in classes by which rates are compared.

    Parameters
    ----------
    table
        Table ``conditions`` of a session.

    Returns
    -------
    pandas.DataFrame
        Key columns, stream, and as text: ``quality`` (by height of the picture: ``<480``, ``480``,
        ``720``, ``1080``), ``sharpness``, ``light``, ``face`` and ``face_light`` (lower, middle,
        upper third of the session for each view; missing where it was not measured).
    """
    made = table[[*_KEYS, "stream"]].copy()
    made["quality"] = pd.cut(
        table["height_px"].astype(float),
        [0, 480, 720, 1080, float("inf")],
        right=False,
        labels=["<480", "480", "720", "1080"],
    ).astype(object)
    for name, column in (
        ("light", "luma"),
        ("sharpness", "sharpness"),
        ("face", "face_px"),
        ("face_light", "face_luma"),
    ):
        made[name] = table.groupby("stream")[column].transform(_third)
    return made


def _third(values: pd.Series[float]) -> pd.Series[str]:
    rank = values.rank(pct=True)
    third = pd.cut(rank, [0, 1 / 3, 2 / 3, 1], labels=["lower", "middle", "upper"])
    return third.astype(object)
