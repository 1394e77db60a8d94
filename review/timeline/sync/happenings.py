"""Edges from happenings that two streams share: pictures with pictures, logs with logs, both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from review.session import CAMERAS, DEVICE_OF, LOGS, VIEWS
from review.timeline.sync.edges import node_at
from review.timeline.sync.network import Edge, Node
from review.timeline.sync.sights import CROSSING, LIGHT, MOTION, REDRAWN, sights
from review.timeline.sync.votes import Agreement, Marks, agreement

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd

#: Logs write the same thing this far apart: the way of a message, a queue in an app.
_LOG_SLACK_S: Final = 0.75
#: What is logged by everybody who takes part in it, when it happens.
SHARED: Final = (
    "answer_start", "audio_check", "forced_submit", "hand_raise", "identity_check", "paper_shown",
    "submit", "voice_call", "warning",
)  # fmt: skip
#: What changes the whole screen when it happens.
SCREEN_EVENTS: Final = (
    "answer_start", "app_exit", "app_launch", "focus_gained", "focus_lost", "forced_submit",
    "paper_shown", "submit",
)  # fmt: skip
#: So many pictures, and this share of them, are the same in two copies of one recording.
_LEAST_SAME: Final = 10
_SAME: Final = 0.5
#: A log and the screen are of one computer: further than this they are not apart unnoticed.
_SAME_DEVICE_S: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class _Way:
    """A way in which two streams can share happenings.

    Parameters
    ----------
    sigma_s
        Standard deviation of one anchor beyond the interval that it is known to lie in.
    common_s
        Standard deviation of what all anchors have wrong together.
    strength
        As in :class:`Edge`: below sound and server time.
    least
        So many happenings must meet.
    """

    name: str
    kinds: tuple[str, ...]
    sigma_s: float
    common_s: float
    strength: float
    least: int


#: Exposure follows a lamp within some tenths of a second; views begin to see a person, and people
#: detectors find one, at different times; screens are recorded some tenths late.
_LIGHT = _Way(name="light", kinds=LIGHT, sigma_s=0.1, common_s=0.2, strength=3.0, least=4)
_GLOW = _Way(name="glow", kinds=LIGHT, sigma_s=0.2, common_s=0.3, strength=2.5, least=5)
_MOTION = _Way(name="motion", kinds=MOTION, sigma_s=0.3, common_s=0.4, strength=2.0, least=6)
_CROSSING = _Way(name="crossing", kinds=CROSSING, sigma_s=0.7, common_s=1.0, strength=1.5, least=4)
_SCREEN = _Way(name="screen", kinds=REDRAWN, sigma_s=0.2, common_s=0.3, strength=2.0, least=3)
_LOGS = _Way(name="events", kinds=(), sigma_s=0.3, common_s=0.4, strength=2.0, least=3)
#: Width of an evenly distributed error in standard deviations.
_EVEN: Final = 12**-0.5


def picture_edges(
    nodes: Sequence[Node], signals: pd.DataFrame, loose: Collection[str], *, search_s: float
) -> list[Edge]:
    """Tie views that nothing else ties to what the other views show.

    Parameters
    ----------
    signals
        Table ``signals``, device time.
    loose
        Views to be tied; pairs without one of them are left alone.
    search_s
        Largest lag.
    """
    there = [s for s in VIEWS if any(node.stream == s for node in nodes)]
    seen = {stream: sights(signals, stream) for stream in there}
    made: list[Edge] = []
    for first, second in combinations(there, 2):
        if DEVICE_OF[first] == DEVICE_OF[second] or not {first, second} & set(loose):
            continue
        both = first in CAMERAS and second in CAMERAS
        for way in (_LIGHT, _MOTION, _CROSSING) if both else (_GLOW,):
            one, two = seen[first].of(way.kinds), seen[second].of(way.kinds)
            made += _edge(nodes, one, two, way, search_s=search_s)
    return made


def copies(signals: pd.DataFrame, views: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs of cameras whose pictures are the same: one recording twice.

    Two cameras never have the same brightness to the last digit, picture after picture.

    Parameters
    ----------
    signals
        Table ``signals``.
    views
        Views that were recorded.
    """
    held = {view: _levels(signals, view) for view in views if view in CAMERAS}
    return [
        (a, b)
        for a, b in combinations(held, 2)
        if len(held[a] & held[b]) >= max(_LEAST_SAME, _SAME * min(len(held[a]), len(held[b])))
    ]


