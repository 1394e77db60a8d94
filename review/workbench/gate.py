"""Who may watch, and the ledger's record of what was watched; on the server's side.

The page says what it played; that recordings were opened at all is recorded here, whatever asked
for them. What cannot be recorded is not shown.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final

from review.ledger import open_ledger
from review.ledger.payloads import Exported, Watched
from review.session import VIEWS
from review.workbench.people import may_watch, working_author
from review.workbench.readings import KINDS_READ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review.ledger import Author
    from review.ledger.fields import Payload
    from review.workspace import Workspace

    Key = tuple[str, str, str]

#: A right that was taken away ends this soon, in seconds.
_TRUSTED_S: Final = 10.0
#: Opening the same stream again within this time is the same opening, in seconds.
_ONE_OPENING_S: Final = 3600.0
#: More intervals than this come from no page of ours.
_MOST_INTERVALS: Final = 500
#: Nothing of a sitting is this far from its start, in seconds.
_FAR_S: Final = 1e7


class Gate:
    """Lets people watch, and writes down that they did.

    Parameters
    ----------
    workspace
        Whose ledger it is.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.ledger = open_ledger(workspace.ledger)
        self._lock = threading.Lock()
        self._author: Author | None = None
        self._asked = 0.0
        self._opened: dict[tuple[Key, str], float] = {}

    def author(self) -> Author:
        """Return the user of this server, if they may watch.

        Raises
        ------
        PermissionError
            If their role does not let them.
        LedgerError
            If the ledger cannot be read.
        """
        with self._lock:
            if self._author is None or time.monotonic() - self._asked > _TRUSTED_S:
                author = working_author(self.ledger)
                refused = may_watch(self.ledger, author)
                if refused:
                    self._author = None
                    raise PermissionError(refused)
                self._author, self._asked = author, time.monotonic()
            return self._author

    def opened(self, key: Key, stream: str) -> None:
        """Record that a stream of a sitting was opened, unless that was just recorded.

        Raises
        ------
        PermissionError
            If the user may not watch.
        LedgerError
            If it cannot be recorded.
        """
        self._once(key, stream, Watched(streams=(stream,)))

    def fetched(self, key: Key, name: str) -> None:
        """Record that a clip of a sitting was fetched, unless that was just recorded.

        Raises
        ------
        PermissionError
            If the user may not watch.
        LedgerError
            If it cannot be recorded.
        """
        self._once(key, name, Exported(what="clip, fetched by a browser", file=name))

    def _once(self, key: Key, what: str, entry: Payload) -> None:
        author = self.author()
        with self._lock:
            last = self._opened.get((key, what))
            if last is not None and time.monotonic() - last < _ONE_OPENING_S:
                return
            self.ledger.record(entry, sitting_key=key, author=author)
            self._opened[key, what] = time.monotonic()

    def watched(self, key: Key, intervals: Sequence[Any]) -> int:
        """Record what a page played, one entry an interval, and return how many there are.

        Parameters
        ----------
        intervals
            ``{"streams", "start_s", "end_s"}`` each, session time.

        Raises
        ------
        ValueError
            If an interval cannot be.
        LedgerError
            If it cannot be recorded.
        """
        author = self.author()
        if not isinstance(intervals, list) or len(intervals) > _MOST_INTERVALS:
            raise ValueError(f"not a list of intervals: {type(intervals).__name__}")
        payloads = [_payload(one) for one in intervals]
        for payload in payloads:
            self.ledger.record(payload, sitting_key=key, author=author)
        return len(payloads)

    def head(self, key: Key) -> int:
        """Return the number of the last entry about a sitting that a page shows; 0 for none."""
        entries = self.ledger.entries(key[0], key[1], kinds=KINDS_READ)
        about = entries[entries["subject_id"].isin([key[2]]) | entries["subject_id"].isna()]
        return int(about["seq"].max()) if len(about) else 0


def _payload(one: Any) -> Watched:
    fields = one if isinstance(one, dict) else {}
    streams = fields.get("streams")
    start_s, end_s = fields.get("start_s"), fields.get("end_s")
    if (
        not isinstance(streams, list)
        or not set(map(str, streams)) <= set(VIEWS)
        or not isinstance(start_s, (int, float))
        or not isinstance(end_s, (int, float))
        or not abs(start_s) + abs(end_s) < _FAR_S
    ):
        raise ValueError(f"no interval that can be watched: {repr(one)[:200]}")
    if not start_s < end_s:
        raise ValueError(f"an interval that ends before it starts: {repr(one)[:200]}")
    return Watched(
        streams=tuple(streams), start_s=round(float(start_s), 2), end_s=round(float(end_s), 2)
    )
