"""The acts that order a session's review: by risk, by random sample, for second readings.

Each takes the session as it was read, and records assignments in the ledger, which checks that
the author may make them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from review.batch.quality import assigned, drawn_from
from review.errors import ReviewError
from review.ledger.payloads import Assignment
from review.scoring import checks, progress
from review.scoring.proportions import CONFIDENCE
from review.scoring.sampling import draw, sample_size
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from review.batch.session_results import SessionResults
    from review.ledger import Author, Ledger

    Sitting = tuple[str, ...]

_KEYS: Final = list(KEYS)


def assign_by_risk(
    found: SessionResults, top: int, *, people: Sequence[str], ledger: Ledger, author: Author
) -> list[Sitting]:
    """Assign the so many undecided sittings of highest risk that nobody has, in turn.

    Returns
    -------
    list of tuple
        The sittings that were assigned.
    """
    taken = progress.keys_of(found.assignments[found.assignments["state"] == "assigned"])
    work = found.ordered[found.ordered["state"] != "decided"]
    keys = [key for key in work[_KEYS].itertuples(index=False, name=None) if key not in taken]
    return assign_in_turn(keys[:top], people=people, purpose="risk", ledger=ledger, author=author)


def draw_sample(
    found: SessionResults,
    size: int | None = None,
    *,
    fewer_than: int | None = None,
    people: Sequence[str],
    ledger: Ledger,
    author: Author,
    confidence: float = CONFIDENCE,
) -> list[Sitting]:
    """Draw a random sample of what is neither reviewed nor assigned by risk, and assign it.

    A later call makes the same sample larger.

    Parameters
    ----------
    size
        Sittings of the whole sample.
    fewer_than
        Instead of a size: the wished k, no case being expected in the sample.

    Returns
    -------
    list of tuple
        The sittings that were added, in the order of drawing.

    Raises
    ------
    ReviewError
        If neither size nor k is given, or nothing can be drawn from.
    """
    before = assigned(found.entries, "sample")
    first = int(before["seq"].min()) if len(before) else None
    population = drawn_from(found, first)
    if size is None:
        if fewer_than is None:
            raise ReviewError("no size of a sample", expected="a size, or a wished k")
        size = sample_size(len(population), fewer_than, confidence=confidence)
    if not population or size < 1:
        raise ReviewError("nothing to draw", found=f"{size} of {len(population)} sittings")
    drawn = progress.keys_of(before)
    order = draw(population, seed=found.session_id)[:size]
    added = [key for key in order if key not in drawn]
    return assign_in_turn(added, people=people, purpose="sample", ledger=ledger, author=author)


def assign_checks(
    found: SessionResults,
    *,
    people: Sequence[str],
    second_rate: float,
    known_rate: float,
    ledger: Ledger,
    author: Author,
) -> pd.DataFrame:
    """Assign blind second readings and known cases; see :func:`review.scoring.checks.plan_checks`.

    Returns
    -------
    pandas.DataFrame
        Key columns, person, purpose; in the ledger both are the same.
    """
    read_by = _read_by(found)
    given = found.assignments[found.assignments["blind"].astype(bool)]
    plan = checks.plan_checks(
        read_by,
        people,
        known=checks.known_cases(found.decided),
        second_rate=second_rate,
        known_rate=known_rate,
        assigned=[
            (tuple(key), person)
            for *key, person in given[[*_KEYS, "person"]].itertuples(index=False, name=None)
        ],
        seed=found.session_id,
    )
    # In an order that tells nothing about which is which.
    ordered = plan.sort_values([*_KEYS, "person"])
    for *key, person in ordered[[*_KEYS, "person"]].itertuples(index=False, name=None):
        said = Assignment(person=person, blind=True, purpose="second")
        ledger.record(said, sitting_key=key, author=author)
    return plan


def assign_in_turn(
    keys: Sequence[Sitting],
    *,
    people: Sequence[str],
    purpose: str | None,
    blind: bool = False,
    ledger: Ledger,
    author: Author,
) -> list[Sitting]:
    """Assign sittings to people, one after the other.

    Parameters
    ----------
    purpose
        One of :data:`review.ledger.payloads.PURPOSES`; None where a person simply gives out work.

    Returns
    -------
    list of tuple
        The sittings that were assigned.

    Raises
    ------
    ReviewError
        If there is nobody to assign to.
    """
    if keys and not people:
        raise ReviewError("nobody to assign to", todo="name reviewers, or enrol them")
    for number, key in enumerate(keys):
        said = Assignment(person=people[number % len(people)], blind=blind, purpose=purpose)
        ledger.record(said, sitting_key=key, author=author)
    return list(keys)


def reviewers_of(ledger: Ledger) -> list[str]:
    """Return the people who review, as the ledger's staff knows them (source:name)."""
    roles = ledger.staff().roles
    return sorted(person for person, held in roles.items() if "reviewer" in held)


def _read_by(found: SessionResults) -> dict[Sitting, set[str]]:
    done = progress.reviewed(found.flags, found.decided, found.outcomes)
    read: dict[Sitting, set[str]] = {}
    rows: list[Any] = found.readings[found.readings["kind"] == "decision"].to_dict("records")
    for row in rows:
        key = tuple(str(row[name]) for name in _KEYS)
        if key in done:
            read.setdefault(key, set()).add(f"{row['source']}:{row['author']}")
    return read
