"""Where tables, media and the ledger live.

``tables/<name>/session_id=<id>/<candidate>+<subject>.parquet`` while a run lasts, compacted to
``all.parquet`` when it ends. Readers see both, a sitting's own file before the compacted rows.
Everything here can be made again from the session folder, except the ledger.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from review import tables
from review.compaction import absent, compact
from review.errors import ReviewError, SessionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from review.session import Session, Sitting

_COMPACTED: Final = "all.parquet"
#: The table whose row says that a sitting's other tables are whole; written last, removed first.
MARKER: Final = "sittings"


#: Between two names in a file's name; escaped within a name.
_BETWEEN: Final = "+"


def file_name(text: str) -> str:
    """Return a text as one file name that no text can leave its folder with.

    Examples
    --------
    >>> file_name("2022-北京/01"), file_name("..")
    ('2022-%E5%8C%97%E4%BA%AC%2F01', '%2E.')
    """
    quoted = quote(text, safe="")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def default_folder() -> Path:
    """Return ``REVIEW_WORKSPACE`` or ``workspace`` in the current folder."""
    return Path(os.environ.get("REVIEW_WORKSPACE") or "workspace")


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that replaces it when the block ends without error.

    A reader never sees half a file, and a full disk leaves nothing under the final name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files for their owner alone; a team's workspace follows its umask.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Workspace:
    """The folder of everything that is derived, and of the ledger.

    Parameters
    ----------
    folder
        Made when something is first written.
    """

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder) if folder is not None else default_folder()

    def __repr__(self) -> str:
        return f"Workspace({str(self.folder)!r})"

    @property
    def ledger(self) -> str:
        """Where the ledger is: ``REVIEW_LEDGER`` (a database address) or a file here."""
        return os.environ.get("REVIEW_LEDGER") or str(self.folder / "ledger.sqlite")

    @property
    def has_ledger(self) -> bool:
        """Whether there is a ledger to read: opening one makes it."""
        return bool(os.environ.get("REVIEW_LEDGER")) or (self.folder / "ledger.sqlite").exists()

    @property
    def models(self) -> Path:
        """Model files of this workspace."""
        return self.folder / "models"

    @property
    def runs(self) -> Path:
        """Records of runs."""
        return self.folder / "runs"

    def media(self, sitting: Sitting) -> Path:
        """Folder of a sitting's playable copies and thumbnails."""
        return self.media_of(sitting.key)

    def media_of(self, key: tuple[str, str, str]) -> Path:
        """Return :meth:`media` for session_id, candidate_id, subject_id."""
        return self.folder.joinpath("media", *(file_name(part) for part in key))

    def notebook(self, sitting: Sitting) -> Path:
        """Path of the candidate's own notebook."""
        name = _BETWEEN.join(file_name(part) for part in sitting.key)
        return self.folder / "notebooks" / f"{name}.ipynb"

    # Sessions that belong to this workspace

    def register(self, session: Session) -> None:
        """Remember where a session's folder is: only its files are served to a browser."""
        entry = {"id": session.id, "folder": str(session.folder.resolve())}
        with atomic_path(self._registration(session.id)) as path:
            path.write_text(json.dumps(entry, ensure_ascii=False), encoding="utf-8")

    def session_folder(self, session_id: str) -> Path:
        """Return the folder of a registered session.

        Raises
        ------
        SessionError
            If no session of this id was analysed into this workspace.
        """
        path = self._registration(session_id)
        if not path.exists():
            raise SessionError(
                "this session is not in the workspace",
                where=f"session {session_id}",
                expected=f"one of {', '.join(self.sessions()) or 'none so far'}",
                todo="run `review analyze <session folder>` with this workspace",
            )
        return Path(json.loads(path.read_text(encoding="utf-8"))["folder"])

    def folder_of(self, session: Path | str) -> Path:
        """Return the folder of a session that is named by its id here, or by its folder."""
        name = str(session)
        return self.session_folder(name) if name in self.sessions() else Path(session)

    def sessions(self) -> list[str]:
        """Ids of the registered sessions."""
        return sorted(unquote(path.stem) for path in (self.folder / "sessions").glob("*.json"))

    # Tables

    def write_sitting(self, sitting: Sitting, frames: Mapping[str, pd.DataFrame]) -> None:
        """Write all tables of one sitting, the marker last.

        Parameters
        ----------
        frames
            Table name -> rows of this sitting; must hold the ``sittings`` row.
        """
        self._part(MARKER, sitting).unlink(missing_ok=True)
        for name in sorted(frames, key=lambda name: name == MARKER):
            self.write_beside(name, sitting, frames[name])

    def write_beside(self, name: str, sitting: Sitting, frame: pd.DataFrame) -> None:
        """Write one table that no analysis makes beside those of an analysed sitting."""
        table = tables.to_arrow(frame, name)
        with atomic_path(self._part(name, sitting)) as path:
            pq.write_table(table, path, compression="zstd")

    def read(
        self,
        name: str,
        session_id: str,
        *,
        candidate_id: str | None = None,
        subject_id: str | None = None,
        columns: Iterable[str] | None = None,
        among: Mapping[str, Iterable[str]] | None = None,
    ) -> pd.DataFrame:
        """Read a table of a session, or of one candidate or sitting of it.

        Parameters
        ----------
        among
            Column of texts -> only rows with one of these values, picked while reading.

        Returns
        -------
        pandas.DataFrame
            Under the contract of ``name`` (or the wanted ``columns`` of it), in no promised order.
        """
        folder = self.table_folder(name, session_id)
        schema = tables.schema(name)
        wanted = list(columns) if columns is not None else schema.names
        needed = list(dict.fromkeys([*tables.KEYS, *wanted]))
        where: list[tuple[str, str, Any]] = [
            (column, "=", value)
            for column, value in (("candidate_id", candidate_id), ("subject_id", subject_id))
            if value is not None
        ]
        where += [(column, "in", list(values)) for column, values in (among or {}).items()]
        parts = {_names(path): path for path in sorted(folder.glob(f"*{_BETWEEN}*.parquet"))}
        found = [
            _read(path, schema, needed, where)
            for (candidate, subject), path in parts.items()
            if candidate_id in (None, candidate) and subject_id in (None, subject)
        ]
        compacted = folder / _COMPACTED
        if compacted.exists():
            rest = _read(compacted, schema, needed, where)
            found.append(_without(rest, parts) if parts else rest)
        if not found:
            return tables.empty(name)[wanted]
        return pa.concat_tables(found).select(wanted).to_pandas()

    def read_sitting(self, name: str, sitting: Sitting) -> pd.DataFrame:
        """Read a table's rows of one sitting."""
        session_id, candidate_id, subject_id = sitting.key
        return self.read(name, session_id, candidate_id=candidate_id, subject_id=subject_id)

    def compact(self, session_id: str) -> None:
        """Merge the files per sitting of every table into one per session and table."""
        # The marker is merged first and its parts are removed last: whatever interrupts this,
        # every sitting that is marked still has all its rows, in one place or the other.
        for name in sorted(tables.SCHEMAS, key=lambda name: name == MARKER):
            folder = self.table_folder(name, session_id)
            parts = sorted(folder.glob(f"*{_BETWEEN}*.parquet"))
            if not parts:
                continue
            with atomic_path(folder / _COMPACTED) as path:
                own = {_names(part): part for part in parts}
                compact(own, folder / _COMPACTED, path, schema=tables.schema(name))
            for part in parts:
                part.unlink()

    def parquet_files(self, name: str) -> list[Path]:
        """All files of a table over all sessions, for queries across them."""
        return sorted((self.folder / "tables" / name).glob("session_id=*/*.parquet"))

    def _registration(self, session_id: str) -> Path:
        return self.folder / "sessions" / f"{file_name(session_id)}.json"

    def table_folder(self, name: str, session_id: str) -> Path:
        """Where a table's files of one session are."""
        return self.folder / "tables" / name / f"session_id={file_name(session_id)}"

    def _part(self, name: str, sitting: Sitting) -> Path:
        _, candidate_id, subject_id = sitting.key
        file = f"{file_name(candidate_id)}{_BETWEEN}{file_name(subject_id)}.parquet"
        return self.table_folder(name, sitting.session.id) / file


