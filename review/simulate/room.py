"""The room behind the person, once for each camera: walls, window, door, shelf, desk.

Backgrounds are drawn in pixels of the wanted size and are the same for the same seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from review.simulate import layers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.simulate.layers import Picture

#: Wall colours (BGR) of ordinary flats.
_WALLS: Final = (
    (205, 214, 218),
    (196, 205, 200),
    (214, 208, 198),
    (188, 200, 214),
    (208, 208, 208),
)
_DESKS: Final = ((92, 128, 164), (120, 150, 178), (196, 200, 204), (70, 96, 128))


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a room is furnished with; made by :func:`furnish`."""

    wall: tuple[int, int, int]
    desk: tuple[int, int, int]
    window_x: float
    shelf_x: float
    books: tuple[tuple[int, int, int], ...]
    seed: int


def furnish(rng: np.random.Generator) -> Room:
    """Draw a room."""
    books = rng.integers(40, 200, (9, 3))
    return Room(
        wall=_WALLS[int(rng.integers(len(_WALLS)))],
        desk=_DESKS[int(rng.integers(len(_DESKS)))],
        window_x=float(rng.uniform(0.02, 0.1)),
        shelf_x=float(rng.uniform(0.72, 0.8)),
        books=tuple((int(b), int(g), int(r)) for b, g, r in books),
        seed=int(rng.integers(2**31)),
    )


def backdrop(room: Room, view: str, size: tuple[int, int]) -> Picture:
    """Return the empty room as a camera sees it.

    Parameters
    ----------
    view
        ``front``, ``right_rear`` or ``left_front``.
    size
        Width and height in pixels.
    """
    width, height = size
    picture = _wall(room, view, size)
    draw = _Pen(picture)
    if view == "front":
        _window(draw, room.window_x, 0.02, 0.2, 0.62)
        _shelf(draw, room, room.shelf_x, 0.3)
    elif view == "right_rear":
        _window(draw, 0.62 + room.window_x, 0.0, 0.24, 0.34)
        _floor(draw, 0.8)
    else:
        _shelf(draw, room, 0.03 + room.window_x, 0.22)
        _door(draw, 0.72)
        _floor(draw, 0.82)
    blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), height / 300), dtype=np.uint8)
    return _grain(blurred, room.seed + width)


