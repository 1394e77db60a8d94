"""A copy of everything that cannot be made again: review backup."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from review.commands.terminal import json_option, print_json, workspace_option

file_argument = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def backup() -> None:
    """Copy ledger and workspace to one file while others work, and put them back."""


@backup.command()
@file_argument
@click.option(
    "--leave-out",
    multiple=True,
    help="A folder of the workspace that can be had again: media, frames, models (repeatable).",
)
@click.option("--as-role", help="In which role (default: REVIEW_ROLE, else reviewer).")
@workspace_option
@json_option
def make(
    file: Path,
    leave_out: tuple[str, ...],
    as_role: str | None,
    workspace: Path | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Write FILE (tar). Nobody has to stop working; that it was made becomes an entry."""
    from review.ledger import current_author, open_ledger
    from review.ledger.backup import make as call
    from review.workspace import Workspace

    space = Workspace(workspace)
    author = current_author(role=as_role, database_user=open_ledger(space.ledger).database_user)
    made = call(space, file, author=author, leave_out=leave_out)
    if as_json:
        print_json({**asdict(made), "anchor": str(made.anchor)})
    else:
        size = f"{made.files} files, {made.size_bytes / 1e6:.1f} MB"
        click.echo(f"{made.file}: {size}, {made.entries} entries; anchor {made.anchor}")


@backup.command()
@file_argument
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The workspace to be: a new or an empty folder.",
)
@click.option("--ledger", help="Address of an empty database of yours (default: a file).")
@json_option
def restore(file: Path, workspace: Path, ledger: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Put FILE back; done is said when every file and the whole chain have been checked."""
    from review.ledger.backup import restore as call

    found = call(file, workspace, ledger=ledger)
    if as_json:
        print_json({**asdict(found), "anchor": str(found.anchor), "workspace": str(workspace)})
    else:
        click.echo(
            f"{workspace}: {found.files} files as they were on {found.made_at}, "
            f"{found.entries} entries hold; anchor {found.anchor}"
        )
