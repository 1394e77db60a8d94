"""Damaged files of every kind: nothing but the project's own errors, no hang, bounded memory.

``REVIEW_FUZZ_CASES`` and ``REVIEW_FUZZ_SEED`` ask for more, or for others.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue

import pytest

CASES = int(os.environ.get("REVIEW_FUZZ_CASES", "330"))
SEED = int(os.environ.get("REVIEW_FUZZ_SEED", "20221210"))
#: A case that says nothing for this long hangs; the slowest takes a second on a slow machine.
PATIENCE_S = 120


def lines_of(process):
    """Yield what a process prints; raise Empty when it is silent for too long."""
    queue = Queue()

    def read():
        for line in process.stdout:
            queue.put(line.rstrip("\n"))
        queue.put(None)

    threading.Thread(target=read, daemon=True).start()
    while (line := queue.get(timeout=PATIENCE_S)) is not None:
        yield line


@pytest.mark.timeout(0)
def test_no_mutation_brings_a_loader_down(tmp_path):
    program = Path(__file__).with_name("fuzzing.py")
    command = [sys.executable, "-W", "error", program, tmp_path, SEED, 0, CASES]
    seen, failed, under_way = 0, [], ""
    with subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        try:
            for line in lines_of(process):
                if line.startswith("begin"):
                    under_way = line
                elif line.startswith("fail"):
                    failed.append(line)
                elif line.startswith("end"):
                    seen += 1
                    under_way = ""
                else:
                    under_way = ""
        except Empty:
            failed.append(f"hangs: {under_way}")
        finally:
            process.kill()
    if under_way:
        failed.append(f"the process ended within: {under_way}")
    assert not failed, "\n".join(failed)
    assert seen == CASES
