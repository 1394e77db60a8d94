"""Pictures and sound of one stream on device time, through its segments and the gaps between.

A segment's row is the part of a file that lies in ``[device_start_s, device_start_s +
duration_s)``; a time stamp ``pts_s`` of it is at ``device_start_s + (pts_s - origin_pts_s)``.
Where segments overlap, the later-starting one holds from its start on: a device that restarts its
recording leaves the older file to run out. Segments that nothing places in time are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from review.errors import LoadError
from review.loaders.media import Damage, Picture, open_video, sound_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from review.loaders.media import Packet
    from review.loaders.record import SittingRecord

#: Time stamps are sums of fractions kept as floats: two that differ by less are the same.
_SAME_S: Final = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StreamPicture:
    """One picture on device time."""

    device_s: float
    picture: Picture
    file: str

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """As in :class:`review.loaders.media.Picture`."""
        return self.picture.pixels

    @property
    def brightness(self) -> NDArray[np.uint8]:
        """As in :class:`review.loaders.media.Picture`."""
        return self.picture.brightness

    @property
    def is_key(self) -> bool:
        """Whether it is a key frame."""
        return self.picture.is_key

    def showing(self, pixels: NDArray[np.uint8]) -> StreamPicture:
        """Return the same moment with other pixels in BGR."""
        shown = Picture(lambda _: pixels, pts_s=self.picture.pts_s, is_key=self.is_key)
        return replace(self, picture=shown)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StreamSound:
    """Consecutive samples on device time; ``samples`` is float32 mono, full scale 1.0."""

    device_s: float
    samples: NDArray[np.float32]
    file: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A stretch of device time that one segment answers for, ``[start_s, end_s)``."""

    file: str
    start_s: float
    end_s: float
    shift_s: float

    def pts_s(self, device_s: float) -> float:
        """Time stamp in the file of a moment on device time."""
        return device_s - self.shift_s


def pieces(segments: pd.DataFrame, stream: str, *, sound: bool = False) -> list[Piece]:
    """Resolve the segments of a stream into stretches that do not overlap, in order of time.

    Parameters
    ----------
    segments
        The table ``segments`` of one sitting.
    sound
        True for the segments with a sound track, False for those with a picture track.
    """
    codec = "audio_codec" if sound else "video_codec"
    rows = segments[
        (segments["stream"] == stream)
        & segments["device_start_s"].notna()
        & segments["duration_s"].notna()
        & segments[codec].notna()
    ].sort_values("device_start_s", kind="stable")
    made: list[Piece] = []
    columns = ("file", "device_start_s", "duration_s", "origin_pts_s")
    for file, start, duration, origin in zip(*(rows[c].tolist() for c in columns), strict=True):
        piece = Piece(file=file, start_s=start, end_s=start + duration, shift_s=start - origin)
        made = [part for old in made for part in _around(old, piece)]
        made.append(piece)
    return sorted((p for p in made if p.end_s > p.start_s), key=lambda p: p.start_s)


