"""Who may sign: review staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from review.commands.terminal import json_option, print_json, show, workspace_option

if TYPE_CHECKING:
    from pathlib import Path

    from review.ledger import Author, Ledger

_ROLES = ("reviewer", "supervisor", "analyst", "administrator")
role_option = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(_ROLES),
    help="A role of theirs (repeatable).",
)
reason_option = click.option("--reason", default="", help="Why, for the record.")
person_argument = click.argument("person")


@click.group()
def staff() -> None:
    """Say who may sign: people, roles, keys. Every change is an entry of the ledger."""


def _opened(workspace: Path | None, role: str | None = "administrator") -> tuple[Ledger, Author]:
    from review.ledger import current_author, open_ledger
    from review.workspace import Workspace

    ledger = open_ledger(Workspace(workspace).ledger)
    return ledger, current_author(role=role, database_user=ledger.database_user)


def _done(entries: list[Any], *, as_json: bool) -> None:
    if as_json:
        print_json([{"seq": e.seq, "at": e.at, **e.content} for e in entries])
        return
    for entry in entries:
        said = entry.content
        what = " ".join(str(v) for k, v in said.items() if k not in ("action", "public_key") and v)
        click.echo(f"entry {entry.seq}: {said['action']} {what}")


@staff.command("list")
@workspace_option
@json_option
def list_staff(workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Print people, their roles, and their keys with the entries that these may sign."""
    from review.ledger import open_ledger
    from review.ledger.people import staff_table
    from review.workspace import Workspace

    table = staff_table(open_ledger(Workspace(workspace).ledger))
    show(table if as_json else table.drop(columns="public_key"), as_json=as_json)


@staff.command()
@workspace_option
@json_option
def me(workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Print who you are here and your public key: what an administrator needs to enrol you."""
    _, author = _opened(workspace, role=None)
    said = {"person": author.person, "role": author.role, "key_id": author.key_id}
    said["public_key"] = author.public_key
    if as_json:
        print_json(said)
    else:
        click.echo("\n".join(f"{name}: {value}" for name, value in said.items()))


@staff.command()
@person_argument
@click.argument("public_key")
@role_option
@workspace_option
@json_option
def enrol(
    person: str,
    public_key: str,
    roles: tuple[str, ...],
    workspace: Path | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Enrol PERSON (source:name) with the PUBLIC_KEY that `review staff me` shows them."""
    from review.ledger import people

    ledger, author = _opened(workspace)
    entry = people.enrol(ledger, person, public_key, roles, author=author)
    _done([entry], as_json=as_json)


@staff.command()
@person_argument
@role_option
@workspace_option
@json_option
def roles(person: str, roles: tuple[str, ...], workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Give PERSON these roles in place of the ones before."""
    from review.ledger import people

    ledger, author = _opened(workspace)
    _done([people.set_roles(ledger, person, roles, author=author)], as_json=as_json)


@staff.command()
@click.argument("key_id")
@reason_option
@workspace_option
@json_option
def revoke(key_id: str, reason: str, workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Revoke the key KEY_ID: it signs nothing any more; what it signed before stands."""
    from review.ledger import people

    ledger, author = _opened(workspace)
    _done([people.revoke(ledger, key_id, author=author, reason=reason)], as_json=as_json)


@staff.command()
@person_argument
@click.argument("public_key")
@reason_option
@workspace_option
@json_option
def rotate(
    person: str,
    public_key: str,
    reason: str,
    workspace: Path | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Enrol the new PUBLIC_KEY of PERSON and revoke the keys before it; the roles stay."""
    from review.ledger import people

    ledger, author = _opened(workspace)
    made = people.rotate(ledger, person, public_key, author=author, reason=reason)
    _done(made, as_json=as_json)


@staff.command()
@person_argument
@workspace_option
@json_option
def retire(person: str, workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Take all roles from PERSON and revoke all keys."""
    from review.ledger import people

    ledger, author = _opened(workspace)
    _done([people.retire(ledger, person, author=author)], as_json=as_json)


@staff.command("renew-key")
@click.option("--as-role", type=click.Choice(_ROLES), help="In which role (default: REVIEW_ROLE).")
@workspace_option
@json_option
def renew_key(as_role: str | None, workspace: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Make a new key for yourself; the old one is kept beside it and revoked."""
    from review.ledger import people

    ledger, author = _opened(workspace, role=as_role)
    made, entries = people.renew(ledger, author)
    if as_json:
        print_json(
            {
                "person": made.person,
                "key_id": made.key_id,
                "public_key": made.public_key,
                "entries": [e.seq for e in entries],
            }
        )
        return
    _done(entries, as_json=False)
    click.echo(f"new key {made.key_id} of {made.person}")
    if not entries:
        click.echo("an administrator enrols it and revokes the old one with:")
        click.echo(f"  review staff rotate {made.person} {made.public_key}")
