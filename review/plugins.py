"""Loaders and detectors of other installed packages.

A package declares an entry point in the group ``review.loaders`` or ``review.detectors`` that
names a function without arguments; it is called once per process, workers included, before the
registry is first asked, and registers what the package brings.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Final

from review.errors import ReviewError

GROUPS: Final = ("review.loaders", "review.detectors")


@cache
def load(group: str) -> None:
    """Let every installed package register what it declares in a group; once per process.

    Raises
    ------
    ReviewError
        If a package cannot be loaded: a result without it would be another result in silence.
    """
    for point in sorted(entry_points(group=group), key=lambda p: p.name):
        try:
            point.load()()
        except Exception as error:  # what an outside package raises is its own
            raise ReviewError(
                f"the entry point {point.name} of an installed package fails",
                where=point.value,
                expected=f"a function that registers its part of {group}",
                found=f"{type(error).__name__}: {error}",
                todo="mend that package or uninstall it",
            ) from error


def installed() -> tuple[str, ...]:
    """Return every outside part with its package's release: results depend on them.

    Returns
    -------
    tuple of str
        ``<group>:<name>=<package> <release>``, sorted.
    """
    found = (point for group in GROUPS for point in entry_points(group=group))
    return tuple(
        sorted(
            f"{p.group}:{p.name}=" + (f"{p.dist.name} {p.dist.version}" if p.dist else p.value)
            for p in found
        )
    )