def pictures(
    record: SittingRecord,
    stream: str,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    keys_only: bool = False,
    every_s: float | None = None,
    width_px: int | None = None,
    gray: bool = False,
    damage: list[tuple[str, Damage]] | None = None,
    wanted: Callable[[Packet], bool] | None = None,
    rough: bool = False,
    one_thread: bool = False,
) -> Iterator[StreamPicture]:
    """Decode the pictures of a stream in order of device time.

    Parameters
    ----------
    start_s, end_s
        Half-open interval of device time; None for no bound.
    keys_only, every_s, width_px, gray, wanted, rough
        As in :meth:`review.loaders.media.VideoReader.pictures`; ``every_s`` counts from
        ``start_s`` (or from the subject's start), through all segments alike.
    one_thread
        As in :func:`review.loaders.media.open_video`.
    damage
        A list to which ``(file, Damage)`` is added for every stretch that does not decode, on
        device time, and for every file that does not open. Without it they are skipped.
    """
    last_s, slot = float("-inf"), float("-inf")
    for piece in pieces(record.segments, stream):
        first_s, until_s = _bounds(piece, start_s, end_s)
        if until_s <= first_s:
            continue
        try:
            with open_video(record.path(piece.file), one_thread=one_thread) as video:
                for picture in video.pictures(
                    start_pts_s=piece.pts_s(first_s) - _SAME_S,
                    end_pts_s=piece.pts_s(until_s) - _SAME_S,
                    keys_only=keys_only,
                    gray=gray,
                    width_px=width_px,
                    every_s=every_s,
                    grid_pts_s=piece.pts_s(start_s or 0.0) - _SAME_S,
                    wanted=wanted,
                    rough=rough,
                ):
                    device_s = picture.pts_s + piece.shift_s
                    if device_s < last_s:
                        continue
                    last_s = device_s
                    if every_s is not None:
                        # Where one segment follows another within a slot, the first has it.
                        now = (device_s - (start_s or 0.0) + _SAME_S) // every_s
                        if now <= slot:
                            continue
                        slot = now
                    yield StreamPicture(device_s=device_s, picture=picture, file=piece.file)
                if damage is not None:
                    damage.extend((piece.file, _shifted(d, piece)) for d in video.damage)
        except LoadError as error:
            if damage is not None:
                whole = Damage(start_pts_s=first_s, end_pts_s=until_s, reason=error.what)
                damage.append((piece.file, whole))


def picture_at(
    record: SittingRecord, stream: str, device_s: float, *, width_px: int | None = None
) -> StreamPicture | None:
    """Return the picture that was shown at an instant: the last at or before it.

    Returns
    -------
    StreamPicture or None
        None where no segment holds the instant, or nothing before it in that segment decodes.
    """
    for piece in pieces(record.segments, stream):
        if not piece.start_s - _SAME_S <= device_s < piece.end_s:
            continue
        try:
            with open_video(record.path(piece.file)) as video:
                shown = video.shown_at(piece.pts_s(device_s) + _SAME_S, width_px=width_px)
        except LoadError:
            return None
        if shown is None:
            return None
        return StreamPicture(device_s=shown.pts_s + piece.shift_s, picture=shown, file=piece.file)
    return None


def sound(
    record: SittingRecord,
    stream: str,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    rate_hz: int = 16000,
) -> Iterator[StreamSound]:
    """Decode the sound of a stream, one channel, in blocks of about a second of device time.

    Nothing is filled in: where no block follows another directly, nothing was recorded. Segments
    that do not open or have no sound are passed over.
    """
    for piece in pieces(record.segments, stream, sound=True):
        first_s, until_s = _bounds(piece, start_s, end_s)
        if until_s <= first_s:
            continue
        try:
            for block in sound_blocks(
                record.path(piece.file),
                rate_hz=rate_hz,
                start_pts_s=piece.pts_s(first_s),
                end_pts_s=piece.pts_s(until_s),
            ):
                yield StreamSound(
                    device_s=block.pts_s + piece.shift_s, samples=block.samples, file=piece.file
                )
        except LoadError:
            continue


def _around(old: Piece, new: Piece) -> list[Piece]:
    """Return what remains of an older stretch when a later-starting one takes its part."""
    if new.start_s >= old.end_s or new.end_s <= old.start_s:
        return [old]
    before = _between(old, old.start_s, new.start_s)
    after = _between(old, new.end_s, old.end_s)
    return [p for p in (before, after) if p.end_s > p.start_s]


def _between(piece: Piece, start_s: float, end_s: float) -> Piece:
    return Piece(file=piece.file, start_s=start_s, end_s=end_s, shift_s=piece.shift_s)


def _bounds(piece: Piece, start_s: float | None, end_s: float | None) -> tuple[float, float]:
    return (
        piece.start_s if start_s is None else max(start_s, piece.start_s),
        piece.end_s if end_s is None else min(end_s, piece.end_s),
    )


def _shifted(damage: Damage, piece: Piece) -> Damage:
    return Damage(
        start_pts_s=damage.start_pts_s + piece.shift_s,
        end_pts_s=damage.end_pts_s + piece.shift_s,
        reason=damage.reason,
    )
