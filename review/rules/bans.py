"""The register of bans: who may take no exam, from when to when, and on what ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from review.rules.engine import Candidacy, Standing

#: Columns of the register; the dates are days in the session's time zone.
COLUMNS: Final = ("session_id", "candidate_id", "clause", "starts_on", "last_day")


def register(found: Iterable[tuple[str, str, Candidacy]]) -> pd.DataFrame:
    """Return the bans that follow from assessed candidates, the latest first.

    Parameters
    ----------
    found
        session_id, candidate_id and the candidate's assessment
        (:func:`review.rules.engine.assess_candidate`).

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`: one row per candidate, clause and ban.
    """
    rows = [
        (session_id, candidate_id, standing.clause.id, ban.starts_on, ban.last_day)
        for session_id, candidate_id, candidacy in found
        for standing in _standings(candidacy)
        if standing.punishable and standing.sanction is not None
        if (ban := standing.sanction.ban) is not None
    ]
    made = pd.DataFrame(rows, columns=list(COLUMNS)).drop_duplicates()
    return made.sort_values(["last_day", "candidate_id"], ascending=[False, True]).reset_index(
        drop=True
    )


def banned_on(bans: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return the rows of the register that hold on a day."""
    holds = (bans["starts_on"] < day) & (day <= bans["last_day"])
    return bans[holds].reset_index(drop=True)


def _standings(candidacy: Candidacy) -> list[Standing]:
    own = [s for assessment in candidacy.sittings.values() for s in assessment.standings]
    return [*own, *candidacy.follows]
