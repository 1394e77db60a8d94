"""Several views as one picture, with the words that say when and whom it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from review import words
from review.reporting.fonts import chinese_font, font
from review.reporting.voice import clock, wall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from review.loaders.streams import StreamPicture
    from review.reporting.feeds import ViewFeed
    from review.session import Sitting
    from review.words import Language

#: 720p: what every player and projector takes.
WIDTH_PX, HEIGHT_PX = 1280, 720
_HEADER_PX: Final = 36
_CAPTION_PX: Final = 24
_INK: Final = 27
_SLATE: Final = 60


class Mosaic:
    """Puts the pictures of one instant side by side; no word covers any of them.

    Parameters
    ----------
    streams
        The views, at most four, in reading order.
    """

    def __init__(
        self, sitting: Sitting, streams: tuple[str, ...], *, language: Language = "en"
    ) -> None:
        self._sitting, self._streams = sitting, streams
        # Without a Chinese font only Latin letters can be set.
        self._language: Language = language if chinese_font() else "en"
        columns = 1 if len(streams) == 1 else 2
        rows = -(-len(streams) // columns)
        self.tile_px = (WIDTH_PX // columns, (HEIGHT_PX - _HEADER_PX) // rows)
        self._places = [
            ((n % columns) * self.tile_px[0], _HEADER_PX + (n // columns) * self.tile_px[1])
            for n in range(len(streams))
        ]
        self._words: dict[str, NDArray[np.uint8]] = {}
        self._drawn: dict[str, tuple[StreamPicture | None, NDArray[np.uint8]]] = {}

    @property
    def room_px(self) -> tuple[int, int]:
        """Width and height that a view's picture may take."""
        return self.tile_px[0], self.tile_px[1] - _CAPTION_PX

    def compose(
        self, index: int, session_s: float, feeds: Mapping[str, ViewFeed]
    ) -> NDArray[np.uint8]:
        """Return the picture of the instant number ``index``: RGB, shape (720, 1280, 3)."""
        canvas = np.full((HEIGHT_PX, WIDTH_PX, 3), _INK, np.uint8)
        start = self._sitting.subject.start
        tenths = int(session_s * 10 // 1 % 10)
        left = f"{clock(session_s)}.{tenths}   {wall(start, session_s)}"
        right = f"{self._sitting.candidate.id}   {start:%Y-%m-%d}"
        canvas[:_HEADER_PX] = _strip(left, right, WIDTH_PX, _HEADER_PX, size_px=20)
        for stream, (x, y) in zip(self._streams, self._places, strict=True):
            tile = self._tile(stream, feeds[stream], index)
            canvas[y : y + self.tile_px[1], x : x + self.tile_px[0]] = tile
        return canvas

    def _tile(self, stream: str, feed: ViewFeed, index: int) -> NDArray[np.uint8]:
        picture = feed.at(index)
        before = self._drawn.get(stream)
        if before is not None and before[0] is picture:
            return before[1]
        width, height = self.room_px
        tile = np.full((self.tile_px[1], width, 3), _INK, np.uint8)
        name = self._say(f"stream.{stream}")
        if picture is None:
            tile[:height] = _SLATE
            missing = self._say("report.clip_missing")
            middle = height // 2
            tile[middle - 16 : middle + 16] = _centred(missing, width, 32, ground=_SLATE)
            time = ""
        else:
            fitted = _fitted(picture.pixels, width, height)
            left = (width - fitted.shape[1]) // 2
            top = (height - fitted.shape[0]) // 2
            tile[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
            at = feed.session_s(picture)
            time = f"{clock(at)}.{int(at * 100 // 1 % 100):02d}"
        tile[height:] = _strip(name, time, width, _CAPTION_PX, size_px=14)
        self._drawn[stream] = (picture, tile)
        return tile

    def _say(self, key: str) -> str:
        return words.say(key, self._language)


def _fitted(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return a BGR picture as RGB, scaled to fit without changing its proportions."""
    factor = min(width / pixels.shape[1], height / pixels.shape[0])
    size = (max(round(pixels.shape[1] * factor), 1), max(round(pixels.shape[0] * factor), 1))
    if size != (pixels.shape[1], pixels.shape[0]):
        way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        return np.asarray(
            cv2.cvtColor(cv2.resize(pixels, size, interpolation=way), cv2.COLOR_BGR2RGB)
        )
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))


def _strip(left: str, right: str, width: int, height: int, *, size_px: int) -> NDArray[np.uint8]:
    page = Image.new("RGB", (width, height), (_INK, _INK, _INK))
    pen = ImageDraw.Draw(page)
    letters = font(size_px)
    pen.text((8, height / 2), left, font=letters, fill="white", anchor="lm")
    pen.text((width - 8, height / 2), right, font=letters, fill="white", anchor="rm")
    return np.asarray(page)


def _centred(text: str, width: int, height: int, *, ground: int) -> NDArray[np.uint8]:
    page = Image.new("RGB", (width, height), (ground, ground, ground))
    pen = ImageDraw.Draw(page)
    pen.text((width / 2, height / 2), text, font=font(18), fill="white", anchor="mm")
    return np.asarray(page)
