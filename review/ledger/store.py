"""The ledger itself: what may be written, one entry after the other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from review.errors import LedgerError
from review.ledger import admission, chain, queries
from review.ledger.chain import Anchor, Entry
from review.ledger.citations import check_citations
from review.ledger.engine import address, keep_log, writing
from review.ledger.faults import plain
from review.ledger.fields import Payload
from review.ledger.payloads import Outcome, payload_of
from review.ledger.readable import ReadableLedger, file_identity
from review.ledger.upgrade import bring_up

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import sqlalchemy as sa

    from review.ledger.identity import Author

_NOWHERE: Final = (None, None, None)


def open_ledger(url_or_path: str | Path) -> Ledger:
    """Open a ledger by the path of its file or the address of its database.

    Nothing is made until something is written: a ledger that is not there yet is empty.
    """
    return Ledger(address(url_or_path))


class Ledger(ReadableLedger):
    """An append-only list of signed entries, each holding the hash of the one before it.

    Parameters
    ----------
    url
        From :func:`review.ledger.engine.address`.
    """

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

    def upgrade(self) -> None:
        """Make the ledger, or bring its schema to this version; writing does it by itself.

        On a server it takes the owner of the table.
        """
        with plain(self.where):
            self._prepare()

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
                self._identity = file_identity(self.path)
            self._there = self._ready = True

    def _make_folder(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(
                "the ledger's folder cannot be made", where=folder, found=error.strerror
            ) from error


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
