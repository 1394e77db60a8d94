"""Blind second readings and known cases: who reads what again, and how well it went.

Both are blind assignments and look alike to the person who gets them: nobody knows whether a
sitting is read a second time, or has long been settled. A *known case* is a sitting whose flags
were settled before, by a supervisor or by readers who agree, with at least one flag confirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from review.errors import ReviewError
from review.scoring.proportions import wilson
from review.scoring.sampling import draw
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    Sitting = tuple[str, ...]

_KEYS = list(KEYS)
_FLAG = [*_KEYS, "flag_id"]


def plan_checks(
    read_by: Mapping[Sitting, Collection[str]],
    people: Sequence[str],
    *,
    known: Collection[Sitting] = (),
    second_rate: float = 0.1,
    known_rate: float = 0.05,
    assigned: Collection[tuple[Sitting, str]] = (),
    seed: str,
) -> pd.DataFrame:
    """Choose sittings for blind second readings and known cases, and who gets them.

    Parameters
    ----------
    read_by
        Sitting -> persons (source:name) who have read it: sittings with at least one.
    people
        Reviewers who take part.
    known
        Sittings that are known cases (:func:`known_cases`).
    second_rate, known_rate
        Share of the read sittings that is read again, and of each reviewer's own number that known
        cases come to; 0 to 1.
    assigned
        Sittings and persons that already were: they are not chosen again.
    seed
        The same seed gives the same plan.

    Returns
    -------
    pandas.DataFrame
        Key columns, person, purpose (``second`` or ``known``: for the supervisor's eyes only).

    Raises
    ------
    ReviewError
        If a rate is no share.
    """
    if not (0 <= second_rate <= 1 and 0 <= known_rate <= 1):
        raise ReviewError(
            "a rate is no share", expected="0 to 1", found=f"{second_rate:g}, {known_rate:g}"
        )
    load = dict.fromkeys(sorted(people), 0)
    taken = {(tuple(key), person) for key, person in assigned}
    rows: list[dict[str, Any]] = []

    def give(key: Sitting, purpose: str) -> bool:
        free = [p for p in load if p not in read_by.get(key, ()) and (key, p) not in taken]
        if not free:
            return False
        person = min(free, key=lambda p: (load[p], p))
        load[person] += 1
        taken.add((key, person))
        rows.append({**dict(zip(_KEYS, key, strict=True)), "person": person, "purpose": purpose})
        return True

    once = [key for key, readers in read_by.items() if len(readers) == 1 and key not in known]
    wanted = round(second_rate * len(read_by))
    for key in draw(once, seed=f"{seed}/second"):
        if wanted <= 0:
            break
        wanted -= give(key, "second")
    plants = round(known_rate * sum(len(set(readers)) for readers in read_by.values()))
    for key in draw(known, seed=f"{seed}/known"):
        if plants <= 0:
            break
        plants -= give(key, "known")
    return pd.DataFrame(rows, columns=[*_KEYS, "person", "purpose"])


def known_cases(decided: pd.DataFrame) -> set[Sitting]:
    """Return the sittings whose flags are settled with one confirmed at least.

    Parameters
    ----------
    decided
        :data:`review.ledger.decisions.DECISION_COLUMNS`.
    """
    firm = (decided["role"] == "supervisor") | (decided["readers"] > 1)
    firm &= ~decided["disputed"].astype(bool) & (decided["verdict"] != "unsure")
    looked_at = decided[decided["kind"] == "decision"]
    firm = firm[looked_at.index]
    keys = pd.MultiIndex.from_frame(looked_at[_KEYS])
    settled = firm.groupby(keys).all()
    with_case = (looked_at["verdict"] == "confirmed").groupby(keys).any()
    return {tuple(map(str, key)) for key in settled.index[settled & with_case]}


def known_results(read: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return how well each reviewer did on flags whose answer was known before.

    Parameters
    ----------
    read
        :data:`review.ledger.decisions.READING_COLUMNS`; only blind readings count.
    truth
        Key columns, flag_id, verdict (``confirmed`` or ``dismissed``), ``person`` who was given the
        sitting again, and ``seq``: the number of the ledger's entry that gave it. What they said
        before counts for nothing.

    Returns
    -------
    pandas.DataFrame
        person; cases, found, sensitivity, sensitivity_low, sensitivity_high; clean, cleared,
        specificity, specificity_low, specificity_high.
    """
    rows = read[(read["kind"] == "decision") & read["blind"].astype(bool)]
    known = truth[[*_FLAG, "verdict", "person", "seq"]]
    known = known.rename(columns={"verdict": "truth", "seq": "since"})
    rows = rows.assign(person=rows["source"] + ":" + rows["author"])
    rows = rows.merge(known, on=[*_FLAG, "person"])
    rows = rows[rows["seq"] > rows["since"]]
    rows = rows.assign(right=rows["verdict"] == rows["truth"])
    made = []
    for person, own in rows.groupby("person"):
        row: dict[str, Any] = {"person": str(person)}
        for verdict, whole, part, name in (
            ("confirmed", "cases", "found", "sensitivity"),
            ("dismissed", "clean", "cleared", "specificity"),
        ):
            of = own[own["truth"] == verdict]
            n, k = len(of), int(of["right"].sum())
            low, high = wilson(k, n)
            row |= {whole: n, part: k, name: k / n if n else None}
            row |= {f"{name}_low": float(low), f"{name}_high": float(high)}
        made.append(row)
    names = ["person", "cases", "found", "sensitivity", "sensitivity_low", "sensitivity_high",
             "clean", "cleared", "specificity", "specificity_low", "specificity_high"]  # fmt: skip
    return pd.DataFrame(made, columns=names)
