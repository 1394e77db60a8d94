"""How far reviewers agree: Cohen's kappa, Krippendorff's alpha, and what they differ on."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from review.scoring.proportions import CONFIDENCE
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    one, other, _ = _coded(first, second)
    return float(_kappas(_pair_counts(one, other), np.ones((1, len(one))))[0])


def krippendorffs_alpha(counts: ArrayLike) -> float:
    """Return Krippendorff's alpha for nominal words, any number of readers, and missing ones.

    Missing where there is nothing to compare, or only one word was ever said.

    Parameters
    ----------
    counts
        Shape (things, words): how many readers said each word about each thing. Things with fewer
        than two readers count for nothing.
    """
    table = np.asarray(counts, dtype=float)
    return float(_alphas(table, np.ones((1, len(table))))[0])


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
    made = []
    for key, rows in twice.groupby(_FLAG, sort=True):
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
    pairs = pd.DataFrame(_pairs(rows, person), columns=["sitting", "first", "second"])
    made: dict[str, Any] = {
        "by": by,
        "name": name,
        "flags": int(rows[_FLAG].drop_duplicates().shape[0]),
        "sittings": int(rows[_KEYS].drop_duplicates().shape[0]),
        "agree": float((pairs["first"] == pairs["second"]).mean()) if len(pairs) else np.nan,
    }
    if pairs.empty:
        return made
    one, other, _ = _coded(pairs["first"], pairs["second"])
    of_pairs = pd.factorize(pairs["sitting"])[0]
    kappa = _bootstrapped(_pair_counts(one, other), of_pairs, _kappas, confidence, seed)
    counts = word_counts(rows)
    of_flags = pd.factorize(pd.MultiIndex.from_frame(counts.index.to_frame()[_KEYS]))[0]
    alpha = _bootstrapped(counts.to_numpy(dtype=float), of_flags, _alphas, confidence, seed)
    for measure, values in (("kappa", kappa), ("alpha", alpha)):
        made |= dict(zip((measure, f"{measure}_low", f"{measure}_high"), values, strict=True))
    return made


def _pairs(rows: pd.DataFrame, person: str | None) -> Iterator[tuple[Any, str, str]]:
    """Give the pairs of words on one flag: the first two, or one person's with every other's."""
    for key, of_flag in rows.groupby(_FLAG, sort=False):
        said = list(zip(of_flag["person"], of_flag["verdict"], strict=True))
        if person is None:
            yield key[:3], said[0][1], said[1][1]
        else:
            for (one, first), (other, second) in combinations(said, 2):
                if one == person:
                    yield key[:3], first, second
                elif other == person:
                    yield key[:3], second, first


def _coded(
    first: ArrayLike, second: ArrayLike
) -> tuple[NDArray[np.intp], NDArray[np.intp], Sequence[Any]]:
    both = np.concatenate([np.asarray(first, dtype=object), np.asarray(second, dtype=object)])
    codes, words = pd.factorize(both)
    half = len(codes) // 2
    return codes[:half], codes[half:], list(words)


def _pair_counts(one: NDArray[np.intp], other: NDArray[np.intp]) -> Floats:
    """Return for each pair its cell of the table of two readers, shape (pairs, words, words)."""
    words = int(max(one.max(initial=0), other.max(initial=0))) + 1
    cells = np.zeros((len(one), words, words))
    cells[np.arange(len(one)), one, other] = 1.0
    return cells


def _kappas(cells: Floats, weights: Floats) -> Floats:
    """Return kappa for each row of weights of the pairs."""
    table = np.tensordot(weights, cells, axes=1)
    whole = table.sum(axis=(1, 2))
    share = table / np.maximum(whole, 1.0)[:, None, None]
    same = np.trace(share, axis1=1, axis2=2)
    chance = (share.sum(axis=1) * share.sum(axis=2)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = (same - chance) / (1 - chance)
    return np.where((whole > 0) & (chance < 1 - 1e-12), kappa, np.nan)


def _alphas(counts: Floats, weights: Floats) -> Floats:
    """Return nominal alpha for each row of weights of the things."""
    readers = counts.sum(axis=1)
    usable = readers > 1
    table = np.where(usable[:, None], counts, 0.0)
    # Ordered pairs of different words about one thing, shared out over its readers less one.
    differ = (readers**2 - (counts**2).sum(axis=1)) / np.maximum(readers - 1, 1.0)
    observed = weights @ np.where(usable, differ, 0.0)
    said = weights @ table
    whole = said.sum(axis=1)
    expected = whole**2 - (said**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha = 1 - (whole - 1) * observed / expected
    return np.where(expected > 0, alpha, np.nan)


def _bootstrapped(
    content: Floats, cluster: NDArray[np.intp], measure: Any, confidence: float, seed: int
) -> tuple[float, float, float]:
    """Return a measure with its percentile interval over clusters drawn with replacement."""
    value = float(measure(content, np.ones((1, len(content))))[0])
    clusters = int(cluster.max()) + 1
    if clusters < _LEAST or np.isnan(value):
        return value, np.nan, np.nan
    random = np.random.default_rng(seed)
    drawn = random.multinomial(clusters, np.full(clusters, 1 / clusters), size=_REPETITIONS)
    values = measure(content, drawn[:, cluster].astype(float))
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return value, float(low), float(high)
