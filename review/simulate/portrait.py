"""One portrait, made into many people: it is warped, recoloured and re-lit.

The portrait is NASA's of Eileen Collins, in the public domain, which scikit-image carries as
``astronaut``. Only head and neck are used. Positions in this module are pixels of the head's
picture: the portrait's rectangle ``CROP`` enlarged ``ENLARGED`` times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import skimage.data

from review.simulate import layers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.simulate.layers import Picture

#: x, y, width, height of the head in the portrait, and by how much it is enlarged.
CROP: Final = (110, 0, 240, 230)
ENLARGED: Final = 4
#: Size of the head's picture: height, width.
SHAPE: Final = (CROP[3] * ENLARGED, CROP[2] * ENLARGED)
#: Where the parts of the face are.
EYES: Final = ((375.0, 405.0), (547.0, 412.0))
BROWS: Final = ((365.0, 357.0), (560.0, 370.0))
NOSE: Final = (460.0, 500.0)
MOUTH: Final = (457.0, 578.0)
CHIN: Final = (450.0, 705.0)
#: Middle of the neck where it meets the collar: sprites are hung up here.
NECK: Final = (450.0, 735.0)
#: Left, top, right and bottom of a face, brows to chin and cheek to cheek, mirrored or not.
FACE: Final = (290.0, 330.0, 610.0, 710.0)
#: Middle of the face.
CENTRE: Final = (458.0, 490.0)

_HEAD: Final = (
    (480, 60), (420, 76), (350, 98), (318, 140), (240, 168), (190, 230), (173, 290), (180, 380),
    (205, 430), (235, 474), (245, 502), (265, 522), (290, 526), (299, 600), (312, 660), (318, 700),
    (348, 718), (420, 734), (490, 740), (566, 722), (585, 670), (610, 620), (630, 545), (655, 545),
    (680, 515), (710, 480), (740, 430), (760, 370), (765, 310), (750, 240), (730, 180), (690, 130),
    (630, 98), (560, 75),
)  # fmt: skip
_SKIN: Final = (
    (300, 312), (370, 318), (490, 330), (620, 358), (640, 400), (645, 545), (630, 600), (588, 690),
    (572, 746), (490, 770), (420, 760), (300, 716), (295, 600), (290, 530), (245, 495), (272, 450),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Look:
    """What makes one person: shape, colours, what is worn. Neutral values give the portrait.

    Parameters
    ----------
    aspect, eye_size, nose_width, mouth_width, mouth_height, jaw_width, forehead
        Factors of size.
    eye_distance, eye_height, brow_height, nose_height, mouth_height_shift, chin
        Shifts in pixels of the head's picture; outwards or downwards.
    mirrored
        Left for right.
    skin, hair
        BGR colours that the mean of skin and hair is brought to.
    hair_style
        ``own``, ``short`` (sides cut), ``long`` (down to the shoulders), ``cap`` (close-cropped).
    glasses, beard, brows, age
        Opacity, 0 to 1, of frames, shaved beard, darkened brows, lines.
    cloth
        BGR colour of what is worn.
    """

    aspect: float = 1.0
    eye_size: float = 1.0
    nose_width: float = 1.0
    mouth_width: float = 1.0
    mouth_height: float = 1.0
    jaw_width: float = 1.0
    forehead: float = 1.0
    eye_distance: float = 0.0
    eye_height: float = 0.0
    brow_height: float = 0.0
    nose_height: float = 0.0
    mouth_height_shift: float = 0.0
    chin: float = 0.0
    mirrored: bool = False
    skin: tuple[float, float, float] = (150.0, 175.0, 222.0)
    hair: tuple[float, float, float] = (62.0, 100.0, 128.0)
    hair_style: str = "own"
    glasses: float = 0.0
    beard: float = 0.0
    brows: float = 0.0
    age: float = 0.0
    cloth: tuple[float, float, float] = (120.0, 90.0, 70.0)


@cache
def _source() -> tuple[NDArray[np.float32], ...]:
    """Return the head's picture (BGR) with its opacity, skin and hair planes."""
    x, y, w, h = CROP
    rgb = np.asarray(skimage.data.astronaut())[y : y + h, x : x + w]  # type: ignore[no-untyped-call]
    bgr = cv2.resize(
        np.ascontiguousarray(rgb[..., ::-1]), SHAPE[::-1], interpolation=cv2.INTER_CUBIC
    )
    head = layers.polygon(SHAPE, layers.smooth_outline(np.array(_HEAD, float)), feather=5)
    skin = layers.polygon(SHAPE, layers.smooth_outline(np.array(_SKIN, float)), feather=9)
    return bgr.astype(np.float32), head, skin * head, head * (1 - skin)


