"""Options and printing that the commands share."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    import pandas as pd

SOME_FAILED, COULD_NOT_START = 1, 2

workspace_option = click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of results (default: REVIEW_WORKSPACE, else ./workspace).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
candidate_option = click.option(
    "--candidate", multiple=True, help="Only this candidate (repeatable)."
)
subject_option = click.option("--subject", multiple=True, help="Only this subject (repeatable).")
privacy_option = click.option(
    "--privacy",
    type=click.Choice(["default", "redacted", "full"]),
    default="default",
    show_default=True,
    help="default: others blurred, identity number masked; redacted: for the candidate's appeal; "
    "full: internal, for supervisors and administrators.",
)
windows_option = click.option(
    "--hide-windows", is_flag=True, help="Hide other windows on the recorded screen."
)
session_argument = click.argument("session", type=click.Path(path_type=Path))


def refuse(message: str) -> NoReturn:
    """End with one line on standard error and the status of what could not start."""
    click.echo(f"review: {message}", err=True)
    sys.exit(COULD_NOT_START)


def show_progress() -> bool:
    """Say whether somebody watches: bars go to a terminal only."""
    return sys.stderr.isatty()


def show(frame: pd.DataFrame, *, as_json: bool) -> None:
    """Print a table, or its rows as JSON."""
    if as_json:
        print_json(records_of(frame))
    else:
        print_table(frame)


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as JSON objects, times in ISO 8601."""
    records: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return records


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def print_table(frame: pd.DataFrame) -> None:
    """Print a table for a person."""
    if frame.empty:
        click.echo("(nothing)")
        return
    click.echo(frame.to_string(index=False, na_rep="", float_format=_short))


def _short(value: float) -> str:
    """Return a number with at most two decimals: counts with gaps are floats, too."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
