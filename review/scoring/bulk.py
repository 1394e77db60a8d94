"""When many weak flags may be dismissed at once: guard rails, and what the sample says.

Only a named label, only under a named score, and only after a random sample of these very flags was
looked at one by one. One real flag in the sample, and nothing is dismissed in bulk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from review import words
from review.errors import ReviewError
from review.scoring.proportions import CONFIDENCE
from review.scoring.sampling import draw, most_cases
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review.words import Language

#: Flags of a sample that must be looked at: without a real one among 59, with 95 % confidence
#: fewer than 5 % are real (1 - 0.95 ** 59 > 0.95). Of fewer flags the exact number is asked for.
MAX_REAL_SHARE: Final = 0.05
#: No flag surer than this is dismissed unseen, whatever the sample says: half of the scale.
MAX_SCORE: Final = 0.5
#: Labels that weigh this many points or more in the rulebook are never dismissed unseen: those of
#: cheating clauses.
MAX_WEIGHT: Final = 50.0

_FLAG: Final = [*KEYS, "flag_id"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would be dismissed, and what has to be looked at first.

    Parameters
    ----------
    flags
        The open flags of the label under the score.
    sample
        Those of them to look at, in the order of drawing.
    """

    label: str
    below_score: float
    flags: pd.DataFrame
    sample: pd.DataFrame

    def left_to_read(self, verdicts: Mapping[str, str]) -> list[str]:
        """Return the flags of the sample that nobody has decided on yet."""
        return [one for one in self.sample["flag_id"] if one not in verdicts]


def plan(
    flags: pd.DataFrame,
    decided: pd.DataFrame,
    *,
    label: str,
    below_score: float,
    weight: float,
    seed: str,
) -> Plan:
    """Say which flags would be dismissed and which of them have to be looked at.

    Parameters
    ----------
    flags
        Table ``flags`` of the session.
    decided
        What stands on them. The sample is drawn from all that nobody has decided on, and from what
        was looked at for this sample already: looking at the sample does not change it.
    weight
        The rulebook's points of the label.
    seed
        The same seed draws the same sample.

    Raises
    ------
    ReviewError
        If a guard rail stands in the way, or there is nothing to dismiss.
    """
    where = f"bulk dismissal of {label!r} under {below_score:g}"
    if not 0 < below_score <= MAX_SCORE:
        raise ReviewError(
            "flags this sure are looked at one by one",
            where=where,
            expected=f"a score above 0, at most {MAX_SCORE:g}",
        )
    if weight >= MAX_WEIGHT:
        raise ReviewError(
            "a label this grave is looked at one by one",
            where=where,
            expected=f"fewer than {MAX_WEIGHT:g} points in the rulebook",
            found=f"{weight:g}",
        )
    weak = flags[(flags["label"] == label) & (flags["score"] < below_score)]
    order = {key: n for n, key in enumerate(draw(_keys(weak), seed=f"{seed}/{label}"))}
    ranked = weak.assign(rank=[order[key] for key in _keys(weak)]).sort_values("rank")
    said = decided[decided["kind"] == "decision"]
    closed = pd.MultiIndex.from_frame(decided.loc[decided["kind"] != "decision", _FLAG])
    pool = ranked[~pd.MultiIndex.from_frame(ranked[_FLAG]).isin(closed)].drop(columns="rank")
    is_read = pd.MultiIndex.from_frame(pool[_FLAG]).isin(pd.MultiIndex.from_frame(said[_FLAG]))
    if is_read.all():
        raise ReviewError("no open flag", where=where, todo="nothing is left to dismiss")
    return Plan(
        label=label,
        below_score=below_score,
        flags=pool[~is_read],
        sample=pool.iloc[: needed(len(pool))],
    )


def needed(count: int, *, share: float = MAX_REAL_SHARE, confidence: float = CONFIDENCE) -> int:
    """Return how many of ``count`` flags to look at: without a real one, at most ``share`` are.

    Examples
    --------
    >>> needed(10_000), needed(40), needed(1)
    (59, 25, 1)
    """
    low, high = min(count, 1), count
    while low < high:
        middle = (low + high) // 2
        if most_cases(count, middle, 0, confidence=confidence) <= share * count:
            high = middle
        else:
            low = middle + 1
    return low


def checked(made: Plan, verdicts: Mapping[str, str], language: Language = "en") -> dict[str, Any]:
    """Say what the sample came to, once it was looked at.

    Parameters
    ----------
    verdicts
        Flag id -> verdict.

    Returns
    -------
    dict
        sample (flag id -> verdict), count (flags to be dismissed), real_at_most (with 95 %
        confidence), text.

    Raises
    ------
    ReviewError
        If a flag of the sample was not looked at, or turned out to be anything but nothing.
    """
    where = f"bulk dismissal of {made.label!r} under {made.below_score:g}"
    left = made.left_to_read(verdicts)
    if left:
        raise ReviewError(
            "the sample was not looked at",
            where=where,
            expected=f"a verdict on each of {len(made.sample)} flags",
            found=f"{len(left)} without one",
        )
    sample = {one: verdicts[one] for one in made.sample["flag_id"]}
    real = [one for one, verdict in sample.items() if verdict != "dismissed"]
    if real:
        raise ReviewError(
            "the sample holds flags that are not nothing",
            where=where,
            found=f"{len(real)} of {len(sample)} not dismissed",
            todo="look at this label's flags one by one, or name a lower score",
        )
    pool = len(made.flags) + sum(one not in set(made.flags["flag_id"]) for one in sample)
    most = most_cases(pool, len(sample), 0)
    return {
        "sample": sample,
        "count": len(made.flags),
        "real_at_most": most,
        "text": words.say(
            "quality.bulk_sample", language, n=len(sample), pool=pool, most=most,
            left=len(made.flags),
        ),
    }  # fmt: skip


def _keys(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    return [tuple(map(str, key)) for key in rows[_FLAG].itertuples(index=False, name=None)]
