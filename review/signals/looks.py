"""Which pictures of a stream are looked at: as few as will do, each decoded once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from review.errors import LoadError
from review.loaders.media import open_video
from review.loaders.streams import pictures, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review.loaders.media import Damage, Packet
    from review.loaders.record import SittingRecord
    from review.loaders.streams import Piece, StreamPicture

#: Length of file that is walked to see how far key frames lie apart.
_PROBE_S: Final = 30.0
#: Pictures farther apart than this many times the wanted distance leave a hole that is filled.
_HOLE: Final = 1.5


class Stirred:
    """Says of a key frame whether something moved before it, from the sizes of packets alone.

    Parameters
    ----------
    idle_s
        A key frame is wanted at least this often.
    share
        Of a key frame's bytes: so much spent on the pictures in between, or so much more or less
        spent on it than on the last one, is a change. Measured on recorded screens: a clock that
        ticks and a pointer that moves cost less, a page that changes several times as much.
    """

    def __init__(self, *, idle_s: float, share: float = 0.08) -> None:
        self.idle_s = idle_s
        self._share = share
        self._at_s = float("-inf")
        self._key_bytes = self._between_bytes = 0

    def __call__(self, packet: Packet) -> bool:
        """Take in a packet; return whether it is to be decoded if it is a key frame."""
        if not packet.is_key:
            self._between_bytes += packet.size_bytes
            return False
        least = self._share * packet.size_bytes
        moved = self._between_bytes > least or abs(packet.size_bytes - self._key_bytes) > least
        due = packet.pts_s - self._at_s >= self.idle_s - 1e-3 or packet.pts_s < self._at_s
        self._between_bytes, self._key_bytes = 0, packet.size_bytes
        if moved or due:
            self._at_s = packet.pts_s
        return moved or due


def looks(
    record: SittingRecord,
    stream: str,
    *,
    start_s: float,
    end_s: float,
    every_s: float,
    width_px: int | None = None,
    gray: bool = False,
    damage: list[tuple[str, Damage]] | None = None,
    stirred: Stirred | None = None,
) -> Iterator[StreamPicture]:
    """Give pictures of a stream in order of device time, at least one every ``every_s``.

    Where key frames come that often they alone are decoded, and all of them are given up to two
    every ``every_s``; elsewhere everything is decoded and one picture every ``every_s`` is given.

    Parameters
    ----------
    start_s, end_s
        Device time.
    width_px, gray, damage
        As in :func:`review.loaders.streams.pictures`.
    stirred
        Passes over key frames before which nothing was encoded that moves.
    """
    most_s = _HOLE * every_s if stirred is None else max(_HOLE * every_s, _HOLE * stirred.idle_s)
    for piece in pieces(record.segments, stream):
        first_s, until_s = max(start_s, piece.start_s), min(end_s, piece.end_s)
        if until_s <= first_s:
            continue
        dense = _keys_are_dense(record, piece, first_s, every_s)
        last_s = first_s
        for picture in pictures(
            record,
            stream,
            start_s=first_s,
            end_s=until_s,
            keys_only=dense,
            every_s=every_s / 2 if dense else every_s,
            width_px=width_px,
            gray=gray,
            damage=damage,
            wanted=stirred if dense else None,
            rough=dense,
            one_thread=True,
        ):
            if dense and picture.device_s - last_s > most_s:
                # Key frames became rarer on the way: decode what lies between.
                yield from pictures(
                    record,
                    stream,
                    start_s=last_s + every_s,
                    end_s=picture.device_s - every_s / 2,
                    every_s=every_s,
                    width_px=width_px,
                    gray=gray,
                )
            last_s = picture.device_s
            yield picture


def between(
    record: SittingRecord,
    stream: str,
    *,
    start_s: float,
    end_s: float,
    every_s: float,
    width_px: int | None = None,
) -> list[StreamPicture]:
    """Return pictures from within ``(start_s, end_s)``, one every ``every_s``, of any kind."""
    return list(
        pictures(
            record,
            stream,
            start_s=start_s + every_s,
            end_s=end_s - every_s / 4,
            every_s=every_s,
            width_px=width_px,
        )
    )


def _keys_are_dense(record: SittingRecord, piece: Piece, first_s: float, every_s: float) -> bool:
    """Say whether key frames of a piece come at least about every ``every_s``."""
    begin_s = piece.pts_s(first_s)
    keys: list[float] = []
    last_s = begin_s
    try:
        with open_video(record.path(piece.file)) as video:
            for packet in video.packets():
                last_s = packet.pts_s
                if packet.is_key:
                    keys.append(packet.pts_s)
                if packet.pts_s > begin_s + _PROBE_S:
                    break
    except LoadError:
        return False
    marks = [*keys, last_s]
    gaps = [b - a for a, b in pairwise(marks)]
    return bool(gaps) and max(gaps) <= 1.25 * every_s
