"""Where a head points, where its eyes look, and what its face looks like, from landmarks.

Nothing here is an angle: a web camera's place and lens are not known, so that everything is judged
against the same person's own usual value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import dlib
import numpy as np

from review.signals.sights import shares

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from review.signals.faces import Face

    Picture = NDArray[np.uint8]
    Patch = NDArray[np.uint8]

#: Narrowest distance between the eyes (px) at which a face's appearance is kept.
MIN_BETWEEN_PX: Final = 14.0
#: Narrowest eye (px between its corners) in which the iris is looked for: a camera at 0.6 m gives
#: 40 at 1280 px of width, 20 at 640. On smaller ones a shadow passes for the iris.
MIN_EYE_PX: Final = 20.0
#: Least range of brightness (levels of 255) of an eye: a shut one, or one behind dark glass, has
#: less.
MIN_EYE_RANGE: Final = 12.0
#: The eye brought to one size: corners at a height, room above for the lid and below.
_EYE: Final = (64, 32)
_EYE_CORNERS: Final = ((8.0, 16.0), (56.0, 16.0))
_EYE_PART: Final = (slice(6, 27), slice(8, 57))
#: The darkest part of the way from an eye's darkest to its middling pixels is taken for the iris.
_IRIS: Final = 0.35
#: The face brought to one size: eyes and corners of the mouth in these places.
PATCH_PX: Final = 24
_PATCH_POINTS: Final = np.array([[7.0, 7.5], [17.0, 7.5], [8.2, 19.0], [15.8, 19.0]], np.float32)


#: Where the eyes and the cheeks are on it.
_EYE_PARTS: Final = ((slice(5, 10), slice(4, 11)), (slice(5, 10), slice(13, 20)))
_CHEEKS: Final = ((slice(11, 16), slice(4, 9)), (slice(11, 16), slice(15, 20)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """What one look at a face says.

    Parameters
    ----------
    turn
        How far the tip of the nose lies to the right of the middle of the eyes, in distances
        between the eyes: 0 from the front, about 0.35 at 40 degrees.
    nod
        How far down it lies from the eyes to the mouth, 0 to 1: more when the head is bent down.
    gaze
        Where the irises stand between the corners of the eyes, 0 (the picture's left) to 1, mean
        of both eyes; None where they cannot be seen.
    luma
        Mean brightness of the face.
    shade
        Brightness of the eyes' surroundings by that of the cheeks: about 0.7, dark glasses 0.3.
        NaN where the face is too small.
    patch
        The face at ``PATCH_PX`` x ``PATCH_PX``, grey; None where it is too small.
    """

    turn: float
    nod: float
    gaze: float | None
    luma: float
    shade: float
    patch: Patch | None


class HeadReader:
    """Reads heads.

    Parameters
    ----------
    corners
        Model file ``face_landmarks_5``, which finds the corners of the eyes; None reads no eyes.
    """

    def __init__(self, corners: Path | None) -> None:
        self._corners = None if corners is None else dlib.shape_predictor(str(corners))

    def read(self, picture: Picture, face: Face) -> Head | None:
        """Read the head of a face in a BGR picture; None where its landmarks make no face."""
        left, right, nose, *mouth = face.landmarks
        between = right - left
        length_px = float(np.hypot(*between))
        down = (mouth[0] + mouth[1]) / 2 - (left + right) / 2
        if length_px < 1.0:
            return None
        along = between / length_px
        upright = np.array([-along[1], along[0]])
        height_px = float(down @ upright)
        if height_px < 0.3 * length_px:
            return None
        tip = nose - (left + right) / 2
        grey, shift = _surroundings(picture, face)
        if not grey.size:
            return None
        gaze = None
        if self._corners is not None and length_px >= MIN_EYE_PX:
            gaze = _gaze(self._corners, grey, face, shift)
        box = _box(face, shift)
        patch = _patch(grey, face, shift) if length_px >= MIN_BETWEEN_PX else None
        return Head(
            turn=float(tip @ along) / length_px,
            nod=float(tip @ upright) / height_px,
            gaze=gaze,
            luma=float(grey[box].mean()) if grey[box].size else 0.0,
            shade=float("nan") if patch is None else _shade(patch),
            patch=patch,
        )


def _gaze(corners: Any, grey: Picture, face: Face, shift: NDArray[np.float64]) -> float | None:
    x, y = face.x_px - shift[0], face.y_px - shift[1]
    box = dlib.rectangle(round(x), round(y), round(x + face.w_px), round(y + face.h_px))
    found = corners(grey, box)
    points = np.array([[found.part(n).x, found.part(n).y] for n in range(4)], float)
    # Its order: the outer and inner corner of the picture's right eye, then of the left one.
    eyes = (points[2], points[3]), (points[1], points[0])
    seen = [iris(grey, *ends) for ends in eyes]
    known = [at for at in seen if at is not None]
    return sum(known) / 2 if len(known) == 2 else None


def _shade(patch: Patch) -> float:
    eyes = np.concatenate([patch[part] for part in _EYE_PARTS], axis=None)
    cheeks = np.concatenate([patch[part] for part in _CHEEKS], axis=None)
    return float(eyes.mean()) / max(float(cheeks.mean()), 1.0)


def iris(grey: Picture, left: NDArray[np.float64], right: NDArray[np.float64]) -> float | None:
    """Return where the dark of the iris stands between the corners of an eye, 0 to 1.

    None where the eye is too small or shows nothing dark.
    """
    across = right - left
    if float(np.hypot(*across)) < MIN_EYE_PX:
        return None
    below = left + 0.5 * np.array([-across[1], across[0]])
    corners = (*_EYE_CORNERS, (_EYE_CORNERS[0][0], _EYE_CORNERS[0][1] + 24.0))
    matrix = cv2.getAffineTransform(
        np.array([left, right, below], np.float32), np.array(corners, np.float32)
    )
    eye = cv2.warpAffine(
        grey, matrix, _EYE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    smooth = cv2.GaussianBlur(eye.astype(np.float32), (0, 0), 1.5)[_EYE_PART]
    dark, middling = shares(np.asarray(smooth, np.float32), 0.05, 0.6)
    if middling - dark < MIN_EYE_RANGE:
        return None
    weight = np.clip(dark + _IRIS * (middling - dark) - smooth, 0, None).sum(axis=0)
    return float(weight @ np.arange(len(weight)) / weight.sum() / (len(weight) - 1))


def likeness(patches: NDArray[np.uint8], usual: NDArray[Any]) -> NDArray[np.float64]:
    """Return how much faces look like a usual one: correlation of the eyes' and the mouth's part.

    Parameters
    ----------
    patches
        Shape (n, ``PATCH_PX``, ``PATCH_PX``).
    usual
        Shape (``PATCH_PX``, ``PATCH_PX``).

    Returns
    -------
    numpy.ndarray
        Shape (n, 2): eyes, mouth; 1 for the same, about 0 for something else.
    """
    made = np.empty((len(patches), 2))
    for column, rows in enumerate(PARTS):
        parts = patches[:, rows].reshape(len(patches), -1).astype(np.float64)
        own = np.asarray(usual, float)[rows].ravel()
        parts = parts - parts.mean(axis=1, keepdims=True)
        own = own - own.mean()
        size = np.sqrt((parts**2).sum(axis=1) * (own**2).sum())
        made[:, column] = parts @ own / np.maximum(size, 1e-9)
    return made


#: Rows of a patch that hold the eyes, and those that hold mouth and chin.
PARTS: Final = (slice(2, 12), slice(13, PATCH_PX))


def usual_face(patches: NDArray[np.uint8], *, sample: int = 200) -> NDArray[np.float64]:
    """Return what a face usually looks like: the median of patches, without the odd ones."""
    chosen = patches[np.unique(np.linspace(0, len(patches) - 1, sample).astype(int))]
    usual = np.median(chosen, axis=0)
    near = likeness(chosen, usual).min(axis=1)
    kept = chosen[near >= np.median(near)]
    return np.asarray(np.median(kept, axis=0), dtype=float)


def _surroundings(picture: Picture, face: Face) -> tuple[Picture, NDArray[np.float64]]:
    """Cut out a face with some room about it, grey; return it with its upper left corner."""
    margin = 0.3 * max(face.w_px, face.h_px)
    left, top = max(0, int(face.x_px - margin)), max(0, int(face.y_px - margin))
    right, bottom = int(face.x_px + face.w_px + margin), int(face.y_px + face.h_px + margin)
    part = picture[top:bottom, left:right]
    if not part.size:
        return np.empty((0, 0), np.uint8), np.zeros(2)
    grey = np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return grey, np.array([left, top], dtype=float)


def _box(face: Face, shift: NDArray[np.float64]) -> tuple[slice, slice]:
    x, y = max(0, int(face.x_px - shift[0])), max(0, int(face.y_px - shift[1]))
    return slice(y, y + max(1, int(face.h_px))), slice(x, x + max(1, int(face.w_px)))


def _similarity(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the turn, size and shift (2, 3) that bring four points nearest to a patch's."""
    start = points[:, 0] + 1j * points[:, 1]
    end = _PATCH_POINTS[:, 0] + 1j * _PATCH_POINTS[:, 1]
    away = start - start.mean()
    spread = float((np.abs(away) ** 2).sum())
    if spread <= 0:
        return None
    factor = (np.conj(away) @ (end - end.mean())) / spread
    rest = end.mean() - factor * start.mean()
    return np.array([[factor.real, -factor.imag, rest.real], [factor.imag, factor.real, rest.imag]])


def _patch(grey: Picture, face: Face, shift: NDArray[np.float64]) -> Patch | None:
    matrix = _similarity(face.landmarks[[0, 1, 3, 4]] - shift)
    if matrix is None:
        return None
    # Reduced first: one pixel of the patch stands for many.
    ratio = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if ratio < 0.5:
        grey = np.asarray(
            cv2.resize(grey, None, fx=2 * ratio, fy=2 * ratio, interpolation=cv2.INTER_AREA),
            dtype=np.uint8,
        )
        shrink = np.array([2 * ratio, 2 * ratio, 1.0])
        matrix = np.asarray(matrix, dtype=float) / shrink
    return np.asarray(
        cv2.warpAffine(
            grey, matrix, (PATCH_PX, PATCH_PX), flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.uint8,
    )  # fmt: skip
