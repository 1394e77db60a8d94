"""The tables about a session's review, and the acts that order it: by risk, by sample, again."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from review.batch.session_results import SessionResults, results_of
from review.errors import ReviewError
from review.ledger import open_ledger
from review.ledger.decisions import settle, standing
from review.ledger.payloads import Assignment
from review.scoring import agreement, checks, conditions, precision, progress
from review.scoring.proportions import CONFIDENCE
from review.scoring.sampling import Statement, draw, sample_size, statement
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from review.ledger import Author, Ledger
    from review.scoring.learning import Learned
    from review.workspace import Workspace

    Sitting = tuple[str, ...]

_KEYS: Final = list(KEYS)


def table(found: SessionResults, name: str) -> pd.DataFrame:
    """Return one of the tables about a session.

    Parameters
    ----------
    name
        One of :data:`TABLES`.

    Raises
    ------
    ReviewError
        If there is no such table.
    """
    if name not in TABLES:
        raise ReviewError("no such table", where=name, expected=f"one of {', '.join(TABLES)}")
    return TABLES[name](found)


def incidents(found: SessionResults) -> pd.DataFrame:
    """Return what befell many at once, with wall-clock times of the session."""
    made = found.incidents.table.copy()
    zone = ZoneInfo(found.session.timezone) if found.session else UTC
    for name in ("starts_at", "ends_at"):
        moments = [datetime.fromtimestamp(at, zone) for at in made.pop(f"{name}_s")]
        made[name] = [moment.isoformat(timespec="seconds") for moment in moments]
    return made


def learned(space: Workspace) -> Learned:
    """Learn from the decisions on all sessions of a workspace."""
    # scikit-learn takes a second to import, and most tables do without.
    from review.scoring.learning import learn  # noqa: PLC0415

    return learn(decided_everywhere(space))


def decided_everywhere(space: Workspace) -> pd.DataFrame:
    """Return the decided flags of all sessions of a workspace."""
    parts = []
    for session_id in space.sessions():
        if space.read("sittings", session_id, columns=["state"]).empty:
            continue
        found = results_of(session_id, workspace=space)
        rows = precision.decided_flags(found.flags, found.decided)
        if len(rows):
            parts.append(rows)
    if parts:
        return pd.concat(parts, ignore_index=True)
    columns = ["verdict", "disputed", "decided_at", "confirmed", "score", "label", "detector"]
    return pd.DataFrame(columns=[*_KEYS, "flag_id", *columns])


def probabilities(found: SessionResults) -> pd.DataFrame:
    """Return the open flags with the learned probability that they will be confirmed."""
    closed = pd.MultiIndex.from_frame(found.decided[[*_KEYS, "flag_id"]])
    is_open = ~pd.MultiIndex.from_frame(found.flags[[*_KEYS, "flag_id"]]).isin(closed)
    flags = found.flags[is_open].reset_index(drop=True)
    said = learned(found.space).predict(flags)
    made = pd.concat([flags[[*_KEYS, "flag_id", "label", "score"]], said], axis=1)
    return made.sort_values("probability", ascending=False, ignore_index=True)


def _rates(found: SessionResults) -> pd.DataFrame:
    from review.scoring import fairness  # noqa: PLC0415 - with SciPy's distributions

    seen = found.space.read("conditions", found.session_id)
    return fairness.flag_rates(found.own_flags, conditions.classed(seen))


def _precision_by(found: SessionResults) -> pd.DataFrame:
    from review.scoring import fairness  # noqa: PLC0415 - with SciPy's distributions

    seen = found.space.read("conditions", found.session_id)
    decided = precision.decided_flags(found.flags, found.decided)
    return fairness.precision_by(decided, conditions.classed(seen))


def _known(found: SessionResults) -> pd.DataFrame:
    """Return how well reviewers did on what was settled when they were given it blind."""
    read = dict(list(found.readings.groupby(_KEYS)))
    truth = [pd.DataFrame(columns=[*_KEYS, "flag_id", "verdict", "person", "seq"])]
    given: list[Any] = _assigned(found.entries, "second").to_dict("records")
    for row in given:
        rows = read.get(tuple(row[name] for name in _KEYS), found.readings.iloc[:0])
        then = settle(rows[rows["seq"] < row["seq"]])
        if checks.known_cases(then):
            said = then[then["kind"] == "decision"]
            truth.append(said.assign(person=row["payload"]["person"], seq=row["seq"]))
    return checks.known_results(found.readings, pd.concat(truth[1:] or truth))


#: Name -> the table about a session.
TABLES: Final[Mapping[str, Callable[[SessionResults], pd.DataFrame]]] = MappingProxyType(
    {
        "worklist": lambda found: found.worklist,
        "incidents": incidents,
        "same_faces": lambda found: found.lookalikes.pairs,
        "probabilities": probabilities,
        "precision": lambda found: precision.precision(decided_everywhere(found.space)),
        "thresholds": lambda found: precision.thresholds(decided_everywhere(found.space)),
        "calibration": lambda found: learned(found.space).calibration,
        "rates": _rates,
        "precision_by": _precision_by,
        "agreement": lambda found: agreement.agreement(found.readings),
        "disagreements": lambda found: agreement.disagreements(found.readings),
        "known": _known,
        "reviewers": lambda found: progress.reviewers(
            found.readings, found.assignments, found.outcomes
        ),
    }
)


def remaining(found: SessionResults, *, confidence: float = CONFIDENCE) -> Statement | None:
    """Say how many cases may be among what nobody reviewed; None before a sample was drawn."""
    sampled = _assigned(found.entries, "sample")
    if sampled.empty:
        return None
    population = _population(found, int(sampled["seq"].min()))
    drawn = progress.keys_of(sampled)
    order = [key for key in draw(population, seed=found.session_id) if key in drawn]
    return statement(
        population,
        order,
        reviewed=progress.reviewed(found.flags, found.decided, found.outcomes),
        cases=progress.cases(found.decided, found.outcomes),
        confidence=confidence,
    )


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
    return _assign(keys[:top], "risk", people=people, ledger=ledger, author=author)


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
    before = _assigned(found.entries, "sample")
    first = int(before["seq"].min()) if len(before) else None
    population = _population(found, first)
    if size is None:
        if fewer_than is None:
            raise ReviewError("no size of a sample", expected="a size, or a wished k")
        size = sample_size(len(population), fewer_than, confidence=confidence)
    if not population or size < 1:
        raise ReviewError("nothing to draw", found=f"{size} of {len(population)} sittings")
    drawn = progress.keys_of(before)
    order = draw(population, seed=found.session_id)[:size]
    added = [key for key in order if key not in drawn]
    return _assign(added, "sample", people=people, ledger=ledger, author=author)


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


def reviewers_of(ledger: Ledger) -> list[str]:
    """Return the people who review, as the ledger's staff knows them (source:name)."""
    roles = ledger.staff().roles
    return sorted(person for person, held in roles.items() if "reviewer" in held)


