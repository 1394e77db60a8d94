"""What synchronising a sitting gives: the table of clocks, the anchors behind it, and problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from review import tables
from review.session import DEVICE_OF, STREAMS
from review.timeline.clocks import FOREVER_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.session import Sitting
    from review.timeline.sync.network import Edge, Node, Solution

#: Standard deviations on both sides that hold 95 % of a normal distribution.
SIGMAS_95: Final = 1.96
#: Standard deviation of where a device stands about its usual place (0.5 m of air).
PLACE_SIGMA_S: Final = 0.0015


@dataclass(frozen=True, kw_only=True)
class Synchronisation:
    """The clocks of one sitting.

    Parameters
    ----------
    clocks
        Table ``clocks`` for all streams that a sitting may have.
    anchors
        Table ``anchors``: each anchor once from the side of either stream, device time.
    problems
        Table ``problems``: what could not be tied, and why.
    """

    clocks: pd.DataFrame
    anchors: pd.DataFrame
    problems: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Solved:
    """A network with its solution.

    Parameters
    ----------
    tied
        Numbers of the nodes that edges connect with session time or with the reference.
    fixed
        Node that is the reference by definition, if no edge reaches session time.
    extents
        Stream -> first and last device time.
    apart
        Streams that have another clock than their device.
    """

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    solution: Solution
    tied: frozenset[int]
    fixed: int | None
    extents: Mapping[str, tuple[float, float]]
    apart: frozenset[str] = frozenset()


def clock_rows(solved: Solved, recorded: Sequence[str]) -> list[dict[str, Any]]:
    """Make the rows of ``clocks``.

    Parameters
    ----------
    recorded
        Views that have a recording: of these, those that nothing ties are unsynchronised.
    """
    own: dict[str, list[dict[str, Any]]] = {}
    for n in sorted(solved.tied):
        own.setdefault(solved.nodes[n].stream, []).append(_row(solved, n))
    rows: list[dict[str, Any]] = []
    loose = {DEVICE_OF[s] for s in recorded if s not in own}
    for stream in STREAMS:
        if stream in own:
            rows += _whole(own[stream])
            continue
        model = _model(stream, own, solved)
        if stream == "events_proctor":
            rows.append(_declared(stream, method="reference", state="synchronised", sure=True))
        elif model is not None and stream not in recorded:
            rows += [{**row, "stream": stream} for row in model]
        else:
            lost = stream in recorded or DEVICE_OF[stream] in loose
            alone = stream in recorded and len({DEVICE_OF[s] for s in recorded}) == 1
            state = "unsynchronised" if lost and not alone else "declared"
            rows.append(_declared(stream, method="declared", state=state))
    return rows


def _model(
    stream: str, own: Mapping[str, list[dict[str, Any]]], solved: Solved
) -> list[dict[str, Any]] | None:
    """Return the clock of the device: that of its stream whose clock is known best."""
    mates = [s for s in own if DEVICE_OF[s] == DEVICE_OF[stream] and s not in solved.apart]
    if not mates:
        return None
    # The stream that tells the device's time best: a log with the server's time before a recording
    # whose start is known to the second only.
    best = min(mates, key=lambda s: min(row["uncertainty_s"] for row in own[s]))
    rows = own[best]
    # Of a recording in pieces the longest speaks for the device: the others may be files whose
    # starts were written down wrong.
    a, b = solved.extents[best]
    main = max(rows, key=lambda r: min(r["to_device_s"], b) - max(r["from_device_s"], a))
    return [{**main, "piece": 0, "from_device_s": -FOREVER_S, "to_device_s": FOREVER_S,
             "method": "device"}]  # fmt: skip


def _row(solved: Solved, n: int) -> dict[str, Any]:
    node, solution = solved.nodes[n], solved.solution
    start_s, end_s = solved.extents[node.stream]
    low, high = max(node.from_s, start_s), min(node.to_s, end_s)
    # The reference is what session time is, as far as anything is known.
    place_s = PLACE_SIGMA_S if n != solved.fixed else 0.0
    sigma = max(solution.sigma_s(n, t, node.middle_s) for t in (low, max(low, high)))
    mine = [k for k, e in enumerate(solved.edges) if n in (e.a, e.b)]
    kinds = sorted({solved.edges[k].kind for k in mine})
    count = sum(
        int((solution.weights[k] > 0).sum()) for k in mine if solved.edges[k].kind != "device"
    )
    return {
        "stream": node.stream,
        "device": DEVICE_OF[node.stream],
        "piece": node.piece,
        "from_device_s": max(node.from_s, -FOREVER_S),
        "to_device_s": min(node.to_s, FOREVER_S),
        "offset_s": float(solution.offset_s[n]),
        "drift_ppm": float(solution.drift_ppm[n]),
        "reference_device_s": node.middle_s,
        "uncertainty_s": SIGMAS_95 * float(np.hypot(sigma, place_s)),
        "method": "reference" if n == solved.fixed else "+".join(kinds),
        "anchors": count,
        "state": "synchronised",
    }


def _whole(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Let the pieces of a stream cover all time, where one between them could not be tied."""
    rows = sorted(rows, key=lambda row: float(row["from_device_s"]))
    return [{**row, "piece": k} for k, row in enumerate(rows)]


