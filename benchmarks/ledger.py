"""The ledger: writers at once, writers that are killed, a million entries.

Measures, on SQLite and (where its server is installed) on PostgreSQL: how long a decision takes
while eight processes record at once, and whether any is lost; whether every acknowledged decision
is there after writers were killed in the middle of their work. On SQLite with a million signed
entries: how long the state of one candidate takes, and how many entries a second two processes
verify, beside the bare signature loop over the same entries.

``python -m benchmarks ledger [-- --entries N --writers N --each N --kills N --only PART
--keep FOLDER]``
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from benchmarks.postgres import NoServerError, cluster
from review.ledger import current_author, open_ledger
from review.ledger.chain import COLUMNS, GENESIS, canonical, digest
from review.ledger.decisions import decisions
from review.ledger.identity import key_file, private_key
from review.ledger.payloads import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from review.ledger import Author, Ledger

    #: Gives a writer by name its ledger and its author; called in the writer's own process.
    Join = Callable[[str], tuple[Ledger, Author]]

#: Entries per candidate in the large ledger, and entries that are signed at a time.
PER_CANDIDATE, AT_A_TIME = 50, 20_000


def decision(n: int) -> Decision:
    """Return a decision on the n-th flag."""
    return Decision(
        flag_id=f"{n:012x}",
        label="absent",
        stream="front",
        device_start_s=float(n),
        device_end_s=n + 10.0,
        verdict="confirmed",
        note="looked at in full",
    )


# Where writers write


def person(name: str, folder: Path) -> Author:
    """Return a reviewer with a key of this run."""
    return current_author(environ={"REVIEW_USER": name, "XDG_CONFIG_HOME": str(folder)})


@contextmanager
def sqlite() -> Iterator[tuple[Path, Join]]:
    """Give a folder, and a ledger file in it that everybody writes to."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield folder, lambda who: (open_ledger(folder / "ledger.sqlite"), person(who, folder))


@contextmanager
def postgresql(count: int) -> Iterator[tuple[Path, Join]]:
    """Give a folder, and a server of one's own on which writers have names of their own."""
    with tempfile.TemporaryDirectory() as name, cluster() as address:
        folder = Path(name)
        names = [f"w{n}" for n in range(count)]
        for who in names:
            address.role(who)

        def join(who: str) -> tuple[Ledger, Author]:
            author = current_author(database_user=who, environ={"XDG_CONFIG_HOME": str(folder)})
            return open_ledger(address.of(who)), author

        owner = open_ledger(address.of("owner"))
        owner.upgrade()
        owner.close()
        yield folder, join


# Writers at once


def write(folder: Path, join: Join, name: str, count: int, said: int) -> None:
    """Write decisions; say each that was acknowledged, and in the end how long each took."""
    ledger, author = join(name)
    took = []
    for n in range(count):
        begin = time.perf_counter()
        entry = ledger.record(decision(n), sitting_key=("s", name, "theory"), author=author)
        took.append(time.perf_counter() - begin)
        os.write(said, f"{os.getpid()} {entry.seq} {entry.hash}\n".encode())
    np.save(folder / f"{name}.npy", took)


def start(folder: Path, join: Join, name: str, count: int, said: int) -> int:
    """Begin a writer in a process of its own; return its number."""
    pid = os.fork()
    if pid == 0:
        try:
            write(folder, join, name, count, said)
        finally:
            os._exit(0)
    return pid


def held(join: Join, acknowledged: dict[int, str]) -> str:
    """Return how many acknowledged decisions are not there, and whether the chain holds."""
    ledger, _ = join("w0")
    there = {row[0]: row[12] for row in ledger.rows()}
    lost = sum(there.get(seq) != value for seq, value in acknowledged.items())
    verified = ledger.verify()
    ledger.close()
    whole = "whole" if verified.ok else "BROKEN"
    return f"{lost} lost, chain {whole} over {verified.entries} entries"


