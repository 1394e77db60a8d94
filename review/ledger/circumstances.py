"""What the engine must know about a sitting that no person wrote: from manifest and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from review.ledger.cases import case_of
from review.ledger.decisions import follow, readings_of
from review.timeline import intervals as iv

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from review.ledger.store import Ledger
    from review.rules.case import Case
    from review.session import Sitting


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """The arguments of :func:`review.ledger.cases.case_of` beside the entries.

    Parameters
    ----------
    exam_on
        Day of the exam in the session's time zone.
    away_total_s, away_longest_s
        Time out of the picture in seconds, added up, and its longest stretch.
    permitted
        The proctor's log holds a permission.
    """

    subject_id: str
    exam_on: date
    timezone: str
    kind: str
    away_total_s: float = 0.0
    away_longest_s: float = 0.0
    permitted: bool = False


def circumstances_of(
    sitting: Sitting, decided: pd.DataFrame, flags: pd.DataFrame, events: pd.DataFrame
) -> Circumstances:
    """Return the circumstances of one sitting.

    Parameters
    ----------
    decided
        What stands on its flags (:func:`review.ledger.decisions.follow`): an absence that was
        dismissed is none.
    flags, events
        The tables of that name, rows of this sitting.
    """
    dismissed = set(decided.loc[decided["verdict"] == "dismissed", "flag_id"])
    away = flags[(flags["label"] == "absent") & ~flags["flag_id"].isin(dismissed)]
    spans = iv.union(away[["start_s", "end_s"]].to_numpy(float))
    lengths = spans[:, 1] - spans[:, 0]
    permissions = (events["stream"] == "events_proctor") & (events["type"] == "permission_granted")
    return Circumstances(
        subject_id=sitting.subject.id,
        exam_on=sitting.subject.start.astimezone(ZoneInfo(sitting.session.timezone)).date(),
        timezone=sitting.session.timezone,
        kind=sitting.session.kind,
        away_total_s=float(lengths.sum()),
        away_longest_s=float(lengths.max(initial=0.0)),
        permitted=bool(permissions.any()),
    )


def case_for(
    ledger: Ledger, sitting: Sitting, *, flags: pd.DataFrame, events: pd.DataFrame
) -> Case:
    """Return the case of a sitting as of now, for :func:`review.rules.engine.assess`.

    Parameters
    ----------
    flags, events
        The tables of that name, rows of this sitting.
    """
    return case_in(ledger.entries(*sitting.key), sitting, flags=flags, events=events)


def case_in(
    entries: pd.DataFrame, sitting: Sitting, *, flags: pd.DataFrame, events: pd.DataFrame
) -> Case:
    """Return the case of a sitting as some entries about it tell it; see :func:`case_for`.

    Parameters
    ----------
    entries
        Of this sitting: all of them, or those that one reader may see.
    """
    decided, _ = follow(readings_of(entries), flags)
    around = circumstances_of(sitting, decided, flags, events)
    return case_of(entries, **vars(around))
