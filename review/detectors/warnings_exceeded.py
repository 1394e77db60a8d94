"""The proctor had to warn too often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from review.detectors.flags import flag, table
from review.detectors.pairs import detail_of
from review.detectors.registry import register

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


#: The clause that counts warnings for leaving the monitoring page (ITMC annex 2, 1(4)), as its id
#: ends in rulebooks.
_CLAUSES: Final = ("1.4", "1-4", "1(4)", "1（4）", "一（四）")
#: What a warning's own words say when it is for leaving the page or the picture.
_LEAVING: Final = (
    "离开", "离屏", "切屏", "脱离", "离座", "监控页面", "监控画面", "off screen", "off_screen",
    "leave", "left", "leaving", "absent",
)  # fmt: skip


@register("warnings_exceeded", labels=["warnings_exceeded"], platforms=["itmc", "generic"])
def warnings_exceeded(evidence: Evidence, *, limit: int = 3) -> pd.DataFrame:
    """Flag from the warning with which those for leaving the page reach the limit.

    ITMC: three warnings or more in all for leaving the monitored page cost the subject's result
    (annex 2, 1(4)). Only warnings for leaving count towards it; those for anything else are counted
    apart and named in the reason. A warning whose entry names neither reason nor clause may be
    either: where the limit is reached only with such ones, the flag weighs less and says so.

    What it cannot tell: what a warning was for beyond what the proctor wrote, and whether it was
    deserved.

    Parameters
    ----------
    limit
        Number of warnings from which on it is flagged.
    """
    start_s, end_s = evidence.window
    rows = evidence.events_of("warning", stream="events_proctor")
    rows = rows[(rows["time_s"] >= start_s) & (rows["time_s"] < end_s)]
    kinds = [_kind(detail_of(text)) for text in rows["detail"]]
    times = rows["time_s"].to_numpy(dtype=float)
    leaving = [t for t, kind in zip(times, kinds, strict=True) if kind == "leaving"]
    possible = [t for t, kind in zip(times, kinds, strict=True) if kind != "other"]
    sure = len(leaving) >= limit
    if len(possible) < limit:
        return table(evidence, [])
    at_s = float((leaving if sure else possible)[limit - 1])
    row = flag(
        evidence,
        label="warnings_exceeded",
        detector="warnings_exceeded",
        streams=["events_proctor"],
        start_s=at_s,
        end_s=end_s,
        score=0.9 if sure else 0.5,
        reason_key="warnings_exceeded" if sure else "warnings_exceeded_unnamed",
        facts={
            "count": len(leaving) if sure else len(possible),
            "named": len(leaving),
            "limit": limit,
            "others": len(times) - len(leaving if sure else possible),
        },
        supports=["events_proctor"],
        evidence_s=at_s,
    )
    return table(evidence, [row])


def _kind(detail: dict[str, Any]) -> str:
    """Return ``leaving``, ``other``, or ``unnamed`` where the entry does not say what for."""
    clause, reason = str(detail.get("clause") or ""), str(detail.get("reason") or "").casefold()
    if clause.endswith(_CLAUSES) or any(word in reason for word in _LEAVING):
        return "leaving"
    return "other" if clause or reason else "unnamed"
