"""The sample sessions that come with the project: ``python -m review.simulate.samples OUT``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from review.simulate.encode import VideoFormat
from review.simulate.generate import make
from review.simulate.orders import Media, Order
from review.simulate.script import Anomaly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Small pictures and low rates: an hour of video must stay within 25 MB.
_CAMERA: Final = VideoFormat(width_px=384, height_px=288, fps=5, crf=31, preset="slow", key_s=6)
_SCREEN: Final = VideoFormat(width_px=640, height_px=360, fps=2, crf=30, preset="slow", key_s=10)
_MEDIA: Final = Media(
    video={
        "front": _CAMERA, "right_rear": _CAMERA, "left_front": _CAMERA, "screen": _SCREEN,
    },
    audio_bps=18000,
)  # fmt: skip
#: What is planted: number of the candidate and subject -> anomalies.
ITMC: Final[Mapping[tuple[int, str], Sequence[Anomaly]]] = {
    (0, "theory"): [Anomaly(kind="absent", start_s=52.0, end_s=72.0)],
    (1, "theory"): [Anomaly(kind="extra_person", start_s=40.0, end_s=55.0)],
    (1, "skills"): [Anomaly(kind="different_person", start_s=70.0, end_s=120.0)],
    (2, "theory"): [
        Anomaly(kind="off_screen", start_s=18.0, end_s=68.0, count=5),
        Anomaly(kind="recording_gap", start_s=80.0, end_s=98.0, stream="right_rear"),
    ],
    (2, "skills"): [Anomaly(kind="location", start_s=45.0, end_s=120.0, stream="gps_phone2")],
}
EZTEST: Final[Mapping[tuple[int, str], Sequence[Anomaly]]] = {
    (0, "theory"): [
        Anomaly(kind="off_screen", start_s=15.0, end_s=45.0, count=3),
        Anomaly(kind="network_gap", start_s=56.0, end_s=68.0),
        Anomaly(kind="unscheduled_exit", start_s=80.0, end_s=92.0),
    ],
}


#: Folder -> what it was made with.
ORDERS: Final[Mapping[str, Order]] = {
    "itmc-2022-12-10": Order(
        candidates=3, subjects=2, minutes=2.0, seed=20221210, anomalies=ITMC, media=_MEDIA
    ),
    "eztest-2023-07-30": Order(
        candidates=2,
        minutes=2.0,
        seed=20230730,
        platform="eztest",
        anomalies=EZTEST,
        media=_MEDIA,
    ),
}


def make_samples(out: Path | str, *, progress: bool = False) -> list[Path]:
    """Make the sample sessions in new folders below ``out``.

    Returns
    -------
    list of pathlib.Path
        The session folders: one of ITMC (three candidates, two subjects), one of eztest (two
        candidates, one subject), every subject two minutes long.

    Raises
    ------
    SessionError
        If one of the folders is there and not empty.
    """
    return [make(Path(out) / name, order, progress=progress) for name, order in ORDERS.items()]


if __name__ == "__main__":
    make_samples(sys.argv[1], progress=True)
