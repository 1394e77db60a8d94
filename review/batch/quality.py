"""What is known of a session's review: the tables about it, and what its sample says."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from review.batch.session_results import SessionResults, results_of
from review.errors import ReviewError
from review.ledger.decisions import settle, standing
from review.scoring import agreement, checks, conditions, precision, progress
from review.scoring.proportions import CONFIDENCE
from review.scoring.sampling import Statement, draw, statement
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    given: list[Any] = assigned(found.entries, "second").to_dict("records")
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
    sampled = assigned(found.entries, "sample")
    if sampled.empty:
        return None
    population = drawn_from(found, int(sampled["seq"].min()))
    drawn = progress.keys_of(sampled)
    order = [key for key in draw(population, seed=found.session_id) if key in drawn]
    return statement(
        population,
        order,
        reviewed=progress.reviewed(found.flags, found.decided, found.outcomes),
        cases=progress.cases(found.decided, found.outcomes),
        confidence=confidence,
    )


def assigned(entries: pd.DataFrame, purpose: str) -> pd.DataFrame:
    """Return the standing assignments of one purpose: ``risk``, ``sample`` or ``second``."""
    kept = standing(entries)
    kept = kept[kept["kind"] == "assignment"]
    is_wanted = [said.get("purpose") == purpose for said in kept["payload"]]
    return kept[np.array(is_wanted, dtype=bool)]


def drawn_from(found: SessionResults, before: int | None) -> list[Sitting]:
    """Return what a sample is drawn from: what is neither reviewed nor assigned by risk.

    Parameters
    ----------
    before
        Number of an entry of the ledger: as it was before that. None for now.
    """
    entries = found.entries if before is None else found.entries[found.entries["seq"] < before]
    then = SessionResults(
        session_id=found.session_id, session=found.session, space=found.space,
        sittings=found.sittings, scores=found.scores, flags=found.flags, entries=entries,
    )  # fmt: skip
    gone = progress.reviewed(then.flags, then.decided, then.outcomes)
    gone |= progress.keys_of(assigned(entries, "risk"))
    return sorted(progress.keys_of(found.sittings) - gone)
