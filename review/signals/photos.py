"""The registered and log-in photographs, as detections.

A photograph's face is a row of ``detections`` with ``stream`` ``identity/<name>`` (``id_photo``,
``login_photo_client``, ...), ``label`` its name, ``device_s`` 0 and ``track`` -1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.errors import LoadError
from review.loaders.photos import read_photo
from review.signals.faces import face_detector
from review.signals.heads import HeadReader
from review.signals.identity import MIN_WIDTH_PX, Embedder
from review.signals.samples import Samples
from review.signals.vectors import PHOTO_PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from review.loaders.record import SittingRecord
    from review.signals.faces import FaceDetector
    from review.signals.models import Models

#: A photograph is looked at once, so it may cost more: a full-length one shows a small face.
_SIDE_PX: Final = 640


def measure_photos(record: SittingRecord, *, models: Models) -> list[Samples]:
    """Find and embed the largest face of each photograph; what has none is a problem."""
    if not record.photos:
        return []
    detector = face_detector(models, long_side_px=_SIDE_PX)
    embedder = Embedder(models)
    folder = record.sitting.session.folder
    measured = []
    for name, path in sorted(record.photos.items()):
        samples = Samples(stream=PHOTO_PREFIX + name)
        inside = path.is_relative_to(folder)
        file = path.relative_to(folder).as_posix() if inside else str(path)
        _measure(path, file, samples, detector, embedder)
        measured.append(samples)
    return measured


def _measure(
    path: Path, file: str, samples: Samples, detector: FaceDetector, embedder: Embedder
) -> None:
    try:
        picture = read_photo(path)
    except LoadError as error:
        samples.problem("warning", "photo_unreadable", str(error), file=file)
        return
    faces = detector.detect(picture)
    if not faces:
        samples.problem(
            "warning",
            "photo_without_face",
            f"{file}: no face is found in it; faces are not compared with it",
            file=file,
        )
        return
    face = max(faces, key=lambda f: f.w_px * f.h_px)
    if face.w_px < MIN_WIDTH_PX:
        samples.problem(
            "warning",
            "photo_too_small",
            f"{file}: the face is {face.w_px:.0f} px wide, expected at least {MIN_WIDTH_PX:.0f}; "
            "faces are not compared with it",
            file=file,
        )
        return
    head = HeadReader(None).read(picture, face)
    row = {
        "stream": samples.stream,
        "device_s": 0.0,
        "kind": "face",
        "label": samples.stream.removeprefix(PHOTO_PREFIX),
        "track": -1,
        "x_px": face.x_px,
        "y_px": face.y_px,
        "w_px": face.w_px,
        "h_px": face.h_px,
        "score": face.score,
        "embedding": embedder.embed(picture, face),
    }
    samples.detections.append(row)
    if head is not None and head.patch is not None:
        samples.patches.append((0.0, head.patch, row))
