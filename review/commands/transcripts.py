"""Command for what was said: transcribe."""

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
@click.option(
    "--stream", "streams", multiple=True, help="This view (repeatable; default: first with sound)."
)
@click.option("--language", help="What is spoken, for example zh (default: recognised).")
@click.option("--model", type=click.Path(path_type=Path), help="Folder of the Whisper model.")
@click.option("--force", is_flag=True, help="Listen again to what is already written down.")
@json_option
def transcribe(
    session: Path,
    workspace: Path | None,
    candidate: tuple[str, ...],
    subject: tuple[str, ...],
    streams: tuple[str, ...],
    language: str | None,
    model: Path | None,
    force: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Write down by machine what is said in analysed sittings; it needs a model of your own.

    The lines stand in the workbench's log. A machine made them and they may be wrong; no flag and
    no outcome comes of them. docs/operations.md says which model, and where it goes.
    """
    from review.batch.transcribing import transcribe as call

    rows = call(
        session,
        workspace=workspace,
        candidates=candidate,
        subjects=subject,
        streams=streams,
        language=language,
        model=model,
        force=force,
        progress=show_progress(),
    )
    show(rows, as_json=as_json)
    if (rows["state"] == "failed").any():
        sys.exit(SOME_FAILED)
