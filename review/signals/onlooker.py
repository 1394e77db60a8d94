"""The networks that look at one camera view, and what they remember from picture to picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from review.signals.faces import face_detector
from review.signals.heads import HeadReader
from review.signals.identity import Embedder
from review.signals.people import SURE_SCORE, PeopleDetector
from review.signals.recognition import Recognition
from review.signals.scenery import Scenery
from review.signals.tracks import Tracker, iou
from review.signals.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review.signals.faces import Face
    from review.signals.heads import Patch
    from review.signals.models import Models
    from review.signals.people import Thing
    from review.signals.samples import Samples
    from review.signals.sights import Sight
    from review.signals.watch import Answer

    Box = tuple[float, float, float, float]

#: Longest side that the face network sees. A face before the computer is wide (front); from the
#: phones' 1.5 to 2 m (ITMC notice, part 4) it fills about 7 % of the width: 22 px of 320, where
#: CenterFace begins to miss faces (measured: below 18 px), and 34 px of 480.
FACE_SIDE_PX: Final = {"front": 320, "right_rear": 480, "left_front": 480}
#: Room that the body of a face takes: a shoulder's breadth to either side, the trunk below.
_BODY: Final = (1.0, 0.5, 1.0, 4.0)
#: Things whose coming and going is found to the picture.
_COUNTED: Final = ("person", "cell_phone", "book")
#: A weak detection goes on with what was there before if it overlaps by this much.
_SAME_PLACE_IOU: Final = 0.3


@dataclass(frozen=True, kw_only=True)
class LookOptions:
    """How often the networks look; seconds.

    Whatever lasts as long as the shortest of these is seen, and its first picture is found by going
    back (:mod:`review.signals.watch`).

    Parameters
    ----------
    changing_every_s, idle_every_s
        Faces in the phones' views and persons in all, while something changes and while nothing
        does. In the front view every looked-at picture is searched for faces.
    identity_every_s
        Longest between two comparisons of a face that is followed already, in the front view.
    identity_aside_every_s
        The same in the phones' views.
    """

    changing_every_s: float = 3.0
    idle_every_s: float = 12.0
    identity_every_s: float = 120.0
    identity_aside_every_s: float = 240.0


class Onlooker:
    """Looks at the pictures of one camera view and adds what it sees to samples.

    Parameters
    ----------
    stream
        One of the three camera views.
    samples
        Rows are added to it.
    """

    def __init__(
        self, stream: str, models: Models, samples: Samples, *, options: LookOptions
    ) -> None:
        self._stream, self._samples = stream, samples
        front = stream == "front"
        detector = face_detector(models, long_side_px=FACE_SIDE_PX[stream])
        self._faces: Watch[Face] = Watch(
            detector.detect,
            every_s=0.0 if front else options.changing_every_s,
            idle_s=0.0 if front else options.idle_every_s,
            reach=_BODY,
        )
        self._people: Watch[Thing] | None = None
        if "yolox_nano" in models:
            people = PeopleDetector(models)
            self._people = Watch(
                people.detect,
                every_s=options.changing_every_s,
                idle_s=options.idle_every_s,
                kind_of=_counted,
            )
        self._face_tracks, self._person_tracks = Tracker(), Tracker()
        self._persons: list[Box] = []
        self._recognition: Recognition | None = None
        known = "face_embedding" in models and "face_landmarks_5" in models
        if known:
            every_s = options.identity_every_s if front else options.identity_aside_every_s
            self._recognition = Recognition(
                lambda: Embedder(models), self._face_tracks, every_s=every_s
            )
        self._heads: HeadReader | None = None
        if front:
            corners = models.path("face_landmarks_5") if "face_landmarks_5" in models else None
            self._heads = HeadReader(corners)
        self._scenery = Scenery()
        self._count = 0

    def differs(self, sight: Sight) -> bool:
        """Say whether a picture shows more or fewer faces than the last one; front view only."""
        if self._heads is None:
            return False
        return len(self._faces.peek(sight)) != self._count

    def see(self, sight: Sight, *, force: bool = False) -> None:
        """Look at the next picture; with ``force`` every network does."""
        # Somebody who moves about is nobody new, and seen from behind has no face to be known by.
        known = () if self._people is None else [t for t in self._people.latest if _is_sure(t)]
        for answer in self._faces.see(sight, force=force, owners=known):
            self._take_faces(answer)
        if self._people is not None:
            for seen, things, _ in self._people.see(sight, force=force):
                self._take_things(seen, things)
        self._look_about(sight)

    def close(self) -> None:
        """Give answers for the pictures that still wait for one."""
        for answer in self._faces.close():
            self._take_faces(answer)
        for seen, things, _ in self._people.close() if self._people is not None else ():
            self._take_things(seen, things)

    def _take_faces(self, answer: Answer[Face]) -> None:
        sight = answer.sight
        ratio = sight.small_scale / sight.scale
        faces = [face.scaled(ratio) for face in answer.things]
        boxes = [_box(face, sight.scale) for face in faces]
        tracks = self._face_tracks.update(sight.time_s, boxes)
        rows = [
            self._row(sight.time_s, "face", "face", track, box, face.score)
            for face, track, box in zip(faces, tracks, boxes, strict=True)
        ]
        seen = self._read_head(sight, faces)
        if self._recognition is not None:
            # Nobody new sits where nothing changed: such a picture is not even converted.
            picture = sight.picture if answer.looked and faces else None
            self._recognition.see(sight.time_s, picture, faces, rows)
        if seen is not None:
            index, patch = seen
            self._samples.patches.append((sight.time_s, patch, rows[index]))
        self._samples.detections += rows
        self._samples.add(sight.time_s, faces=len(faces))
        self._count = len(faces)

    def _read_head(self, sight: Sight, faces: Sequence[Face]) -> tuple[int, Patch] | None:
        if self._heads is None or not faces:
            return None
        main = max(range(len(faces)), key=lambda n: faces[n].w_px * faces[n].h_px)
        head = self._heads.read(sight.picture, faces[main])
        if head is None:
            return None
        self._samples.add(sight.time_s, turn=head.turn, nod=head.nod, face_luma=head.luma)
        if head.gaze is not None:
            self._samples.add(sight.time_s, gaze=head.gaze)
        if head.patch is None:
            return None
        self._samples.add(sight.time_s, shade=head.shade)
        return main, head.patch

    def _take_things(self, sight: Sight, found: Sequence[Thing]) -> None:
        scale = sight.small_scale
        kept = [
            (thing, _box(thing, scale))
            for thing in found
            if thing.score >= SURE_SCORE or self._goes_on(thing, _box(thing, scale))
        ]
        self._persons = [box for thing, box in kept if thing.label == "person"]
        tracks = iter(self._person_tracks.update(sight.time_s, self._persons))
        for thing, box in kept:
            person = thing.label == "person"
            self._samples.detections.append(
                self._row(
                    sight.time_s, "person" if person else "object", thing.label,
                    next(tracks) if person else -1, box, thing.score,
                )
            )  # fmt: skip
        self._samples.add(sight.time_s, persons=len(self._persons))

    def _goes_on(self, thing: Thing, box: Box) -> bool:
        """Say whether a weak detection is somebody who was there in the picture before."""
        return thing.label == "person" and any(
            iou(np.array(box), np.array(other)) >= _SAME_PLACE_IOU for other in self._persons
        )

    def _look_about(self, sight: Sight) -> None:
        ratio = sight.small_scale
        people = list(self._persons)
        for face in self._faces.latest:
            x, y, w, h = _box(face, ratio)
            left, up, right, down = _BODY
            people.append((x - left * w, y - up * h, (1 + left + right) * w, (1 + up + down) * h))
        for time_s, values in self._scenery.see(sight, people).items():
            self._samples.add(time_s, **values)

    def _row(
        self, time_s: float, kind: str, label: str, track: int, box: Box, score: float
    ) -> dict[str, Any]:
        x, y, w, h = box
        return {
            "stream": self._stream,
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


def _is_sure(thing: Thing) -> bool:
    return thing.label == "person" and thing.score >= SURE_SCORE


def _counted(thing: Thing) -> str | None:
    """Return what a thing is counted as: a keyboard that flickers is no reason to go back."""
    return thing.label if thing.score >= SURE_SCORE and thing.label in _COUNTED else None


def _box(thing: Face | Thing, scale: float) -> Box:
    return (thing.x_px * scale, thing.y_px * scale, thing.w_px * scale, thing.h_px * scale)
