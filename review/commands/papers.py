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
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes (default: one per core, where there is enough to do).",
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
@click.option(
    "--what",
    type=click.Choice(["rates", "time", "funnel", "leniency", "precision", "effort"]),
    default="rates",
    show_default=True,
)
@click.option("--by", help="What is grouped by: one or more for rates, one for funnel and effort.")
@click.option("--every", type=click.Choice(["day", "week", "month", "session"]), default="month")
@click.option("--label", help="Only people with a flag of this label (time, funnel).")
@click.option("--names", is_flag=True, help="Reviewers by name (supervisors, administrators).")
@click.option("--sql", help="A question of one's own to the views, instead of --what.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="Write .csv, .parquet or .xlsx.")
@click.option("--figure", type=click.Path(path_type=Path), help="Write the figure as .html.")
@json_option
def trends(workspace: Path | None, as_json: bool, **options: Any) -> None:  # noqa: FBT001
    """Print rates and other trends over all sessions of the workspace, with intervals."""
    from review.commands.questions import answer

    show(answer(workspace, **options), as_json=as_json)
