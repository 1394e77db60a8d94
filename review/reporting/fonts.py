"""A font for the words that are burned into pictures."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

#: File names of fonts with Chinese, by how evenly they set it with Latin letters.
_CHINESE: Final = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "NotoSansSC-Regular.ttf",
    "SourceHanSansSC-Regular.otf",
    "SourceHanSansCN-Regular.otf",
    "PingFang.ttc",
    "msyh.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "simhei.ttf",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
)


def font_folders() -> tuple[Path, ...]:
    """Return the folders in which this operating system keeps fonts."""
    home = Path.home()
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    if sys.platform == "win32":
        return (Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts",)
    return (
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
    )


@cache
def chinese_font(folders: tuple[Path, ...] | None = None) -> Path | None:
    """Return the file of a font that has Chinese, or None where the system has none."""
    found = {
        path.name: path
        for folder in (font_folders() if folders is None else folders)
        if folder.is_dir()
        for path in folder.rglob("*")
        if path.name in _CHINESE
    }
    return next((found[name] for name in _CHINESE if name in found), None)


@cache
def font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a font of this size: one with Chinese if there is one, else Pillow's own."""
    path = chinese_font()
    if path is None:
        return ImageFont.load_default(size_px)
    return ImageFont.truetype(path, size_px)
