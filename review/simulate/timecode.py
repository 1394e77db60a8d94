"""A time code in the picture that a program can read, for tests of clocks and of playback.

A strip at the lower left: two rows of blocks, black or white, then the time in digits. The blocks
hold a start mark, the session time in hundredths of a second, and a check sum, so that a picture
without a time code, or one that was damaged, gives None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.simulate.layers import Picture

#: Blocks in a row, rows, and their size as fractions of the picture's width and height.
_COLUMNS: Final = 20
_ROWS: Final = 2
_WIDTH: Final = 1 / 40
_HEIGHT: Final = 1 / 30
_MARK: Final = (1, 0, 1, 1, 0, 0)
_TIME_BITS: Final = 26
_CHECK_BITS: Final = 8
#: Times from about -93 hours on can be written.
_SHIFT: Final = 1 << (_TIME_BITS - 1)


def draw(picture: Picture, time_s: float) -> None:
    """Draw the time code of a session time into a BGR picture, in place."""
    bits = _encode(round(time_s * 100))
    height, width = picture.shape[:2]
    for index, bit in enumerate(bits):
        (x0, y0), (x1, y1) = _block(index, width, height)
        picture[round(y0) : round(y1), round(x0) : round(x1)] = 235 if bit else 20
    (x, top), (_, bottom) = _block(_COLUMNS * _ROWS - 1, width, height)
    size = max(8, round((bottom - top) * 1.1))
    left = round(x + 1.5 * _WIDTH * width)
    picture[round(bottom) - size - 4 :, left : left + 5 * size] = 20
    at = (left + 2, round(bottom) - 3)
    cv2.putText(picture, f"{time_s:.1f}", at, (235, 235, 235), cv2.FontFace("sans"), size)


def read(picture: Picture) -> float | None:
    """Return the session time that a picture shows, to a hundredth of a second.

    Parameters
    ----------
    picture
        BGR, shape (height, width, 3), of any size with the proportions it was drawn in.

    Returns
    -------
    float or None
        None where there is no time code.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(float)
    height, width = grey.shape
    levels = np.array(
        [_level(grey, *_block(index, width, height)) for index in range(_COLUMNS * _ROWS)]
    )
    mark = levels[: len(_MARK)]
    ones = np.array(_MARK, bool)
    white, black = mark[ones].min(), mark[~ones].max()
    if white - black < 60:
        return None
    return _decode((levels > (white + black) / 2).astype(int))


def _block(index: int, width: int, height: int) -> tuple[tuple[float, float], tuple[float, float]]:
    row, column = divmod(index, _COLUMNS)
    x, y = column * _WIDTH * width, (1 - (_ROWS - row) * _HEIGHT) * height
    return (x, y), (x + _WIDTH * width, y + _HEIGHT * height)


def _level(
    grey: NDArray[np.float64], start: tuple[float, float], end: tuple[float, float]
) -> float:
    """Return the mean of a block's middle: its edges are blurred by scaling and by the encoder."""
    (x0, y0), (x1, y1) = start, end
    mx, my = 0.3 * (x1 - x0), 0.3 * (y1 - y0)
    left, top = int(x0 + mx), int(y0 + my)
    part = grey[top : max(top + 1, round(y1 - my)), left : max(left + 1, round(x1 - mx))]
    return float(part.mean())


def _encode(hundredths: int) -> list[int]:
    value = hundredths + _SHIFT
    time = [(value >> bit) & 1 for bit in reversed(range(_TIME_BITS))]
    check = _checksum(value)
    sums = [(check >> bit) & 1 for bit in reversed(range(_CHECK_BITS))]
    return [*_MARK, *time, *sums]


def _decode(bits: NDArray[np.int64]) -> float | None:
    time = bits[len(_MARK) : len(_MARK) + _TIME_BITS]
    sums = bits[len(_MARK) + _TIME_BITS :]
    value = int("".join(str(b) for b in time), 2)
    check = int("".join(str(b) for b in sums), 2)
    right = tuple(bits[: len(_MARK)]) == _MARK and check == _checksum(value)
    return (value - _SHIFT) / 100 if right else None


def _checksum(value: int) -> int:
    # A multiplication spreads every bit of the time over the sum.
    return ((value * 2654435761) >> 11) & ((1 << _CHECK_BITS) - 1)