def _names(part: Path) -> tuple[str, str]:
    candidate, _, subject = part.stem.partition(_BETWEEN)
    return unquote(candidate), unquote(subject)


def _without(rows: pa.Table, parts: Iterable[tuple[str, str]]) -> pa.Table:
    """Leave out the rows of sittings that have a file of their own."""
    own = pd.MultiIndex.from_tuples(list(parts), names=["candidate_id", "subject_id"])
    keys = pd.MultiIndex.from_frame(rows.select(["candidate_id", "subject_id"]).to_pandas())
    return rows.filter(pa.array(~keys.isin(own), type=pa.bool_()))


def _read(
    path: Path, schema: pa.Schema, columns: list[str], where: list[tuple[str, str, Any]]
) -> pa.Table:
    # The path says session_id=..., too; it is read from the file, not parsed from the path.
    read = partial(pq.read_table, path, columns=columns, filters=where or None, partitioning=None)
    try:
        try:
            return read()
        except pa.ArrowInvalid:
            # By the contract a column that came later is empty in older files.
            if not absent(pq.read_schema(path), schema):
                raise
            return read(schema=schema)
    except (pa.ArrowInvalid, OSError) as error:
        raise ReviewError(
            "a table of the workspace cannot be read",
            where=path,
            found=str(error).splitlines()[0],
            todo="delete the file and run `review analyze` again",
        ) from error
