"""Commands that make what leaves the system: report, trends."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from review.commands.terminal import (
    SOME_FAILED,
    candidate_option,
    json_option,
    session_argument,
    show,
    show_progress,
    subject_option,
    workspace_option,
)


@click.command()
@session_argument
@workspace_option
@candidate_option
@subject_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@json_option
def report(
    session: Path,
    workspace: Path | None,
    candidate: tuple[str, ...],
    subject: tuple[str, ...],
    out: Path,
    language: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Write one page per sitting."""
    from review.reporting import report as call

    rows = call(
        session,
        workspace=workspace,
        candidates=candidate,
        subjects=subject,
        out=out,
        language=language,
        progress=show_progress(),
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
