"""From what was found to the edges of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from review.session import DEVICE_OF
from review.timeline.sync.network import Edge, Node
from review.timeline.sync.stretches import LOUDNESS_SIGMA_S, travel_s

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from review.timeline.sync.logs import ServerAnchors
    from review.timeline.sync.pairs import Match

#: What the waveforms of a pair may have wrong throughout (standard deviation): a phone that stands
#: elsewhere, an echo that is louder than the direct sound.
_ECHO_SIGMA_S: Final = 0.0025
#: Two recordings of one device whose starts were written down exactly: the programs that record
#: picture and screen take some hundredths of a second to begin.
_SAME_CLOCK_S: Final = 0.01
#: Starts that are known to the second only (file names, containers): a second's rounding.
_WHOLE_SECOND_S: Final = 0.3
_EXACT: Final = "recordings_csv"
#: The fastest message to a server within the country takes about this long.
_MESSAGE_S: Final = 0.02
#: Anchors of a tie, across the time that both streams have.
_TIE: Final = 5


def node_at(nodes: Sequence[Node], stream: str, device_s: float) -> int:
    """Return the number of a stream's node at a device time."""
    mine = [n for n, node in enumerate(nodes) if node.stream == stream]
    for n in mine:
        if nodes[n].from_s <= device_s < nodes[n].to_s:
            return n
    return mine[0]


def sound_edges(nodes: Sequence[Node], match: Match) -> list[Edge]:
    """Return the edges of one pair of sounds, one for every two pieces that met."""
    out: list[Edge] = []
    ahead_s = travel_s(match.first) - travel_s(match.second)
    for stretch in match.stretches:
        a_s, b_s = stretch.times_s, stretch.times_s + stretch.lags_s
        ends = [
            (node_at(nodes, match.first, float(a)), node_at(nodes, match.second, float(b)))
            for a, b in zip(a_s, b_s, strict=True)
        ]
        for a, b in sorted(set(ends)):
            mine = np.array([end == (a, b) for end in ends])
            # A few anchors beyond a border are the border's error, not another piece.
            if mine.sum() < max(2, 0.05 * len(ends)) and len(set(ends)) > 1:
                continue
            out.append(
                Edge(
                    kind="sound" if stretch.waveform else "loudness",
                    a=a,
                    b=b,
                    a_s=a_s[mine],
                    b_s=b_s[mine],
                    ahead_s=ahead_s,
                    sigma_s=stretch.sigma_s,
                    common_s=_ECHO_SIGMA_S if stretch.waveform else LOUDNESS_SIGMA_S,
                    strength=10.0 + match.score / max(match.rival, 1.0),
                )
            )
    return out


def server_edges(nodes: Sequence[Node], found: Iterable[ServerAnchors]) -> list[Edge]:
    """Return the edges to session time."""
    return [
        Edge(
            kind=item.kind,
            a=node_at(nodes, item.stream, float(np.median(item.device_s))),
            b=None,
            a_s=item.device_s,
            b_s=item.session_s,
            ahead_s=-_MESSAGE_S if item.kind == "server" else 0.0,
            sigma_s=item.sigma_s,
            common_s=item.common_s,
            strength=5.0 if item.kind == "server" else 4.0,
        )
        for item in found
    ]


def device_edges(
    nodes: Sequence[Node],
    extents: Mapping[str, tuple[float, float]],
    sources: Mapping[str, set[str]],
    *,
    apart: Collection[str] = (),
) -> list[Edge]:
    """Tie the streams of each device to one another: they share its clock.

    Parameters
    ----------
    extents
        Stream -> first and last device time.
    sources
        Stream -> where the starts of its files were taken from; empty for logs.
    apart
        Streams that have another clock than their device.
    """
    out: list[Edge] = []
    for a, one in enumerate(nodes):
        for b, two in enumerate(nodes):
            if b <= a or one.stream == two.stream or {one.stream, two.stream} & set(apart):
                continue
            if DEVICE_OF[one.stream] != DEVICE_OF[two.stream]:
                continue
            span = _common(one, two, extents)
            if span is None:
                continue
            exact = all(sources.get(s, set()) <= {_EXACT} for s in (one.stream, two.stream))
            at: NDArray[np.float64] = np.linspace(*span, _TIE)
            out.append(
                Edge(
                    kind="device",
                    a=a,
                    b=b,
                    a_s=at,
                    b_s=at,
                    sigma_s=0.001,
                    common_s=_SAME_CLOCK_S if exact else _WHOLE_SECOND_S,
                )
            )
    return out


def _common(
    one: Node, two: Node, extents: Mapping[str, tuple[float, float]]
) -> tuple[float, float] | None:
    """Device time that two nodes of one device share, by their bounds and their recordings."""
    bounds = [(max(n.from_s, -1e9), min(n.to_s, 1e9)) for n in (one, two)]
    low, high = max(b[0] for b in bounds), min(b[1] for b in bounds)
    held = [extents[n.stream] for n in (one, two)]
    if low >= high:
        return None
    # A log may end before a recording begins: the clock is the same all the same.
    start_s = float(np.clip(max(h[0] for h in held), low, high))
    end_s = float(np.clip(min(h[1] for h in held), low, high))
    return (min(start_s, end_s), max(start_s, end_s, min(start_s, end_s) + 1.0))