def head(look: Look, *, lids: float = 0.0, mouth: float = 0.0, turn: float = 0.0) -> Picture:
    """Return the head of a person as a sprite of shape ``SHAPE``.

    Parameters
    ----------
    lids
        How far the eyes are closed, 0 to 1.
    mouth
        How far the mouth is opened beyond its rest, 0 to 1.
    turn
        How far the head is turned to the picture's right, -1 to 1 (about 25 degrees).
    """
    picture = _painted(look)
    if lids > 0:
        picture = _lidded(picture, lids)
    picture = _dressed(picture, look)
    flat = layers.sprite(picture, _source()[1] * _cut(look.hair_style))
    made = cv2.remap(
        flat,
        *_field(look, mouth=mouth, turn=-turn if look.mirrored else turn),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )
    if look.mirrored:
        # The neck stays where it is; what is rolled over the edge is empty.
        made = np.roll(made[:, ::-1], round(2 * NECK[0]) - SHAPE[1] + 1, axis=1)
    return np.ascontiguousarray(made, dtype=np.uint8)


@lru_cache(maxsize=4)
def _painted(look: Look) -> NDArray[np.float32]:
    picture, _, skin, hair = _source()
    return _aged(_coloured(picture, skin, hair, look), skin, look)


def hair_patch(look: Look) -> NDArray[np.uint8]:
    """Return a BGR patch of the person's hair, for the head from behind."""
    picture, _, skin, hair = _source()
    made = _coloured(picture, skin, hair, look)[110:300, 380:640]
    return np.clip(made, 0, 255).astype(np.uint8)


def _coloured(
    picture: NDArray[np.float32],
    skin: NDArray[np.float32],
    hair: NDArray[np.float32],
    look: Look,
) -> NDArray[np.float32]:
    made = picture
    for plane, wanted in ((skin, look.skin), (hair, look.hair)):
        weight = plane[..., None]
        mean = (picture * weight).sum(axis=(0, 1)) / weight.sum()
        # A power keeps black black and white white, so that eyes and teeth stay what they are.
        power = np.log(np.asarray(wanted, np.float32) / 255) / np.log(mean / 255)
        recoloured = 255 * (np.clip(picture, 1, 255) / 255) ** power
        made = made * (1 - weight) + recoloured * weight
    return made.astype(np.float32)


def _aged(
    picture: NDArray[np.float32], skin: NDArray[np.float32], look: Look
) -> NDArray[np.float32]:
    dark = np.zeros(SHAPE, np.float32)
    if look.age > 0:
        for side in (-1, 1):
            lines = [
                ((CENTRE[0] + side * 62, 505), (CENTRE[0] + side * 100, 600)),
                ((CENTRE[0] + side * 40, 440), (CENTRE[0] + side * 110, 452)),
                ((CENTRE[0] + side * 10, 340), (CENTRE[0] + side * 100, 336)),
            ]
            for start, end in lines:
                dark += 0.5 * look.age * _stroke(start, end, width=7, feather=4)
    if look.brows > 0:
        for side, (x, y) in zip((-1, 1), BROWS, strict=True):
            dark += (
                0.75
                * look.brows
                * _stroke((x - 46, y + 6 * side), (x + 46, y - 6 * side), width=14, feather=6)
            )
    if look.beard > 0:
        around = layers.ellipse(SHAPE, (MOUTH[0], MOUTH[1] + 30), (150, 130), feather=25)
        lips = layers.ellipse(SHAPE, MOUTH, (82, 36), feather=10)
        grain = layers.smooth_noise(SHAPE, grain=6, rng=np.random.default_rng(1))
        dark += look.beard * 0.42 * around * (1 - lips) * np.clip(1 + 0.12 * grain, 0, 2)
    tone = np.array([40, 38, 42], np.float32)
    weight = (np.clip(dark, 0, 0.9) * np.clip(skin * 1.2, 0, 1))[..., None]
    return np.asarray(picture * (1 - weight) + tone * weight, dtype=np.float32)


def _lidded(picture: NDArray[np.float32], lids: float) -> NDArray[np.float32]:
    made = picture
    for x, y in EYES:
        # The lid's colour is that of the skin between eye and brow.
        above = picture[int(y) - 27 : int(y) - 20, int(x) - 18 : int(x) + 18].mean(axis=(0, 1))
        bottom = y - 14 + 27 * lids
        reach = (bottom - (y - 17)) / 2
        lid = layers.ellipse(SHAPE, (x, bottom - reach), (37, reach + 3), feather=3)
        lash = _stroke((x - 32, bottom + 1), (x + 32, bottom + 1), width=4)
        for plane, tone in ((lid, above * 0.95), (lash * 0.8, np.array([45, 50, 60]))):
            weight = plane[..., None]
            made = made * (1 - weight) + tone.astype(np.float32) * weight
    return made


