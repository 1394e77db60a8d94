"""The command line: thin wrappers over the calls of the same name.

Exit status: 0 done; 1 done, but some sittings failed (each is a row with its reason); 2 could not
start (one line on standard error).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from review import __version__
from review.errors import ReviewError

if TYPE_CHECKING:
    import pandas as pd

SOME_FAILED, COULD_NOT_START = 1, 2

_workspace = click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of results (default: REVIEW_WORKSPACE, else ./workspace).",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
_candidate = click.option("--candidate", multiple=True, help="Only this candidate (repeatable).")
_subject = click.option("--subject", multiple=True, help="Only this subject (repeatable).")
_folder = click.argument("session", type=click.Path(path_type=Path))


class _Commands(click.Group):
    """A group whose commands end as the project's errors ask: one line and status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ReviewError as error:
            _refuse(str(error))
        except (BrokenPipeError, KeyboardInterrupt):
            sys.exit(130)


def _refuse(message: str) -> NoReturn:
    click.echo(f"review: {message}", err=True)
    sys.exit(COULD_NOT_START)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Review remotely proctored exams: one timeline, flags, decisions, reports."""


@main.command()
@_workspace
def demo(workspace: Path | None) -> None:
    """Analyse the sample sessions and write their reports."""
    from review.demo import demo as call

    for line in call(workspace=workspace, progress=_progress()):
        click.echo(line)


@main.command()
@_folder
@click.option("--deep", is_flag=True, help="Walk all packets, not only the headers.")
@_json
def check(session: Path, deep: bool, as_json: bool) -> None:  # noqa: FBT001
    """Say whether a session folder is complete and sound."""
    from review.batch import check as call

    streams, problems = call(session, deep=deep, progress=_progress())
    if as_json:
        _print_json({"streams": _records(streams), "problems": _records(problems)})
    else:
        _print_table(streams)
        for row in problems.itertuples():
            where = "/".join(str(p) for p in (row.candidate_id, row.subject_id) if p)
            click.echo(f"{row.severity}: {where + ': ' if where else ''}{row.message}")
        if problems.empty:
            click.echo("No problems found.")
    if (problems["severity"] == "error").any():
        sys.exit(SOME_FAILED)


@main.command()
@_folder
@_workspace
@_candidate
@_subject
@click.option("--workers", type=click.IntRange(min=1), help="Processes (default: one per core).")
@click.option("--force", is_flag=True, help="Analyse again what is already there.")
@_json
def analyze(
    session: Path,
    workspace: Path | None,
    candidate: tuple[str, ...],
    subject: tuple[str, ...],
    workers: int | None,
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
        force=force,
        progress=_progress(),
    )
    _show(rows[["candidate_id", "subject_id", "state", "reason", "elapsed_s"]], as_json=as_json)
    if (rows["state"] == "failed").any():
        sys.exit(SOME_FAILED)


@main.command()
@_folder
@_workspace
@_candidate
@_subject
@click.option("--out", type=click.Path(path_type=Path), default=Path("reports"), show_default=True)
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@_json
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
        progress=_progress(),
    )
    _show(rows, as_json=as_json)
    if (rows["state"] == "failed").any():
        sys.exit(SOME_FAILED)


@main.command()
@_folder
@_workspace
@_json
def score(session: Path, workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Print a session's worklist: sittings by risk."""
    from review.batch import score as call

    _show(call(session, workspace=workspace), as_json=as_json)


@main.command()
@_workspace
@click.option("--by", default="label", show_default=True, help="What rates are grouped by.")
@_json
def trends(workspace: Path | None, by: str, as_json: bool) -> None:  # noqa: FBT001
    """Print rates over all sessions of the workspace, with intervals."""
    from review.trends import trends as call

    _show(call(workspace, by=by), as_json=as_json)


@main.command()
@_folder
@click.option("--truth", type=click.Path(path_type=Path), help="Default: the session's truth.csv.")
@_workspace
@_json
def evaluate(session: Path, truth: Path | None, workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Hold a session's flags against its truth."""
    import pandas as pd

    from review.batch import evaluate as call

    result = call(session, truth=truth, workspace=workspace, progress=_progress())
    if as_json:
        _print_json(result.as_json())
    else:
        counts = {"total": result.total, **result.labels}
        rows = [{"label": label, **count.as_json()} for label, count in counts.items()]
        _print_table(pd.DataFrame(rows))
        for title, rows_of in (("missed", result.missed), ("false", result.false)):
            if len(rows_of):
                click.echo(f"\n{title}:")
                columns = ["candidate_id", "subject_id", "label", "start_s", "end_s"]
                _print_table(rows_of[columns])


@main.command()
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

    click.echo(call(out, progress=_progress(), **options))


@main.command()
@click.argument("action", type=click.Choice(["list"]))
@_workspace
@_json
def models(action: str, workspace: Path | None, as_json: bool) -> None:  # noqa: ARG001, FBT001
    """Say which model files are there, and what each absent one would add."""
    from review.signals.models import list_models
    from review.workspace import Workspace

    _show(list_models(Workspace(workspace)), as_json=as_json)


@main.command()
@_workspace
@click.option("--session", help="Open on this session.")
@click.option("--port", type=int, help="Port of the server.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def lab(workspace: Path | None, session: str | None, port: int | None, no_browser: bool) -> None:  # noqa: FBT001
    """Open JupyterLab on the worklist."""
    from review.workbench.lab import lab as call

    sys.exit(call(workspace, session=session, port=port, open_browser=not no_browser))


def _progress() -> bool:
    return sys.stderr.isatty()


def _show(frame: pd.DataFrame, *, as_json: bool) -> None:
    if as_json:
        _print_json(_records(frame))
    else:
        _print_table(frame)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return records


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def _print_table(frame: pd.DataFrame) -> None:
    if frame.empty:
        click.echo("(nothing)")
        return
    click.echo(frame.to_string(index=False, na_rep="", float_format=_short))


def _short(value: float) -> str:
    """Return a number with at most two decimals: counts with gaps are floats, too."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
