"""The front door to a session folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from review.errors import SessionError
from review.loaders import archive, problems
from review.loaders.candidates import read_candidates
from review.loaders.manifest import read_manifest
from review.session import Session
from review.workspace import default_folder

if TYPE_CHECKING:
    import pandas as pd


def load_session(
    folder: Path | str, *, unpack_into: Path | None = None
) -> tuple[Session, pd.DataFrame]:
    """Read ``session.toml`` and ``candidates.csv`` of a session folder.

    Parameters
    ----------
    folder
        The session folder, or a ``.zip`` or ``.tar`` of one. It is only read.
    unpack_into
        Where an archive is unpacked, once; ``unpacked`` in the default workspace if not given.

    Returns
    -------
    session : Session
        ``folder`` is the resolved path; thresholds are as written.
    problems : pandas.DataFrame
        Table ``problems`` with empty candidate and subject: rows that could not be used.

    Raises
    ------
    SessionError
        For what makes the session unusable: a missing or malformed file, an unknown format,
        kind, platform, time zone or region, subjects without times.
    """
    path = Path(folder).resolve()
    if archive.is_archive(path):
        path = archive.unpack(path, unpack_into or default_folder().resolve() / "unpacked")
    if not path.is_dir():
        raise SessionError(
            "no such session folder",
            where=path,
            expected="a folder with session.toml and candidates.csv, or a .zip or .tar of one",
            todo="check the path",
        )
    manifest = read_manifest(path)
    subject_ids = [subject.id for subject in manifest.fields["subjects"]]
    candidates, found = read_candidates(path, subject_ids)
    session = Session(**manifest.fields, candidates=candidates, folder=path)
    table = problems.table([*manifest.problems, *found], key=(session.id, "", ""))
    return session, table
