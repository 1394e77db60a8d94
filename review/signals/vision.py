"""One pass over the pictures of a view: what they look like, and who is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.signals.looks import Stirred, between, looks
from review.signals.onlooker import Onlooker
from review.signals.samples import Samples
from review.signals.sights import STATS_WIDTH_PX, change, sight, statistics

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from review.loaders.media import Damage
    from review.loaders.record import SittingRecord
    from review.loaders.streams import StreamPicture
    from review.signals.models import Models
    from review.signals.onlooker import LookOptions
    from review.signals.sights import Sight

    Tell = Callable[[float], None]

#: Pictures are not decoded wider than this: a face of 28 px on it, the narrowest that is compared,
#: is the face of somebody six metres away.
MAX_WIDTH_PX: Final = 1280
#: Where somebody comes or goes, so many pictures a second are looked at.
CLOSER_S: Final = 0.25
#: Closer looks that may be taken at once, and how long it takes until another one may be: a view
#: in which faces flicker all the time is not worth the time.
_CLOSER_STORE: Final = 30.0
_CLOSER_EVERY_S: Final = 30.0


#: A screen on which nothing moves is looked at this often; one measurement stands for 3 s
#: (:class:`review.timeline.coverage.CoverageOptions`).
SCREEN_IDLE_S: Final = 2.0
#: Screens from this width on are thinned before they are reduced.
_WIDE_PX: Final = 4 * STATS_WIDTH_PX


def _thinned(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Leave out every other row and column: a quarter of the work, and letters stay what they are.

    The screen does not move under the camera, so that nothing shimmers.
    """
    return np.ascontiguousarray(grey[::2, ::2]) if grey.shape[1] >= _WIDE_PX else grey


def measure_screen(
    record: SittingRecord, stream: str, *, span: tuple[float, float], every_s: float, tell: Tell
) -> Samples:
    """Measure brightness and change of the recorded screen."""
    samples, damage = Samples(stream=stream), _Damage()
    before: NDArray[np.uint8] | None = None
    for look in looks(
        record,
        stream,
        start_s=span[0],
        end_s=span[1],
        every_s=every_s,
        gray=True,
        damage=damage.found,
        stirred=Stirred(idle_s=SCREEN_IDLE_S),
    ):
        seen = statistics(_thinned(look.pixels))
        samples.add(look.device_s, luma=seen.luma)
        if before is not None:
            samples.add(look.device_s, change=change(before, seen.grey))
        before = seen.grey
        tell(look.device_s)
    damage.report(samples)
    return samples


def measure_camera(
    record: SittingRecord,
    stream: str,
    *,
    models: Models,
    span: tuple[float, float],
    every_s: float,
    options: LookOptions,
    tell: Tell,
) -> Samples:
    """Measure a camera view: statistics, faces with tracks and embeddings, persons, objects.

    Parameters
    ----------
    span
        Device time to look at.
    tell
        Called with the device time that is reached.
    """
    samples, damage = Samples(stream=stream), _Damage()
    widths = _widths(record, stream)
    eyes = Onlooker(stream, models, samples, options=options)
    closer = _Closer(record, stream, widths)
    before: Sight | None = None
    for look in looks(
        record,
        stream,
        start_s=span[0],
        end_s=span[1],
        every_s=every_s,
        width_px=MAX_WIDTH_PX if max(widths.values(), default=0) > MAX_WIDTH_PX else None,
        damage=damage.found,
    ):
        now = _sight(look, widths)
        seen = now.statistics
        samples.add(now.time_s, luma=seen.luma, contrast=seen.contrast, sharpness=seen.sharpness)
        if before is not None:
            samples.add(now.time_s, change=change(before.statistics.grey, seen.grey))
            if look.is_key and eyes.differs(now):
                for extra in closer.between(before.time_s, now.time_s, now.width_px):
                    eyes.see(extra, force=True)
        before = now
        eyes.see(now)
        tell(now.time_s)
    eyes.close()
    damage.report(samples)
    return samples


class _Closer:
    """Looks at the pictures between two key frames, as often as can be afforded."""

    def __init__(self, record: SittingRecord, stream: str, widths: dict[str, int]) -> None:
        self._record, self._stream, self._widths = record, stream, widths
        self._store, self._at_s = _CLOSER_STORE, 0.0

    def between(self, start_s: float, end_s: float, width_px: int) -> list[Sight]:
        """Return a few pictures from within ``(start_s, end_s)``."""
        refill = max(0.0, end_s - self._at_s) / _CLOSER_EVERY_S
        self._store, self._at_s = min(_CLOSER_STORE, self._store + refill), end_s
        if self._store < 1.0 or not 2 * CLOSER_S <= end_s - start_s <= 10 * CLOSER_S:
            return []
        self._store -= 1.0
        found = between(
            self._record, self._stream, start_s=start_s, end_s=end_s, every_s=CLOSER_S,
            width_px=width_px,
        )  # fmt: skip
        return [_sight(look, self._widths) for look in found]


def _sight(look: StreamPicture, widths: dict[str, int]) -> Sight:
    """Measure a picture; ``widths`` are those of the files."""
    width_px = look.brightness.shape[1]
    return sight(look.device_s, look, scale=widths.get(look.file, width_px) / width_px)


class _Damage:
    """Stretches that did not decode, turned into problems."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Damage]] = []

    def report(self, samples: Samples) -> None:
        for file, damage in self.found:
            samples.problem(
                "warning",
                "undecodable",
                f"{file}: pictures from {damage.start_pts_s:.1f} to {damage.end_pts_s:.1f} s "
                f"(device time) cannot be decoded ({damage.reason}); nothing was measured there",
                file=file,
                start_s=damage.start_pts_s,
                end_s=damage.end_pts_s,
            )


def _widths(record: SittingRecord, stream: str) -> dict[str, int]:
    rows = record.segments
    rows = rows[(rows["stream"] == stream) & rows["width_px"].notna()]
    return {
        str(file): int(width) for file, width in zip(rows["file"], rows["width_px"], strict=True)
    }
