"""Faces in a picture, by either of two networks behind one interface."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

import cv2
import numpy as np

from review.signals.networks import session

if TYPE_CHECKING:
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
#: Grids of YuNet (the model's own).
_YUNET_STRIDES: Final = (8, 16, 32)
_YUNET_KINDS: Final = ("cls", "obj", "bbox", "kps")


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

    def scaled(self, factor: float) -> Face:
        """Return the face in a picture that is this many times as large."""
        if factor == 1.0:
            return self
        return Face(
            x_px=self.x_px * factor,
            y_px=self.y_px * factor,
            w_px=self.w_px * factor,
            h_px=self.h_px * factor,
            score=self.score,
            landmarks=self.landmarks * factor,
        )

    def shifted(self, x_px: float, y_px: float) -> Face:
        """Return the face in a part of the picture whose upper left corner is at x, y."""
        return replace(
            self,
            x_px=self.x_px - x_px,
            y_px=self.y_px - y_px,
            landmarks=self.landmarks - np.array([x_px, y_px]),
        )


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
    """YuNet on ONNX Runtime, 2.4 times as quick there as by OpenCV's own class.

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
        self._session = session(path)
        self._input = self._session.get_inputs()[0].name
        self._outputs = [f"{kind}_{s}" for s in _YUNET_STRIDES for kind in _YUNET_KINDS]
        self._long_side_px = long_side_px
        self._threshold = threshold

    def detect(self, picture: Picture) -> list[Face]:
        """Return the faces; see :class:`FaceDetector`."""
        small, scale = _fit(picture, self._long_side_px)
        blob = np.ascontiguousarray(small.transpose(2, 0, 1)[None], dtype=np.float32)
        found = self._session.run(self._outputs, {self._input: blob})
        sure, at, box, marks = (
            np.concatenate([np.asarray(part)[0] for part in found[n::4]]) for n in range(4)
        )
        # The score of the authors: the mean, on a scale of ratios, of "face" and "something".
        score = np.sqrt(np.clip(sure[:, 0], 0, 1) * np.clip(at[:, 0], 0, 1))
        good = np.flatnonzero(score >= self._threshold)
        if not len(good):
            return []
        corner, stride = (part[good] for part in _yunet_grid(small.shape[0], small.shape[1]))
        centre = (corner + box[good, :2]) * stride
        extent = np.exp(box[good, 2:4]) * stride
        boxes = np.column_stack([centre - extent / 2, extent])
        points = marks[good].reshape(-1, 5, 2)
        landmarks = (points + corner[:, None]) * stride[:, None]
        return _faces(boxes.astype(float), score[good], landmarks.astype(float), scale, picture)


@cache
def _yunet_grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the corner (n, 2) and the stride (n, 1) of every cell."""
    corners, strides = [], []
    for step in _YUNET_STRIDES:
        y, x = np.mgrid[: height // step, : width // step]
        corners.append(np.column_stack([x.ravel(), y.ravel()]))
        strides.append(np.full((x.size, 1), step))
    return (
        np.concatenate(corners).astype(np.float32),
        np.concatenate(strides).astype(np.float32),
    )


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


def _fit(picture: Picture, long_side_px: int) -> tuple[Picture, float]:
    """Reduce a picture and fill it up to sides that a network takes.

    Returns
    -------
    picture, scale
        ``scale`` is original px for each of its px.
    """
    height, width = picture.shape[:2]
    ratio = min(1.0, long_side_px / max(height, width))
    w, h = max(1, round(width * ratio)), max(1, round(height * ratio))
    method = cv2.INTER_AREA if ratio <= 0.5 else cv2.INTER_LINEAR
    small = picture if ratio == 1.0 else cv2.resize(picture, (w, h), interpolation=method)
    below, beside = -h % _STRIDE, -w % _STRIDE
    if below or beside:
        small = cv2.copyMakeBorder(small, 0, below, 0, beside, cv2.BORDER_CONSTANT)
    return np.ascontiguousarray(small), 1.0 / ratio


def _faces(
    boxes: NDArray[np.float64],
    scores: NDArray[np.floating],
    landmarks: NDArray[np.float64],
    scale: float,
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