def _levels(signals: pd.DataFrame, view: str) -> set[tuple[float, float]]:
    """Return the brightness of each picture with that of the next."""
    rows = signals[(signals["stream"] == view) & (signals["signal"] == "luma")]
    values = rows.sort_values("device_s", kind="stable")["value"].dropna().round(6).tolist()
    return set(pairwise(values))


def screen_edges(nodes: Sequence[Node], events: pd.DataFrame, signals: pd.DataFrame) -> list[Edge]:
    """Tie the screen to the computer's log: the page is left, and the picture changes."""
    if not {"screen", "events_client"} <= {node.stream for node in nodes}:
        return []
    rows = events[(events["stream"] == "events_client") & events["type"].isin(SCREEN_EVENTS)]
    times = np.unique(rows["device_s"].dropna().to_numpy(dtype=float))
    logged = Marks(stream="events_client", from_s=times, to_s=times, kinds=REDRAWN * len(times))
    shown = sights(signals, "screen").of(REDRAWN)
    return _edge(nodes, logged, shown, _SCREEN, search_s=_SAME_DEVICE_S)


def log_edges(
    nodes: Sequence[Node], events: pd.DataFrame, timed: Collection[str], *, search_s: float
) -> list[Edge]:
    """Tie logs to one another, and to the proctors', by what both write down.

    Parameters
    ----------
    timed
        Logs that have the server's time themselves: between those nothing coarser is needed.
    """
    made: list[Edge] = []
    for first, second in combinations(LOGS, 2):
        sure = {*timed, "events_proctor"}
        if first in sure and second in sure:
            continue
        one, two = _logged(events, first), _logged(events, second)
        made += _edge(nodes, one, two, _LOGS, search_s=search_s)
    return made


def shared_logs(events: pd.DataFrame) -> set[str]:
    """Return the logs that hold anything which others may have written down too."""
    return {stream for stream in LOGS if len(_logged(events, stream))}


def _logged(events: pd.DataFrame, stream: str) -> Marks:
    rows = events[(events["stream"] == stream) & events["type"].isin(SHARED)]
    rows = rows[rows["device_s"].notna()].sort_values("device_s", kind="stable")
    times = rows["device_s"].to_numpy(dtype=float)
    kinds = tuple(
        f"{kind} {_said(detail)}" for kind, detail in zip(rows["type"], rows["detail"], strict=True)
    )
    return Marks(
        stream=stream,
        from_s=times - _LOG_SLACK_S / 2,
        to_s=times + _LOG_SLACK_S / 2,
        kinds=kinds,
    )


def _said(detail: str) -> str:
    """Return what tells two warnings apart."""
    facts = json.loads(detail) if detail else {}
    return str(facts.get("clause") or facts.get("reason") or "") if isinstance(facts, dict) else ""


def _edge(
    nodes: Sequence[Node], first: Marks, second: Marks, way: _Way, *, search_s: float
) -> list[Edge]:
    found = agreement(first, second, search_s=search_s, least=way.least)
    if found is None:
        return []
    # The proctors write on the server's clock, which is session time itself.
    if second.stream == "events_proctor":
        return _to_session(nodes, first, second, found, way)
    a_s, b_s = first.middle_s[found.first], second.middle_s[found.second]
    ends = [
        (node_at(nodes, first.stream, float(a)), node_at(nodes, second.stream, float(b)))
        for a, b in zip(a_s, b_s, strict=True)
    ]
    made = []
    for a, b in sorted(set(ends)):
        mine = np.array([end == (a, b) for end in ends])
        made.append(
            Edge(
                kind=way.name,
                a=a,
                b=b,
                a_s=a_s[mine],
                b_s=b_s[mine],
                sigma_s=_sigma(first, second, found, way),
                common_s=way.common_s,
                strength=way.strength,
            )
        )
    return made


def _to_session(
    nodes: Sequence[Node], first: Marks, second: Marks, found: Agreement, way: _Way
) -> list[Edge]:
    a_s = first.middle_s[found.first]
    return [
        Edge(
            kind=way.name,
            a=node_at(nodes, first.stream, float(np.median(a_s))),
            b=None,
            a_s=a_s,
            b_s=second.middle_s[found.second],
            sigma_s=_sigma(first, second, found, way),
            common_s=way.common_s,
            strength=way.strength,
        )
    ]


def _sigma(first: Marks, second: Marks, found: Agreement, way: _Way) -> float:
    one = float(np.mean((first.to_s - first.from_s)[found.first]))
    two = float(np.mean((second.to_s - second.from_s)[found.second]))
    return float(np.sqrt((one * _EVEN) ** 2 + (two * _EVEN) ** 2 + way.sigma_s**2))