def ledger_of(space: Workspace) -> Ledger:
    """Return the ledger of a workspace."""
    return open_ledger(space.ledger)


def _assign(
    keys: Sequence[Sitting],
    purpose: str,
    *,
    people: Sequence[str],
    ledger: Ledger,
    author: Author,
) -> list[Sitting]:
    if keys and not people:
        raise ReviewError("nobody to assign to", todo="name reviewers, or enrol them")
    for number, key in enumerate(keys):
        said = Assignment(person=people[number % len(people)], purpose=purpose)
        ledger.record(said, sitting_key=key, author=author)
    return list(keys)


def _assigned(entries: pd.DataFrame, purpose: str) -> pd.DataFrame:
    kept = standing(entries)
    kept = kept[kept["kind"] == "assignment"]
    is_wanted = [said.get("purpose") == purpose for said in kept["payload"]]
    return kept[np.array(is_wanted, dtype=bool)]


def _population(found: SessionResults, before: int | None) -> list[Sitting]:
    """Return what a sample is drawn from: neither reviewed nor assigned by risk by then."""
    entries = found.entries if before is None else found.entries[found.entries["seq"] < before]
    then = SessionResults(
        session_id=found.session_id, session=found.session, space=found.space,
        sittings=found.sittings, scores=found.scores, flags=found.flags, entries=entries,
    )  # fmt: skip
    gone = progress.reviewed(then.flags, then.decided, then.outcomes)
    gone |= progress.keys_of(_assigned(entries, "risk"))
    return sorted(progress.keys_of(found.sittings) - gone)


def _read_by(found: SessionResults) -> dict[Sitting, set[str]]:
    done = progress.reviewed(found.flags, found.decided, found.outcomes)
    read: dict[Sitting, set[str]] = {}
    rows: list[Any] = found.readings[found.readings["kind"] == "decision"].to_dict("records")
    for row in rows:
        key = tuple(str(row[name]) for name in _KEYS)
        if key in done:
            read.setdefault(key, set()).add(f"{row['source']}:{row['author']}")
    return read
