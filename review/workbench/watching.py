"""What a page says of itself: what it played, and that it is open.

``POST {base_url}review/watched/<session>/<candidate>/<subject>`` with ``{"intervals": [...]}``
becomes entries of the ledger; ``POST {base_url}review/here/...`` with ``{"page", "leaving"}``
answers who else has the sitting open, and the number of the last entry about it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from review.workbench import presence
from review.workbench.handlers import WorkbenchHandler, inside

if TYPE_CHECKING:
    from review.workbench.presence import Key


class TokenHandler(WorkbenchHandler):
    """Gives a page the cookie that its own requests are known by (Voilà's pages have none)."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Set the cookie."""
        self.check_xsrf_cookie()
        self.finish({"token": bool(self.xsrf_token)})


class WatchedHandler(WorkbenchHandler):
    """Records what was played."""

    @web.authenticated
    @authorized
    async def post(self, *key: str) -> None:
        """Record intervals; answer how many."""
        body = _body(self.request.body)
        count = await self.work(self._record, _key(key), body.get("intervals"))
        self.finish({"entries": count})

    def _record(self, key: Key, intervals: Any) -> int:
        inside(*key)
        self.workspace.session_folder(key[0])
        return self.gate.watched(key, intervals)


class HereHandler(WorkbenchHandler):
    """Says who else is here."""

    @web.authenticated
    @authorized
    async def post(self, *key: str) -> None:
        """Renew this page's presence; answer who else is present."""
        body = _body(self.request.body)
        told = await self.work(self._meet, _key(key), str(body.get("page")), body.get("leaving"))
        self.finish(told)

    def _meet(self, key: Key, page: str, leaving: Any) -> dict[str, Any]:
        inside(*key)
        self.workspace.session_folder(key[0])
        person = self.gate.author().person
        if leaving:
            presence.leave(self.workspace, key, person, page)
        else:
            presence.announce(self.workspace, key, person, page)
        others = [one for one in presence.present(self.workspace, key) if one != person]
        return {"others": others, "head": self.gate.head(key)}


def _key(parts: tuple[str, ...]) -> Key:
    session_id, candidate_id, subject_id = parts
    return session_id, candidate_id, subject_id


def _body(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError as error:
        raise web.HTTPError(400, "not JSON") from error
    if not isinstance(found, dict):
        raise web.HTTPError(400, "not an object")
    return found
