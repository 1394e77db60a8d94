"""Hiding parts of pictures: people who are not the candidate, and other windows on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from review.errors import ModelError
from review.loaders.streams import picture_at, pictures
from review.reporting.bystanders import people_of
from review.session import CAMERAS
from review.signals.faces import face_detector
from review.signals.models import find_models
from review.timeline.clocks import to_device_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from review.loaders.record import SittingRecord
    from review.reporting.bystanders import Boxes, People
    from review.workspace import Workspace

    Pixels = NDArray[np.uint8]

#: A hidden face is reduced to so many squares across; neither a person nor a network finds one.
_SQUARES: Final = 4
#: Clips are looked at for faces this often (s): a walking person moves by about half a face.
LOOK_EVERY_S: Final = 0.2
_SEEN_WIDTH_PX: Final = 640
#: Longest side that the face network sees. Networks begin to miss faces below 14 to 18 px; a
#: visitor behind the candidate fills about a twentieth of a view.
_FACE_SIDE_PX: Final = {"front": 416}
_FACE_SIDE_OTHER_PX: Final = 480
#: The screen is compared in this width; differences of brightness up to this are compression's.
_COMPARED_PX: Final = 240
_DIFFERENT: Final = 10
#: Part of the screen that a change must fill to be a window and no timer or mouse pointer.
_WINDOW_SHARE: Final = 0.01
_GREY: Final = 118


def hide_people(pixels: Pixels, people: People, device_s: float, *, scale: float = 1.0) -> Pixels:
    """Return a picture in which nobody but the candidate can be made out.

    Parameters
    ----------
    pixels
        BGR; it is not changed.
    scale
        Pixels of this picture for each of the original's.
    """
    faces = people.faces_at(device_s) * scale
    bodies = people.bodies_at(device_s) * scale
    if not len(faces) and not len(bodies):
        return pixels
    hidden = pixels.copy()
    for box in bodies:
        _coarse(hidden, box)
    # What belongs to the candidate's figure is shown again, unless another face is there.
    for box in people.candidate_at(device_s) * scale if len(bodies) else ():
        part = _part(pixels, box)
        hidden[part] = pixels[part]
    for box in faces:
        _coarse(hidden, box)
    return hidden


def _part(pixels: Pixels, box: NDArray[np.float64]) -> tuple[slice, slice]:
    height, width = pixels.shape[:2]
    x, y = max(int(box[0]), 0), max(int(box[1]), 0)
    right = min(int(np.ceil(box[0] + box[2])), width)
    bottom = min(int(np.ceil(box[1] + box[3])), height)
    return slice(y, max(bottom, y)), slice(x, max(right, x))


def _coarse(pixels: Pixels, box: NDArray[np.float64]) -> None:
    part = _part(pixels, box)
    region = pixels[part]
    if not region.size:
        return
    height, width = region.shape[:2]
    squares = (min(_SQUARES, width), max(1, min(round(_SQUARES * height / width), height)))
    few = cv2.resize(region, squares, interpolation=cv2.INTER_AREA)
    pixels[part] = cv2.resize(few, (width, height), interpolation=cv2.INTER_LINEAR)


class PeopleHider:
    """Hides people in the pictures of one view, one for all of a clip.

    Parameters
    ----------
    detections
        Of the sitting, with embeddings.
    span
        Device time of the clip: faces are looked for there more often than the analysis did. None
        for single pictures of moments that were analysed.
    """

    def __init__(
        self,
        record: SittingRecord,
        detections: pd.DataFrame,
        stream: str,
        *,
        workspace: Workspace,
        span: tuple[float, float] | None = None,
    ) -> None:
        rows = record.segments[record.segments["stream"] == stream]
        self._widths = dict(zip(rows["file"], rows["width_px"].fillna(0).astype(int), strict=True))
        looks = () if span is None else self._looks(record, stream, workspace, span)
        self.people = people_of(detections, stream, more=looks)

    def __call__(self, pixels: Pixels, device_s: float, file: str) -> Pixels:
        """Return the picture of a moment with everybody else hidden."""
        width = self._widths.get(file) or pixels.shape[1]
        return hide_people(pixels, self.people, device_s, scale=pixels.shape[1] / width)

    def _looks(
        self,
        record: SittingRecord,
        stream: str,
        workspace: Workspace,
        span: tuple[float, float],
    ) -> Iterator[tuple[float, list[Boxes]]]:
        if stream not in CAMERAS:
            return
        try:
            detector = face_detector(
                find_models(workspace),
                long_side_px=_FACE_SIDE_PX.get(stream, _FACE_SIDE_OTHER_PX),
            )
        except ModelError:
            return
        width = max(self._widths.values(), default=0)
        for picture in pictures(
            record,
            stream,
            start_s=span[0] - 1.0,
            end_s=span[1] + 1.0,
            every_s=LOOK_EVERY_S,
            width_px=min(width, _SEEN_WIDTH_PX) or _SEEN_WIDTH_PX,
        ):
            scale = (
                self._widths.get(picture.file) or width or _SEEN_WIDTH_PX
            ) / picture.pixels.shape[1]
            yield (
                picture.device_s,
                [
                    np.array([f.x_px, f.y_px, f.w_px, f.h_px]) * scale
                    for f in detector.detect(picture.pixels)
                ],
            )


class WindowHider:
    """Hides what came before the exam on the recorded screen, while it had lost the focus.

    Other windows are what differs from the last picture in which the exam had the focus. A window
    that was there before, and one that does not take the focus, are not recognised.
    """

    def __init__(self, record: SittingRecord, clocks: pd.DataFrame, stream: str = "screen") -> None:
        self._record, self._stream = record, stream
        self._spans = _unfocused(record.events, clocks, stream)
        self._before: dict[float, Pixels | None] = {}

    def __call__(self, pixels: Pixels, device_s: float, _file: str) -> Pixels:
        """Return the picture of a moment with other windows grey."""
        for start_s, end_s in self._spans:
            if start_s <= device_s < end_s:
                return self._hidden(pixels, start_s)
        return pixels

    def _hidden(self, pixels: Pixels, start_s: float) -> Pixels:
        if start_s not in self._before:
            # The window may be a picture or two ahead of the log.
            found = picture_at(self._record, self._stream, start_s - 1.0, width_px=_COMPARED_PX)
            self._before[start_s] = None if found is None else _grey(found.pixels)
        before = self._before[start_s]
        hidden = pixels.copy()
        if before is None:
            hidden[:] = _GREY
            return hidden
        height, width = pixels.shape[:2]
        for x, y, w, h in _changed(before, _grey(pixels)):
            fx, fy = width / before.shape[1], height / before.shape[0]
            box = np.array([x * fx, y * fy, w * fx, h * fy])
            hidden[_part(pixels, box)] = _GREY
        return hidden


def _grey(pixels: Pixels) -> Pixels:
    height = max(1, round(pixels.shape[0] * _COMPARED_PX / pixels.shape[1]))
    small = cv2.resize(pixels, (_COMPARED_PX, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _changed(before: Pixels, now: Pixels) -> list[tuple[int, int, int, int]]:
    """Return the boxes (x, y, w, h) in which two small grey pictures of the screen differ."""
    if before.shape != now.shape:
        return [(0, 0, now.shape[1], now.shape[0])]
    apart = (cv2.absdiff(before, now) > _DIFFERENT).astype(np.uint8)
    # Lines of text leave gaps between them; a window is one thing.
    joined = cv2.morphologyEx(apart, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    least = _WINDOW_SHARE * now.size
    found = []
    for n in range(1, count):
        x, y, w, h, _area = (int(v) for v in stats[n])
        if w * h >= least:
            found.append((max(x - 2, 0), max(y - 2, 0), w + 4, h + 4))
    return found


def _unfocused(
    events: pd.DataFrame, clocks: pd.DataFrame, stream: str
) -> list[tuple[float, float]]:
    """Return the device times in which the exam had lost the focus, a little widened."""
    rows = events[
        (events["stream"] == "events_client")
        & events["type"].isin(["focus_lost", "focus_gained"])
        & events["time_s"].notna()
    ].sort_values("time_s")
    spans: list[tuple[float, float]] = []
    lost: float | None = None
    for time_s, kind in zip(rows["time_s"], rows["type"], strict=True):
        if kind == "focus_lost" and lost is None:
            lost = float(time_s)
        elif kind == "focus_gained" and lost is not None:
            spans.append((lost, float(time_s)))
            lost = None
    if lost is not None:
        spans.append((lost, float("inf")))
    return [
        (
            float(to_device_s(clocks, stream, a)) - 0.5,
            float(to_device_s(clocks, stream, b)) + 0.5 if np.isfinite(b) else float("inf"),
        )
        for a, b in spans
    ]
