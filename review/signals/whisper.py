"""Whisper's speech-to-text by faster-whisper, where an institution has put a model of it.

The model is no part of the installation and is never downloaded: it is a folder of several files
that whoever wants transcripts puts in place. Which version it is, is theirs to choose, so its files
are not held against a hash; the hashes of those that were used are recorded instead.
"""

from __future__ import annotations

import hashlib
import math
import os
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.errors import ModelError
from review.signals.models import model_folders, user_folder
from review.signals.transcript import Said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from review.workspace import Workspace

#: Name of the model's folder within a folder of models.
FOLDER: Final = "whisper"
#: What a model in CTranslate2's format must hold. Without its own ``tokenizer.json`` faster-whisper
#: would fetch one; ``vocabulary`` is .txt or .json by the model's age.
NEEDED: Final = ("config.json", "model.bin", "tokenizer.json")
_VOCABULARY: Final = ("vocabulary.json", "vocabulary.txt")
_OPTIONAL: Final = ("preprocessor_config.json",)
#: A suitable model: of those that know Chinese the smallest that is of use. Address, licence and
#: size as its page says them.
SOURCE: Final = "https://huggingface.co/Systran/faster-whisper-small"


def find_whisper(workspace: Workspace | None = None) -> Path | None:
    """Return the folder of the first usable model, looked for like the other model files.

    In ``whisper`` of ``REVIEW_MODELS_DIR``, of the workspace's ``models`` and of the user's folder.
    """
    for place in model_folders(workspace):
        if not lacking(place / FOLDER):
            return place / FOLDER
    return None


def listed(workspace: Workspace | None = None) -> pd.DataFrame:
    """Return its row for the list of model files (:func:`review.signals.models.list_models`)."""
    found = find_whisper(workspace)
    row = {
        "name": "whisper",
        "purpose": "speech",
        "present": found is not None,
        "path": None if found is None else str(found),
        "adds": "a transcript of what was said (review transcribe); nothing is judged by it",
        "licence": "MIT",
        "source": f"{SOURCE} (0.5 GB): a folder of several files, put there by hand",
        "problem": None,
    }
    return pd.DataFrame([row])


def lacking(folder: Path) -> list[str]:
    """Return which files a folder lacks for being a model."""
    wanting = [name for name in NEEDED if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in _VOCABULARY):
        wanting.append("vocabulary.txt or vocabulary.json")
    return wanting


def whisper(
    folder: Path | None = None,
    *,
    workspace: Workspace | None = None,
    language: str | None = None,
) -> Whisper:
    """Load a model: that of ``folder``, else the one that is found.

    Raises
    ------
    ModelError
        If there is none, or it cannot be used.
    """
    if folder is not None and (wanting := lacking(folder)):
        raise ModelError(
            "no speech-to-text model in this folder",
            where=folder,
            expected=f"a Whisper model in CTranslate2's format, for example that of {SOURCE}",
            found="no such folder" if not folder.is_dir() else f"without {', '.join(wanting)}",
        )
    found = folder or find_whisper(workspace)
    if found is None:
        places = [str(place / FOLDER) for place in model_folders(workspace)]
        raise ModelError(
            "no speech-to-text model here; it adds a transcript of what was said and nothing else",
            where="model whisper",
            expected=f"{', '.join(NEEDED)} and vocabulary.txt in {' or '.join(places)}",
            todo=f"download the files of {SOURCE} (MIT, 0.5 GB) on a machine with a network and "
            f"put them into {user_folder() / FOLDER}, or name their folder with --model",
        )
    return Whisper(found, language=language)


class Whisper:
    """A Whisper model on the processor, with 8-bit weights.

    It is asked without chance (temperature 0) and without what it said before, so that the same
    sound gives the same lines.

    Parameters
    ----------
    folder
        The model in CTranslate2's format.
    language
        Code such as ``zh``; None to have it recognised anew in every stretch.

    Raises
    ------
    ModelError
        If the model cannot be loaded, or does not know the language.
    """

    def __init__(self, folder: Path, *, language: str | None = None) -> None:
        # Costs a second and is wanted by nobody else.
        from faster_whisper import WhisperModel  # noqa: PLC0415

        self.language = language
        self.model = folder.resolve().name
        try:
            self.hashes = _hashes(folder)
            self._network: Any = WhisperModel(
                str(folder),
                device="cpu",
                compute_type="int8",
                cpu_threads=os.cpu_count() or 1,
                local_files_only=True,
            )
        except Exception as error:  # its parts raise bare exceptions of their own
            raise ModelError(
                "the speech-to-text model cannot be loaded",
                where=folder,
                found=str(error),
                todo=f"put it there again, whole, for example from {SOURCE}",
            ) from error
        self.model_sha256 = self.hashes["model.bin"]
        known = self._network.supported_languages
        if language is not None and language not in known:
            raise ModelError(
                "the speech-to-text model does not know this language",
                where=folder,
                expected=f"one of {', '.join(known)}",
                found=language,
            )

    def hear(self, samples: NDArray[np.float32]) -> Iterator[Said]:
        """Write down what is said in up to 30 s of sound (16 kHz, one channel, full scale 1.0).

        Raises
        ------
        ModelError
            If the network fails on it, for want of memory for example.
        """
        try:
            lines, info = self._network.transcribe(
                samples,
                language=self.language,
                temperature=0.0,
                condition_on_previous_text=False,
                vad_filter=False,
            )
            heard = list(lines)
        except (RuntimeError, MemoryError, ValueError) as error:
            raise ModelError(
                "the speech-to-text model failed on a stretch of sound",
                where=f"model {self.model}",
                found=f"{type(error).__name__}: {error}",
            ) from error
        for line in heard:
            yield Said(
                start_s=float(line.start),
                end_s=float(line.end),
                text=line.text,
                language=info.language,
                # The mean of the logarithms of its tokens' probabilities, as a probability.
                confidence=min(1.0, math.exp(line.avg_logprob)),
            )


def _hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that is used."""
    found = {}
    for name in (*NEEDED, *_VOCABULARY, *_OPTIONAL):
        if (folder / name).is_file():
            with (folder / name).open("rb") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
