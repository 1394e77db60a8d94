"""What is said of a sitting's clocks in its table of problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review.timeline.sync.network import Edge, Node, Solution
    from review.timeline.sync.pairs import Match
    from review.timeline.sync.result import Solved
    from review.timeline.sync.tracks import Track


class Notes:
    """Rows of ``problems`` as they come up."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, code: str, message: str, *, stream: str | None, severity: str) -> None:
        """Add a row about a stream, or about the whole sitting."""
        self.rows.append({"stream": stream, "severity": severity, "code": code, "message": message})


def contradiction(
    all_nodes: Sequence[Node], edge: Edge, solution: Solution, n: int, notes: Notes
) -> None:
    """Say which evidence was left out because the rest contradicts it."""
    other = "session time" if edge.b is None else all_nodes[edge.b].stream
    notes.add(
        "clock_contradiction",
        f"{edge.kind} between {all_nodes[edge.a].stream} and {other} contradicts the other "
        f"evidence by {abs(solution.common_s[n]):.3f} s and is left out",
        stream=all_nodes[edge.a].stream,
        severity="warning",
    )


def explain(
    rows: Sequence[Mapping[str, Any]],
    recorded: Sequence[str],
    tracks: Mapping[str, Track],
    matches: Sequence[Match],
    solved: Solved,
    notes: Notes,
) -> None:
    """Say for every view without a clock why it has none."""
    for row in rows:
        stream = str(row["stream"])
        if row["state"] != "unsynchronised" or stream not in recorded:
            continue
        mine = [m for m in matches if stream in (m.first, m.second)]
        if stream not in tracks:
            why = "it has no sound, and nothing else ties it to the other streams"
        elif not mine:
            why = "no other stream has sound to compare it with"
        elif any(m.reason == "one_recording" for m in mine):
            why = "it is the same recording as another stream"
        elif any(m.reason == "ambiguous" for m in mine):
            why = "its sound fits the others in several ways (a sound that repeats)"
        elif any(m.stretches for m in mine):
            why = "what its sound fits contradicts the other streams, or is not tied to them either"
        else:
            best = max(mine, key=lambda m: m.score)
            why = (
                f"its sound does not fit that of any other stream (best score {best.score:.1f}, "
                f"next best {best.rival:.1f})"
            )
        notes.add(
            "clock_unsynchronised",
            f"{stream} keeps its declared clock: {why}; to do: compare the views at a clap or a "
            f"door, and set its offset by hand",
            stream=stream,
            severity="warning",
        )
    if solved.fixed is not None:
        name = solved.nodes[solved.fixed].stream
        notes.add(
            "clock_no_server",
            f"no log gives the exam server's time: session time is the clock of {name} as declared",
            stream=name,
            severity="info",
        )
