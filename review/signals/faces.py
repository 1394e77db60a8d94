"""Faces in a picture, by either of two networks behind one interface."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from review.signals.models import Models

    Picture = NDArray[np.uint8]

#: Networks see pictures whose sides are multiples of this (both networks' deepest stride).
_STRIDE: Final = 32
#: Longest side that a network sees. Measured: both find faces from about 14 px on at this size;
#: the candidate's face before a computer fills 40 px and more.
LONG_SIDE_PX: Final = 320
#: Boxes that overlap by more than this are one face (the value of both networks' authors).
_SAME_FACE_IOU: Final = 0.3
#: OpenCV's log level is one for the whole process, and streams are measured side by side.
_LOG_LEVEL: Final = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Face:
    """A face: box and landmarks in pixels of the picture that was given.

    Parameters
    ----------
    x_px, y_px, w_px, h_px
        Box; x, y is its upper left corner.
    score
        0 to 1, on the network's own scale.
    landmarks
        Shape (5, 2): the eyes, the tip of the nose, the corners of the mouth; of each pair the one
        on the left of the picture first.
    """

    x_px: float
    y_px: float
    w_px: float
    h_px: float
    score: float
    landmarks: NDArray[np.float64]


class FaceDetector(Protocol):
    """Whatever finds faces. Not to be shared between threads."""

    name: str

    def detect(self, picture: Picture) -> list[Face]:
        """Return the faces of a BGR picture of shape (height, width, 3), the surest first."""
        ...


class CenterFace:
    """CenterFace on OpenCV's network runtime.

    Parameters
    ----------
    path
        Model file ``centerface``.
    long_side_px
        Pictures are reduced to this (never enlarged).
    threshold
        Least score. At 0.5 (its authors' default) it found no false face in the sixteen webcam
        clips of the test data, two printed faces on clothes included.
    """

    name = "centerface"

    def __init__(
        self, path: Path, *, long_side_px: int = LONG_SIDE_PX, threshold: float = 0.5
    ) -> None:
        self._net = cv2.dnn.readNetFromONNX(str(path))
        self._long_side_px = long_side_px
        self._threshold = threshold

    def detect(self, picture: Picture) -> list[Face]:
        """Return the faces; see :class:`FaceDetector`."""
        small, scale = _fit(picture, self._long_side_px)
        self._net.setInput(cv2.dnn.blobFromImage(small))
        outputs = self._net.forward(["537", "538", "539", "540"])
        heat, size, offset, points = (np.asarray(output, dtype=float) for output in outputs)
        rows, columns = np.nonzero(heat[0, 0] > self._threshold)
        if not len(rows):
            return []
        # Everything is predicted on a grid of a quarter of the size (the network's output stride).
        w, h = 4 * np.exp(size[0, ::-1, rows, columns].T)
        x = 4 * (columns + offset[0, 1, rows, columns] + 0.5) - w / 2
        y = 4 * (rows + offset[0, 0, rows, columns] + 0.5) - h / 2
        marks = points[0][:, rows, columns].reshape(5, 2, -1)
        landmarks = np.stack([x + marks[:, 1] * w, y + marks[:, 0] * h], axis=-1)
        boxes = np.column_stack([x, y, w, h])
        return _faces(
            boxes, heat[0, 0, rows, columns], landmarks.transpose(1, 0, 2), scale, picture
        )


class YuNet:
    """YuNet by OpenCV's own class.

    Parameters
    ----------
    path
        Model file ``yunet``.
    long_side_px
        Pictures are reduced to this (never enlarged).
    threshold
        Least score. Measured on the test data: real faces 0.76 and more, faces that are none up
        to 0.73.
    """

    name = "yunet"

    def __init__(
        self, path: Path, *, long_side_px: int = LONG_SIDE_PX, threshold: float = 0.75
    ) -> None:
        with _quiet_opencv():
            self._net = cv2.FaceDetectorYN.create(
                str(path), "", (_STRIDE, _STRIDE), threshold, _SAME_FACE_IOU, 200
            )
        self._long_side_px = long_side_px

    def detect(self, picture: Picture) -> list[Face]:
        """Return the faces; see :class:`FaceDetector`."""
        small, scale = _fit(picture, self._long_side_px)
        self._net.setInputSize((small.shape[1], small.shape[0]))
        _, found = self._net.detect(small)
        if found is None:
            return []
        rows = np.asarray(found, dtype=float)
        landmarks = rows[:, 4:14].reshape(-1, 5, 2)
        return _faces(rows[:, :4], rows[:, 14], landmarks, scale, picture)


def face_detector(models: Models, *, long_side_px: int = LONG_SIDE_PX) -> FaceDetector:
    """Return the best face detector that is there: YuNet, else the embedded CenterFace.

    Raises
    ------
    ModelError
        If neither can be used.
    """
    if "yunet" in models:
        return YuNet(models.path("yunet"), long_side_px=long_side_px)
    return CenterFace(models.path("centerface"), long_side_px=long_side_px)


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Keep a warning off standard error: OpenCV 5's new engine ignores the target; no harm."""
    with _LOG_LEVEL:
        level = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        try:
            yield
        finally:
            cv2.utils.logging.setLogLevel(level)


def _fit(picture: Picture, long_side_px: int) -> tuple[Picture, NDArray[np.float64]]:
    """Reduce a picture to sides that a network takes; return it with original px per px (x, y)."""
    height, width = picture.shape[:2]
    ratio = min(1.0, long_side_px / max(height, width))
    w, h = (max(_STRIDE, round(side * ratio / _STRIDE) * _STRIDE) for side in (width, height))
    small = (
        picture
        if (w, h) == (width, height)
        else cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
    )
    return np.ascontiguousarray(small), np.array([width / w, height / h])


def _faces(
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
    landmarks: NDArray[np.float64],
    scale: NDArray[np.float64],
    picture: Picture,
) -> list[Face]:
    """Make faces in the original picture's pixels from candidates, one for each face."""
    kept = cv2.dnn.NMSBoxes(
        boxes.astype(float).tolist(), scores.astype(float).tolist(), 0.0, _SAME_FACE_IOU
    )
    limit = np.array([picture.shape[1], picture.shape[0]], dtype=float)
    faces = []
    for index in np.asarray(kept, dtype=int).ravel():
        corner = np.clip(boxes[index, :2] * scale, 0, limit)
        end = np.clip((boxes[index, :2] + boxes[index, 2:4]) * scale, 0, limit)
        w_px, h_px = end - corner
        if w_px > 0 and h_px > 0:
            faces.append(
                Face(
                    x_px=float(corner[0]),
                    y_px=float(corner[1]),
                    w_px=float(w_px),
                    h_px=float(h_px),
                    score=float(scores[index]),
                    landmarks=landmarks[index].astype(float) * scale,
                )
            )
    return sorted(faces, key=lambda face: -face.score)
