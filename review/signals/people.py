"""Persons, phones, books and laptops in a picture, by YOLOX-nano (optional)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from review.signals.networks import session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from review.signals.models import Models

    Picture = NDArray[np.uint8]

#: Longer side of the network's input, its declared shape, and its three grids (the model's own).
_SIDE_PX: Final = 416
_SHAPE: Final = (1, 3, _SIDE_PX, _SIDE_PX)
_STRIDES: Final = (8, 16, 32)
#: Grey that its authors fill the rest with. Only the last few rows need it: of the square that the
#: network was trained on, a wide picture fills little more than half, and the rest costs as much.
_FILL: Final = 114
_SAME_OBJECT_IOU: Final = 0.45
#: Score from which on something is seen. Measured on the test data: at 0.4 the seated persons of a
#: class room (30 px and more of 480) are found in most pictures and an empty room stays empty.
SURE_SCORE: Final = 0.4
#: Least score of somebody who was seen in the picture before: a person who turns or bends scores
#: down to 0.3 for a while (measured on the same data).
WEAK_SCORE: Final = 0.25
#: Index among the 80 classes of COCO -> label.
LABELS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "person",
        62: "monitor",
        63: "laptop",
        64: "mouse",
        66: "keyboard",
        67: "cell_phone",
        73: "book",
    }
)


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A person or object: box in pixels of the picture that was given, score 0 to 1."""

    label: str
    x_px: float
    y_px: float
    w_px: float
    h_px: float
    score: float


class PeopleDetector:
    """YOLOX-nano on ONNX Runtime.

    Parameters
    ----------
    models
        Must hold ``yolox_nano``.
    threshold
        Least score; whoever uses a box from below ``SURE_SCORE`` should know why.
    threads
        Threads of the network.

    Raises
    ------
    ModelError
        If the model file cannot be used.
    """

    def __init__(self, models: Models, *, threshold: float = WEAK_SCORE, threads: int = 1) -> None:
        self._session = session(models.path("yolox_nano"), threads=threads, sizes=_SHAPE)
        self._threshold = threshold

    def detect(self, picture: Picture) -> list[Thing]:
        """Return what is seen in a BGR picture of shape (height, width, 3), the surest first."""
        height, width = picture.shape[:2]
        ratio = _SIDE_PX / max(height, width)
        w, h = max(1, round(width * ratio)), max(1, round(height * ratio))
        method = cv2.INTER_AREA if ratio < 0.5 else cv2.INTER_LINEAR
        small = picture if ratio == 1 else cv2.resize(picture, (w, h), interpolation=method)
        blob = np.full((1, 3, _whole(h), _whole(w)), _FILL, dtype=np.float32)
        blob[0, :, :h, :w] = small.transpose(2, 0, 1)
        (output,) = self._session.run(None, {"images": blob})
        grid = _grid(blob.shape[2], blob.shape[3])
        return _decode(
            np.asarray(output, dtype=np.float32)[0], grid, ratio, (width, height), self._threshold
        )


def _whole(side: int) -> int:
    """Return the next side that all grids divide."""
    step = _STRIDES[-1]
    return -(-side // step) * step


@cache
def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the corner (n, 2) and the stride (n, 1) of every cell."""
    corners, strides = [], []
    for stride in _STRIDES:
        y, x = np.mgrid[: height // stride, : width // stride]
        corners.append(np.column_stack([x.ravel(), y.ravel()]))
        strides.append(np.full((x.size, 1), stride))
    return (
        np.concatenate(corners).astype(np.float32),
        np.concatenate(strides).astype(np.float32),
    )


def _decode(
    output: NDArray[np.float32],
    grid: tuple[NDArray[np.float32], NDArray[np.float32]],
    ratio: float,
    size: tuple[int, int],
    threshold: float,
) -> list[Thing]:
    # Most cells show nothing: their boxes need not be known.
    likely = output[:, 4] >= threshold
    output, corners, strides = output[likely], grid[0][likely], grid[1][likely]
    centre = (output[:, :2] + corners) * strides
    extent = np.exp(output[:, 2:4]) * strides
    classes = list(LABELS)
    scores = output[:, 4:5] * output[:, [5 + index for index in classes]]
    things = []
    for column, index in enumerate(classes):
        rows = np.flatnonzero(scores[:, column] >= threshold)
        boxes = np.column_stack([centre[rows] - extent[rows] / 2, extent[rows]]) / ratio
        if not len(rows):
            continue
        kept = cv2.dnn.NMSBoxes(
            boxes.tolist(), scores[rows, column].tolist(), threshold, _SAME_OBJECT_IOU
        )
        for k in np.asarray(kept, dtype=int).ravel():
            x, y = np.clip(boxes[k, :2], 0, size)
            right, bottom = np.clip(boxes[k, :2] + boxes[k, 2:], 0, size)
            things.append(
                Thing(
                    label=LABELS[index],
                    x_px=float(x),
                    y_px=float(y),
                    w_px=float(right - x),
                    h_px=float(bottom - y),
                    score=float(scores[rows[k], column]),
                )
            )
    return sorted(things, key=lambda thing: -thing.score)
