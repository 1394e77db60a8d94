"""The ledger: writers at once, writers that are killed, a million entries.

``python -m benchmarks ledger [-- --entries N --writers N --each N --kills N]``
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
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from review.ledger import current_author, open_ledger
from review.ledger.chain import COLUMNS, GENESIS, canonical, digest
from review.ledger.decisions import decisions
from review.ledger.payloads import Decision

if TYPE_CHECKING:
    from review.ledger import Author


def person(name: str, folder: Path) -> Author:
    """Return a reviewer with a key of this run."""
    return current_author(environ={"REVIEW_USER": name, "XDG_CONFIG_HOME": str(folder)})


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


def write(folder: Path, name: str, count: int, said: int) -> None:
    """Write decisions; say each that was acknowledged, and in the end how long each took."""
    author, ledger = person(name, folder), open_ledger(folder / "ledger.sqlite")
    took = []
    for n in range(count):
        start = time.perf_counter()
        entry = ledger.record(decision(n), sitting_key=("s", name, "theory"), author=author)
        took.append(time.perf_counter() - start)
        os.write(said, f"{os.getpid()} {entry.seq} {entry.hash}\n".encode())
    np.save(folder / f"{name}.npy", took)


def start(folder: Path, name: str, count: int, said: int) -> int:
    """Begin a writer in a process of its own; return its number."""
    pid = os.fork()
    if pid == 0:
        write(folder, name, count, said)
        os._exit(0)
    return pid


def writers(count: int, each: int) -> None:
    """Many processes at once: nothing lost, how long a write takes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "said").open("wb") as said:
            begin = time.perf_counter()
            children = [start(folder, f"w{n}", each, said.fileno()) for n in range(count)]
            for pid in children:
                os.waitpid(pid, 0)
            took_s = time.perf_counter() - begin
        acknowledged = (folder / "said").read_text().splitlines()
        ms = np.concatenate([np.load(folder / f"w{n}.npy") for n in range(count)]) * 1000
        verified = open_ledger(folder / "ledger.sqlite").verify()
        p50, p99, most = np.percentile(ms, [50, 99, 100])
        print(
            f"{count} writers x {each}: {len(acknowledged)} acknowledged, "
            f"{verified.entries - count} there, chain {'whole' if verified.ok else 'BROKEN'}; "
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {most:.0f} ms, "
            f"{len(acknowledged) / took_s:.0f} a second; load {os.getloadavg()[0]:.1f}"
        )


def kills(count: int) -> None:
    """Kill a writer in the middle of its work, again and again, while three others write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reader, said = os.pipe()
        running = [start(folder, f"w{n}", 100_000, said) for n in range(4)]
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
                running.append(start(folder, f"w{4 + killed}", 100_000, said))
            for pid in running:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            os.close(said)
            for line in lines:
                _, seq, value = line.split()
                acknowledged[int(seq)] = value
        ledger = open_ledger(folder / "ledger.sqlite")
        rows = ledger.entries(kinds=["decision"])
        there = dict(zip(rows["seq"], rows["hash"], strict=True))
        lost = [seq for seq, value in acknowledged.items() if there.get(seq) != value]
        verified = ledger.verify()
        print(
            f"{count + len(running)} kills: {len(acknowledged)} acknowledged, {len(lost)} lost, "
            f"chain {'whole' if verified.ok else 'BROKEN'} over {verified.entries} entries"
        )


def fill(folder: Path, entries: int) -> None:
    """Make a ledger of so many entries quickly: 50 to a candidate, ten people."""
    people = [person(f"p{n}", folder) for n in range(10)]
    ledger = open_ledger(folder / "ledger.sqlite")
    for author in people:
        ledger.record(decision(0), sitting_key=("s", "nobody", "theory"), author=author)
    head = ledger.head()
    ledger.close()
    previous, seq = (head.hash, head.seq) if head else (GENESIS, 0)
    marks = ", ".join("?" for _ in COLUMNS)
    with closing(sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        while seq < entries:
            seq += 1
            author = people[seq % len(people)]
            fields = {
                "seq": seq,
                "at": f"2026-01-01T00:00:00.{seq % 1_000_000:06d}+00:00",
                "author": author.name,
                "source": author.source,
                "role": author.role,
                "kind": "decision",
                "session_id": "s",
                "candidate_id": f"c{seq // 50}",
                "subject_id": "theory",
                "payload": canonical(decision(seq).as_payload()),
                "prev_hash": previous,
                "key_id": author.key_id,
            }
            made = digest(fields)
            previous = made.hex()
            row = (*fields.values(), previous, author.sign(made))
            connection.execute(
                f"INSERT INTO entries ({', '.join(COLUMNS)}) VALUES ({marks})",  # noqa: S608
                row,
            )
        connection.execute("COMMIT")


def bare(path: str, first: int, last: int) -> int:
    """Check signatures and nothing else: what verification cannot be quicker than."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

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
    return int(len(work) / (time.perf_counter() - begin))


def many(entries: int) -> None:
    """State of one candidate, and verification, in a large ledger."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.perf_counter()
        fill(folder, entries)
        print(f"filled {entries} entries in {time.perf_counter() - begin:.0f} s", flush=True)
        ledger = open_ledger(folder / "ledger.sqlite")
        took = []
        for n in np.random.default_rng(2).integers(1, entries // 50 - 1, 50):
            begin = time.perf_counter()
            assert len(decisions(ledger, ("s", f"c{n}"))) == 50  # noqa: S101
            took.append((time.perf_counter() - begin) * 1000)
        print(
            f"state of one candidate: median {np.median(took):.1f} ms, "
            f"p99 {np.percentile(took, 99):.1f} ms"
        )
        half = entries // 2
        path = str(folder / "ledger.sqlite")
        with ProcessPoolExecutor(2) as pool:
            one = pool.submit(bare, path, 1, half)
            other = pool.submit(bare, path, half + 1, entries)
            loop = one.result() + other.result()
        begin = time.perf_counter()
        verified = ledger.verify(processes=2)
        rate = entries / (time.perf_counter() - begin)
        print(
            f"verification in two processes: {rate:.0f} entries a second "
            f"({rate / loop:.2f} of the bare signature loop, {loop}), "
            f"{'holds' if verified.ok else 'DOES NOT HOLD'}; load {os.getloadavg()[0]:.1f}"
        )


def main() -> None:
    """Run all three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--each", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    writers(options.writers, options.each)
    kills(options.kills)
    many(options.entries)


if __name__ == "__main__":
    main()
