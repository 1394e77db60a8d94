"""From intervals to rows of the table ``flags``."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from review import tables, words
from review.session import VIEWS
from review.timeline import intervals as iv
from review.timeline.clocks import to_device_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from review.timeline.evidence import Evidence


def flag(
    evidence: Evidence,
    *,
    label: str,
    detector: str,
    streams: Sequence[str],
    start_s: float,
    end_s: float,
    score: float,
    reason_key: str,
    facts: dict[str, Any] | None = None,
    supports: Sequence[str] = (),
    contradicts: Sequence[str] = (),
    evidence_s: float | None = None,
) -> dict[str, Any]:
    """Make one row of ``flags``.

    Parameters
    ----------
    streams
        The streams in which it was seen, the leading one first: its clock carries decisions
        through a later analysis.
    start_s, end_s
        Session time.
    score
        0 to 1.
    reason_key
        Key of the sentence in the section ``reason`` of ``words.toml``.
    facts
        What the sentence's fields are filled with: numbers rounded as they shall be read.
    evidence_s
        Moment that shows it best, session time; the middle if not given.
    """
    facts = facts or {}
    device_start_s, device_end_s = to_device_s(evidence.clocks, streams[0], [start_s, end_s])
    identity = "|".join((*evidence.sitting.key, label, *streams, f"{device_start_s:.1f}"))
    return {
        "flag_id": hashlib.sha256(identity.encode()).hexdigest()[:12],
        "label": label,
        "streams": list(streams),
        "start_s": float(start_s),
        "end_s": float(end_s),
        "score": float(min(max(score, 0.0), 1.0)),
        "detector": detector,
        "reason": words.reason(reason_key, facts),
        "supports": list(supports),
        "contradicts": list(contradicts),
        "evidence_s": float((start_s + end_s) / 2 if evidence_s is None else evidence_s),
        "device_start_s": float(device_start_s),
        "device_end_s": float(device_end_s),
        "reason_key": reason_key,
        "facts": json.dumps(facts, ensure_ascii=False, sort_keys=True),
    }


def could_not_see(evidence: Evidence, flags: pd.DataFrame) -> list[list[str]]:
    """Return, for each flag, the views that the sitting needs and that showed nothing then.

    A view that showed something for less than half of the time is one of them, unless it supports
    the flag or speaks against it.
    """
    needed: list[str] = [
        view for view in VIEWS if view in evidence.sitting.session.required_streams
    ]
    seeing = {view: evidence.visible(view) for view in needed}
    columns = (flags[c] for c in ("start_s", "end_s", "supports", "contradicts"))
    found = []
    for start_s, end_s, supports, contradicts in zip(*columns, strict=True):
        # A flag of one moment asks about the second after it.
        span = (start_s, max(end_s, start_s + 1.0))
        least_s = (span[1] - span[0]) / 2
        found.append(
            [
                view
                for view in needed
                if view not in {*supports, *contradicts}
                and iv.total_s(iv.intersection(seeing[view], [span])) < least_s
            ]
        )
    return found


def table(evidence: Evidence, rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Put rows of :func:`flag` under the contract, cut to the window; none outside it remains."""
    window_start_s, window_end_s = evidence.window
    kept = []
    for row in rows:
        inside = iv.intersection([(row["start_s"], row["end_s"])], [evidence.window])
        if len(inside):
            start_s, end_s = inside[0]
            middle_s = min(max(row["evidence_s"], start_s), end_s)
            kept.append({**row, "start_s": start_s, "end_s": end_s, "evidence_s": middle_s})
        elif row["start_s"] == row["end_s"] and window_start_s <= row["start_s"] < window_end_s:
            kept.append(row)
    return tables.build("flags", kept, key=evidence.sitting.key)
