"""Commands around what the workbench plays: copies."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from review.commands.terminal import (
    SOME_FAILED,
    candidate_option,
    json_option,
    show,
    workspace_option,
)

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("session")
@workspace_option
@candidate_option
@click.option(
    "--needed-only", is_flag=True, help="Only of files that no browser plays as they are."
)
@json_option
def copies(
    session: str,
    workspace: Path | None,
    candidate: tuple[str, ...],
    needed_only: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Make light, playable copies of SESSION's recordings before a review begins."""
    from review.workbench.preparing import prepare

    made = prepare(
        session, workspace=workspace, candidates=candidate or None, needed_only=needed_only
    )
    show(made, as_json=as_json)
    if (made["state"] == "failed").any():
        sys.exit(SOME_FAILED)
