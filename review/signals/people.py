"""Persons, phones, books and laptops in a picture, by YOLOX-nano (optional)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import onnxruntime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from review.signals.models import Models

    Picture = NDArray[np.uint8]

#: Side of the network's input, and its three grids (the model's own).
_SIDE_PX: Final = 416
_STRIDES: Final = (8, 16, 32)
#: Grey that its authors fill the rest of the square with.
_FILL: Final = 114
_SAME_OBJECT_IOU: Final = 0.45
#: Index among the 80 classes of COCO -> label.
LABELS: Final[Mapping[int, str]] = MappingProxyType(
    {0: "person", 63: "laptop", 67: "cell_phone", 73: "book"}
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
        Least score. Measured on the test data: at 0.4 the seated persons of a class room (30 px
        and more of 480) are found in most pictures and an empty room stays empty.
    threads
        Threads of the network.

    Raises
    ------
    ModelError
        If the model file cannot be used.
    """

    def __init__(self, models: Models, *, threshold: float = 0.4, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(models.path("yolox_nano")), options, providers=["CPUExecutionProvider"]
        )
        self._threshold = threshold

    def detect(self, picture: Picture) -> list[Thing]:
        """Return what is seen in a BGR picture of shape (height, width, 3), the surest first."""
        height, width = picture.shape[:2]
        ratio = _SIDE_PX / max(height, width)
        w, h = max(1, round(width * ratio)), max(1, round(height * ratio))
        square = np.full((_SIDE_PX, _SIDE_PX, 3), _FILL, dtype=np.uint8)
        method = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
        square[:h, :w] = cv2.resize(picture, (w, h), interpolation=method)
        blob = np.ascontiguousarray(square.transpose(2, 0, 1)[None], dtype=np.float32)
        (output,) = self._session.run(None, {"images": blob})
        return _decode(np.asarray(output, dtype=float)[0], ratio, (width, height), self._threshold)


@cache
def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corner (n, 2) and the stride (n, 1) of every cell."""
    corners, strides = [], []
    for stride in _STRIDES:
        n = _SIDE_PX // stride
        y, x = np.mgrid[:n, :n]
        corners.append(np.column_stack([x.ravel(), y.ravel()]))
        strides.append(np.full((n * n, 1), stride))
    return np.concatenate(corners).astype(float), np.concatenate(strides).astype(float)


def _decode(
    output: NDArray[np.float64], ratio: float, size: tuple[int, int], threshold: float
) -> list[Thing]:
    corners, strides = _grid()
    centre = (output[:, :2] + corners) * strides
    extent = np.exp(output[:, 2:4]) * strides
    classes = list(LABELS)
    scores = output[:, 4:5] * output[:, [5 + index for index in classes]]
    things = []
    for column, index in enumerate(classes):
        rows = np.flatnonzero(scores[:, column] >= threshold)
        boxes = np.column_stack([centre[rows] - extent[rows] / 2, extent[rows]]) / ratio
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
