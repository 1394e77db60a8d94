"""How far reviewers agree: Cohen's kappa, Krippendorff's alpha, and what they differ on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from review.scoring.proportions import CONFIDENCE
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: Repetitions of a bootstrap: the ends of a 95 % interval then vary by about a tenth of its width
#: (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ask for 1,000 at least).
_REPETITIONS: Final = 2000
_SEED: Final = 0
#: An interval from fewer sittings than this is none.
_LEAST: Final = 10

_KEYS: Final = list(KEYS)
_FLAG: Final = [*_KEYS, "flag_id"]
COLUMNS: Final = (
    "by", "name", "flags", "sittings", "agree", "kappa", "kappa_low", "kappa_high", "alpha",
    "alpha_low", "alpha_high",
)  # fmt: skip


def cohens_kappa(first: ArrayLike, second: ArrayLike) -> float:
    """Return Cohen's kappa of two readers' words on the same things.

    Missing where chance alone explains everything: both always say the same one thing.

    Examples
    --------
    >>> cohens_kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"])
    0.5
    """
    return float(_kappas(_cells(first, second).sum(axis=0)[None])[0])


def krippendorffs_alpha(counts: ArrayLike) -> float:
    """Return Krippendorff's alpha for nominal words, any number of readers, and missing ones.

    Missing where there is nothing to compare, or only one word was ever said.

    Parameters
    ----------
    counts
        Shape (things, words): how many readers said each word about each thing. Things with fewer
        than two readers count for nothing.
    """
    return float(_alphas(_said(np.asarray(counts, dtype=float)).sum(axis=0)[None])[0])


def word_counts(read: pd.DataFrame) -> pd.DataFrame:
    """Return how many readers gave each verdict to each flag: flags x verdicts."""
    counts = read.groupby([*_FLAG, "verdict"]).size().rename("count").reset_index()
    return counts.pivot_table(index=_FLAG, columns="verdict", values="count", fill_value=0)


def agreement(
    read: pd.DataFrame,
    *,
    confidence: float = CONFIDENCE,
    blind_only: bool = True,
    seed: int = _SEED,
) -> pd.DataFrame:
    """Return how far readers agree: overall, by label and by reviewer.

    Kappa compares the first reading of a flag with the second (for a reviewer: theirs with each
    other's); alpha takes all readings. Intervals are percentiles of a bootstrap over sittings,
    since flags of one sitting are not independent.

    Parameters
    ----------
    read
        :data:`review.ledger.decisions.READING_COLUMNS`: the last word of each reader on each flag.
        Dismissals in bulk and people's own flags are left out: neither is a reading of a flag.
    blind_only
        Leave out readings by people who could see what others had said, but for the first.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`: ``by`` is ``all``, ``label`` or ``reviewer``; ``flags`` with two
        or more readings, their ``sittings``, ``agree`` (share of pairs that say the same).
    """
    twice = read_twice(read, blind_only=blind_only)
    made = [_row("all", "", twice, None, confidence, seed)]
    for label, rows in twice.groupby("label"):
        made.append(_row("label", str(label), rows, None, confidence, seed))
    for person in sorted(twice["person"].unique()):
        ids = pd.MultiIndex.from_frame(twice.loc[twice["person"] == person, _FLAG])
        rows = twice[pd.MultiIndex.from_frame(twice[_FLAG]).isin(ids)]
        made.append(_row("reviewer", str(person), rows, str(person), confidence, seed))
    return pd.DataFrame(made, columns=list(COLUMNS))


def read_twice(read: pd.DataFrame, *, blind_only: bool = True) -> pd.DataFrame:
    """Return the readings of flags that two or more people read, with ``person``, in order."""
    rows = read[read["kind"] == "decision"].sort_values("seq", kind="stable")
    rows = rows.assign(person=rows["source"] + ":" + rows["author"])
    rows = rows.drop_duplicates([*_FLAG, "person"], keep="last")
    if blind_only:
        first = ~rows.duplicated(_FLAG)
        rows = rows[first | rows["blind"].astype(bool)]
    return rows[rows.duplicated(_FLAG, keep=False)]


def disagreements(read: pd.DataFrame) -> pd.DataFrame:
    """Return the flags whose readers differ and no supervisor has settled: for adjudication.

    Returns
    -------
    pandas.DataFrame
        Key columns, flag_id, label, verdicts (``person: verdict`` each), in order of the session.
    """
    twice = read_twice(read, blind_only=False)
    differ = twice.groupby(_FLAG)["verdict"].transform("nunique") > 1
    made = []
    for key, rows in twice[differ].groupby(_FLAG, sort=True):
        deciding = rows[rows["role"] == "supervisor"]
        settled = deciding if len(deciding) else rows
        if len(set(settled["verdict"])) > 1:
            said = [f"{p}: {v}" for p, v in zip(rows["person"], rows["verdict"], strict=True)]
            made.append(
                {
                    **dict(zip(_FLAG, key, strict=True)),
                    "label": rows["label"].iloc[0],
                    "verdicts": said,
                }
            )
    return pd.DataFrame(made, columns=[*_FLAG, "label", "verdicts"])


def _row(
    by: str, name: str, rows: pd.DataFrame, person: str | None, confidence: float, seed: int
) -> dict[str, Any]:
    pairs = _pairs(rows, person)
    made: dict[str, Any] = {
        "by": by,
        "name": name,
        "flags": int(rows[_FLAG].drop_duplicates().shape[0]),
        "sittings": int(rows[_KEYS].drop_duplicates().shape[0]),
        "agree": float((pairs["first"] == pairs["second"]).mean()) if len(pairs) else np.nan,
    }
    if pairs.empty:
        return made
    counts = word_counts(rows)
    for measure, of, content, at in (
        ("kappa", _kappas, _cells(pairs["first"], pairs["second"]), pairs),
        ("alpha", _alphas, _said(counts.to_numpy(dtype=float)), counts.index.to_frame(index=False)),
    ):
        values = _bootstrapped(_by_sitting(content, at), of, confidence, seed)
        made |= dict(zip((measure, f"{measure}_low", f"{measure}_high"), values, strict=True))
    return made


def _pairs(rows: pd.DataFrame, person: str | None) -> pd.DataFrame:
    """Return the pairs of words on one flag: the first two, or one person's with every other's."""
    names = [*_FLAG, "verdict"]
    if person is None:
        number = rows.groupby(_FLAG, sort=False).cumcount()
        mine, others = rows.loc[number == 0, names], rows.loc[number == 1, names]
    else:
        is_mine = rows["person"] == person
        mine, others = rows.loc[is_mine, names], rows.loc[~is_mine, names]
    both = mine.merge(others, on=_FLAG, suffixes=("_first", "_second"))
    return both.rename(columns={"verdict_first": "first", "verdict_second": "second"})


def _cells(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return for each pair its cell in the table of two readers, shape (pairs, words squared)."""
    one, other = np.asarray(first, dtype=object), np.asarray(second, dtype=object)
    codes, words = pd.factorize(np.concatenate([one, other]))
    cells = np.zeros((len(one), max(len(words), 1) ** 2))
    cells[np.arange(len(one)), codes[: len(one)] * len(words) + codes[len(one) :]] = 1.0
    return cells


def _said(counts: Floats) -> Floats:
    """Return for each thing what alpha adds up: pairs that differ, and how often each word."""
    readers = counts.sum(axis=1)
    usable = readers > 1
    # Ordered pairs of different words about one thing, shared out over its readers less one.
    differ = (readers**2 - (counts**2).sum(axis=1)) / np.maximum(readers - 1, 1.0)
    return np.where(usable[:, None], np.column_stack([differ, counts]), 0.0)


def _by_sitting(content: Floats, at: pd.DataFrame) -> Floats:
    sitting = at.groupby(_KEYS, sort=False).ngroup().to_numpy()
    sums = np.zeros((int(sitting.max()) + 1, content.shape[1]))
    np.add.at(sums, sitting, content)
    return sums


def _kappas(cells: Floats) -> Floats:
    """Return kappa of each of several tables, shape (tables, words squared)."""
    words = round(cells.shape[1] ** 0.5)
    table = cells.reshape(-1, words, words)
    whole = table.sum(axis=(1, 2))
    share = table / np.maximum(whole, 1.0)[:, None, None]
    same = np.trace(share, axis1=1, axis2=2)
    chance = (share.sum(axis=1) * share.sum(axis=2)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = (same - chance) / (1 - chance)
    return np.where((whole > 0) & (chance < 1 - 1e-12), kappa, np.nan)


def _alphas(said: Floats) -> Floats:
    """Return nominal alpha of each of several sums of :func:`_said`."""
    observed, words = said[:, 0], said[:, 1:]
    whole = words.sum(axis=1)
    expected = whole**2 - (words**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha = 1 - (whole - 1) * observed / expected
    return np.where(expected > 0, alpha, np.nan)


def _bootstrapped(
    sums: Floats, measure: Callable[[Floats], Floats], confidence: float, seed: int
) -> tuple[float, float, float]:
    """Return a measure with its percentile interval over sittings drawn with replacement."""
    value = float(measure(sums.sum(axis=0)[None])[0])
    sittings = len(sums)
    if sittings < _LEAST or np.isnan(value):
        return value, np.nan, np.nan
    random = np.random.default_rng(seed)
    drawn = random.multinomial(sittings, np.full(sittings, 1 / sittings), size=_REPETITIONS)
    values = measure(drawn @ sums)
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return value, float(low), float(high)
