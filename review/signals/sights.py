"""One looked-at picture in the sizes that are measured, each made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Grey = NDArray[np.uint8]

#: Width at which brightness, contrast, sharpness and change are taken, so that they compare
#: between cameras.
STATS_WIDTH_PX: Final = 320
#: Width of the picture that the networks see reduced further: halving 1280 is ten times as quick
#: as any other reduction.
SMALL_WIDTH_PX: Final = 640
#: Width of the thumbnail in which changes are looked for.
THUMB_WIDTH_PX: Final = 80
#: Spread of the surroundings that brightness is compared with, at a quarter of the first width.
_SURROUNDINGS_PX: Final = 4.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Statistics:
    """What a picture looks like, and the reduced grey picture that it was taken from."""

    luma: float
    contrast: float
    sharpness: float
    grey: Grey


@dataclass(frozen=True, kw_only=True, eq=False)
class Sight:
    """A looked-at picture.

    Parameters
    ----------
    time_s
        Device time.
    picture
        BGR, as decoded.
    small
        The same, at most ``SMALL_WIDTH_PX`` wide.
    thumb
        Grey, ``THUMB_WIDTH_PX`` wide.
    scale
        Original pixels for each pixel of ``picture``.
    """

    time_s: float
    picture: Picture
    small: Picture
    thumb: Grey
    scale: float
    statistics: Statistics

    @property
    def small_scale(self) -> float:
        """Original pixels for each pixel of ``small``."""
        return self.scale * float(self.picture.shape[1] / self.small.shape[1])


def sight(time_s: float, picture: Picture, *, scale: float = 1.0) -> Sight:
    """Reduce a BGR picture to all the sizes that are measured."""
    small = _reduced(picture, SMALL_WIDTH_PX)
    seen = statistics(small)
    return Sight(
        time_s=time_s,
        picture=picture,
        small=small,
        thumb=_reduced(seen.grey, THUMB_WIDTH_PX),
        scale=scale,
        statistics=seen,
    )


def statistics(picture: Picture) -> Statistics:
    """Measure a picture, BGR or grey.

    Returns
    -------
    Statistics
        ``luma`` mean of brightness (0 to 255); ``contrast`` how far brightness differs from its
        surroundings, in the places where it differs most but for a fifth; ``sharpness`` variance
        of the Laplacian. All at ``STATS_WIDTH_PX``.

    Notes
    -----
    A lens under a finger shows a smooth gradient and often a burned-in clock, both of which have a
    large standard deviation. Measured: ``contrast`` 1 for such a picture with a clock, 18 to 45 for
    the rooms of the test data.
    """
    plain = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    height, width = plain.shape[:2]
    size = (STATS_WIDTH_PX, max(1, round(height * STATS_WIDTH_PX / width)))
    method = cv2.INTER_AREA if width > STATS_WIDTH_PX else cv2.INTER_LINEAR
    small = plain if width == STATS_WIDTH_PX else cv2.resize(plain, size, interpolation=method)
    grey = np.asarray(small, dtype=np.uint8)
    laplacian = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))[1]
    return Statistics(
        luma=float(cv2.mean(grey)[0]),
        contrast=_local_contrast(grey),
        sharpness=float(laplacian[0, 0]) ** 2,
        grey=grey,
    )


def change(before: Grey, after: Grey) -> float:
    """Return the mean absolute difference of two grey pictures, 0 to 255; 255 if sizes differ."""
    if before.shape != after.shape:
        return 255.0
    return float(cv2.mean(cv2.absdiff(before, after))[0])


def _reduced(picture: NDArray[np.uint8], width_px: int) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    if width <= width_px:
        return picture
    size = (width_px, max(1, round(height * width_px / width)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _local_contrast(grey: Grey) -> float:
    # Noise and fine text go with the size; a quarter of it is enough to see a room.
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    plain = small.astype(float)
    surroundings = cv2.GaussianBlur(plain, (0, 0), _SURROUNDINGS_PX)
    return float(np.percentile(np.abs(plain - surroundings), 80))
