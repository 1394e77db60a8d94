"""JupyterLab on the worklist, with the handler that serves recordings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from review.workbench.notebooks import shared_notebooks
from review.workbench.selection import as_workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.workspace import Workspace


def lab(
    workspace: Workspace | Path | str | None = None,
    *,
    session: str | None = None,
    port: int | None = None,
    open_browser: bool = True,
    options: Sequence[str] = (),
) -> int:
    """Start JupyterLab on the worklist and wait until it is stopped.

    Its root folder is the workspace's ``notebooks``, so that nothing else of the machine is shown;
    the recordings of the workspace's sessions reach logged-in users by the media handler.

    Parameters
    ----------
    workspace
        ``REVIEW_WORKSPACE`` or ``workspace`` if not given.
    session
        Id of the session whose worklist is opened; the workspace's first if not given.
    port
        JupyterLab's own choice if not given.
    options
        Further options of ``jupyter lab``.

    Returns
    -------
    int
        The server's exit status.
    """
    command, environment = lab_command(
        workspace, session=session, port=port, open_browser=open_browser, options=options
    )
    process = subprocess.Popen(command, env=environment)  # noqa: S603  # our own interpreter
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The server heard it, too, and asks whether it is meant; it ends when it likes.
            continue


def lab_command(
    workspace: Workspace | Path | str | None = None,
    *,
    session: str | None = None,
    port: int | None = None,
    open_browser: bool = True,
    options: Sequence[str] = (),
) -> tuple[list[str], Mapping[str, str]]:
    """Return the command of :func:`lab` and its environment; makes the shared notebooks."""
    space = as_workspace(workspace)
    if session is not None:
        space.session_folder(session)  # an unknown one is an error now, not in the browser
    first = shared_notebooks(space, session)
    here = Path(__file__).parent
    paths = [str(here), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    environment = {
        **os.environ,
        "REVIEW_WORKSPACE": str(space.folder.resolve()),
        # The handler is enabled by the file beside this one, wherever the package is installed.
        "JUPYTER_CONFIG_PATH": os.pathsep.join(paths),
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={first.parent.resolve()}",
        f"--LabApp.default_url=/lab/tree/{quote(first.name)}",
        # The worklist opens notebooks beside itself, without loading the page again.
        "--LabApp.expose_app_in_browser=True",
        # No look at news or extensions on the network, and notebooks that keep what is scrolled
        # out of sight: a player that leaves the page stops.
        f"--LabApp.app_settings_dir={here / 'lab_settings'}",
        "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *([] if port is None else [f"--ServerApp.port={port}"]),
        *([] if open_browser else ["--ServerApp.open_browser=False"]),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *options,
    ]
    return command, environment
