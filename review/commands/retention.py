"""Command for what is kept and for how long: retain."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from review.commands.terminal import SOME_FAILED, json_option, show, workspace_option


@click.command()
@workspace_option
@click.option("--session", "sessions", multiple=True, help="Only this session (repeatable).")
@click.option("--policy", type=click.Path(path_type=Path), help="Default: retention.toml there.")
@click.option("--apply", "apply_", is_flag=True, help="Delete. Without it, only list.")
@json_option
def retain(
    workspace: Path | None,
    sessions: tuple[str, ...],
    policy: Path | None,
    apply_: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """List media and tables older than the policy; with --apply, delete them and record it."""
    from review.reporting.retention import retain as call

    rows = call(workspace, sessions=sessions or None, policy=policy, apply=apply_)
    show(rows, as_json=as_json)
    if (rows["state"] == "failed").any():
        sys.exit(SOME_FAILED)
