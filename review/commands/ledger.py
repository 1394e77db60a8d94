"""What is on record, and whether it holds: review ledger."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from review.commands.terminal import (
    SOME_FAILED,
    json_option,
    print_json,
    show,
    workspace_option,
)


@click.group()
def ledger() -> None:
    """Read, verify and export what people decided."""


@ledger.command()
@click.option("--anchor", help="NUMBER:HASH from a report or an export: finds an end cut off.")
@click.option("--root", help="Public key that the first entry must be signed with.")
@click.option("--processes", type=click.IntRange(min=1), default=1, show_default=True)
@workspace_option
@json_option
def verify(
    anchor: str | None,
    root: str | None,
    processes: int,
    workspace: Path | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Walk the chain and name the first entry that does not hold."""
    from review.ledger import Anchor, open_ledger
    from review.workspace import Workspace

    held = None if anchor is None else Anchor.parse(anchor)
    opened = open_ledger(Workspace(workspace).ledger)
    found = opened.verify(anchor=held, root=root, processes=processes)
    if as_json:
        print_json({"ledger": opened.where, **asdict(found)})
    elif found.ok:
        head = "" if found.head is None else f"; anchor {found.head}"
        click.echo(f"{opened.where}: {found.entries} entries hold{head}")
    else:
        click.echo(f"{opened.where}: entry {found.first_bad} does not hold: {found.reason}")
    if not as_json and found.clock_set_back:
        numbers = ", ".join(map(str, found.clock_set_back))
        click.echo(f"older than the entry before them (somebody's clock was wrong): {numbers}")
    if not as_json and found.ok and held is None and found.head is not None:
        click.echo("an end that was cut off can be seen with --anchor only")
    if not found.ok:
        sys.exit(SOME_FAILED)


@ledger.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--as-role", help="In which role (default: REVIEW_ROLE, else reviewer).")
@workspace_option
@json_option
def export(file: Path, as_role: str | None, workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Write the whole ledger to FILE as JSON Lines that a stranger can verify."""
    from review.ledger import current_author, open_ledger
    from review.ledger.export import export as call
    from review.workspace import Workspace

    opened = open_ledger(Workspace(workspace).ledger)
    author = current_author(role=as_role, database_user=opened.database_user)
    anchor = call(opened, file, author=author)
    if as_json:
        print_json({"file": str(file), "entries": anchor.seq, "anchor": str(anchor)})
    else:
        click.echo(f"{file}: {anchor.seq} entries; anchor {anchor}")


@ledger.command()
@click.option("--session", help="Only of this session.")
@click.option("--candidate", help="Only about this candidate.")
@click.option("--subject", help="Only about this subject.")
@click.option("--kind", "kinds", multiple=True, help="Only of this kind (repeatable).")
@click.option("--last", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--all", "whole", is_flag=True, help="All of them, not only the last.")
@workspace_option
@json_option
def log(
    session: str | None,
    candidate: str | None,
    subject: str | None,
    kinds: tuple[str, ...],
    last: int,
    whole: bool,  # noqa: FBT001
    workspace: Path | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Print who wrote what, when (UTC), about whom; as JSON with everything that was said."""
    from review.errors import LedgerError
    from review.ledger import open_ledger
    from review.ledger.history import log as call
    from review.ledger.payloads import KINDS
    from review.workspace import Workspace

    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise LedgerError(
            "no such kind of entry", expected=f"one of {', '.join(KINDS)}", found=unknown[0]
        )
    opened = open_ledger(Workspace(workspace).ledger)
    count = None if whole else last
    if as_json:
        print_json(opened.records(session, candidate, subject, kinds or None, last=count))
        return
    show(
        call(
            opened,
            session_id=session,
            candidate_id=candidate,
            subject_id=subject,
            kinds=kinds or None,
            last=count,
        ),
        as_json=False,
    )


@ledger.command()
@workspace_option
@json_option
def upgrade(workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Make the ledger, or bring its schema to this version; entries are never touched.

    A file is brought up by whoever writes next; on a server it takes the owner of the table.
    """
    from review.ledger import open_ledger
    from review.ledger.upgrade import REVISIONS
    from review.workspace import Workspace

    opened = open_ledger(Workspace(workspace).ledger)
    opened.upgrade()
    if as_json:
        print_json({"ledger": opened.where, "schema": REVISIONS[-1]})
    else:
        click.echo(f"{opened.where}: schema {REVISIONS[-1]}")
