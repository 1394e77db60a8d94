"""Whose face is the candidate's: that of the photographs, else that of the person seen most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.signals.vectors import PHOTO_PREFIX, SAME_PERSON, distances, majority

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from review.timeline.evidence import Evidence

    Vectors = NDArray[np.float64]

#: So many faces that look like a photograph are the candidate's; one may be a chance.
_LEAST_FACES: Final = 3


def photographs(evidence: Evidence) -> dict[str, Vectors]:
    """Return the embeddings of the registered and log-in photographs by name."""
    rows = evidence.detections
    rows = rows[rows["stream"].str.startswith(PHOTO_PREFIX) & rows["embedding"].notna()]
    return {
        str(label): np.asarray(vector, dtype=float)
        for label, vector in zip(rows["label"], rows["embedding"], strict=True)
    }


def candidates_face(
    vectors: Sequence[Vectors],
    photos: Mapping[str, Vectors],
    *,
    same_person: float = SAME_PERSON,
    least_faces: int = _LEAST_FACES,
) -> Vectors | None:
    """Return the candidate's usual face among those of a sitting; None without any face.

    Faces that look like a photograph are the candidate's, however few they are: a substitute may
    sit there for longer. Where none does, the person seen most is taken.

    Parameters
    ----------
    vectors
        Embeddings of the faces.
    photos
        Embeddings of the photographs.
    """
    if photos and len(vectors):
        near = distances(list(vectors), list(photos.values())).min(axis=1) <= same_person
        if near.sum() >= least_faces:
            return majority([v for v, own in zip(vectors, near, strict=True) if own])
    return majority(vectors)
