"""``{base_url}review/open/<session>/<candidate>/<subject>``: a sitting's own notebook.

It is made if it is not there; then the browser is sent to it. With ``?as=json`` only its path is
told, for a page that opens it itself; ``?in=voila`` or ``?in=notebooks`` goes there instead of to
JupyterLab. ``{base_url}review/next/...`` does the same with the sitting
that comes next after the one named.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado import web

from review.errors import ReviewError
from review.workbench.handlers import WorkbenchHandler, inside

#: Where the page that asks lives -> what shows a notebook there.
_PLACES: Final = {"lab": "lab/tree", "notebooks": "notebooks", "voila": "voila/render"}

if TYPE_CHECKING:
    from review.workbench.gate import Gate
    from review.workspace import Workspace


def open_notebook(workspace: Workspace, key: tuple[str, str, str], *, root: Path) -> str:
    """Return the path of a sitting's notebook, relative to the server's root folder.

    Raises
    ------
    ReviewError
        If there is no such sitting, or the server does not reach the workspace's notebooks.
    """
    from review.loaders import load_session  # with everything that reads media
    from review.workbench.notebooks import sitting_notebook

    session, _ = load_session(workspace.session_folder(key[0]))
    path = sitting_notebook(workspace, session.sitting(key[1], key[2])).resolve()
    root = root.expanduser().resolve()
    if not path.is_relative_to(root):
        raise ReviewError(
            "this server does not show the workspace's notebooks",
            where=root,
            expected=f"a folder with {path}",
            todo="start it with `review lab`",
        )
    return path.relative_to(root).as_posix()


def next_sitting(workspace: Workspace, gate: Gate, key: tuple[str, str, str]) -> tuple[str, str]:
    """Return candidate and subject of the sitting that comes next for this server's user.

    Raises
    ------
    ReviewError
        If there is no such session, or no other sitting.
    """
    from review.loaders import load_session
    from review.workbench.sittings import after, progress

    author = gate.author()
    session, _ = load_session(workspace.session_folder(key[0]))
    rows = progress(session, workspace=workspace, ledger=gate.ledger, author=author)
    return after(rows, (key[1], key[2]), person=author.person)


class OpenHandler(WorkbenchHandler):
    """Opens the notebook of a sitting, or of the one after it."""

    def initialize(self, *, following: bool = False) -> None:
        """Say whether the sitting named is wanted, or the next."""
        self._following = following

    def get_login_url(self) -> str:
        """Send whoever is not logged in to the log-in page: this is a page's address."""
        return str(self.settings["login_url"])

    @web.authenticated
    @authorized
    async def get(self, *key: str) -> None:
        """Send the browser to the notebook, or tell its path."""
        self.check_xsrf_cookie()
        session_id, candidate_id, subject_id = key
        wanted = (session_id, candidate_id, subject_id)
        path = await self.work(self._open, wanted)
        if self.get_argument("as", "") == "json":
            told: dict[str, Any] = {"path": path}
            self.finish(told)
        else:
            place = _PLACES.get(self.get_argument("in", ""), _PLACES["lab"])
            self.redirect(url_path_join(self.base_url, place, quote(path)))

    def _open(self, key: tuple[str, str, str]) -> str:
        inside(*key)
        self.gate.author()
        root = Path(str(self.settings["server_root_dir"]))
        if self._following:
            key = (key[0], *next_sitting(self.workspace, self.gate, key))
        try:
            return open_notebook(self.workspace, key, root=root)
        except ReviewError as error:
            raise FileNotFoundError(str(error)) from error
