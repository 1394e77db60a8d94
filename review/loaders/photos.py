"""Identity photographs: the registered one and those taken at log-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from review.errors import LoadError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

NAMES: Final = ("id_photo", "login_photo_client", "login_photo_phone1", "login_photo_phone2")
SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".heic", ".heif")
_FORMATS: Final = ("JPEG", "PNG", "MPO")
#: A photograph of a person has no more pixels than this; a file that claims more is an attack.
_MOST_PIXELS: Final = 120_000_000


def read_photo(path: Path) -> NDArray[np.uint8]:
    """Read a photograph upright.

    Returns
    -------
    numpy.ndarray
        Shape (height, width, 3), uint8, BGR, turned as its EXIF orientation says.

    Raises
    ------
    LoadError
        If the file is no photograph that can be read.
    """
    try:
        with Image.open(path, formats=_FORMATS) as image:
            _check_size(image, path)
            upright = ImageOps.exif_transpose(image).convert("RGB")
            return np.ascontiguousarray(np.asarray(upright, dtype=np.uint8)[:, :, ::-1])
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError,
            SyntaxError, OverflowError, EOFError, TypeError, KeyError, AttributeError,
            ) as error:  # fmt: skip
        raise LoadError(
            "not a readable photograph",
            where=path,
            expected="JPEG or PNG",
            found=str(error).split(":")[0] or type(error).__name__,
        ) from error


def check_photo(path: Path) -> None:
    """Check that a photograph can be read; LoadError says why not."""
    read_photo(path)


def _check_size(image: Image.Image, path: Path) -> None:
    if image.width * image.height > _MOST_PIXELS:
        raise LoadError(
            "the photograph is too large", where=path, found=f"{image.width}x{image.height}"
        )
