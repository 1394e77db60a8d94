"""Is a package as it was when it was signed: every file, the manifest, the signature, the chain."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from review.errors import RenderError
from review.ledger.chain import COLUMNS, GENESIS, digest
from review.ledger.identity import holds, key_id
from review.reporting.package import MANIFEST, SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review.ledger import Anchor

_LINE: Final = re.compile(r"([0-9a-f]{64})  (.+)")
_BLOCK: Final = 1 << 20
_LEDGER: Final = "ledger/ledger.jsonl"
_RECORD: Final = "ledger/record.jsonl"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was checked: what, whether it holds, and if not, why."""

    what: str
    ok: bool
    reason: str = ""


def verify(path: Path | str, *, anchor: Anchor | None = None) -> list[Finding]:
    """Check a package; nothing is unpacked.

    Parameters
    ----------
    anchor
        Number and hash of a ledger entry that is known from elsewhere, from paper for example.

    Returns
    -------
    list of Finding
        ``files``, ``manifest``, ``signature``, ``ledger``, and one more for each thing that does
        not hold. All hold only if nothing was changed since the package was signed.

    Raises
    ------
    RenderError
        If the file is no package at all.
    """
    source = Path(path)
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            if MANIFEST not in names or SIGNATURE not in names:
                raise RenderError(
                    "not an evidence package",
                    where=source,
                    expected=f"a ZIP file with {MANIFEST} and {SIGNATURE}",
                )
            listed = archive.read(MANIFEST)
            found = [*_files(archive, names, listed), *_signature(archive, listed)]
            return [*found, *_ledger(archive, names, anchor), *_record(archive, names)]
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise RenderError(
            "the package cannot be read",
            where=source,
            expected="a ZIP file made by review package",
            found=str(error),
        ) from error


def _files(archive: zipfile.ZipFile, names: list[str], listed: bytes) -> Iterator[Finding]:
    wanted: dict[str, str] = {}
    for line in listed.decode(errors="replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            yield Finding(what="manifest", ok=False, reason=f"no line of a manifest: {line[:80]!r}")
        else:
            wanted[match[2]] = match[1]
    wrong = 0
    for name, value in wanted.items():
        if name not in names:
            reason = "is missing"
        elif names.count(name) > 1:
            reason = "is there twice"
        elif _sha256(archive, name) != value:
            reason = "was changed"
        else:
            continue
        wrong += 1
        yield Finding(what=name, ok=False, reason=reason)
    for name in sorted({*names} - {*wanted, MANIFEST, SIGNATURE}):
        wrong += 1
        yield Finding(what=name, ok=False, reason="was put in: the manifest does not name it")
    reason = "" if not wrong else f"{wrong} of {len(wanted)} do not agree with the manifest"
    yield Finding(what="files", ok=not wrong, reason=reason or f"{len(wanted)} files")


def _sha256(archive: zipfile.ZipFile, name: str) -> str:
    hashed = hashlib.sha256()
    try:
        with archive.open(name) as file:
            while block := file.read(_BLOCK):
                hashed.update(block)
    except zipfile.BadZipFile:
        return "damaged"
    return hashed.hexdigest()


def _signature(archive: zipfile.ZipFile, listed: bytes) -> Iterator[Finding]:
    entry = json.loads(archive.read(SIGNATURE))
    said = json.loads(entry["payload"])
    same = said.get("sha256") == hashlib.sha256(listed).hexdigest()
    yield Finding(
        what="manifest",
        ok=same,
        reason="" if same else "it is not the one that the signed entry names",
    )
    reason = _not_signed(entry)
    yield Finding(
        what="signature",
        ok=not reason,
        reason=reason
        or f"{entry['author']} ({entry['role']}), entry {entry['seq']}, key {entry['key_id']}",
    )


def _not_signed(entry: dict[str, Any]) -> str:
    hashed = digest({name: entry[name] for name in COLUMNS if name in entry})
    if hashed.hex() != entry["hash"]:
        return "the entry's content was changed"
    if key_id(entry["public_key"]) != entry["key_id"]:
        return "the public key is not the entry's"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(entry["public_key"]))
    return "" if holds(key, entry["signature"], hashed) else "the signature does not hold"


def _ledger(archive: zipfile.ZipFile, names: list[str], anchor: Anchor | None) -> Iterator[Finding]:
    if _LEDGER not in names:
        yield Finding(what="ledger", ok=False, reason="is missing")
        return
    keys: dict[str, str] = {}
    previous, seq, whole = GENESIS, 0, 0
    lines = archive.read(_LEDGER).decode().splitlines()
    signature = json.loads(archive.read(SIGNATURE))
    for line in lines[:-1]:
        entry = json.loads(line)
        seq += 1
        reason = ""
        if entry["seq"] != seq or entry["prev_hash"] != previous:
            reason = "it does not follow the one before"
        elif "payload" in entry:
            whole += 1
            reason = _forged(entry, keys)
        if anchor is not None and anchor.seq == seq and anchor.hash != entry["hash"]:
            reason = "it is not the entry of your anchor"
        if reason:
            yield Finding(what=f"ledger entry {seq}", ok=False, reason=reason)
            yield Finding(what="ledger", ok=False, reason=f"the chain breaks at entry {seq}")
            return
        previous = entry["hash"]
    last = json.loads(lines[-1]).get("anchor") if lines else [0, GENESIS]
    reason = "" if last == [seq, previous] else "the anchor in the last line is of another ledger"
    if signature["seq"] == seq + 1 and signature["prev_hash"] != previous:
        reason = "the signed entry does not follow it"
    if anchor is not None and anchor.seq > seq and anchor.seq != signature["seq"]:
        reason = f"it ends before entry {anchor.seq} of your anchor"
    held = keys.get(signature["key_id"])
    if not reason and held not in (None, signature["public_key"]):
        reason = "the signer's key is another one in it"
    said = f"{seq} entries, {whole} of them whole; anchor {seq}:{previous}"
    yield Finding(what="ledger", ok=not reason, reason=reason or said)


def _record(archive: zipfile.ZipFile, names: list[str]) -> Iterator[Finding]:
    """Check that what is told of the candidate's record names entries of the chain beside it."""
    if not {_RECORD, _LEDGER} <= set(names):
        return
    chain = [json.loads(line) for line in archive.read(_LEDGER).decode().splitlines()]
    hashes = {one["seq"]: one["hash"] for one in chain if "seq" in one}
    told = [json.loads(line) for line in archive.read(_RECORD).decode().splitlines()]
    wrong = [one["seq"] for one in told if hashes.get(one["seq"]) != one["hash"]]
    said = f"{len(told)} entries of the chain, told without names"
    reason = f"entry {wrong[0]} is not the one of the chain" if wrong else said
    yield Finding(what="record", ok=not wrong, reason=reason)


def _forged(entry: dict[str, Any], keys: dict[str, str]) -> str:
    """Say what is wrong with an entry that is there as a whole; learn the keys on the way."""
    hashed = digest(entry)
    if hashed.hex() != entry["hash"]:
        return "its content was changed"
    if entry["kind"] == "staff":
        said = json.loads(entry["payload"])
        if said.get("action") == "enrol":
            keys[key_id(said["public_key"])] = said["public_key"]
    public = keys.get(entry["key_id"])
    if public is None:
        # Who enrolled the staff of another case is not named here: the chain still holds it.
        return "" if entry["kind"] == "staff" else "its key was never enrolled"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    return "" if holds(key, entry["signature"], hashed) else "its signature is not its author's"
