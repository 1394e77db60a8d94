"""What every process that a run starts on this machine owes to the run."""

from __future__ import annotations

import multiprocessing
import os
import threading
from typing import Any

import threadpoolctl


def begin_worker(threads: int) -> None:
    """Make this new process keep to its share of the processors, and end with its parent.

    Parameters
    ----------
    threads
        Threads that its numerical libraries may use.
    """
    threadpoolctl.threadpool_limits(limits=threads)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # A run that was killed leaves nobody who would take what this process makes.
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: Any) -> None:
    parent.join()
    os._exit(1)
