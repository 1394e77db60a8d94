"""A recording that the session requires is missing for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.detectors.flags import flag, table
from review.detectors.registry import register
from review.session import DEVICE_OF, VIEWS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    import pandas as pd

    from review.timeline.evidence import Evidence


@register("recording_gap", labels=["recording_gap"])
def recording_gap(evidence: Evidence, *, min_s: float = 1.5, edge_s: float = 10.0) -> pd.DataFrame:
    """Flag each interval of the window in which a required view was not recorded.

    ITMC: client and monitoring app record all the time (annex 1, rules 2 and 25; annex 2, 1(1)).
    eztest: nothing may be interrupted (part 4, answer 9).

    What it cannot tell: whether the network, the power or the candidate's hand ended it; the logs
    around it may.

    Parameters
    ----------
    min_s
        Shortest gap. Recorders that begin a new file lose up to about a second between the two
        (measured on browser recordings: up to 0.95 s between two pictures).
    edge_s
        A gap that touches the start or the end of the window is left out up to this length where
        the device's clock was only declared: so much may be the clock's error and not a gap.
    """
    rows = []
    for stream in (s for s in VIEWS if s in evidence.sitting.session.required_streams):
        for start_s, end_s in evidence.covered(stream, "missing"):
            touches = start_s <= evidence.window[0] or end_s >= evidence.window[1]
            trusted = not touches or _is_synchronised(evidence, stream)
            if end_s - start_s < (min_s if trusted else max(min_s, edge_s)):
                continue
            supports = _also_missing(evidence, stream, (start_s, end_s))
            rows.append(
                flag(
                    evidence,
                    label="recording_gap",
                    detector="recording_gap",
                    streams=[stream],
                    start_s=start_s,
                    end_s=end_s,
                    # A minute without a picture is time enough for anything.
                    score=0.5 + min((end_s - start_s) / 120.0, 0.5),
                    reason_key="recording_gap",
                    facts={"seconds": round(end_s - start_s, 1)},
                    supports=[stream, *supports],
                    # Nothing shows what is missing: its last picture does.
                    evidence_s=start_s,
                )
            )
    return table(evidence, rows)


def _is_synchronised(evidence: Evidence, stream: str) -> bool:
    states = evidence.clocks.loc[evidence.clocks["stream"] == stream, "state"]
    return bool(len(states)) and bool(states.isin(["synchronised", "by_hand"]).all())


def _also_missing(evidence: Evidence, stream: str, interval: tuple[float, float]) -> list[str]:
    """Return what else says so: the device's other view, its log of a stop."""
    device = DEVICE_OF[stream]
    found = [
        other
        for other in VIEWS
        if other != stream
        and DEVICE_OF[other] == device
        and len(iv.intersection(evidence.covered(other, "missing"), [interval]))
    ]
    log = "events_client" if device == "computer" else f"events_{device}"
    stops = evidence.events_of("recording_stop", stream=log)["time_s"].to_numpy(dtype=float)
    # A recorder writes its last pictures for a moment after it has logged the stop.
    near = (stops >= interval[0] - 5.0) & (stops < interval[1])
    return [*found, log] if near.any() else found
