"""What an entry is, and how entries hold each other: hash chain and signatures.

``hash`` is the SHA-256 of the UTF-8 JSON array of :data:`FORMAT` and the fields of
:data:`HASHED` in that order, without spaces and without escaped letters; ``signature`` is the
Ed25519 signature of its 32 bytes. docs/ledger.md says the same for strangers.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from review.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Named in every hash, so that an entry means one thing only.
FORMAT: Final = "review-ledger-1"
#: Hash before the first entry.
GENESIS: Final = "0" * 64
HASHED: Final = (
    "seq",
    "at",
    "author",
    "source",
    "role",
    "kind",
    "session_id",
    "candidate_id",
    "subject_id",
    "payload",
    "prev_hash",
    "key_id",
)
_COMPACT: Final = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
_quoted: Final = json.encoder.encode_basestring
_HEAD: Final = f'["{FORMAT}",'
COLUMNS: Final = (*HASHED, "hash", "signature")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the ledger.

    Parameters
    ----------
    seq
        1, 2, 3, ... without gaps.
    at
        When it was written: UTC, ISO 8601.
    author, source
        Who wrote it, and who says so: ``jupyterhub``, ``database`` or ``local``.
    role
        In which role.
    payload
        Canonical JSON; see :func:`canonical`.
    """

    seq: int
    at: str
    author: str
    source: str
    role: str
    kind: str
    session_id: str | None
    candidate_id: str | None
    subject_id: str | None
    payload: str
    prev_hash: str
    key_id: str
    hash: str
    signature: str

    @property
    def content(self) -> Any:
        """The payload as an object."""
        return json.loads(self.payload)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """An entry's number and hash, kept elsewhere: what was before it cannot be changed unseen."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Return the anchor that reports and exports print as ``<number>:<hash>``.

        Raises
        ------
        LedgerError
            If it is none.
        """
        seq, _, value = text.strip().replace(" ", ":", 1).partition(":")
        if not (seq.isdecimal() and int(seq) > 0 and re.fullmatch("[0-9a-f]{64}", value)):
            raise LedgerError(
                "not an anchor",
                expected="<number>:<64 hexadecimal digits>, as a report or an export has it",
                found=repr(text),
            )
        return cls(seq=int(seq), hash=value)


def canonical(value: Any) -> str:
    """Return JSON in its one spelling: sorted keys, no spaces, letters as they are.

    Raises
    ------
    TypeError, ValueError
        If it cannot be said in JSON (not-a-number included).

    Examples
    --------
    >>> canonical({"b": 1, "a": "是"})
    '{"a":"是","b":1}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest(fields: Mapping[str, Any]) -> bytes:
    """Return the 32 bytes of an entry's hash from its fields."""
    return digest_of(tuple(fields[name] for name in HASHED))


def digest_of(row: Sequence[Any]) -> bytes:
    """Return the 32 bytes of an entry's hash from its values in the order of :data:`HASHED`.

    Raises
    ------
    TypeError, ValueError
        If they cannot be said in JSON.
    """
    try:
        # What the encoder would write, put together directly, since long ledgers are verified by
        # it; the payload is the text that was signed and is not parsed for this.
        texts = ["null" if text is None else _quoted(text) for text in row[1:12]]
    except TypeError:  # a number where a text should be
        texts = []
    if texts and type(row[0]) is int:
        said = f"{_HEAD}{row[0]},{','.join(texts)}]"
    else:
        said = _COMPACT([FORMAT, *row[:12]])
    return hashlib.sha256(said.encode()).digest()