class _Pen:
    """Draws in fractions of the picture's width and height."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.height, self.width = picture.shape[:2]

    def box(self, x: float, y: float, w: float, h: float, colour: tuple[int, int, int]) -> None:
        start = (round(x * self.width), round(y * self.height))
        end = (round((x + w) * self.width), round((y + h) * self.height))
        cv2.rectangle(self.picture, start, end, colour, -1, cv2.LINE_AA)

    def area(self, points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
        fixed = np.array(points) * (self.width, self.height)
        cv2.fillPoly(self.picture, [np.round(fixed).astype(np.int32)], colour, cv2.LINE_AA)


def _wall(room: Room, view: str, size: tuple[int, int]) -> Picture:
    width, height = size
    down = np.linspace(1.02, 0.9, height)[:, None]
    # Light comes from the window: from the left in front, from the right behind.
    across = np.linspace(1.06, 0.86, width)[None, :]
    light = down * (across if view == "front" else across[:, ::-1])
    plane = light[..., None] * np.array(room.wall, float)
    return np.asarray(np.clip(plane, 0, 255), dtype=np.uint8)


def _window(draw: _Pen, x: float, y: float, w: float, h: float) -> None:
    draw.box(x, y, w, h, (236, 240, 240))
    draw.box(x + 0.01, y + 0.02, w - 0.02, h - 0.04, (250, 244, 232))
    draw.box(x + w / 2 - 0.005, y, 0.01, h, (225, 230, 230))
    draw.box(x - 0.02, y, 0.035, h + 0.05, (150, 168, 182))


def _shelf(draw: _Pen, room: Room, x: float, y: float) -> None:
    draw.box(x, y, 0.2, 0.03, (90, 118, 146))
    place = x + 0.01
    for index, colour in enumerate(room.books):
        wide, tall = 0.012 + 0.004 * (index % 3), 0.12 + 0.02 * (index % 4)
        draw.box(place, y - tall, wide, tall, colour)
        place += wide + 0.004
    draw.box(x, y + 0.24, 0.2, 0.03, (90, 118, 146))


def _door(draw: _Pen, x: float) -> None:
    draw.box(x, 0.06, 0.2, 0.78, (150, 170, 188))
    draw.box(x + 0.015, 0.09, 0.17, 0.72, (172, 192, 208))
    draw.box(x + 0.02, 0.46, 0.02, 0.02, (90, 100, 110))


def _floor(draw: _Pen, y: float) -> None:
    draw.box(0, y, 1, 1 - y, (122, 140, 156))
    draw.box(0, y - 0.015, 1, 0.02, (210, 216, 220))


def _grain(picture: Picture, seed: int) -> Picture:
    noise = layers.smooth_noise(
        (picture.shape[0], picture.shape[1]),
        grain=picture.shape[0] / 24,
        rng=np.random.default_rng(seed),
    )
    return np.clip(picture + 2.5 * noise[..., None], 0, 255).astype(np.uint8)


def desk(room: Room, view: str, size: tuple[int, int]) -> tuple[Picture, Picture]:
    """Return two sprites of the whole picture's size: what stands behind the person, and before.

    From behind, the desk with monitor and keyboard is beyond the person and the chair before;
    from ahead, the desk with the back of the monitor hides the lap.
    """
    width, height = size
    behind, before = layers.blank(height, width), layers.blank(height, width)
    if view == "right_rear":
        _area(behind, [(0.0, 0.62), (0.74, 0.56), (0.92, 0.72), (0.0, 0.86)], room.desk)
        _area(behind, [(0.0, 0.86), (0.92, 0.72), (0.92, 0.75), (0.0, 0.9)], _dark(room.desk))
        _area(behind, [(0.2, 0.56), (0.3, 0.55), (0.32, 0.63), (0.18, 0.64)], (60, 60, 64))
        _area(behind, [(0.05, 0.13), (0.47, 0.17), (0.46, 0.56), (0.05, 0.59)], (30, 30, 34))
        _area(behind, [(0.3, 0.67), (0.58, 0.645), (0.62, 0.7), (0.31, 0.73)], (70, 72, 76))
        _area(before, [(0.6, 0.93), (0.62, 0.8), (0.8, 0.77), (0.81, 0.9)], (58, 56, 60))
        _area(before, [(0.68, 0.9), (0.73, 0.9), (0.74, 1.0), (0.69, 1.0)], (44, 42, 46))
        _area(before, [(0.56, 0.93), (0.83, 0.9), (0.84, 0.95), (0.57, 0.98)], (50, 48, 52))
    elif view == "left_front":
        _area(before, [(0.0, 0.72), (1.0, 0.68), (1.0, 1.0), (0.0, 1.0)], room.desk)
        _area(before, [(0.0, 0.72), (1.0, 0.68), (1.0, 0.7), (0.0, 0.74)], _light(room.desk))
        _area(before, [(0.63, 0.4), (0.86, 0.36), (0.88, 0.67), (0.65, 0.7)], (44, 44, 48))
        _area(before, [(0.72, 0.68), (0.8, 0.67), (0.84, 0.74), (0.69, 0.76)], (66, 66, 70))
    return behind, before


#: Corners of the monitor's picture from behind: upper left, upper right, lower right, lower left,
#: in fractions of width and height.
MONITOR: Final = ((0.062, 0.148), (0.458, 0.187), (0.45, 0.545), (0.062, 0.572))


def _area(sprite: Picture, points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
    height, width = sprite.shape[:2]
    fixed = np.round(np.array(points) * (width, height)).astype(np.int32)
    cv2.fillPoly(sprite, [fixed], (*colour, 255), cv2.LINE_AA)


def _dark(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    return tuple(int(c * 0.7) for c in colour)  # type: ignore[return-value]


def _light(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    return tuple(min(255, int(c * 1.12)) for c in colour)  # type: ignore[return-value]


def monitor_matrix(size: tuple[int, int], screen: tuple[int, int]) -> NDArray[np.float64]:
    """Return the 3x3 matrix from screen pixels to the picture from behind; sizes are (w, h)."""
    source = np.array([(0, 0), (screen[0], 0), screen, (0, screen[1])], np.float32)
    target = np.array(MONITOR, np.float32) * np.array(size, np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, target))
