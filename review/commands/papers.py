"""Commands that make what leaves the system: report, trends."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from review.commands.terminal import (
    SOME_FAILED,
    candidate_option,
    json_option,
    privacy_option,
    session_argument,
    show,
    show_progress,
    subject_option,
    windows_option,
    workspace_option,
)


@click.command()
@session_argument
@workspace_option
@candidate_option
@subject_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@click.option(
    "--language", type=click.Choice(["en", "zh", "both"]), default="en", show_default=True
)
@click.option(
    "--format",
    "formats",
    default="html",
    show_default=True,
    help="Some of html,pdf,docx,xlsx,json,csv,vtt, separated by commas.",
)
@privacy_option
@windows_option
@click.option("--templates", type=click.Path(path_type=Path), help="Folder of own templates.")
@click.option(
    "--pictures",
    type=click.IntRange(min=0),
    default=40,
    show_default=True,
    help="Evidence pictures a page, at most.",
)
@json_option
def report(
    session: Path,
    workspace: Path | None,
    candidate: tuple[str, ...],
    subject: tuple[str, ...],
    formats: str,
    privacy: str,
    hide_windows: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    **options: Any,
) -> None:
    """Write a report per sitting, and what is about the session as a whole."""
    from review.reporting import report as call
    from review.reporting.privacy import Privacy

    rows = call(
        session,
        workspace=workspace,
        candidates=candidate,
        subjects=subject,
        formats=tuple(one.strip() for one in formats.split(",") if one.strip()),
        privacy=Privacy.of(privacy, windows=hide_windows),
        progress=show_progress(),
        **options,
    )
    show(rows, as_json=as_json)
    if (rows["state"] == "failed").any():
        sys.exit(SOME_FAILED)


@click.command()
@workspace_option
@click.option("--by", default="label", show_default=True, help="What rates are grouped by.")
@json_option
def trends(workspace: Path | None, by: str, as_json: bool) -> None:  # noqa: FBT001
    """Print rates over all sessions of the workspace, with intervals."""
    from review.trends import trends as call

    show(call(workspace, by=by), as_json=as_json)
