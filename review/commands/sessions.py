"""Commands over one session: check, analyze, score, evaluate."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from review.commands.terminal import (
    SOME_FAILED,
    candidate_option,
    json_option,
    print_json,
    print_table,
    records_of,
    session_argument,
    show,
    show_progress,
    subject_option,
    workspace_option,
)


@click.command()
@session_argument
@click.option("--deep", is_flag=True, help="Walk all packets, not only the headers.")
@workspace_option
@json_option
def check(session: Path, deep: bool, workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Say whether a session folder is complete and sound, and what the ledger knows of it."""
    from review.batch import check as call
    from review.loaders.check import in_short

    streams, problems = call(session, deep=deep, workspace=workspace, progress=show_progress())
    if as_json:
        print_json({"streams": records_of(streams), "problems": records_of(problems)})
    else:
        print_table(in_short(streams))
        for row in problems.itertuples():
            where = "/".join(str(p) for p in (row.candidate_id, row.subject_id) if p)
            click.echo(f"{row.severity}: {where + ': ' if where else ''}{row.message}")
        if problems.empty:
            click.echo("No problems found.")
    if (problems["severity"] == "error").any():
        sys.exit(SOME_FAILED)


@click.command()
@session_argument
@workspace_option
@candidate_option
@subject_option
@click.option("--workers", type=click.IntRange(min=0), help="Processes (default: one per core).")
@click.option("--scheduler", help="Work on this Dask cluster instead: tcp://host:8786.")
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), help="Minutes a sitting may take."
)
@click.option(
    "--retries",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Times that a sitting is begun again whose process died.",
)
@click.option("--force", is_flag=True, help="Analyse again what is already there.")
@json_option
def analyze(
    session: Path,
    workspace: Path | None,
    candidate: tuple[str, ...],
    subject: tuple[str, ...],
    workers: int | None,
    scheduler: str | None,
    time_limit: float | None,
    retries: int,
    force: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Analyse a session's sittings into the workspace."""
    from review.batch import analyze as call

    rows = call(
        session,
        workspace=workspace,
        candidates=candidate,
        subjects=subject,
        workers=workers,
        scheduler=scheduler,
        time_limit_s=None if time_limit is None else 60 * time_limit,
        retries=retries,
        force=force,
        progress=show_progress(),
    )
    show(rows[["candidate_id", "subject_id", "state", "reason", "elapsed_s"]], as_json=as_json)
    if (rows["state"] == "failed").any():
        sys.exit(SOME_FAILED)


@click.command()
@session_argument
@workspace_option
@click.option("--show", "name", default="worklist", show_default=True, help="Which table.")
@click.option("--first", type=click.IntRange(min=1), help="Only so many rows.")
@json_option
def score(
    session: Path,
    workspace: Path | None,
    name: str,
    first: int | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Print a session's worklist (sittings by risk), or another table about the session.

    Tables: worklist, incidents, same_faces, probabilities, precision, thresholds, calibration,
    rates, precision_by, agreement, disagreements, known, reviewers.
    """
    from review.batch.quality import table
    from review.batch.session_results import results_of

    rows = table(results_of(session, workspace=workspace), name)
    show(rows if first is None else rows.head(first), as_json=as_json)


@click.command()
@session_argument
@click.option("--truth", type=click.Path(path_type=Path), help="Default: the session's truth.csv.")
@workspace_option
@json_option
def evaluate(session: Path, truth: Path | None, workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Hold a session's flags against its truth."""
    import pandas as pd

    from review.batch import evaluate as call

    result = call(session, truth=truth, workspace=workspace, progress=show_progress())
    if as_json:
        print_json(result.as_json())
    else:
        counts = {"total": result.total, **result.labels}
        rows = [{"label": label, **count.as_json()} for label, count in counts.items()]
        print_table(pd.DataFrame(rows))
        for title, rows_of in (("missed", result.missed), ("false", result.false)):
            if len(rows_of):
                click.echo(f"\n{title}:")
                columns = ["candidate_id", "subject_id", "label", "start_s", "end_s"]
                print_table(rows_of[columns])
