"""Whether the people who signed are the people that a clause asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from review.rules.case import Signature


def individuals(signatures: Iterable[Signature]) -> list[frozenset[str]]:
    """Return the roles of every different human being behind some signatures.

    Whoever shares a name or a key with another signature is the same one.

    Examples
    --------
    >>> from datetime import date
    >>> from review.rules.case import Signature
    >>> def by(person, key, role="reviewer"):
    ...     return Signature(person=person, key_id=key, role=role, outcome="violation",
    ...                      signed_on=date(2022, 12, 11))
    >>> len(individuals([by("ann", "k1"), by("bob", "k2")]))
    2
    >>> len(individuals([by("ann", "k1"), by("bob", "k1")]))
    1
    """
    groups: list[tuple[set[str], set[str]]] = []
    for signature in signatures:
        # A name and a key may read alike; the letter in front keeps them apart.
        marks, roles = {f"n{signature.person}", f"k{signature.key_id}"}, {signature.role}
        apart = []
        for known, held in groups:
            if known & marks:
                marks, roles = marks | known, roles | held
            else:
                apart.append((known, held))
        groups = [*apart, (marks, roles)]
    return [frozenset(roles) for _, roles in groups]


def suffice(signatures: Iterable[Signature], alternatives: Sequence[Sequence[str]]) -> bool:
    """Say whether different people in the right roles have signed.

    Parameters
    ----------
    alternatives
        Each the roles that must sign together. A supervisor may stand in for a reviewer.
    """
    people = individuals(signatures)
    supervisors = sum("supervisor" in roles for roles in people)
    able = sum(bool(roles & {"reviewer", "supervisor"}) for roles in people)
    return any(
        supervisors >= sum(role == "supervisor" for role in wanted) and able >= len(wanted)
        for wanted in alternatives
    )


def sufficed_on(signatures: Iterable[Signature], *needs: Sequence[Sequence[str]]) -> date | None:
    """Return the first day on which the signatures met every need; None if they do not."""
    signed = list(signatures)
    for day in sorted({signature.signed_on for signature in signed}):
        so_far = [signature for signature in signed if signature.signed_on <= day]
        if all(suffice(so_far, need) for need in needs):
            return day
    return None
