"""Commands around the work: demo, simulate, models, lab."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from review.commands.terminal import json_option, show, show_progress, workspace_option


@click.command()
@workspace_option
def demo(workspace: Path | None) -> None:
    """Analyse the sample sessions and write their reports."""
    from review.demo import demo as call

    for line in call(workspace=workspace, progress=show_progress()):
        click.echo(line)


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--candidates", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--minutes", type=click.FloatRange(min=0.25), default=2.0, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--subjects", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--platform", type=click.Choice(["itmc", "eztest"]), default="itmc")
@click.option("--clean", is_flag=True, help="Plant nothing.")
@click.option("--sound-only", is_flag=True, help="No pictures: for work on clocks.")
def simulate(out: Path, **options: Any) -> None:
    """Make a session folder with known truth."""
    from review.simulate import simulate as call

    click.echo(call(out, progress=show_progress(), **options))


@click.command()
@click.argument("action", type=click.Choice(["list", "fetch"]))
@click.argument("names", nargs=-1)
@workspace_option
@json_option
def models(action: str, names: tuple[str, ...], workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Say which model files are there and what each absent one would add, or download them.

    ``fetch`` downloads the optional files (or those named), checks each and puts it into the user's
    folder; its exit status is 1 if one could not be had.
    """
    from review.workspace import Workspace

    if action == "list":
        import pandas as pd

        from review.signals.models import list_models
        from review.signals.whisper import listed

        space = Workspace(workspace)
        rows = pd.concat([list_models(space), listed(space)], ignore_index=True)
        show(rows, as_json=as_json)
        return
    from review.signals.fetching import fetch_models

    fetched = fetch_models(names or None, workspace=Workspace(workspace))
    show(fetched, as_json=as_json)
    sys.exit(int((fetched["state"] == "failed").any()))


@click.command()
@workspace_option
@click.option("--session", help="Open on this session.")
@click.option("--port", type=int, help="Port of the server.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def lab(workspace: Path | None, session: str | None, port: int | None, no_browser: bool) -> None:  # noqa: FBT001
    """Open JupyterLab on the worklist."""
    from review.workbench.lab import lab as call

    sys.exit(call(workspace, session=session, port=port, open_browser=not no_browser))
