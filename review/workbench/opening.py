"""``{base_url}review/open/<session>/<candidate>/<subject>``: a sitting's own notebook.

It is made if it is not there; then the browser is sent to it. With ``?as=json`` only its path is
told, for a page that opens it itself.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from review.errors import ReviewError

if TYPE_CHECKING:
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


class OpenHandler(JupyterHandler):
    """Opens the notebook of a sitting."""

    auth_resource = "contents"

    @web.authenticated
    @authorized
    async def get(self, *key: str) -> None:
        """Send the browser to the notebook, or tell its path."""
        self.check_xsrf_cookie()
        root = Path(str(self.settings["server_root_dir"]))
        workspace = self.settings["review_workspace"]
        session_id, candidate_id, subject_id = key
        wanted = (session_id, candidate_id, subject_id)
        try:
            path = await asyncio.to_thread(open_notebook, workspace, wanted, root=root)
        except ReviewError as error:
            raise web.HTTPError(404, str(error)) from error
        if self.get_argument("as", "") == "json":
            told: dict[str, Any] = {"path": path}
            self.finish(told)
        else:
            self.redirect(url_path_join(self.base_url, "lab", "tree", quote(path)))
