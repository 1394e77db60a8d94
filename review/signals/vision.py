"""One pass over the pictures of a view: what they look like, and who is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from review.signals.faces import face_detector
from review.signals.identity import Embedder
from review.signals.looks import looks
from review.signals.people import PeopleDetector
from review.signals.recognition import Recognition
from review.signals.samples import Samples
from review.signals.tracks import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from review.loaders.media import Damage
    from review.loaders.record import SittingRecord
    from review.signals.faces import FaceDetector
    from review.signals.models import Models

    Tell = Callable[[float], None]

#: Width at which brightness, contrast, sharpness and change are taken, so that they compare
#: between cameras.
STATS_WIDTH_PX: Final = 320
#: Spread of the surroundings that brightness is compared with, at a quarter of that width.
_SURROUNDINGS_PX: Final = 4.0
#: Pictures are not decoded wider than this: a face of 28 px on it, the narrowest that is compared,
#: is the face of somebody six metres away.
MAX_WIDTH_PX: Final = 1280
#: Longest side that the face network sees. A face before the computer is wide (front); from the
#: phones' 1.5 to 2 m (ITMC notice, part 4) it fills about 7 % of the width: 22 px of 320, where
#: CenterFace begins to miss faces (measured: below 18 px), and 34 px of 480.
FACE_SIDE_PX: Final = {"front": 320, "right_rear": 480, "left_front": 480}


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What a picture looks like, and the reduced grey picture that it was taken from."""

    luma: float
    contrast: float
    sharpness: float
    grey: NDArray[np.uint8]


def statistics(picture: NDArray[np.uint8]) -> Statistics:
    """Measure a picture, BGR or grey.

    Returns
    -------
    Statistics
        ``luma`` mean of brightness (0 to 255); ``contrast`` how far brightness differs from its
        surroundings, in the places where it differs most but for a fifth; ``sharpness`` variance
        of the Laplacian. All at ``STATS_WIDTH_PX``.

    Notes
    -----
    A lens under a finger shows a smooth gradient and often a burned-in clock, both of which have a
    large standard deviation. Measured: ``contrast`` 1 for such a picture with a clock, 18 to 45 for
    the rooms of the test data.
    """
    height, width = picture.shape[:2]
    size = (STATS_WIDTH_PX, max(1, round(height * STATS_WIDTH_PX / width)))
    method = cv2.INTER_AREA if width > STATS_WIDTH_PX else cv2.INTER_LINEAR
    small = picture if width == STATS_WIDTH_PX else cv2.resize(picture, size, interpolation=method)
    grey = np.asarray(
        small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.uint8
    )
    laplacian = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F))[1]
    return Statistics(
        luma=float(cv2.mean(grey)[0]),
        contrast=_local_contrast(grey),
        sharpness=float(laplacian[0, 0]) ** 2,
        grey=grey,
    )


def _local_contrast(grey: NDArray[np.uint8]) -> float:
    # Noise and fine text go with the size; a quarter of it is enough to see a room.
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA).astype(float)
    surroundings = cv2.GaussianBlur(small, (0, 0), _SURROUNDINGS_PX)
    return float(np.percentile(np.abs(small - surroundings), 80))


def change(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Return the mean absolute difference of two grey pictures, 0 to 255; 255 if sizes differ."""
    if before.shape != after.shape:
        return 255.0
    return float(cv2.mean(cv2.absdiff(before, after))[0])


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
        width_px=STATS_WIDTH_PX,
        gray=True,
        damage=damage.found,
    ):
        seen = statistics(look.pixels)
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
    identity_every_s: float,
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
    eyes = _Eyes(stream, models, samples, identity_every_s)
    before: NDArray[np.uint8] | None = None
    for look in looks(
        record,
        stream,
        start_s=span[0],
        end_s=span[1],
        every_s=every_s,
        width_px=MAX_WIDTH_PX if max(widths.values(), default=0) > MAX_WIDTH_PX else None,
        damage=damage.found,
    ):
        seen = statistics(look.pixels)
        samples.add(look.device_s, luma=seen.luma, contrast=seen.contrast, sharpness=seen.sharpness)
        if before is not None:
            samples.add(look.device_s, change=change(before, seen.grey))
        before = seen.grey
        scale = widths.get(look.file, look.pixels.shape[1]) / look.pixels.shape[1]
        eyes.see(look.device_s, look.pixels, scale)
        tell(look.device_s)
    damage.report(samples)
    return samples


class _Eyes:
    """The networks that look at one view, and what they remember from picture to picture."""

    def __init__(
        self, stream: str, models: Models, samples: Samples, identity_every_s: float
    ) -> None:
        self._samples = samples
        self._faces: FaceDetector = face_detector(models, long_side_px=FACE_SIDE_PX[stream])
        self._face_tracks, self._person_tracks = Tracker(), Tracker()
        self._recognition: Recognition | None = None
        if "face_embedding" in models and "face_landmarks_5" in models:
            self._recognition = Recognition(
                lambda: Embedder(models), self._face_tracks, every_s=identity_every_s
            )
        self._people = PeopleDetector(models) if "yolox_nano" in models else None

    def see(self, time_s: float, picture: NDArray[np.uint8], scale: float) -> None:
        """Look at one picture; ``scale`` is original px for each of its px."""
        faces = self._faces.detect(picture)
        boxes = [(f.x_px * scale, f.y_px * scale, f.w_px * scale, f.h_px * scale) for f in faces]
        tracks = self._face_tracks.update(time_s, boxes)
        rows = [
            self._row(time_s, "face", "face", track, box, face.score)
            for face, track, box in zip(faces, tracks, boxes, strict=True)
        ]
        if self._recognition is not None:
            self._recognition.see(time_s, picture, faces, rows)
        self._samples.detections += rows
        self._samples.add(time_s, faces=len(faces))
        if self._people is not None:
            self._see_people(time_s, picture, scale)

    def _see_people(self, time_s: float, picture: NDArray[np.uint8], scale: float) -> None:
        if self._people is None:
            return
        things = self._people.detect(picture)
        boxes = [(t.x_px * scale, t.y_px * scale, t.w_px * scale, t.h_px * scale) for t in things]
        persons = [n for n, thing in enumerate(things) if thing.label == "person"]
        tracks = dict(
            zip(
                persons,
                self._person_tracks.update(time_s, [boxes[n] for n in persons]),
                strict=True,
            )
        )
        for n, (thing, box) in enumerate(zip(things, boxes, strict=True)):
            kind = "person" if n in tracks else "object"
            row = self._row(time_s, kind, thing.label, tracks.get(n, -1), box, thing.score)
            self._samples.detections.append(row)
        self._samples.add(time_s, persons=len(persons))

    def _row(
        self,
        time_s: float,
        kind: str,
        label: str,
        track: int,
        box: tuple[float, float, float, float],
        score: float,
    ) -> dict[str, Any]:
        x, y, w, h = box
        return {
            "stream": self._samples.stream,
            "device_s": time_s,
            "kind": kind,
            "label": label,
            "track": track,
            "x_px": x,
            "y_px": y,
            "w_px": w,
            "h_px": h,
            "score": score,
            "embedding": None,
        }


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