def writers(where: str, folder: Path, join: Join, *, count: int, each: int) -> None:
    """Many processes at once: nothing lost, how long a write takes."""
    with (folder / "said").open("wb") as said:
        begin = time.perf_counter()
        children = [start(folder, join, f"w{n}", each, said.fileno()) for n in range(count)]
        for pid in children:
            os.waitpid(pid, 0)
        took_s = time.perf_counter() - begin
    lines = [line.split() for line in (folder / "said").read_text().splitlines()]
    acknowledged = {int(seq): value for _, seq, value in lines}
    ms = np.concatenate([np.load(folder / f"w{n}.npy") for n in range(count)]) * 1000
    p50, p99, most = np.percentile(ms, [50, 99, 100])
    print(
        f"{where}: {count} writers x {each}: {len(acknowledged)} acknowledged, "
        f"{held(join, acknowledged)}; p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {most:.0f} ms, "
        f"{len(acknowledged) / took_s:.0f} a second; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


# Writers that are killed


def kills(where: str, folder: Path, join: Join, *, count: int, names: Sequence[str]) -> None:
    """Kill a writer in the middle of its work, again and again, while three others write."""
    reader, said = os.pipe()
    running = [start(folder, join, name, 100_000, said) for name in names[:4]]
    acknowledged: dict[int, str] = {}
    rng = np.random.default_rng(1)
    with os.fdopen(reader) as lines:
        for killed in range(count):
            for _ in range(int(rng.integers(5, 60))):
                _, seq, value = next(lines).split()
                acknowledged[int(seq)] = value
            victim = running.pop(0)
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            name = names[(4 + killed) % len(names)]
            running.append(start(folder, join, name, 100_000, said))
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(said)
        for line in lines:
            _, seq, value = line.split()
            acknowledged[int(seq)] = value
    print(
        f"{where}: {count + len(running)} kills: {len(acknowledged)} acknowledged, "
        f"{held(join, acknowledged)}",
        flush=True,
    )


# A million entries


def sign(files: Sequence[Path], work: Sequence[tuple[int, bytes]]) -> list[str]:
    """Return signatures of hashes, each by the key of one of some files."""
    keys = [private_key(file) for file in files]
    return [keys[who].sign(hashed).hex() for who, hashed in work]


def fill(folder: Path, entries: int) -> None:
    """Make a ledger of so many entries quickly: 50 to a candidate, ten people.

    The chain is made first, piece by piece; the signatures of a piece are made in two processes.
    """
    people, candidates = [person(f"p{n}", folder) for n in range(10)], entries // PER_CANDIDATE
    files = [key_file(p.person, {"XDG_CONFIG_HOME": str(folder)}) for p in people]
    ledger = open_ledger(folder / "ledger.sqlite")
    for author in people:
        ledger.record(decision(0), sitting_key=("s", "nobody", "theory"), author=author)
    head = ledger.head()
    ledger.close()
    previous, seq = (head.hash, head.seq) if head else (GENESIS, 0)
    insert = f"INSERT INTO entries ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
    with (
        closing(sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)) as connection,
        ProcessPoolExecutor(2) as pool,
    ):
        while seq < entries:
            rows, work = [], []
            for at in range(seq + 1, min(seq + AT_A_TIME, entries) + 1):
                row, hashed = unsigned(at, previous, people[at % len(people)], candidates)
                rows.append(row)
                work.append((at % len(people), hashed))
                previous = hashed.hex()
            half = len(work) // 2
            parts = pool.map(sign, (files, files), (work[:half], work[half:]))
            signatures = [text for part in parts for text in part]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                insert, [(*row, s) for row, s in zip(rows, signatures, strict=True)]
            )
            connection.execute("COMMIT")
            seq += len(rows)


def unsigned(
    seq: int, previous: str, author: Author, candidates: int
) -> tuple[tuple[object, ...], bytes]:
    """Return an entry's values up to its hash, and the hash."""
    fields = {
        "seq": seq,
        "at": f"2026-01-01T00:00:00.{seq % 1_000_000:06d}+00:00",
        "author": author.name,
        "source": author.source,
        "role": author.role,
        "kind": "decision",
        "session_id": "s",
        # Not one after the other: a candidate's entries lie all over the ledger.
        "candidate_id": f"c{seq * 7919 % candidates}",
        "subject_id": "theory",
        "payload": canonical(decision(seq).as_payload()),
        "prev_hash": previous,
        "key_id": author.key_id,
    }
    hashed = digest(fields)
    return (*fields.values(), hashed.hex()), hashed


