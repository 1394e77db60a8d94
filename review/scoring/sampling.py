"""What a random sample says about the sittings that nobody looked at, exactly.

Risk decides what is reviewed first; of the rest a simple random sample is drawn and reviewed. The
number of cases in the sample has a hypergeometric distribution, whatever the cases are, and from
it follows what is said about the others. All of it is counted in whole numbers: nothing is
approximated.

The statement holds for a sample whose size was fixed beforehand. Whoever looks at it again and
again until they like it has another confidence. A "case" is what a review would confirm: a
reviewer who overlooks it overlooks it in the statement, too; that is what second readings are for.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from review import words
from review.errors import ReviewError
from review.scoring.proportions import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from review.words import Language

    Sitting = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """With how much confidence how few cases were missed.

    Parameters
    ----------
    population
        Sittings that the sample was drawn from.
    sampled
        Those of the sample that are reviewed.
    found
        Cases among these.
    found_elsewhere
        Cases of the population that were found outside of the sample.
    unreviewed
        Sittings of the population that nobody has reviewed: what the statement is about.
    fewer_than
        With the confidence, fewer than so many of them hold a case.
    """

    population: int
    sampled: int
    found: int
    found_elsewhere: int
    unreviewed: int
    fewer_than: int
    confidence: float

    def text(self, language: Language = "en") -> str:
        """Say it in words."""
        if not self.unreviewed:
            return words.say("quality.all_reviewed", language)
        key = "none_reviewed" if not self.sampled else "statement"
        return words.say(
            f"quality.{key}",
            language,
            confidence=f"{100 * self.confidence:g}",
            k=self.fewer_than,
            n=self.unreviewed,
            sampled=self.sampled,
            population=self.population,
            found=self.found,
        )


def most_cases(population: int, sampled: int, found: int, *, confidence: float = CONFIDENCE) -> int:
    """Return the largest number of cases in a population that the sample does not rule out.

    The largest ``K`` for which a sample like this or with fewer cases has a chance of more than
    ``1 - confidence``: the exact one-sided bound (Clopper and Pearson's, of the hypergeometric).

    Parameters
    ----------
    population, sampled
        Sittings in all, and in the sample.
    found
        Cases in the sample.

    Raises
    ------
    ReviewError
        If these numbers cannot be.

    Examples
    --------
    >>> most_cases(1000, 100, 0)
    28
    >>> most_cases(10, 10, 3)
    3
    """
    if not 0 <= found <= sampled <= population or not 0 < confidence < 1:
        raise ReviewError(
            "no such sample",
            expected="0 <= found <= sampled <= population and 0 < confidence < 1",
            found=f"{found} of {sampled} of {population} with {confidence}",
        )
    # The decimal that was written, not the binary fraction next to it.
    risk = 1 - Fraction(str(confidence))
    low, high = found, population - sampled + found
    while low < high:
        middle = (low + high + 1) // 2
        if _is_likelier(population, middle, sampled, found, risk):
            low = middle
        else:
            high = middle - 1
    return low


def _is_likelier(population: int, cases: int, sampled: int, found: int, risk: Fraction) -> bool:
    """Say whether at most ``found`` cases in the sample are likelier than ``risk``."""
    ways = sum(
        math.comb(cases, x) * math.comb(population - cases, sampled - x)
        for x in range(min(found, cases) + 1)
    )
    return ways * risk.denominator > math.comb(population, sampled) * risk.numerator


def sample_size(
    population: int, fewer_than: int, *, expected: int = 0, confidence: float = CONFIDENCE
) -> int:
    """Return how many sittings to sample so that fewer than ``fewer_than`` missed cases follow.

    Parameters
    ----------
    fewer_than
        The wished k: at least 1.
    expected
        Cases that the sample is expected to hold; with more, the statement is weaker.

    Raises
    ------
    ReviewError
        If the wish cannot be.

    Examples
    --------
    >>> sample_size(2700, 30)
    256
    >>> sample_size(2700, 1)
    2565
    """
    if population < 0 or fewer_than < 1 or expected < 0:
        raise ReviewError(
            "no such wish",
            expected="a population, a k of at least 1 and 0 or more expected cases",
            found=f"population {population}, k {fewer_than}, expected {expected}",
        )
    low, high = min(expected, population), population
    while low < high:
        middle = (low + high) // 2
        missed = most_cases(population, middle, min(expected, middle), confidence=confidence)
        if missed - expected < fewer_than:
            high = middle
        else:
            low = middle + 1
    return low


def draw(sittings: Iterable[Sitting], *, seed: str) -> list[Sitting]:
    """Return the sittings in a random order that anybody can check: its first n are a sample of n.

    The order is that of the SHA-256 of seed and key, so that it depends neither on the order of the
    list nor on the version of a library, and a larger sample begins with the smaller one.

    Examples
    --------
    >>> draw([("s", "1", "t"), ("s", "2", "t")], seed="a")
    [('s', '1', 't'), ('s', '2', 't')]
    """

    def rank(key: Sitting) -> bytes:
        return hashlib.sha256("\x00".join((seed, *key)).encode()).digest()

    return sorted(sittings, key=rank)


def statement(
    population: Collection[Sitting],
    sample: Sequence[Sitting],
    *,
    reviewed: Collection[Sitting],
    cases: Collection[Sitting],
    confidence: float = CONFIDENCE,
) -> Statement:
    """Say what follows from a sample, as far as it is reviewed.

    Parameters
    ----------
    population
        Sittings that the sample was drawn from.
    sample
        In the order in which they were drawn. As far as it is reviewed without a gap, it is a
        random sample of its own.
    reviewed, cases
        Sittings that were reviewed, and those of them that hold a confirmed case.

    Raises
    ------
    ReviewError
        If a sitting of the sample is not of the population.
    """
    of, done_with, confirmed = set(population), set(reviewed), set(cases)
    strange = [key for key in sample if key not in of]
    if strange:
        raise ReviewError(
            "the sample is not of this population",
            found="/".join(strange[0]),
            todo="draw it again",
        )
    gap = next((n for n, key in enumerate(sample) if key not in done_with), len(sample))
    done = sample[:gap]
    found = sum(key in confirmed for key in done)
    found_in_all = len(of & done_with & confirmed)
    unreviewed = len(of - done_with)
    missed = most_cases(len(of), len(done), found, confidence=confidence) - found_in_all
    return Statement(
        population=len(of),
        sampled=len(done),
        found=found,
        found_elsewhere=found_in_all - found,
        unreviewed=unreviewed,
        # Of all that are left none can hold more than one case.
        fewer_than=min(max(missed, 0), unreviewed) + 1,
        confidence=confidence,
    )
