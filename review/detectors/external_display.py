"""A second display was connected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from review.detectors.flags import flag, table
from review.detectors.pairs import Span, detail_of, spans
from review.detectors.registry import register

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from review.timeline.evidence import Evidence


#: Where an entry states how many displays there are.
_COUNTS: Final = ("displays", "display_count", "screens", "monitors")
#: A screen recording wider than this many times its height spans two displays side by side: the
#: widest single ones sold widely are 32:9, 3.56; two of 16:9 are 3.56 as well, so it is a hint.
_WIDE: Final = 3.2


@register("external_display", labels=["external_display"])
def external_display(evidence: Evidence) -> pd.DataFrame:
    """Flag each time in which a second display is connected.

    From ``display_added`` to ``display_removed`` of the client's log; from any entry of the client
    that states more than one display to the next that states one; and, with little weight, a screen
    recording as wide as two displays.

    ITMC: the computer has no extended screen (annex 1, rule 19). eztest: no help from other
    devices (part 2, rule 6).

    What it cannot tell: what the display shows; one that the client does not see, such as a
    splitter's copy; a single display that is as wide as two.
    """
    logged = list(spans(evidence, ["display_added"], ["display_removed"], stream="events_client"))
    counted = [
        span
        for span in _counted(evidence)
        if not any(a.start_s < span.end_s and a.end_s > span.start_s for a in logged)
    ]
    rows = [
        _flag(evidence, span, key="external_display" if span.closed else "external_display_open")
        for span in logged
    ]
    rows += [_flag(evidence, span, key="external_display_counted") for span in counted]
    if not rows:
        wide = _wide(evidence)
        rows = [_flag(evidence, span, key="external_display_wide", score=0.4) for span in wide]
    return table(evidence, rows)


def _flag(evidence: Evidence, span: Span, *, key: str, score: float = 0.8) -> dict[str, object]:
    return flag(
        evidence,
        label="external_display",
        detector="external_display",
        streams=[span.stream],
        start_s=span.start_s,
        end_s=span.end_s,
        score=score,
        reason_key=key,
        facts={
            "seconds": round(span.end_s - span.start_s),
            "count": span.detail.get("count", 2),
        },
        supports=[span.stream],
    )


def _counted(evidence: Evidence) -> Iterator[Span]:
    """Give the times between an entry that counts several displays and one that counts one."""
    rows = evidence.events[evidence.events["stream"] == "events_client"]
    rows = rows[rows["time_s"].notna()].sort_values("time_s", kind="stable")
    begun: tuple[float, int] | None = None
    for time_s, text in zip(rows["time_s"], rows["detail"], strict=True):
        detail = detail_of(text)
        counts = [detail[k] for k in _COUNTS if isinstance(detail.get(k), int)]
        if not counts:
            continue
        if counts[0] > 1 and begun is None:
            begun = (float(time_s), int(counts[0]))
        elif counts[0] <= 1 and begun is not None:
            yield _span("events_client", begun[0], float(time_s), begun[1], closed=True)
            begun = None
    if begun is not None:
        end_s = max(begun[0], evidence.window[1])
        yield _span("events_client", begun[0], end_s, begun[1], closed=False)


def _wide(evidence: Evidence) -> Iterator[Span]:
    rows = evidence.segments
    rows = rows[(rows["stream"] == "screen") & rows["width_px"].notna() & rows["height_px"].notna()]
    if len(rows) and bool((rows["width_px"] >= _WIDE * rows["height_px"]).all()):
        for start_s, end_s in evidence.covered("screen"):
            yield _span("screen", start_s, end_s, 2, closed=True)


def _span(stream: str, start_s: float, end_s: float, count: int, *, closed: bool) -> Span:
    return Span(stream=stream, start_s=start_s, end_s=end_s, detail={"count": count}, closed=closed)
