"""Work that takes long, done beside the kernel's own, with word of how far it is."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Send = Callable[[dict[str, Any]], None]

#: A page is told of progress this often at most.
_EVERY_S: Final = 0.5


def beside(work: Callable[[Send], dict[str, Any]], send: Send) -> threading.Thread:
    """Do work in a thread and send its answer; messages leave from the kernel's own loop.

    Parameters
    ----------
    work
        Is given how to send a message meanwhile, and returns the last one.
    send
        How the widget sends; its sockets belong to the thread of the loop that runs now.
    """
    loop = _running_loop()

    def later(content: dict[str, Any]) -> None:
        if loop is None:
            send(content)
        else:
            loop.call_soon_threadsafe(send, content)

    thread = threading.Thread(target=lambda: later(work(later)), daemon=True)
    thread.start()
    return thread


def seldom(tell: Send, **said: Any) -> Callable[[float], None]:
    """Return a function that tells the page a share now and then, with ``said`` beside it."""
    last = [0.0]

    def progress(share: float) -> None:
        if time.monotonic() - last[0] >= _EVERY_S:
            last[0] = time.monotonic()
            tell({**said, "share": share})

    return progress


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
