"""The command about the review itself: remaining risk, samples, second readings, the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from review.commands.terminal import (
    json_option,
    print_json,
    print_table,
    records_of,
    session_argument,
    workspace_option,
)

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@session_argument
@workspace_option
@click.option("--confidence", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True)
@click.option("--top", type=click.IntRange(min=1), help="Assign so many sittings of highest risk.")
@click.option("--sample", type=click.IntRange(min=1), help="Size of the random sample of the rest.")
@click.option(
    "--fewer-than", type=click.IntRange(min=1), help="Instead of a size: the k that is wished for."
)
@click.option("--second", type=click.FloatRange(0, 1), help="Share to be read again, blind.")
@click.option("--known", type=click.FloatRange(0, 1), help="Rate of known cases among readings.")
@click.option("--reviewer", "people", multiple=True, help="Assign to (source:name, repeatable).")
@click.option("--card", is_flag=True, help="Print the card of the learned model.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@json_option
def quality(
    session: Path,
    workspace: Path | None,
    confidence: float,
    card: bool,  # noqa: FBT001
    language: Any,
    as_json: bool,  # noqa: FBT001
    **acts: Any,
) -> None:
    """Say how good a session's review is; assign by risk, by random sample, for second readings.

    Without an option that assigns, nothing is written. Assigning takes a supervisor (REVIEW_ROLE).
    """
    from review.batch import quality as calls
    from review.batch.session_results import results_of
    from review.scoring import card as cards

    found = results_of(session, workspace=workspace)
    assigned = _assign(found, confidence=confidence, **acts)
    if assigned:
        found = results_of(found.session_id, workspace=found.space)
    said = calls.remaining(found, confidence=confidence)
    lines = cards.lines(calls.learned(found.space).card, language) if card else []
    tables = {name: calls.table(found, name) for name in ("reviewers", "agreement")}
    text = _statement(said, language)
    if as_json:
        print_json(
            {
                "assigned": assigned,
                "remaining": None if said is None else vars(said) | {"text": text},
                **{name: records_of(rows) for name, rows in tables.items()},
                "card": lines,
            }
        )
        return
    for name, count in assigned.items():
        click.echo(f"assigned ({name}): {count}")
    click.echo(text)
    for name, rows in tables.items():
        click.echo(f"\n{name}:")
        print_table(rows)
    for line in lines:
        click.echo(line)


def _assign(
    found: Any,
    *,
    confidence: float,
    top: int | None,
    sample: int | None,
    fewer_than: int | None,
    second: float | None,
    known: float | None,
    people: tuple[str, ...],
) -> dict[str, int]:
    """Assign what is asked for and return how many sittings of each."""
    from review.batch import assigning
    from review.batch.session_results import results_of
    from review.ledger import current_author, open_ledger

    if all(one is None for one in (top, sample, fewer_than, second, known)):
        return {}
    ledger = open_ledger(found.space.ledger)
    author = current_author(role="supervisor", database_user=ledger.database_user)
    who: dict[str, Any] = {
        "people": people or assigning.reviewers_of(ledger),
        "ledger": ledger,
        "author": author,
    }
    made: dict[str, int] = {}
    if top is not None:
        made["risk"] = len(assigning.assign_by_risk(found, top, **who))
        # What was just assigned by risk is not drawn again.
        found = results_of(found.session_id, workspace=found.space)
    if sample is not None or fewer_than is not None:
        drawn = assigning.draw_sample(
            found, sample, fewer_than=fewer_than, confidence=confidence, **who
        )
        made["sample"] = len(drawn)
    if second is not None or known is not None:
        plan = assigning.assign_checks(
            found, second_rate=second or 0.0, known_rate=known or 0.0, **who
        )
        made["second"] = len(plan)
    return made


def _statement(said: Any, language: Any) -> str:
    from review import words

    return words.say("quality.no_sample", language) if said is None else str(said.text(language))
