"""One person's body for each camera: head and shoulders from in front, from behind, and hands.

Sprites are in the scale of the head's picture (:mod:`review.simulate.portrait`), so one factor
places a whole person.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from review.simulate import layers, portrait

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from review.simulate.layers import Picture
    from review.simulate.portrait import Look

#: Height and width of a torso's sprite, and where on it the neck is.
_TORSO: Final = (1000, 1500)
COLLAR: Final = (750.0, 90.0)
#: Where on the sprite from behind the neck is.
NAPE: Final = (300.0, 640.0)
_BACK_HEAD: Final = (760, 600)

_FRONT: Final = (
    (-112, -40), (-90, -10), (0, 26), (90, -10), (112, -40), (150, 20), (300, 82), (420, 150),
    (470, 260), (520, 520), (560, 900), (-560, 900), (-520, 520), (-470, 260), (-420, 150),
    (-300, 82), (-150, 20),
)  # fmt: skip


#: State of a head -> how it is drawn.
_HEADS: Final[Mapping[str, Mapping[str, float]]] = {
    "open": {},
    "shut": {"lids": 1.0},
    "down": {"lids": 0.6},
    "talk": {"mouth": 1.0},
}
#: Sprites that are kept, of all people and scales together.
_KEPT: Final = 96


@dataclass(frozen=True, kw_only=True)
class Figure:
    """The sprites of one person at one scale, each made when it is first asked for.

    Parameters
    ----------
    scale
        Pixels of the picture for one pixel of the head's picture.
    turn
        How far the head is turned, -1 to 1.
    """

    look: Look
    scale: float
    turn: float = 0.0

    def head(self, state: str) -> Picture:
        """Return the face: ``open`` or ``shut`` (eyes), ``down`` (looking down), ``talk``."""
        return _head(self.look, self.scale, self.turn, state)

    def part(self, name: str) -> Picture:
        """Return another part: ``torso`` (front), ``back``, ``back_head``, ``hand``."""
        return _part(self.look, self.scale, name)

    def point(self, at: tuple[float, float]) -> tuple[float, float]:
        """Return where a point of the unscaled sprites lies on the scaled ones."""
        return at[0] * self.scale, at[1] * self.scale


@lru_cache(maxsize=_KEPT)
def _head(look: Look, scale: float, turn: float, state: str) -> Picture:
    return layers.scaled(portrait.head(look, turn=turn, **_HEADS[state]), scale)


@lru_cache(maxsize=_KEPT)
def _part(look: Look, scale: float, name: str) -> Picture:
    makers: dict[str, Callable[[Look], Picture]] = {
        "torso": _torso,
        "back": _back,
        "back_head": _back_head,
        "hand": _hand,
    }
    return layers.scaled(makers[name](look), scale)


def _torso(look: Look) -> Picture:
    """Return the shoulders from in front: the trunk with neck and collar."""
    colour, opacity = _trunk(look)
    neck = layers.ellipse(_TORSO, (COLLAR[0], COLLAR[1] - 20), (120, 62), feather=4)
    skin = np.array(look.skin, np.float32) * 0.82
    colour = colour * (1 - neck[..., None]) + skin * neck[..., None]
    edge = layers.ellipse(_TORSO, (COLLAR[0], COLLAR[1] - 12), (140, 82), feather=3) - neck
    colour *= 1 - 0.35 * np.clip(edge, 0, 1)[..., None]
    return layers.sprite(colour, opacity)


def _back(look: Look) -> Picture:
    return layers.sprite(*_trunk(look))


def _trunk(look: Look) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return colours and opacity of the trunk."""
    rng = np.random.default_rng(7)
    outline = layers.smooth_outline(np.array(_FRONT, float) + COLLAR, steps=3)
    rows, columns = np.mgrid[: _TORSO[0], : _TORSO[1]].astype(np.float32)
    across = (columns - COLLAR[0]) / 560
    light = 1.12 - 0.5 * np.abs(across + 0.25) ** 1.6 - 0.12 * rows / _TORSO[0]
    light += layers.smooth_noise(_TORSO, grain=90, rng=rng) * 0.06
    light += layers.smooth_noise(_TORSO, grain=14, rng=rng) * 0.02
    for side in (-1, 1):
        # The arm stands out from the trunk by a dark line.
        bend = np.exp(-(((columns - COLLAR[0] - side * (330 + 0.06 * rows)) / 16) ** 2))
        light -= 0.3 * bend * np.clip((rows - 330) / 80, 0, 1)
    colour = np.array(look.cloth, np.float32) * light[..., None]
    return colour.astype(np.float32), layers.polygon(_TORSO, outline, feather=3)


def _back_head(look: Look) -> Picture:
    """Return the head from behind, made of the portrait's hair."""
    height, width = _BACK_HEAD
    patch = portrait.hair_patch(look)
    # A mirrored tile shows no seam.
    tile = np.concatenate([patch, patch[:, ::-1]], axis=1)
    tile = np.concatenate([tile, tile[::-1]], axis=0)
    hair = cv2.resize(tile, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    light = 1.15 - 0.55 * (((columns - 280) / 260) ** 2 + ((rows - 250) / 380) ** 2)
    rx = {"own": 238.0, "long": 238.0, "short": 205.0, "cap": 192.0}[look.hair_style]
    low = {"own": 330.0, "long": 330.0, "short": 290.0, "cap": 250.0}[look.hair_style]
    cap = layers.ellipse((height, width), (NAPE[0], 320), (rx, 285), feather=4)
    cap *= 1 / (1 + np.exp((rows - low - 210) / 6))
    neck = layers.polygon(
        (height, width),
        np.array([(190, 420), (410, 420), (404, 600), (430, 690), (170, 690), (196, 600)], float),
        feather=6,
    )
    skull = layers.ellipse((height, width), (NAPE[0], 350), (185, 220), feather=5)
    ears = sum(
        layers.ellipse((height, width), (NAPE[0] + side * 196, 400), (24, 52), feather=4)
        for side in (-1, 1)
    )
    skin = np.clip(neck + skull + ears, 0, 1)
    tone = np.array(look.skin, np.float32) * (0.5 + 0.42 * light)[..., None]
    colour = tone * (1 - cap[..., None]) + hair * light[..., None] * cap[..., None]
    return layers.sprite(colour, np.maximum(cap, skin))


def _hand(look: Look) -> Picture:
    """Return a hand on the keyboard with its sleeve, pointing up and to the left."""
    shape = (420, 520)
    sleeve = layers.polygon(
        shape, np.array([(170, 170), (230, 110), (520, 300), (520, 420), (420, 420)], float)
    )
    palm = layers.ellipse(shape, (150, 110), (85, 60), feather=4)
    fingers: NDArray[np.float32] = np.zeros(shape, np.float32)
    for index in range(4):
        tip = layers.ellipse(shape, (62 + 26 * index, 72 + 14 * (index % 2)), (17, 46), feather=3)
        fingers = np.maximum(fingers, tip)
    skin = np.clip(palm + fingers, 0, 1)
    colour = (
        np.array(look.skin, np.float32) * 0.92 * (1 - sleeve[..., None])
        + np.array(look.cloth, np.float32) * 0.9 * sleeve[..., None]
    )
    return layers.sprite(colour, np.maximum(skin, sleeve))