def _dressed(picture: NDArray[np.float32], look: Look) -> NDArray[np.float32]:
    if look.glasses <= 0:
        return picture
    frame = np.zeros(SHAPE, np.uint8)
    for x, y in EYES:
        cv2.ellipse(frame, (round(x), round(y) + 8), (72, 52), 0, 0, 360, 255, 9, cv2.LINE_AA)
    left, right = EYES
    for start, end in (
        ((left[0] + 70, left[1]), (right[0] - 70, right[1])),
        ((left[0] - 72, left[1]), (left[0] - 110, left[1] - 14)),
        ((right[0] + 72, right[1]), (right[0] + 95, right[1] - 14)),
    ):
        first, last = (round(start[0]), round(start[1])), (round(end[0]), round(end[1]))
        cv2.line(frame, first, last, 255, 9, cv2.LINE_AA)
    weight = (frame.astype(np.float32) / 255 * look.glasses)[..., None]
    tone = np.array([35, 30, 30], np.float32)
    return np.asarray(picture * (1 - weight) + tone * weight, dtype=np.float32)


def _cut(style: str) -> NDArray[np.float32]:
    """Return what is left of the hair (the opacity's factor) in a style."""
    if style == "short":
        outline = [(300, 130), (480, 70), (620, 120), (672, 260), (668, 560), (600, 780),
                   (290, 780), (240, 520), (252, 260)]  # fmt: skip
    elif style == "cap":
        outline = [(310, 215), (470, 160), (600, 200), (655, 330), (668, 560), (600, 780),
                   (290, 780), (240, 520), (268, 330)]  # fmt: skip
    else:
        return np.ones(SHAPE, np.float32)
    return layers.polygon(SHAPE, layers.smooth_outline(np.array(outline, float)), feather=4)


def _stroke(
    start: tuple[float, float], end: tuple[float, float], *, width: int, feather: float = 2.0
) -> NDArray[np.float32]:
    plane = np.zeros(SHAPE, np.uint8)
    first, last = ((round(p[0] * 8), round(p[1] * 8)) for p in (start, end))
    cv2.line(plane, first, last, 255, width, cv2.LINE_AA, 3)
    reach = width + round(4 * feather)
    x, y, w, h = cv2.boundingRect(np.array([start, end], np.float32))
    part = plane[max(y - reach, 0) : y + h + reach, max(x - reach, 0) : x + w + reach]
    part[:] = cv2.GaussianBlur(part, (0, 0), feather)
    return plane.astype(np.float32) / np.float32(255)


class _Warp:
    """Where each pixel of the new picture is taken from, built up from local changes."""

    def __init__(self) -> None:
        rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float32)
        self.x, self.y = columns, rows
        self._from_x, self._from_y = columns.copy(), rows.copy()

    def _weight(
        self, centre: tuple[float, float], radii: tuple[float, float]
    ) -> NDArray[np.float32]:
        dx, dy = (self.x - centre[0]) / radii[0], (self.y - centre[1]) / radii[1]
        return np.asarray(np.exp(-0.5 * (dx * dx + dy * dy)), dtype=np.float32)

    def scale(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        factor: tuple[float, float],
    ) -> None:
        weight = self._weight(centre, radii)
        self._from_x += weight * (self.x - centre[0]) * (1 / factor[0] - 1)
        self._from_y += weight * (self.y - centre[1]) * (1 / factor[1] - 1)

    def shift(
        self, centre: tuple[float, float], radii: tuple[float, float], by: tuple[float, float]
    ) -> None:
        weight = self._weight(centre, radii)
        self._from_x -= weight * by[0]
        self._from_y -= weight * by[1]

    def field(self, aspect: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the maps for ``cv2.remap``; ``aspect`` widens and shortens the whole head."""
        x = NECK[0] + (self.x - NECK[0]) / np.sqrt(aspect)
        y = NECK[1] + (self.y - NECK[1]) * np.sqrt(aspect)
        maps = x.astype(np.float32), y.astype(np.float32)
        return (
            cv2.remap(self._from_x, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
            cv2.remap(self._from_y, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        )


@lru_cache(maxsize=4)
def _field(
    look: Look, *, mouth: float, turn: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    warp = _Warp()
    for side, eye, brow in zip((-1, 1), EYES, BROWS, strict=True):
        warp.scale(eye, (48, 34), (look.eye_size, look.eye_size))
        warp.shift(eye, (70, 60), (side * look.eye_distance, look.eye_height))
        warp.shift(brow, (75, 24), (0, look.brow_height))
    warp.scale(NOSE, (50, 55), (look.nose_width, 1.0))
    warp.shift(NOSE, (60, 42), (0, look.nose_height))
    warp.scale(MOUTH, (80, 40), (look.mouth_width, look.mouth_height * (1 + 0.35 * mouth)))
    warp.shift(MOUTH, (95, 45), (0, look.mouth_height_shift))
    warp.scale((CENTRE[0], 640), (210, 95), (look.jaw_width, 1.0))
    warp.shift((CHIN[0], CHIN[1] - 10), (130, 55), (0, look.chin))
    warp.scale((CENTRE[0], 300), (220, 70), (1.0, look.forehead))
    if turn:
        # Features slide over the head, the outline stays: what a small turn looks like.
        warp.shift((CENTRE[0], 490), (120, 150), (26 * turn, 0))
    return warp.field(look.aspect)
