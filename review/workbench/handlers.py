"""What all handlers of the workbench share: logged in, allowed, and errors in one line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from review.errors import LedgerError, ReviewError, SessionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from review.workbench.gate import Gate
    from review.workspace import Workspace


class WorkbenchHandler(JupyterHandler):
    """Refuses instead of sending a player to the log-in page, and says why in one line."""

    # Jupyter's own authorisers know this resource: who may read files may watch.
    auth_resource = "contents"

    @property
    def workspace(self) -> Workspace:
        """The server's workspace."""
        found: Workspace = self.settings["review_workspace"]
        return found

    @property
    def gate(self) -> Gate:
        """Who may watch, and the record of it."""
        found: Gate = self.settings["review_gate"]
        return found

    def get_login_url(self) -> str:
        """Refuse instead of sending a player to the log-in page."""
        raise web.HTTPError(403)

    async def work(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Do work beside the server's own; what goes wrong becomes a status and a reason."""
        try:
            return await asyncio.to_thread(call, *arguments)
        except PermissionError as error:
            self.log.warning("refused to %s: %s", self.current_user.username, error)
            raise web.HTTPError(403, reason="refused") from error
        except (FileNotFoundError, SessionError) as error:
            raise web.HTTPError(404, str(error)) from error
        except LedgerError as error:
            self.log.warning("the ledger: %s", error)
            raise web.HTTPError(503, str(error), reason="the ledger cannot be used") from error
        except ValueError as error:
            raise web.HTTPError(400, str(error)) from error
        except ReviewError as error:
            raise web.HTTPError(500, str(error)) from error


def inside(*parts: str) -> None:
    """Refuse parts of an address that would lead to another folder.

    Raises
    ------
    PermissionError
        If one does.
    """
    for part in parts:
        if part in {"", ".", ".."} or any(c in part for c in "/\\\0"):
            raise PermissionError(f"{part!r} is no name: it leads elsewhere")
