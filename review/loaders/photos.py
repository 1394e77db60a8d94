"""Identity photographs: the registered one and those taken at log-in."""

from __future__ import annotations

import struct
import threading
import warnings
import zlib
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from review.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

NAMES: Final = ("id_photo", "login_photo_client", "login_photo_phone1", "login_photo_phone2")
SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".heic", ".heif")
_FORMATS: Final = ("JPEG", "PNG", "MPO")
#: What Pillow raises for files that are damaged in one way or another.
_FAILURES: Final = (
    UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError,
    ValueError, SyntaxError, OverflowError, EOFError, TypeError, KeyError, IndexError,
    AttributeError, ZeroDivisionError, struct.error, zlib.error,
)  # fmt: skip
_LOCK: Final = threading.Lock()
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
        If the file is no photograph that can be read. HEIC needs the package ``pillow-heif``
        (the extra ``heic``).
    """
    try:
        # Damaged EXIF is only warned about; the picture is there all the same.
        with (
            warnings.catch_warnings(action="ignore"),
            _whole_files_only(),
            Image.open(path, formats=_formats(path)) as image,
        ):
            if image.width * image.height > _MOST_PIXELS:
                found = f"{image.width}x{image.height} pixels"
                raise LoadError("the photograph is too large", where=path, found=found)
            upright = ImageOps.exif_transpose(image).convert("RGB")
            return np.ascontiguousarray(np.asarray(upright, dtype=np.uint8)[:, :, ::-1])
    except _FAILURES as error:
        raise LoadError(
            "not a readable photograph",
            where=path,
            expected="JPEG, PNG or HEIC",
            found=str(error).split(":")[0] or type(error).__name__,
        ) from error


@contextmanager
def _whole_files_only() -> Iterator[None]:
    """Have a cut-off file refused: the printing library tells Pillow, for all, to fill it up."""
    with _LOCK:
        before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def check_photo(path: Path) -> None:
    """Check that a photograph can be read; LoadError says why not."""
    read_photo(path)


def _formats(path: Path) -> tuple[str, ...]:
    """Return the formats to try; for HEIC, after its reader is there."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] != b"ftyp":
        return _FORMATS
    if find_spec("pillow_heif") is None:
        raise LoadError(
            "HEIC photographs need the package pillow-heif",
            where=path,
            todo="install it (the extra heic), or hand the photograph in as JPEG",
        )
    import_module("pillow_heif").register_heif_opener()
    return ("HEIF",)
