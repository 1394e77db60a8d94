"""How much a face looks as it usually does, and as on the photographs: what hides it shows here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.signals.heads import likeness, usual_face
from review.signals.samples import Samples
from review.signals.vectors import PHOTO_PREFIX, SAME_PERSON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: Fewer faces than this have no usual look.
_LEAST: Final = 5
#: Somebody else who is seen this often has a usual look of their own. A mask that makes a face
#: somebody else's for so long is then the usual; it stands out as another person.
_LEAST_OTHER: Final = 30


def appearances(measured: Sequence[Samples]) -> list[Samples]:
    """Compare the faces of the front view with their usual look and with the photographs.

    Returns
    -------
    list of Samples
        Signals ``like_eyes`` and ``like_mouth``: correlation (1 the same, 0 nothing alike) of the
        upper and lower part of the main face with the usual look of the same person;
        ``like_photo_eyes`` and ``like_photo_mouth``: with the photograph that it is most like
        there.
    """
    faces = [face for s in measured if s.stream == "front" for face in s.patches]
    photos = [p for s in measured if s.stream.startswith(PHOTO_PREFIX) for _, p, _ in s.patches]
    if len(faces) < _LEAST:
        return []
    faces.sort(key=lambda face: face[0])
    times = [time_s for time_s, _, _ in faces]
    patches = np.stack([patch for _, patch, _ in faces])
    samples = Samples(stream="front")
    own = _own_likeness(patches, np.array([row["track"] for _, _, row in faces]), _tracks(measured))
    samples.add_series("like_eyes", times, own[:, 0])
    samples.add_series("like_mouth", times, own[:, 1])
    if photos:
        against = np.stack([likeness(patches, photo) for photo in photos])
        samples.add_series("like_photo_eyes", times, against[:, :, 0].max(axis=0))
        samples.add_series("like_photo_mouth", times, against[:, :, 1].max(axis=0))
    return [samples]


def _own_likeness(
    patches: NDArray[np.uint8], tracks: NDArray[np.int_], means: Mapping[int, NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Compare every face with the usual look of its person, persons with few faces with all's."""
    persons = _persons(means)
    whose = np.array([persons.get(int(track), -1) for track in tracks])
    made = likeness(patches, usual_face(patches))
    for person in set(whose.tolist()) - {-1}:
        mine = whose == person
        if mine.sum() >= _LEAST_OTHER:
            made[mine] = likeness(patches[mine], usual_face(patches[mine]))
    return made


def _tracks(measured: Sequence[Samples]) -> dict[int, NDArray[np.float64]]:
    """Return the mean embedding of each track of the front view."""
    found: dict[int, list[NDArray[np.float32]]] = {}
    for samples in measured:
        for row in samples.detections if samples.stream == "front" else ():
            if row["kind"] == "face" and row["embedding"] is not None:
                found.setdefault(row["track"], []).append(row["embedding"])
    return {track: np.mean(vectors, axis=0) for track, vectors in found.items()}


def _persons(means: Mapping[int, NDArray[np.float64]]) -> dict[int, int]:
    """Give tracks of one person one number."""
    persons: dict[int, int] = {}
    for track, mean in means.items():
        near = [t for t in persons if np.linalg.norm(means[t] - mean) <= SAME_PERSON]
        persons[track] = persons[near[0]] if near else track
    return persons
