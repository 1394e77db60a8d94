"""Many processes at once, and processes that are killed."""

import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path

import pytest

from review.errors import LedgerError
from review.ledger import open_ledger
from review.ledger.turns import turn

WRITERS = Path(__file__).with_name("writers.py")


def start(ledger, tmp_path, processes, count):
    arguments = [ledger.where, tmp_path / "config", processes, count]
    return subprocess.Popen(
        [sys.executable, str(WRITERS), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def held(ledger):
    rows = ledger.entries(kinds=["decision"])
    return dict(zip(rows["seq"].astype(str), rows["hash"], strict=True))


def test_eight_processes_write_at_once_and_nothing_is_lost(ledger, tmp_path):
    with start(ledger, tmp_path, 8, 20) as writers:
        said, errors = writers.communicate()
    assert errors == ""
    acknowledged = [line.split() for line in said.splitlines()]
    assert len(acknowledged) == 160
    assert held(ledger) == {seq: value for _, seq, value in acknowledged}
    verified = ledger.verify()
    assert (verified.ok, verified.entries) == (True, 168)


def test_what_was_acknowledged_before_a_kill_is_there_and_the_others_go_on(ledger, tmp_path):
    kills, alive = 5, 8
    by_writer = defaultdict(int)
    acknowledged, killed = [], set()
    with start(ledger, tmp_path, alive, 40) as writers:
        for line in writers.stdout:
            pid, seq, value = line.split()
            acknowledged.append((seq, value))
            by_writer[pid] += 1
            # At different moments of their work, while all the others write.
            if by_writer[pid] == 3 + 2 * len(killed) and len(killed) < kills and pid not in killed:
                os.kill(int(pid), signal.SIGKILL)
                killed.add(pid)
        assert writers.stderr.read() == ""
    assert len(killed) == kills
    there = held(ledger)
    assert all(there[seq] == value for seq, value in acknowledged)
    finished = [pid for pid, count in by_writer.items() if count == 40]
    assert len(finished) == alive - kills
    assert ledger.verify().ok


def test_threads_of_one_notebook_share_a_ledger(ledger, decide, person):
    author = person()
    threads = [
        threading.Thread(target=lambda n=n: decide(f"f{n}", author=author)) for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held(ledger)) == 12
    assert ledger.verify().ok


def test_readers_are_not_kept_waiting_by_a_writer(ledger, decide):
    decide()
    with turn(Path(ledger.where)):
        assert len(open_ledger(ledger.where).entries(kinds=["decision"])) == 1


def test_a_writer_that_hangs_is_said_after_some_patience(tmp_path):
    file = tmp_path / "ledger.sqlite"
    with (
        turn(file),
        pytest.raises(LedgerError, match=r"locked by another program.*no turn within"),
        turn(file, patience_s=0.01),
    ):
        pytest.fail("two at once")
    with turn(file, patience_s=0.01):
        pass


def test_a_ledger_that_came_along_through_a_fork_is_not_shared(ledger, decide):
    decide()
    # The child uses the parent's open ledger: it must connect anew.
    pid = os.fork()
    if pid == 0:
        try:
            decide("of the child")
            os._exit(0)
        except BaseException:  # noqa: BLE001  # the child must end here, whatever happened
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    decide("of the parent")
    assert len(held(ledger)) == 3
    assert ledger.verify().ok
