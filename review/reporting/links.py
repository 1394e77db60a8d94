"""The ledger as a package carries it: what is about the case, and of all else the hashes alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from review.ledger.chain import FORMAT
from review.reporting.opinions import ON_RECORD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: What is left of an entry that is not about the case: enough to follow the chain, and no more.
LINK: Final = ("seq", "prev_hash", "hash")
#: What a copy that names nobody tells of an entry on the candidate's record.
TOLD: Final = ("seq", "hash", "at", "role", "kind", "subject_id", "payload")
#: Kinds whose text is about the one who wrote it.
_PRIVATE: Final = ("recusal",)


def chain_lines(
    entries: Iterable[Mapping[str, Any]], key: tuple[str, str, str], *, privacy: str
) -> Iterator[str]:
    """Give the lines of ``ledger.jsonl``: one entry a line, the anchor in the last.

    A ``full`` package has every entry whole, as ``review ledger export`` writes it. In a
    ``default`` one the entries about the case and about the staff are whole. In a ``redacted`` one
    none is, since every entry names its author: what they say is told by :func:`record_lines`.
    """
    last: Mapping[str, Any] | None = None
    for entry in entries:
        shown = privacy == "full" or (
            privacy == "default" and (entry["kind"] == "staff" or _about(entry, key))
        )
        yield _line(entry if shown else {name: entry[name] for name in LINK})
        last = entry
    if last is not None:
        yield _line({"format": FORMAT, "anchor": [last["seq"], last["hash"]]})


def record_lines(entries: Iterable[Mapping[str, Any]], key: tuple[str, str, str]) -> Iterator[str]:
    """Give what is on the candidate's record, one entry a line, without names, keys, signatures.

    Whoever has the ledger finds the whole entry by its number, and by its hash that it is this one.
    """
    for entry in entries:
        if _about(entry, key) and entry["kind"] in (*ON_RECORD, "retraction"):
            told = {name: entry[name] for name in TOLD}
            payload = json.loads(entry["payload"])
            if entry["kind"] in _PRIVATE:
                payload.pop("reason", None)
            yield _line({**told, "payload": payload})


def _about(entry: Mapping[str, Any], key: tuple[str, str, str]) -> bool:
    """Say whether an entry is about the sitting, its candidate or its session as a whole."""
    named = (entry["session_id"], entry["candidate_id"], entry["subject_id"])
    return named[0] is not None and all(
        own in (None, wanted) for own, wanted in zip(named, key, strict=True)
    )


def _line(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