def bare(path: str, first: int, last: int) -> float:
    """Check signatures and nothing else: what verification cannot be quicker than (a second)."""
    with closing(sqlite3.connect(path)) as connection:
        keys = {}
        for (text,) in connection.execute("SELECT payload FROM entries WHERE kind = 'staff'"):
            said = json.loads(text)
            raw = bytes.fromhex(said["public_key"])
            keys[said["person"]] = Ed25519PublicKey.from_public_bytes(raw)
        rows = connection.execute(
            "SELECT author, hash, signature FROM entries WHERE seq BETWEEN ? AND ?", (first, last)
        ).fetchall()
    work = [(keys[f"local:{a}"], bytes.fromhex(s), bytes.fromhex(h)) for a, h, s in rows]
    begin = time.perf_counter()
    for key, signature, hashed in work:
        key.verify(signature, hashed)
    return len(work) / (time.perf_counter() - begin)


def bare_in_two(path: str, entries: int) -> float:
    """Return the bare loop's signatures a second in two processes at once, over a tenth."""
    part = entries // 20
    with ProcessPoolExecutor(2) as pool:
        one, other = (pool.submit(bare, path, n * part + 1, (n + 1) * part) for n in (0, 1))
        return one.result() + other.result()


def states(ledger: Ledger, candidates: Sequence[str]) -> np.ndarray:
    """Return how long the state of each candidate took, in ms."""
    took = []
    for name in candidates:
        begin = time.perf_counter()
        found = len(decisions(ledger, ("s", name)))
        took.append((time.perf_counter() - begin) * 1000)
        assert found > 0  # noqa: S101
    return np.array(took)


def filled(folder: Path, entries: int) -> Path:
    """Return a ledger of so many entries in a folder, made if it is not there yet."""
    path = folder / "ledger.sqlite"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        begin = time.perf_counter()
        fill(folder, entries)
        print(f"filled {entries} entries in {time.perf_counter() - begin:.0f} s", flush=True)
    return path


def many(path: Path, entries: int) -> None:
    """State of one candidate, and verification, in a large ledger."""
    ledger = open_ledger(path)
    candidates = entries // PER_CANDIDATE
    ms = states(ledger, [f"c{n}" for n in range(0, candidates, max(1, candidates // 200))])
    each = len(decisions(ledger, ("s", "c0")))
    print(
        f"state of one candidate ({each} decisions of {entries} entries): "
        f"median {np.median(ms):.1f} ms, p99 {np.percentile(ms, 99):.1f} ms, "
        f"first of all {ms[0]:.1f} ms; load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    before = bare_in_two(str(path), entries)
    begin = time.perf_counter()
    verified = ledger.verify(processes=2)
    rate = entries / (time.perf_counter() - begin)
    loop = (before + bare_in_two(str(path), entries)) / 2
    print(
        f"verification in two processes: {rate:.0f} entries a second "
        f"({rate / loop:.2f} of the bare signature loop, {loop:.0f} a second before and "
        f"after), {'holds' if verified.ok else 'DOES NOT HOLD'} over {verified.entries}; "
        f"load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main() -> None:
    """Run all parts, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--each", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--only", choices=["writers", "kills", "fill", "many"])
    parser.add_argument("--keep", type=Path, help="Folder of the large ledger, kept afterwards.")
    options = parser.parse_args()
    if options.only not in ("fill", "many"):
        both(options)
    if options.only not in ("writers", "kills"):
        with tempfile.TemporaryDirectory() as name:
            path = filled(options.keep or Path(name), options.entries)
            if options.only != "fill":
                many(path, options.entries)


def both(options: argparse.Namespace) -> None:
    """Writers and kills on SQLite, then on PostgreSQL where there is a server."""
    count = max(options.writers, 5)
    names = [f"w{n}" for n in range(count)]
    for where, place in (("SQLite", sqlite), ("PostgreSQL", lambda: postgresql(count))):
        try:
            if options.only != "kills":
                with place() as (folder, join):
                    writers(where, folder, join, count=options.writers, each=options.each)
            if options.only != "writers":
                with place() as (folder, join):
                    kills(where, folder, join, count=options.kills, names=names)
        except NoServerError as error:
            print(f"{where}: left out, {error}", flush=True)


if __name__ == "__main__":
    main()
