"""Who takes part: looks that the shipped detectors tell apart, names, numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from review.simulate.moment import CANDIDATE, SUBSTITUTE, VISITOR
from review.simulate.portrait import Look

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

_SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_MEN: Final = (
    "建国", "志强", "海涛", "文杰", "俊峰", "永强", "子轩", "立新", "国栋", "浩然",
)  # fmt: skip
_WOMEN: Final = (
    "晓燕", "丽华", "雪梅", "思雨", "佳琪", "雨欣", "秀英", "梦瑶", "春燕", "欣怡",
)  # fmt: skip
#: Occupation and levels of the ITMC session (its notice, part 1, section 1).
OCCUPATION: Final = "电子商务师"
LEVELS: Final = ("四级/中级工", "三级/高级工", "二级/技师")
#: Weights and check digits of an identity number (GB 11643-1999).
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A made-up candidate.

    Parameters
    ----------
    index
        Position in the pool of looks.
    voice
        0 for a low voice, 1 for a high one.
    """

    name: str
    id_number: str
    level: str
    index: int
    voice: int


@cache
def pool() -> tuple[Look, ...]:
    """Return the looks.

    They were picked from 260 random ones by the shipped detectors: CenterFace (0.5) and YuNet
    (0.75) find each in every light, pose and sharpness that was tried, one person's embeddings
    then stay within 0.29 of the neutral picture's, and two persons' are at least 0.50 apart.
    """
    rows: list[dict[str, Any]] = json.loads(
        files("review.simulate").joinpath("people.json").read_text("utf-8")
    )
    colours = ("skin", "hair", "cloth")
    return tuple(Look(**{**row, **{name: tuple(row[name]) for name in colours}}) for row in rows)


def person(number: int, *, source: np.random.Generator, first: int) -> Person:
    """Make the candidate of a number (from 0); ``first`` shifts the pool by the session's seed.

    The identity number is well-formed but of no region (990000), so it is nobody's.
    """
    surname = _SURNAMES[int(source.integers(len(_SURNAMES)))]
    index = (first + number) % len(pool())
    look, chance = pool()[index], bool(source.integers(2))
    man = look.beard > 0 or (look.hair_style != "own" and chance)
    given = (_MEN if man else _WOMEN)[int(source.integers(10))]
    born = f"{1975 + int(source.integers(28))}{1 + int(source.integers(12)):02d}15"
    digits = f"990000{born}{100 + number % 900:03d}"
    total = sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=True))
    return Person(
        name=surname + given,
        id_number=digits + _CHECKS[total % 11],
        level=LEVELS[number % len(LEVELS)],
        index=index,
        voice=0 if man else 1,
    )


def cast(index: int) -> Mapping[str, Look]:
    """Return who plays whom around the candidate of a place in the pool."""
    looks = pool()
    return {
        CANDIDATE: looks[index],
        VISITOR: looks[(index + len(looks) // 2) % len(looks)],
        SUBSTITUTE: looks[(index + len(looks) // 3) % len(looks)],
    }
