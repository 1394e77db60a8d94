"""Commands for single cases: clip, package, verify."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import pandas as pd

from review.commands.terminal import (
    SOME_FAILED,
    candidate_option,
    json_option,
    privacy_option,
    refuse,
    session_argument,
    show,
    subject_option,
    windows_option,
    workspace_option,
)
from review.reporting.framing import AROUND_S


@click.command()
@session_argument
@workspace_option
@candidate_option
@subject_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("packages"), show_default=True)
@click.option("--originals", is_flag=True, help="Put the original files in (privacy full only).")
@click.option("--clips", type=click.IntRange(min=0), default=10, show_default=True)
@click.option("--language", type=click.Choice(["en", "zh", "both"]), default="both")
@privacy_option
@windows_option
@click.option("--templates", type=click.Path(path_type=Path), help="Folder of own templates.")
@json_option
def package(
    session: Path,
    workspace: Path | None,
    candidate: tuple[str, ...],
    subject: tuple[str, ...],
    out: Path,
    privacy: str,
    hide_windows: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
    **options: Any,
) -> None:
    """Pack a candidate's cases: report, clips, originals, tables, ledger, hashes, one ZIP each."""
    from review.reporting.package import package_all
    from review.reporting.privacy import Privacy
    from review.reporting.session_reports import find_session
    from review.workspace import Workspace

    if not candidate:
        refuse("whose case? expected --candidate, once or more")
    space = Workspace(workspace)
    loaded = find_session(session, space)
    for paper in subject:
        loaded.subject(paper)
    sittings = [
        loaded.sitting(one, paper)
        for one in candidate
        for paper in loaded.candidate(one).subjects
        if not subject or paper in subject
    ]
    if not sittings:
        refuse(f"no such case: none of {', '.join(candidate)} takes {', '.join(subject)}")
    rows = package_all(
        sittings,
        out,
        workspace=space,
        privacy=Privacy.of(privacy, windows=hide_windows),
        **options,
    )
    show(rows, as_json=as_json)
    if (rows["state"] == "failed").any():
        sys.exit(SOME_FAILED)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--anchor", help="<number>:<hash> of a ledger entry that you know from elsewhere.")
@json_option
def verify(file: Path, anchor: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Say whether an evidence package is as it was when it was signed."""
    from review.ledger.chain import Anchor
    from review.reporting.verification import verify as call

    known = Anchor.parse(anchor) if anchor else None
    rows = pd.DataFrame([vars(one) for one in call(file, anchor=known)])
    show(rows, as_json=as_json)
    if not rows["ok"].all():
        sys.exit(SOME_FAILED)


@click.command()
@session_argument
@workspace_option
@click.option("--candidate", required=True)
@click.option("--subject", required=True)
@click.option("--at", help="A moment of session time, h:mm:ss or seconds.")
@click.option("--from", "start", help="Start of a stretch of session time.")
@click.option("--to", "end", help="Its end.")
@click.option("--flag", help="Number of a flag as the report counts them, or its id.")
@click.option("--before", type=click.FloatRange(min=0), default=AROUND_S, show_default=True)
@click.option("--after", type=click.FloatRange(min=0), default=AROUND_S, show_default=True)
@click.option("--views", default="front,right_rear,left_front,screen", show_default=True)
@click.option("--sound", default="screen", show_default=True, help="View that is heard, or none.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@privacy_option
@windows_option
@click.option("--out", type=click.Path(path_type=Path), required=True, help="An .mp4 file.")
@json_option
def clip(as_json: bool, **options: Any) -> None:  # noqa: FBT001
    """Write a moment, a stretch or a flag as a clip of synchronised views."""
    from review.reporting.moments import clip as call

    made = call(**options)
    show(pd.DataFrame([{**vars(made), "path": str(made.path), "streams": ",".join(made.streams)}]),
         as_json=as_json)  # fmt: skip
