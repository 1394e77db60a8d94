"""Sprites: pictures with transparency, and how they are laid over each other.

A sprite is a BGRA picture of shape (height, width, 4), ``uint8``, with premultiplied colours, so
that it may be scaled and turned without a fringe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Plane = NDArray[np.float32]


def sprite(colour: NDArray[np.generic], alpha: NDArray[np.generic]) -> Picture:
    """Make a sprite from BGR colours (0 to 255) and an opacity plane (0 to 1)."""
    opacity = np.clip(np.asarray(alpha, dtype=np.float32), 0, 1)[..., None]
    bgr = np.clip(np.asarray(colour, dtype=np.float32), 0, 255) * opacity
    return np.concatenate([bgr, opacity * 255], axis=2).round().astype(np.uint8)


def blank(height: int, width: int) -> Picture:
    """Return a sprite that shows nothing."""
    return np.zeros((height, width, 4), np.uint8)


def scaled(picture: Picture, factor: float) -> Picture:
    """Return the picture scaled by a factor, averaged where it shrinks."""
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    size = (max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor)))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=how))


def placed(
    anchor: tuple[float, float],
    at: tuple[float, float],
    *,
    scale: float | tuple[float, float] = 1.0,
    turn_deg: float = 0.0,
    shear: float = 0.0,
) -> NDArray[np.float64]:
    """Return the 2x3 matrix that brings a sprite's ``anchor`` to ``at``, scaled, then turned."""
    sx, sy = scale if isinstance(scale, tuple) else (scale, scale)
    angle = np.deg2rad(turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.array([[sx, shear * sy], [0.0, sy]])
    shift = np.asarray(at) - linear @ np.asarray(anchor)
    return np.column_stack([linear, shift])


def lay(picture: Picture, over: Picture, matrix: NDArray[np.float64], shade: float = 1.0) -> None:
    """Lay a sprite over a BGR picture, in place; parts beyond the border are cut.

    Parameters
    ----------
    matrix
        2x3, sprite pixels to picture pixels; see :func:`placed`.
    shade
        Factor of brightness of the sprite.
    """
    height, width = picture.shape[:2]
    h, w = over.shape[:2]
    corners = matrix @ np.array([[0, w, 0, w], [0, 0, h, h], [1, 1, 1, 1]], dtype=float)
    x0, y0 = np.maximum(np.floor(corners.min(axis=1)).astype(int) - 1, 0)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=1)).astype(int) + 2, (width, height))
    if x1 <= x0 or y1 <= y0:
        return
    local = matrix.copy()
    local[:, 2] -= (x0, y0)
    warped = cv2.warpAffine(over, local, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR)
    part = picture[y0:y1, x0:x1]
    rest = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(warped, 3)), cv2.COLOR_GRAY2BGR)
    below = cv2.multiply(part, rest, scale=1 / 255)
    above = cv2.cvtColor(warped, cv2.COLOR_BGRA2BGR)
    if shade != 1.0:
        above = cv2.convertScaleAbs(above, alpha=shade)
    picture[y0:y1, x0:x1] = cv2.add(below, above)


def smooth_noise(
    shape: tuple[int, int], *, grain: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return noise of unit deviation whose patches are ``grain`` pixels wide."""
    small = (max(2, int(shape[0] / grain) + 2), max(2, int(shape[1] / grain) + 2))
    coarse = rng.standard_normal(small).astype(np.float32)
    fine = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine / max(float(fine.std()), 1e-6), dtype=np.float32)


def polygon(
    shape: tuple[int, int], points: NDArray[np.float64], *, feather: float = 1.0
) -> NDArray[np.float32]:
    """Return an opacity plane (0 to 1) of a filled polygon with a soft edge."""
    plane = np.zeros(shape, np.uint8)
    # Three more bits of position: edges do not jump from pixel to pixel as something moves.
    fixed = np.round(np.asarray(points) * 8).astype(np.int32)
    cv2.fillPoly(plane, [fixed], 255, lineType=cv2.LINE_AA, shift=3)
    soft = cv2.GaussianBlur(plane, (0, 0), feather) if feather > 0 else plane
    return np.asarray(soft, dtype=np.float32) / np.float32(255)


def ellipse(
    shape: tuple[int, int],
    centre: tuple[float, float],
    radii: tuple[float, float],
    *,
    feather: float = 1.0,
) -> NDArray[np.float32]:
    """Return an opacity plane (0 to 1) of a filled upright ellipse with a soft edge."""
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    points = np.column_stack(
        [centre[0] + radii[0] * np.cos(angle), centre[1] + radii[1] * np.sin(angle)]
    )
    return polygon(shape, points, feather=feather)


def smooth_outline(points: NDArray[np.float64], *, steps: int = 3) -> NDArray[np.float64]:
    """Round the corners of a closed polygon (Chaikin's cutting)."""
    outline = np.asarray(points, dtype=float)
    for _ in range(steps):
        after = np.roll(outline, -1, axis=0)
        cut = np.stack([0.75 * outline + 0.25 * after, 0.25 * outline + 0.75 * after], axis=1)
        outline = cut.reshape(-1, 2)
    return outline
