"""What a view showed and how it sounded, instant by instant, for clips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from review.loaders.streams import StreamPicture, picture_at, pictures, pieces, sound
from review.timeline.clocks import to_device_s, to_session_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from review.loaders.record import SittingRecord

    Hide = Callable[[NDArray[np.uint8], float, str], NDArray[np.uint8]]

#: Time stamps are sums of fractions kept as floats: two that differ by less are the same.
_SAME_S: Final = 1e-6


class ViewFeed:
    """The pictures of one view in order of session time, decoded once.

    Parameters
    ----------
    instants_s
        Session times that will be asked for, in order.
    room_px
        Width and height that a picture may take.
    hide
        Given pixels, device time and file: returns the pixels as they may be seen.
    """

    def __init__(
        self,
        record: SittingRecord,
        clocks: pd.DataFrame,
        stream: str,
        *,
        instants_s: NDArray[np.float64],
        room_px: tuple[int, int],
        hide: Hide | None = None,
    ) -> None:
        self.stream = stream
        self._hide = hide
        # Pictures are placed one by one: a small table of plain columns is quick to look into.
        own = clocks[clocks["stream"] == stream]
        self._clocks = pd.DataFrame({name: own[name].to_numpy() for name in own.columns})
        self._pieces = pieces(record.segments, stream)
        self._device_s = to_device_s(clocks, stream, instants_s)
        first_s, last_s = float(self._device_s[0]), float(self._device_s[-1])
        self._now = self._hidden(picture_at(record, stream, first_s))
        self._coming: Iterator[StreamPicture] = pictures(
            record,
            stream,
            start_s=first_s,
            end_s=last_s + 2 * _SAME_S,
            width_px=_width_px(self._now, room_px),
        )
        self._next = next(self._coming, None)

    def at(self, index: int) -> StreamPicture | None:
        """Return the picture shown at one of the instants: the last at or before it.

        Instants must be asked for in order. None where nothing was recorded.
        """
        device_s = float(self._device_s[index])
        fresh = False
        while self._next is not None and self._next.device_s <= device_s + _SAME_S:
            self._now, self._next = self._next, next(self._coming, None)
            fresh = True
        if fresh:
            self._now = self._hidden(self._now)
        for piece in self._pieces:
            if piece.start_s - _SAME_S <= device_s < piece.end_s:
                shown = self._now
                belongs = shown is not None and shown.device_s >= piece.start_s - _SAME_S
                return shown if belongs else None
        return None

    def _hidden(self, picture: StreamPicture | None) -> StreamPicture | None:
        if self._hide is None or picture is None:
            return picture
        pixels = self._hide(picture.pixels, picture.device_s, picture.file)
        return picture if pixels is picture.pixels else picture.showing(pixels)

    def session_s(self, picture: StreamPicture) -> float:
        """Return the session time of a picture."""
        return float(to_session_s(self._clocks, self.stream, picture.device_s))

    def close(self) -> None:
        """Close the files that are open."""
        close = getattr(self._coming, "close", None)
        if close is not None:
            close()


def _width_px(picture: StreamPicture | None, room_px: tuple[int, int]) -> int:
    if picture is None:
        return room_px[0]
    height, width = picture.pixels.shape[:2]
    return max(int(min(room_px[0], room_px[1] * width / height)), 1)


def session_sound(
    record: SittingRecord,
    clocks: pd.DataFrame,
    stream: str,
    *,
    start_s: float,
    end_s: float,
    rate_hz: int,
) -> NDArray[np.float32] | None:
    """Return a stream's sound between two instants of session time.

    Returns
    -------
    numpy.ndarray or None
        Samples of shape (n,), full scale 1.0, zero where nothing was recorded; None where the
        stream has no sound there at all. Blocks of about a second are each put at their own time,
        so that a clock that runs fast does not add up.
    """
    first_s, last_s = to_device_s(clocks, stream, [start_s, end_s])
    samples = np.zeros(round((end_s - start_s) * rate_hz), np.float32)
    found = False
    for block in sound(
        record, stream, start_s=float(first_s), end_s=float(last_s), rate_hz=rate_hz
    ):
        at = round((float(to_session_s(clocks, stream, block.device_s)) - start_s) * rate_hz)
        left, right = max(at, 0), min(at + len(block.samples), len(samples))
        if right > left:
            samples[left:right] = block.samples[left - at : right - at]
            found = True
    return samples if found else None
