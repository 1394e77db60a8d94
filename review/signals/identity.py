"""Whether two faces are one person: 128 numbers for each good face, compared by distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import dlib
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from review.signals.faces import Face
    from review.signals.models import Models

    Picture = NDArray[np.uint8]
    Vector = NDArray[np.float32]

#: Side of the aligned face that the network takes, and the margin about the face (the model's own).
CHIP_PX: Final = 150
_PADDING: Final = 0.25
#: Narrowest face that is compared. Measured on the webcam clips, reduced step by step: down to
#: 29 px one person stays within 0.42 of the median and another beyond; at 21 px they mix.
MIN_WIDTH_PX: Final = 28.0
#: Least variance of the Laplacian of the aligned grey face. Measured: 9-30 sharp, 3-8 at 29 px,
#: 2-5 where persons mix.
MIN_SHARPNESS: Final = 3.0
#: Farthest that the nose may stand from the middle of the eyes, in distances between the eyes: at
#: about 0.35 the head is turned by some 40 degrees and the far eye begins to hide.
MAX_TURN: Final = 0.35


class Embedder:
    """The 5-point alignment and the ResNet of dlib.

    Raises
    ------
    ModelError
        If one of its two files cannot be used.
    """

    def __init__(self, models: Models) -> None:
        self._points = dlib.shape_predictor(str(models.path("face_landmarks_5")))
        self._net = dlib.face_recognition_model_v1(str(models.path("face_embedding")))

    def chip(self, picture: Picture, face: Face) -> Picture:
        """Cut out and align a face: BGR picture in, 150x150 RGB out."""
        # Only the surroundings are turned to RGB: a whole 1080p picture would cost more than that.
        margin = int(max(face.w_px, face.h_px))
        left, top = max(0, int(face.x_px) - margin), max(0, int(face.y_px) - margin)
        right, bottom = int(face.x_px + face.w_px) + margin, int(face.y_px + face.h_px) + margin
        part = np.ascontiguousarray(picture[top:bottom, left:right, ::-1])
        box = dlib.rectangle(
            round(face.x_px) - left,
            round(face.y_px) - top,
            round(face.x_px + face.w_px) - left,
            round(face.y_px + face.h_px) - top,
        )
        return np.asarray(dlib.get_face_chip(part, self._points(part, box), CHIP_PX, _PADDING))

    def embed(self, picture: Picture, face: Face) -> Vector:
        """Return 128 numbers of a face in a BGR picture."""
        return self.embed_chips([self.chip(picture, face)])[0]

    def embed_chips(self, chips: Sequence[Picture]) -> list[Vector]:
        """Return 128 numbers for each aligned face of :meth:`chip`."""
        if not chips:
            return []
        return [np.asarray(v, dtype=np.float32) for v in self._net.compute_face_descriptor(chips)]


def is_good(face: Face) -> bool:
    """Say whether a face is large and frontal enough to be compared."""
    left, right, nose = face.landmarks[0], face.landmarks[1], face.landmarks[2]
    between_px = float(np.hypot(*(right - left)))
    if face.w_px < MIN_WIDTH_PX or between_px <= 0:
        return False
    along = (right - left) / between_px
    turn = float((nose - (left + right) / 2) @ along) / between_px
    return abs(turn) <= MAX_TURN


def is_sharp(chip: Picture) -> bool:
    """Say whether an aligned face is sharp enough to be compared."""
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var()) >= MIN_SHARPNESS


def distance(a: Vector, b: Vector) -> float:
    """Return the Euclidean distance of two embeddings."""
    return float(np.linalg.norm(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)))
