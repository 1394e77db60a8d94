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


def chain_lines(
    entries: Iterable[Mapping[str, Any]], key: tuple[str, str, str], *, privacy: str
) -> Iterator[str]:
    """Give the lines of ``ledger.jsonl``: one entry a line, the anchor in the last.

    A ``full`` package has every entry whole, as ``review ledger export`` writes it. In a
    ``default`` one the entries about the case and about the staff are whole; in a ``redacted`` one
    those that are on the candidate's record, and about the staff only what proves their signers'
    keys.
    """
    whole = list(entries)
    signers = {
        f"{e['source']}:{e['author']}" for e in whole if _about(e, key) and e["kind"] in ON_RECORD
    }
    last: Mapping[str, Any] | None = None
    for entry in whole:
        shown = privacy == "full" or _is_shown(entry, key, privacy, signers)
        yield _line(entry if shown else {name: entry[name] for name in LINK})
        last = entry
    if last is not None:
        yield _line({"format": FORMAT, "anchor": [last["seq"], last["hash"]]})


def _is_shown(
    entry: Mapping[str, Any], key: tuple[str, str, str], privacy: str, signers: set[str]
) -> bool:
    if entry["kind"] == "staff":
        return privacy == "default" or json.loads(entry["payload"]).get("person") in signers
    kinds = (*ON_RECORD, "retraction")
    return _about(entry, key) and (privacy == "default" or entry["kind"] in kinds)


def _about(entry: Mapping[str, Any], key: tuple[str, str, str]) -> bool:
    """Say whether an entry is about the sitting, its candidate or its session as a whole."""
    named = (entry["session_id"], entry["candidate_id"], entry["subject_id"])
    return named[0] is not None and all(
        own in (None, wanted) for own, wanted in zip(named, key, strict=True)
    )


def _line(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
