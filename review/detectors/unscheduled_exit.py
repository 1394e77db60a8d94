"""The exam client or a monitoring app was left before it was allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from review.detectors.flags import flag, table
from review.detectors.pairs import Span, detail_of, names_of, spans
from review.detectors.registry import register
from review.session import DEVICE_OF, VIEWS
from review.timeline import intervals as iv

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from review.timeline.evidence import Evidence

#: Names by which a ``power`` entry says that the mains are gone.
_OFF: Final = frozenset(("battery", "ups", "lost", "off", "down", "none"))
#: A battery this low (percent) goes out soon.
_LOW: Final = 5.0
#: So long before an exit the loss of power may explain it.
_BEFORE_S: Final = 1800.0
#: What the monitoring apps of the platforms are called.
_APP: Final = ("monitor", "监考", "监控", "鹰眼", "易考", "itmc", "eztest")
#: An exit or log-in this close to another entry of the kind is the same.
_SAME_S: Final = 2.0


@register("unscheduled_exit", labels=["unscheduled_exit"])
def unscheduled_exit(
    evidence: Evidence, *, silent_s: float = 5.0, background_s: float = 3.0
) -> pd.DataFrame:
    """Flag each exit of the client before submission, and of a phone's app, until it runs again.

    ITMC: client and app run all the time; after an abnormal exit the candidate logs in again at
    once (annex 1, rules 2 and 25). The app runs to the scheduled end, the client until the paper is
    handed in. eztest: a forced exit is recorded and judged after the exam (part 4, answer 9); the
    phone's monitoring runs throughout (part 3, rules 5 and 6).

    Where the log lacks the exit because the computer lost its power or was switched off, the
    log-in after it is the only trace: it is flagged from the last sign of life before it. A loss of
    the mains or an empty battery shortly before is named.

    What it cannot tell: a crash from an exit on purpose; a phone's app in the background, where a
    call may have put it, from one that the candidate left. An exit that was never followed by
    anything and stands in no log is a recording gap.

    Parameters
    ----------
    silent_s
        A log-in without an exit before it is a return if the log was silent for so long and the
        client's views, where they were recorded at all, were not.
    background_s
        Shortest time of an app in the background.
    """
    submits = evidence.events_of("submit", "forced_submit", stream="events_client")["time_s"]
    submitted_s = float(submits.max()) if submits.notna().any() else float("inf")
    rows = [
        _flag(evidence, span, kind="client")
        for span in _exits(evidence, silent_s=silent_s)
        if span.start_s < submitted_s
    ]
    rows += [
        _flag(evidence, span, kind="app")
        for log in ("events_phone1", "events_phone2")
        for span in _app_exits(evidence, log, background_s=background_s)
    ]
    return table(evidence, rows)


def _exits(evidence: Evidence, *, silent_s: float) -> Iterator[Span]:
    """Give the client's exits on record, then the returns that lack one."""
    known = list(
        spans(evidence, ["client_exit"], ["client_restart", "login"], stream="events_client")
    )
    yield from known
    rows = evidence.events[evidence.events["stream"] == "events_client"]
    rows = rows[rows["time_s"].notna()].sort_values("time_s", kind="stable")
    times, kinds = rows["time_s"].to_numpy(dtype=float), rows["type"].to_numpy()
    entered = np.flatnonzero(np.isin(kinds, ["login", "client_restart"]))
    for n in entered[1:]:
        at_s, before_s = float(times[n]), float(times[n - 1])
        told = any(s.start_s - _SAME_S <= at_s <= s.end_s + _SAME_S for s in known)
        if told or at_s - before_s < silent_s:
            continue
        recorded = iv.union(*(evidence.covered(v) for v in VIEWS if DEVICE_OF[v] == "computer"))
        seen_s = iv.total_s(iv.intersection(recorded, [(before_s, at_s)]))
        judged_s = at_s - max(before_s, evidence.window[0])
        if len(recorded) and seen_s >= judged_s - 1.0:
            continue
        # The recording shows longer than the log that the computer still ran.
        ends = recorded[(recorded[:, 1] > before_s) & (recorded[:, 1] < at_s), 1]
        yield Span(
            stream="events_client",
            start_s=float(ends.max()) if len(ends) else before_s,
            end_s=at_s,
            detail={"silent": True},
            closed=True,
        )


def _app_exits(evidence: Evidence, log: str, *, background_s: float) -> Iterator[Span]:
    back = ["client_restart", "login", "app_foreground"]
    for span in spans(evidence, ["client_exit", "app_exit"], [*back, "app_launch"], stream=log):
        names = " ".join(names_of(span.detail)).casefold()
        # Another program's exit on the phone is none of the monitoring app's.
        if not names or any(word in names for word in _APP):
            yield span
    for span in spans(evidence, ["app_background"], [*back, "client_exit", "app_exit"], stream=log):
        if span.end_s - span.start_s >= background_s:
            yield span


def _flag(evidence: Evidence, span: Span, *, kind: str) -> dict[str, Any]:
    power = _power_lost(evidence, span)
    silent = bool(span.detail.get("silent"))
    key = "unscheduled_exit_app" if kind == "app" else "unscheduled_exit"
    if silent:
        key = "unscheduled_exit_silent"
    elif not span.closed:
        key += "_open"
    length_s = span.end_s - span.start_s
    return flag(
        evidence,
        label="unscheduled_exit",
        detector="unscheduled_exit",
        streams=[span.stream],
        start_s=span.start_s,
        end_s=span.end_s,
        score=(0.5 if kind == "client" else 0.4)
        + min(length_s / 600.0, 0.4)
        - (0.1 if power else 0.0),
        reason_key=key + ("_power" if power else ""),
        facts={"seconds": round(length_s), "device": DEVICE_OF[span.stream]},
        supports=[span.stream],
        evidence_s=span.start_s,
    )


def _power_lost(evidence: Evidence, span: Span) -> bool:
    """Say whether the device's last word on power before the exit is that it is running out."""
    rows = evidence.events_of("power", "battery", stream=span.stream)
    near = rows[(rows["time_s"] <= span.start_s) & (rows["time_s"] >= span.start_s - _BEFORE_S)]
    if not len(near):
        return False
    kind, detail = near["type"].iloc[-1], detail_of(near["detail"].iloc[-1])
    level, charging = detail.get("level"), bool(detail.get("charging"))
    low = isinstance(level, (int, float)) and level <= _LOW and not charging
    off = str(detail.get("source", detail.get("state", ""))).casefold() in _OFF
    return low or (kind == "power" and off)
