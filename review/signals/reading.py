"""One pass over the recorded screen for what is written on it.

Only pictures in whose neighbourhood something moved are decoded, only what changed on them is
read, and what was read before is not read again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from review.errors import LoadError
from review.loaders.media import open_video
from review.loaders.streams import pieces
from review.signals.lettering import Letters, Line, alike
from review.signals.moves import moved
from review.signals.regions import Changes, Region, merged, reduced
from review.signals.samples import Samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from numpy.typing import NDArray

    from review.loaders.record import SittingRecord
    from review.loaders.streams import Piece
    from review.signals.models import Models

    Grey = NDArray[np.uint8]

    class Reader(Protocol):
        """Whatever returns the lines of a grey picture."""

        def lines(self, grey: Grey) -> list[Line]:
            """Return the lines of a grey picture."""


#: Screens wider than this are read at this width: letters of a 4K desktop are twice as high.
_WIDEST_PX: Final = 1920
#: Whole regions that are remembered: pages that come back when a window closes.
_MEMORY: Final = 48


@dataclass(kw_only=True)
class _Shown:
    """A line that is on the screen since ``start_s``."""

    line: Line
    start_s: float

    @property
    def region(self) -> Region:
        x, y = int(self.line.x_px), int(self.line.y_px)
        return Region(x, y, x + int(self.line.w_px), y + int(self.line.h_px))


class Page:
    """What is written on the screen now, and since when.

    Parameters
    ----------
    letters
        Reads regions.
    add
        Called with each row of ``texts`` when its line has gone.
    """

    def __init__(self, letters: Reader, add: Callable[[dict[str, Any]], None]) -> None:
        self._letters, self._add = letters, add
        self._changes = Changes()
        self._shown: list[_Shown] = []
        self._pages: list[tuple[Region, Grey, list[Line]]] = []
        self._shape: tuple[int, ...] = ()
        self._scale = 1.0

    def see(self, time_s: float, grey: Grey, *, scale: float = 1.0) -> None:
        """Look at a picture; ``scale`` is original pixels for each of its pixels."""
        if grey.shape != self._shape or scale != self._scale:
            self.close(time_s)
            self._shape, self._scale = grey.shape, scale
        for region in merged([self._whole(r) for r in self._changes.see(time_s, grey)]):
            self._update(time_s, region, self._lines(grey, region))

    def close(self, time_s: float) -> None:
        """Say that nothing is shown any more from this moment on."""
        for shown in self._shown:
            self._gone(shown, time_s)
        self._shown = []

    def _whole(self, region: Region) -> Region:
        """Widen a region so that it cuts through no line that is known."""
        for shown in self._shown:
            if region.meets(shown.region):
                region = region.join(shown.region)
        return region

    def _lines(self, grey: Grey, region: Region) -> list[Line]:
        cut = np.ascontiguousarray(grey[region.top : region.bottom, region.left : region.right])
        small = reduced(cut)
        for n, (place, looks, lines) in enumerate(self._pages):
            if place == region and alike_everywhere(small, looks):
                self._pages.append(self._pages.pop(n))
                return lines
        lines = [
            replace(line, x_px=line.x_px + region.left, y_px=line.y_px + region.top)
            for line in self._letters.lines(cut)
        ]
        self._pages = [*self._pages[1 - _MEMORY :], (region, small, lines)]
        return lines

    def _update(self, time_s: float, region: Region, lines: list[Line]) -> None:
        """Replace what stood in a region; the same text in the same place simply stays."""
        kept, fresh = [], list(lines)
        for shown in self._shown:
            if not region.meets(shown.region):
                kept.append(shown)
                continue
            again = next((line for line in fresh if _same(line, shown.line)), None)
            if again is None:
                self._gone(shown, time_s)
            else:
                fresh.remove(again)
                kept.append(shown)
        self._shown = kept + [_Shown(line=line, start_s=time_s) for line in fresh]

    def _gone(self, shown: _Shown, time_s: float) -> None:
        if time_s <= shown.start_s:
            return
        line, scale = shown.line, self._scale
        self._add(
            {
                "stream": "screen",
                "start_device_s": shown.start_s,
                "end_device_s": time_s,
                "text": line.text,
                "x_px": line.x_px * scale,
                "y_px": line.y_px * scale,
                "w_px": line.w_px * scale,
                "h_px": line.h_px * scale,
            }
        )


def alike_everywhere(one: Grey, two: Grey) -> bool:
    """Say whether two reduced pictures of one size differ in no strip of the height of a line."""
    if one.shape != two.shape:
        return False
    return all(alike(one[y : y + 16], two[y : y + 16]) for y in range(0, len(one), 16))


def _same(one: Line, two: Line) -> bool:
    reach = max(one.h_px, two.h_px)
    return (
        one.text == two.text
        and abs(one.x_px - two.x_px) <= reach
        and abs(one.y_px - two.y_px) <= reach
    )


def read_screen(
    record: SittingRecord,
    *,
    models: Models,
    span: tuple[float, float],
    tell: Callable[[float], None],
    stream: str = "screen",
    letters: Reader | None = None,
) -> Samples:
    """Read what is written on the recorded screen.

    Parameters
    ----------
    models
        Without ``text_finder`` and ``text_reader`` nothing is read, and a problem row says so.
    span
        Device time to look at.
    tell
        Called with the device time that is reached.
    letters
        Reads instead of the networks.

    Returns
    -------
    Samples
        ``texts``: one row for each line and stretch of time in which it stood, device time, pixels
        of the upright original picture.
    """
    samples = Samples(stream=stream)
    if letters is None:
        absent = [name for name in ("text_finder", "text_reader") if name not in models]
        if absent:
            samples.problem(
                "warning", "screen_not_read", f"{stream}: not read, no model {', '.join(absent)}"
            )
            return samples
        letters = Letters(models)
    page = Page(letters, samples.texts.append)
    for piece in pieces(record.segments, stream):
        first_s, until_s = max(span[0], piece.start_s), min(span[1], piece.end_s)
        if until_s <= first_s:
            continue
        try:
            for device_s, grey, scale in _looks(record, piece, first_s, until_s):
                page.see(device_s, grey, scale=scale)
                tell(device_s)
        except LoadError as error:
            samples.problem("warning", "screen_not_read", str(error), file=piece.file)
        page.close(until_s)
    return samples


def _looks(
    record: SittingRecord, piece: Piece, first_s: float, until_s: float
) -> Iterator[tuple[float, Grey, float]]:
    """Give (device time, grey picture, original px for each of its px) where something moved."""
    begin, end = piece.pts_s(first_s), piece.pts_s(until_s)
    with open_video(record.path(piece.file), one_thread=True) as video:
        for picture in moved(video, begin, end):
            grey = picture.brightness
            scale = max(1.0, grey.shape[1] / _WIDEST_PX)
            if scale > 1.0:
                size = (_WIDEST_PX, round(grey.shape[0] / scale))
                grey = np.asarray(
                    cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8
                )
            yield picture.pts_s + piece.shift_s, grey, scale
