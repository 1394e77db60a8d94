"""Downloading the optional model files, each checked before it is put in its place."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Final

import pandas as pd

from review.errors import ModelError
from review.signals import models as registry
from review.workspace import atomic_path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from review.signals.models import ModelFile
    from review.workspace import Workspace

#: Time without a byte after which a download is given up.
_TIMEOUT_S: Final = 30.0
_BLOCK: Final = 1 << 16
#: The largest optional file has 4 MB: whatever sends more than this sends something else.
_MOST_BYTES: Final = 1 << 30


def fetch_models(
    names: Collection[str] | None = None,
    *,
    workspace: Workspace | None = None,
    into: Path | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> pd.DataFrame:
    """Download the optional model files that are not there yet.

    A file is written beside its place, its SHA-256 compared with the registry's, and only then
    moved there, so that nobody ever reads half a file or another version.

    Parameters
    ----------
    names
        Only these; by default all that can be downloaded.
    workspace
        Its ``models`` folder is looked into for what is there already.
    into
        Where files go; the user's folder (:func:`review.signals.models.user_folder`) by default.
    progress
        Called with a name and the share that has come (0 to 1), where the server says how much.

    Returns
    -------
    pandas.DataFrame
        name, state (``present``, ``fetched``, ``failed``), path, problem: one row for each file;
        ``path`` or ``problem`` are missing where there is none.

    Raises
    ------
    ModelError
        If a name is unknown, or names a file that comes inside an installed package.
    """
    found = registry.find_models(workspace)
    rows = []
    for model in _wanted(names):
        row: dict[str, object] = {"name": model.name, "path": None, "problem": None}
        if model.name in found:
            rows.append({**row, "state": "present", "path": str(found.paths[model.name])})
            continue
        target = (into or registry.user_folder()) / model.file
        try:
            _download(model, target, progress)
        except ModelError as error:
            rows.append({**row, "state": "failed", "problem": str(error)})
        else:
            rows.append({**row, "state": "fetched", "path": str(target)})
    return pd.DataFrame(rows, columns=["name", "state", "path", "problem"])


def _wanted(names: Collection[str] | None) -> list[ModelFile]:
    offered = {model.name: model for model in registry.MODELS if model.url}
    for name in names or ():
        if name not in offered:
            packaged = any(m.name == name and m.package for m in registry.MODELS)
            raise ModelError(
                "this model file comes with an installed package"
                if packaged
                else "no such model file",
                where=f"model {name}",
                expected=f"one of {', '.join(offered)}",
            )
    return [model for name, model in offered.items() if names is None or name in names]


def _download(
    model: ModelFile, target: Path, progress: Callable[[str, float], None] | None
) -> None:
    address = str(model.url)
    by_hand = f"download {model.source} elsewhere and put it into REVIEW_MODELS_DIR or {target}"
    if not address.startswith(("https://", "http://")):
        raise ModelError("not an address of the web", where=f"model {model.name}", found=address)
    try:
        with (
            atomic_path(target) as part,
            urllib.request.urlopen(address, timeout=_TIMEOUT_S) as answer,  # noqa: S310  checked
        ):
            length = int(answer.headers.get("Content-Length") or 0)
            found = _store(answer, part, lambda n: _tell(progress, model.name, n, length))
            if found != model.sha256:
                raise ModelError(
                    "what was downloaded is damaged or of another version and is not kept",
                    where=f"model {model.name} ({address})",
                    expected=f"SHA-256 {model.sha256}",
                    found=found,
                    todo=by_hand,
                )
    except urllib.error.HTTPError as error:
        raise ModelError(
            "the server does not give the model file",
            where=f"model {model.name} ({address})",
            found=f"{error.code} {error.reason}",
            todo=by_hand,
        ) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise ModelError(
            "no network: the server cannot be reached",
            where=f"model {model.name} ({address})",
            found=str(getattr(error, "reason", error)),
            todo=f"try again with a network, or {by_hand}",
        ) from error
    except (HTTPException, OSError, ValueError) as error:
        raise ModelError(
            "the model file could not be downloaded or stored",
            where=f"model {model.name} ({target})",
            found=f"{type(error).__name__}: {error}",
            todo=by_hand,
        ) from error


def _store(answer: object, part: Path, tell: Callable[[int], None]) -> str:
    """Write an answer to a file and return its SHA-256."""
    digest, count = hashlib.sha256(), 0
    with part.open("wb") as out:
        while block := answer.read(_BLOCK):  # type: ignore[attr-defined]
            count += len(block)
            if count > _MOST_BYTES:
                raise ValueError("the answer does not end")
            digest.update(block)
            out.write(block)
            tell(count)
    return digest.hexdigest()


def _tell(
    progress: Callable[[str, float], None] | None, name: str, count: int, length: int
) -> None:
    if progress is not None and length:
        progress(name, min(1.0, count / length))
