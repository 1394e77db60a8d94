"""The reading side of the ledger: entries, staff, head, and whether it all holds."""

from __future__ import annotations

import functools
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.errors import LedgerError
from review.ledger import chain, queries, verification
from review.ledger.engine import file_of, make_engine
from review.ledger.faults import plain
from review.ledger.staff import Staff
from review.ledger.upgrade import version_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import sqlalchemy as sa

    from review.ledger.chain import Anchor
    from review.ledger.verification import Verification

#: Columns of :meth:`ReadableLedger.entries`; ``payload`` is an object there.
COLUMNS: Final = chain.COLUMNS


class ReadableLedger:
    """What can be asked of a ledger; nothing here writes, and a ledger not there yet is empty.

    Parameters
    ----------
    url
        From :func:`review.ledger.engine.address`.

    Attributes
    ----------
    where
        How messages name it; without a password.
    path
        Its file; None for a database on a server.
    engine
        Connections to its database, for other parts of the ledger.
    """

    def __init__(self, url: sa.URL) -> None:
        self.url = url
        self.engine = make_engine(url)
        self.path = file_of(url)
        self.where = url.render_as_string() if self.path is None else str(self.path)
        self._identity: tuple[int, int] | None = None
        self._there = self._ready = False
        self._lock = threading.Lock()
        self._staff, self._staff_seq = Staff(), 0

    def __repr__(self) -> str:
        return f"Ledger({self.where!r})"

    def entries(
        self,
        session_id: str | None = None,
        candidate_id: str | None = None,
        subject_id: str | None = None,
        kinds: Iterable[str] | None = None,
    ) -> pd.DataFrame:
        """Return entries in their order, of a session, candidate, subject or of some kinds.

        Returns
        -------
        pandas.DataFrame
            Columns :data:`COLUMNS`; ``payload`` is an object, ``at`` UTC text (ISO 8601).
        """
        found = self.records(session_id, candidate_id, subject_id, kinds)
        return pd.DataFrame(found, columns=list(COLUMNS)).astype({"payload": object})

    def records(
        self,
        session_id: str | None = None,
        candidate_id: str | None = None,
        subject_id: str | None = None,
        kinds: Iterable[str] | None = None,
        *,
        last: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return the same as :meth:`entries` as plain objects: quicker for one candidate.

        Parameters
        ----------
        last
            Only so many of the end.
        """
        wanted = {"session_id": session_id, "candidate_id": candidate_id, "subject_id": subject_id}
        with self._reading() as connection:
            if connection is None:
                return []
            found = queries.select(connection, wanted, kinds, last=last)
        return [{**row, "payload": json.loads(row["payload"])} for row in found]

    def walk(self, first: int = 1, last: int | None = None) -> Iterator[dict[str, Any]]:
        """Give the entries from number ``first`` to ``last`` one by one, as they are stored.

        Yields
        ------
        dict
            Field -> value, for all of :data:`review.ledger.chain.COLUMNS`.
        """
        for row in self.rows(first, last):
            yield dict(zip(COLUMNS, row, strict=True))

    def rows(self, first: int = 1, last: int | None = None) -> Iterator[Sequence[Any]]:
        """Give the same as :meth:`walk`, each as its values in the order of the columns."""
        with self._reading() as connection:
            if connection is not None:
                yield from queries.rows(connection, first, last)

    def head(self) -> Anchor | None:
        """Return number and hash of the last entry: what a report or an export carries."""
        with self._reading() as connection:
            head = None if connection is None else queries.head(connection)
        return head if head and head.seq else None

    def verify(
        self, *, anchor: Anchor | None = None, root: str | None = None, processes: int = 1
    ) -> Verification:
        """Check every entry; see :func:`review.ledger.verification.verify`.

        Parameters
        ----------
        anchor
            Number and hash of an entry from an earlier export or report: without it, an end that
            was cut off cannot be seen.
        root
            Public key that the ledger must begin with.
        processes
            How many work at it; a small ledger is left to one.
        """
        with self._reading() as connection:
            head = None if connection is None else queries.head(connection)
            staff = [] if connection is None else queries.staff_after(connection, 0)
        read = functools.partial(_read_rows, self.url)
        last = head.seq if head is not None else 0
        return verification.verify(
            read, staff, last=last, anchor=anchor, root=root, processes=processes
        )

    def staff(self) -> Staff:
        """Return people, roles and keys as they are now."""
        with self._reading() as connection:
            if connection is not None:
                return self._learnt(queries.staff_after(connection, self._staff_seq))
        return self._staff

    @property
    def database_user(self) -> str | None:
        """The user that the database knows; None for a file."""
        if self.path is not None:
            return None
        with plain(self.where), self.engine.connect() as connection:
            return str(connection.exec_driver_sql("SELECT session_user").scalar_one())

    def close(self) -> None:
        """Close all connections; the ledger can be used again afterwards."""
        self.engine.dispose()
        self._there = self._ready = False

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection | None]:
        """Give a connection for reading; None where there is no ledger yet."""
        with plain(self.where):
            if self.path is not None:
                if self._identity is not None:
                    self._check_there()
                elif not self.path.exists():
                    yield None
                    return
            with self.engine.connect() as connection:
                there = self._there or version_of(connection, where=self.where) is not None
                self._there = there
                if there and self.path is not None and self._identity is None:
                    self._identity = file_identity(self.path)
                yield connection if there else None

    def _learnt(self, found: Iterable[tuple[int, str]]) -> Staff:
        """Return the staff after entries that were read; a thread beside may know them already."""
        with self._lock:
            for seq, payload in found:
                if seq > self._staff_seq:
                    self._staff, self._staff_seq = self._staff.after(seq, json.loads(payload)), seq
            return self._staff

    def _check_there(self) -> None:
        # SQLite would go on writing into a file that was removed or replaced.
        if self.path is not None and self._identity != file_identity(self.path):
            raise LedgerError(
                "the ledger's file is gone or was replaced",
                where=self.path,
                todo="put it back (review backup) and start again; the last entry may be lost",
            )


def _read_rows(url: sa.URL, first: int, last: int | None) -> Iterator[Sequence[Any]]:
    """Open the ledger anew: another process may ask."""
    ledger = ReadableLedger(url)
    try:
        yield from ledger.rows(first, last)
    finally:
        ledger.close()


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one put in its place; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