def _declared(stream: str, *, method: str, state: str, sure: bool = False) -> dict[str, Any]:
    return {
        "stream": stream,
        "device": DEVICE_OF[stream],
        "piece": 0,
        "from_device_s": -FOREVER_S,
        "to_device_s": FOREVER_S,
        "offset_s": 0.0,
        "drift_ppm": 0.0,
        "reference_device_s": 0.0,
        "uncertainty_s": 0.0 if sure else None,
        "method": method,
        "anchors": 0,
        "state": state,
    }


def anchor_table(solved: Solved, key: tuple[str, str, str]) -> pd.DataFrame:
    """Make the table ``anchors``, each from the side of both of its streams."""
    parts: list[pd.DataFrame] = []
    solution, nodes = solved.solution, solved.nodes
    for edge, rest, weight, common in zip(
        solved.edges, solution.residuals_s, solution.weights, solution.common_s, strict=True
    ):
        if edge.kind == "device" or edge.a not in solved.tied:
            continue
        # What the anchor is off the solution, what its edge has wrong throughout included.
        off = rest + common
        sides = [(edge.a, edge.a_s, edge.b, edge.b_s, off)]
        if edge.b is not None:
            sides.append((edge.b, edge.b_s, edge.a, edge.a_s, -off))
        for n, own_s, other, other_s, residual in sides:
            now = solution.offset_s[n] + solution.drift_ppm[n] * 1e-6 * (own_s - nodes[n].middle_s)
            parts.append(
                pd.DataFrame(
                    {
                        "stream": nodes[n].stream,
                        "other": "" if other is None else nodes[other].stream,
                        "kind": edge.kind,
                        "piece": nodes[n].piece,
                        "device_s": own_s,
                        "other_device_s": other_s,
                        "offset_s": now + residual,
                        "residual_s": residual,
                        "weight": weight,
                    }
                )
            )
    if not parts:
        return tables.empty("anchors")
    table = pd.concat(parts, ignore_index=True).assign(**dict(zip(tables.KEYS, key, strict=True)))
    table = table.sort_values(["stream", "device_s", "other"], kind="stable", ignore_index=True)
    return tables.conform(table, "anchors")


def result(
    sitting: Sitting,
    rows: Sequence[Mapping[str, Any]],
    anchors: pd.DataFrame,
    problems: Sequence[Mapping[str, Any]],
) -> Synchronisation:
    """Put everything under the contracts."""
    return Synchronisation(
        clocks=tables.build("clocks", rows, key=sitting.key),
        anchors=anchors,
        problems=tables.build("problems", problems, key=sitting.key),
    )
