"""Dismissing many weak flags of one label at once, after a sample of them was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from review.errors import LedgerError
from review.ledger.payloads import Bulk
from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from review.ledger.chain import Entry
    from review.ledger.identity import Author
    from review.ledger.store import Ledger


@dataclass(frozen=True, kw_only=True)
class Dismissed:
    """What became of a bulk dismissal.

    Parameters
    ----------
    entries
        One per sitting.
    refused
        Sitting key -> why nothing was recorded for it (signed off, stepped aside).
    """

    entries: tuple[Entry, ...]
    refused: Mapping[tuple[str, ...], str]


def bulk_of(
    flags: pd.DataFrame,
    decided: pd.DataFrame,
    *,
    label: str,
    below_score: float,
    sample: Mapping[str, str],
    note: str = "",
) -> list[tuple[tuple[str, ...], Bulk]]:
    """Return the bulk dismissals, one per sitting, of the flags that nobody has decided on.

    Parameters
    ----------
    flags
        Table ``flags`` of one sitting or of a session.
    decided
        What stands on them (:func:`review.ledger.decisions.follow`): a flag that somebody has
        decided on is left alone.
    sample
        Flag id -> verdict of the flags that were looked at one by one. Those confirmed or unsure
        are not dismissed.

    Raises
    ------
    LedgerError
        If nothing was looked at, or the sample is of other flags than those to be dismissed.
    """
    weak = flags[(flags["label"] == label) & (flags["score"] < below_score)]
    strange = sorted(set(sample) - set(weak["flag_id"]))
    if strange or not sample:
        raise LedgerError(
            "the sample does not show what is to be dismissed",
            where=f"bulk dismissal of {label!r} under {below_score:g}",
            expected="some of the flags that would be dismissed",
            found=", ".join(strange) or "no flag",
        )
    kept = {flag_id for flag_id, verdict in sample.items() if verdict != "dismissed"}
    left = weak[~weak["flag_id"].isin(kept | set(decided["flag_id"]))]
    return [
        (
            tuple(str(part) for part in key),
            Bulk(
                label=label,
                below_score=float(below_score),
                flag_ids=tuple(rows["flag_id"]),
                sample=tuple(sorted(sample)),
                sample_confirmed=tuple(sorted(kept)),
                streams=tuple(streams[0] for streams in rows["streams"]),
                device_starts_s=tuple(rows["device_start_s"].astype(float)),
                device_ends_s=tuple(rows["device_end_s"].astype(float)),
                note=note,
            ),
        )
        for key, rows in left.groupby(list(KEYS), sort=False)
    ]


def dismiss(
    ledger: Ledger, dismissals: Sequence[tuple[Collection[str], Bulk]], *, author: Author
) -> Dismissed:
    """Record bulk dismissals; a sitting that refuses does not keep the others from it.

    Raises
    ------
    LedgerError
        If none at all could be recorded.
    """
    entries: list[Entry] = []
    refused: dict[tuple[str, ...], str] = {}
    for key, bulk in dismissals:
        try:
            entries.append(ledger.record(bulk, sitting_key=tuple(key), author=author))
        except LedgerError as error:
            if not entries and len(dismissals) == len(refused) + 1:
                raise
            refused[tuple(key)] = str(error)
    return Dismissed(entries=tuple(entries), refused=refused)
