"""Identity photographs: one person in other lights than the recording's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from review.simulate import figure, layers, portrait
from review.simulate.figure import Figure

if TYPE_CHECKING:
    from pathlib import Path

    from review.simulate.layers import Picture
    from review.simulate.portrait import Look

#: Size of the photograph on a Chinese identity card (GA 461: 358 by 441 pixels).
_CARD: Final = (358, 441)
_LOGIN: Final = (480, 360)
#: Name -> background (BGR), light from the left and from the right, height of the head.
_KINDS: Final = {
    "id_photo": ((250, 250, 250), 1.05, 1.0, 0.56),
    "login_photo_client": ((180, 190, 190), 1.1, 0.85, 0.6),
    "login_photo_phone1": ((150, 165, 176), 0.8, 1.05, 0.66),
    "login_photo_phone2": ((205, 205, 198), 0.92, 0.92, 0.62),
}


def write_photos(folder: Path, look: Look, *, names: tuple[str, ...] = tuple(_KINDS)) -> None:
    """Write the photographs of a person as JPEG files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        picture = photograph(look, name)
        cv2.imwrite(str(folder / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])


def photograph(look: Look, name: str) -> Picture:
    """Return one photograph (BGR): ``id_photo``, ``login_photo_client``, ``..._phone1``, ``2``."""
    ground, left, right, size = _KINDS[name]
    width, height = _CARD if name == "id_photo" else _LOGIN
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = ground
    turn = {"login_photo_phone1": 0.25, "login_photo_phone2": -0.25}.get(name, 0.0)
    body = Figure(look=look, scale=size * height / 700, turn=turn)
    collar, neck = body.point(figure.COLLAR), body.point(portrait.NECK)
    at = (width / 2, 0.76 * height)
    layers.lay(picture, body.part("torso"), layers.placed(collar, at))
    layers.lay(picture, body.head("open"), layers.placed(neck, at))
    light = np.linspace(left, right, width, dtype=np.float32)[None, :, None]
    return np.asarray(np.clip(picture * light, 0, 255), dtype=np.uint8)
