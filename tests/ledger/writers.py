"""Several processes that write decisions at once and say each one that was acknowledged.

Run as a program: ``writers.py <ledger> <config folder> <processes> <decisions each>``. Prints
``<pid> <seq> <hash>`` after every append that returned.
"""

import os
import sys

from review.ledger import current_author, open_ledger


def write(path, config, name, count):
    author = current_author(environ={"REVIEW_USER": name, "XDG_CONFIG_HOME": config})
    ledger = open_ledger(path)
    for n in range(count):
        entry = ledger.append(
            "decision",
            {
                "flag_id": f"{name}-{n}",
                "label": "absent",
                "stream": "front",
                "device_start_s": 0.0,
                "device_end_s": 1.0,
                "verdict": "confirmed",
            },
            sitting_key=("s", name, "theory"),
            author=author,
        )
        os.write(1, f"{os.getpid()} {entry.seq} {entry.hash}\n".encode())


def main():
    path, config, processes, count = sys.argv[1:]
    children = []
    for n in range(int(processes)):
        pid = os.fork()
        if pid == 0:
            write(path, config, f"writer{n}", int(count))
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
