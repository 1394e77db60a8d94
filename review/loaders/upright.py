"""From a decoded picture to upright pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray


Matrix = tuple[tuple[int, int], tuple[int, int]]

#: Formats whose first plane is brightness in whole bytes, from 16 to 235 unless they say otherwise.
_LUMA_FIRST: Final = ("yuv420p", "yuv422p", "yuv444p", "nv12")
_FULL_RANGE: Final = 2


class Turn:
    """How the pictures of one file are brought upright.

    Looking at a picture's side data ties the picture into a reference cycle, so that its memory
    stays until the garbage collector runs: hundreds of megabytes of pictures. It is therefore
    looked at for the first picture, and again only when the turn changes.
    """

    def __init__(self) -> None:
        self._rotation: int | None = None
        self._matrix: Matrix | None = None

    def of(self, frame: VideoFrame) -> Matrix | None:
        """Return the quarter turns and mirrorings of a picture; None for upright."""
        if frame.rotation != self._rotation:
            self._rotation, self._matrix = frame.rotation, _display_matrix(frame)
        return self._matrix


def pixels_of(
    frame: VideoFrame, matrix: Matrix | None, width_px: int | None, *, gray: bool
) -> NDArray[np.uint8]:
    """Return a decoded picture upright, of a given width, in BGR or grey."""
    lying = matrix is not None and matrix[0][0] == 0
    width, height = frame.width, frame.height
    if width_px is not None:
        across, along = (height, width) if lying else (width, height)
        along = max(1, round(along * width_px / across))
        width, height = (along, width_px) if lying else (width_px, along)
    pixels: Any = (
        _brightness(frame) if gray and (width, height) == (frame.width, frame.height) else None
    )
    if pixels is None:
        pixels = frame.to_ndarray(
            format="gray" if gray else "bgr24",
            width=width,
            height=height,
            # Averages what becomes one pixel; anything else shimmers when text is made small.
            interpolation="AREA" if width < frame.width else "BILINEAR",
            # To hand slices to other threads takes longer than to convert them: measured 0.8 ms
            # for 720p in the caller's thread, 3 to 4 ms by threads where both processors work.
            threads=1,
        )
    return pixels if matrix is None else _upright(pixels, matrix)


def _brightness(frame: VideoFrame) -> NDArray[np.uint8] | None:
    """Return a picture's brightness as the library converts it, in a fifth of the time.

    None where the format does not hold it as it is needed.
    """
    if frame.format.name not in _LUMA_FIRST or frame.color_range == _FULL_RANGE:
        return None
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    luma = rows[: frame.height, : frame.width]
    # ITU-R BT.601, 2.5: black is 16, white 235.
    above: Any = cv2.subtract(luma, 16.0)  # type: ignore[call-overload]  # takes a number as well
    # Into the same memory: for 1080p another 2 MB of fresh pages would take five times as long.
    return np.asarray(cv2.convertScaleAbs(above, above, 255 / 219), dtype=np.uint8)


def _display_matrix(frame: VideoFrame) -> Matrix | None:
    """Return the 2×2 part of the container's display matrix in quarter turns, None for upright."""
    if not frame.rotation and "DISPLAYMATRIX" not in frame.side_data:
        return None
    side: Any = frame.side_data
    raw = np.frombuffer(bytes(side["DISPLAYMATRIX"]), dtype=np.int32)
    # ISO/IEC 14496-12, 8.3.2: a b u c d v x y w, of which a b c d are 16.16 fixed point.
    turn = np.rint(raw[[0, 1, 3, 4]] / 65536).astype(int)
    a, b, c, d = (int(v) for v in np.sign(turn))
    if (a, b, c, d) == (1, 0, 0, 1) or abs(a * d - b * c) != 1 or (a and b):
        return None
    return ((a, b), (c, d))


def _upright(pixels: NDArray[np.uint8], matrix: Matrix) -> NDArray[np.uint8]:
    """Apply a display matrix of quarter turns and mirrorings (x' = a x + c y, y' = b x + d y)."""
    (a, b), (c, d) = matrix
    if a == 0:
        pixels = pixels.swapaxes(0, 1)
        # Now the columns are the former rows: x' = c y, y' = b x.
        a, d = c, b
    turned = pixels[:: 1 if d > 0 else -1, :: 1 if a > 0 else -1]
    return np.ascontiguousarray(turned)
