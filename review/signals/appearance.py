"""How much a face looks as it usually does, and as on the photographs: what hides it shows here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.signals.heads import likeness, usual_face
from review.signals.samples import Samples
from review.signals.vectors import PHOTO_PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Fewer faces than this have no usual look.
_LEAST: Final = 5


def appearances(measured: Sequence[Samples]) -> list[Samples]:
    """Compare the faces of the front view with their usual look and with the photographs.

    Returns
    -------
    list of Samples
        Signals ``like_eyes`` and ``like_mouth``: correlation (1 the same, 0 nothing alike) of the
        upper and lower part of the main face with its own usual look; ``like_photo_eyes`` and
        ``like_photo_mouth``: with the photograph that it is most like there.
    """
    faces = [patch for s in measured if s.stream == "front" for patch in s.patches]
    photos = [p for s in measured if s.stream.startswith(PHOTO_PREFIX) for _, p in s.patches]
    if len(faces) < _LEAST:
        return []
    faces.sort(key=lambda patch: patch[0])
    times = [time_s for time_s, _ in faces]
    patches = np.stack([patch for _, patch in faces])
    samples = Samples(stream="front")
    own = likeness(patches, usual_face(patches))
    samples.add_series("like_eyes", times, own[:, 0])
    samples.add_series("like_mouth", times, own[:, 1])
    if photos:
        against = np.stack([likeness(patches, photo) for photo in photos])
        samples.add_series("like_photo_eyes", times, against[:, :, 0].max(axis=0))
        samples.add_series("like_photo_mouth", times, against[:, :, 1].max(axis=0))
    return [samples]
