"""The ledger itself: append, read, prove."""

from __future__ import annotations

import functools
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review.errors import LedgerError
from review.ledger import admission, chain, queries, verification
from review.ledger.chain import Anchor, Entry
from review.ledger.citations import check_citations
from review.ledger.engine import address, file_of, keep_log, make_engine, writing
from review.ledger.faults import plain
from review.ledger.fields import Payload
from review.ledger.payloads import Outcome, payload_of
from review.ledger.staff import Staff
from review.ledger.upgrade import bring_up, version_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import sqlalchemy as sa

    from review.ledger.identity import Author
    from review.ledger.verification import Verification

#: Columns of :meth:`Ledger.entries`; ``payload`` is an object there.
COLUMNS: Final = chain.COLUMNS
_NOWHERE: Final = (None, None, None)


def open_ledger(url_or_path: str | Path) -> Ledger:
    """Open a ledger by the path of its file or the address of its database.

    Nothing is made until something is written: a ledger that is not there yet is empty.
    """
    return Ledger(address(url_or_path))


class Ledger:
    """An append-only list of signed entries, each holding the hash of the one before it.

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

    # Writing

    def append(
        self,
        kind: str,
        payload: Mapping[str, Any] | Payload,
        *,
        sitting_key: Sequence[str | None] | None = None,
        author: Author,
    ) -> Entry:
        """Write one entry; when this returns, it is on disk.

        Parameters
        ----------
        kind
            One of :data:`review.ledger.payloads.KINDS`.
        payload
            Its content: a type of :mod:`review.ledger.payloads`, or a mapping with its fields.
        sitting_key
            session_id, candidate_id, subject_id; fewer for an entry about a candidate or session.

        Raises
        ------
        LedgerError
            If the entry is not possible, not allowed to this author, or not recorded because the
            database is locked, read-only, full or gone. It was then not written at all.
        """
        key = _full_key(sitting_key)
        content, typed = _content(kind, payload)
        if isinstance(typed, Outcome):
            check_citations(typed)
        with plain(self.where):
            self._prepare()
            with writing(self.engine) as connection:
                known = queries.before(
                    connection,
                    known=self._staff_seq,
                    session_id=key[0],
                    candidate_id=key[1],
                )
                staff, last = self._learnt(known.staff), known.head
                for enrolment in staff.wants(author, kind):
                    first = self._write(
                        connection, "staff", enrolment, _NOWHERE, author=author, last=last
                    )
                    last = Anchor(seq=first.seq, hash=first.hash)
                    staff = staff.after(first.seq, enrolment)
                if typed is not None:
                    admission.check(connection, typed, known.weighty, key=key, author=author)
                else:
                    staff.after(last.seq + 1, content)
                entry = self._write(connection, kind, content, key, author=author, last=last)
            self._check_there()
        return entry

    def record(
        self,
        payload: Payload,
        *,
        sitting_key: Sequence[str | None] | None = None,
        author: Author,
    ) -> Entry:
        """Write a typed payload: :meth:`append` with the payload's own kind."""
        return self.append(payload.KIND, payload, sitting_key=sitting_key, author=author)

    def _write(
        self,
        connection: sa.Connection,
        kind: str,
        content: Mapping[str, Any],
        key: admission.Key,
        *,
        author: Author,
        last: Anchor,
    ) -> Entry:
        fields: dict[str, Any] = {
            "seq": last.seq + 1,
            "at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "author": author.name,
            "source": author.source,
            "role": author.role,
            "kind": kind,
            **dict(zip(("session_id", "candidate_id", "subject_id"), key, strict=True)),
            "payload": chain.canonical(content),
            "prev_hash": last.hash,
            "key_id": author.key_id,
        }
        try:
            digest = chain.digest(fields)
        except (TypeError, ValueError) as error:
            raise LedgerError(
                "the entry cannot be written", where=f"entry {kind!r}", found=str(error)
            ) from error
        entry = Entry(**fields, hash=digest.hex(), signature=author.sign(digest))
        queries.insert(connection, {**fields, "hash": entry.hash, "signature": entry.signature})
        return entry

    # Reading

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

    def upgrade(self) -> None:
        """Make the ledger, or bring its schema to this version; writing does it by itself.

        On a server it takes the owner of the table.
        """
        with plain(self.where):
            self._prepare()

    # Inside

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
                    self._identity = _identity(self.path)
                yield connection if there else None

    def _learnt(self, found: Iterable[tuple[int, str]]) -> Staff:
        """Return the staff after entries that were read; a thread beside may know them already."""
        with self._lock:
            for seq, payload in found:
                if seq > self._staff_seq:
                    self._staff, self._staff_seq = self._staff.after(seq, json.loads(payload)), seq
            return self._staff

    def _prepare(self) -> None:
        """Make file and table where they are not there, and notice when the file has gone."""
        with self._lock:
            if self.path is not None:
                if self._identity is None:
                    self._make_folder(self.path.parent)
                else:
                    self._check_there()
            if self._ready:
                return
            keep_log(self.engine)
            with writing(self.engine) as connection:
                bring_up(connection, where=self.where)
            if self.path is not None:
                self._identity = _identity(self.path)
            self._there = self._ready = True

    def _make_folder(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(
                "the ledger's folder cannot be made", where=folder, found=error.strerror
            ) from error

    def _check_there(self) -> None:
        # SQLite would go on writing into a file that was removed or replaced.
        if self.path is not None and self._identity != _identity(self.path):
            raise LedgerError(
                "the ledger's file is gone or was replaced",
                where=self.path,
                todo="put it back (review backup) and start again; the last entry may be lost",
            )


def _read_rows(url: sa.URL, first: int, last: int | None) -> Iterator[Sequence[Any]]:
    """Open the ledger anew: another process may ask."""
    ledger = Ledger(url)
    try:
        yield from ledger.rows(first, last)
    finally:
        ledger.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _full_key(key: Sequence[str | None] | None) -> admission.Key:
    parts = [*(key or ()), None, None, None][:3]
    return parts[0], parts[1], parts[2]


def _content(
    kind: str, payload: Mapping[str, Any] | Payload
) -> tuple[Mapping[str, Any], Payload | None]:
    if isinstance(payload, Payload):
        if kind != payload.KIND:
            raise LedgerError("kind and payload do not agree", expected=payload.KIND, found=kind)
        return payload.as_payload(), payload
    if kind == "staff":
        return dict(payload), None
    typed = payload_of(kind, payload)
    return typed.as_payload(), typed
