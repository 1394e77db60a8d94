"""One looked-at picture in the sizes that are measured, each made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

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


class Shown(Protocol):
    """A picture that is converted when it is asked for."""

    @property
    def pixels(self) -> Picture:
        """BGR."""

    @property
    def brightness(self) -> Grey:
        """Grey."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sight:
    """A looked-at picture; in colour only once a network has looked at it.

    Parameters
    ----------
    time_s
        Device time.
    shown
        The picture.
    thumb
        Grey, ``THUMB_WIDTH_PX`` wide.
    width_px, height_px
        Of the picture.
    scale
        Original pixels for each pixel of the picture.
    """

    time_s: float
    shown: Shown
    thumb: Grey
    width_px: int
    height_px: int
    scale: float
    statistics: Statistics

    @property
    def picture(self) -> Picture:
        """BGR, as decoded."""
        return self.shown.pixels

    @cached_property
    def small(self) -> Picture:
        """The same, at most ``SMALL_WIDTH_PX`` wide."""
        return _reduced(self.picture, SMALL_WIDTH_PX)

    @property
    def small_width_px(self) -> int:
        """Width of :attr:`small`, which need not be made for it."""
        return min(self.width_px, SMALL_WIDTH_PX)

    @property
    def small_scale(self) -> float:
        """Original pixels for each pixel of ``small``."""
        return self.scale * self.width_px / self.small_width_px


def sight(time_s: float, shown: Shown, *, scale: float = 1.0) -> Sight:
    """Measure a picture and reduce it to the sizes in which changes are looked for."""
    grey = shown.brightness
    seen = statistics(grey)
    return Sight(
        time_s=time_s,
        shown=shown,
        thumb=_reduced(seen.grey, THUMB_WIDTH_PX),
        width_px=grey.shape[1],
        height_px=grey.shape[0],
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
    plain = _halved(np.asarray(plain, dtype=np.uint8), STATS_WIDTH_PX)
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


def _halved(picture: NDArray[np.uint8], width_px: int) -> NDArray[np.uint8]:
    """Halve a picture as long as it stays wide enough: seven times as quick as in one step."""
    height, width = picture.shape[:2]
    while width >= 2 * width_px and not (width % 2 or height % 2):
        height, width = height // 2, width // 2
        halved = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        picture = np.asarray(halved, dtype=np.uint8)
    return picture


def _reduced(picture: NDArray[np.uint8], width_px: int) -> NDArray[np.uint8]:
    picture = _halved(picture, width_px)
    height, width = picture.shape[:2]
    if width <= width_px:
        return picture
    size = (width_px, max(1, round(height * width_px / width)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _local_contrast(grey: Grey) -> float:
    # Noise and fine text go with the size; a quarter of it is enough to see a room.
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    plain = small.astype(np.float32)
    surroundings = cv2.GaussianBlur(plain, (0, 0), _SURROUNDINGS_PX)
    return shares(np.abs(plain - surroundings), 0.8)[0]


def shares(values: NDArray[np.floating], *wanted: float) -> list[float]:
    """Return the values that so large a share of all lies below, rounded down to one of them.

    A tenth of the time of :func:`numpy.percentile`, which a picture's few numbers do not repay.
    """
    flat = values.ravel()
    places = [int(share * (flat.size - 1)) for share in wanted]
    parted = np.partition(flat, places)
    return [float(parted[place]) for place in places]
