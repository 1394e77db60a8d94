"""The order of steps: read sound, compare pairs, cut into pieces, solve, refuse the doubtful."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np

from review import tables
from review.loaders import streams
from review.session import DEVICE_OF, VIEWS
from review.timeline.sync import edges as ed
from review.timeline.sync import happenings as hp
from review.timeline.sync.logs import server_anchors
from review.timeline.sync.network import Edge, Node, reached, solve, worst
from review.timeline.sync.notes import Notes, contradiction, explain
from review.timeline.sync.pairs import Match, match
from review.timeline.sync.pieces import attribute, breaks, nodes
from review.timeline.sync.result import (
    Solved,
    Synchronisation,
    anchor_table,
    clock_rows,
    result,
)
from review.timeline.sync.satellites import on_satellite_time, satellite_anchors
from review.timeline.sync.tracks import Track, read_track

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from review.loaders.record import SittingRecord
    from review.timeline.sync.logs import ServerAnchors
    from review.timeline.sync.tracks import SoundSource

#: NumPy and SciPy leave the interpreter free while they compute; more threads than cores of a
#: small machine gain nothing.
_THREADS: Final = 2


@dataclass(frozen=True, kw_only=True)
class SyncOptions:
    """How hard to look.

    Parameters
    ----------
    search_s
        How far two declared clocks may be apart (21 minutes: two devices, ten minutes each).
    windows
        Most windows per pair of sounds.
    """

    search_s: float = 1260.0
    windows: int = 120


def synchronise(
    record: SittingRecord,
    *,
    signals: pd.DataFrame | None = None,
    sound: SoundSource = streams.sound,
    options: SyncOptions | None = None,
) -> Synchronisation:
    """Find the clock of every stream of a sitting.

    Parameters
    ----------
    record
        As loaded, device time.
    signals
        Table ``signals``, device time: what pictures show, for streams that no sound ties.
    sound
        ``sound(record, stream, rate_hz=...)`` yields blocks of samples on device time.

    Returns
    -------
    Synchronisation
        Session time is the exam server's where a log gives it, else the computer's (or that of
        the device that most others could be tied to).
    """
    options = options or SyncOptions()
    recorded = [s for s in VIEWS if len(streams.pieces(record.segments, s))
                or len(streams.pieces(record.segments, s, sound=True))]  # fmt: skip
    notes = Notes()
    # Readers wait for what they hand to the pool, so they are not of it.
    with ThreadPoolExecutor(_THREADS) as readers, ThreadPoolExecutor(_THREADS) as pool:
        held = readers.map(partial(read_track, record, sound=sound, pool=pool), recorded)
        tracks = {track.stream: track for track in held if track is not None}
        pairs = list(combinations(tracks, 2))
        jobs = [
            pool.submit(
                match,
                tracks[a],
                tracks[b],
                search_s=options.search_s,
                windows=options.windows,
            )
            for a, b in pairs
        ]
        matches = [job.result() for job in jobs]
    matches = _without_copies(matches, notes)
    seen = tables.empty("signals") if signals is None else signals
    return _put_together(record, recorded, tracks, matches, seen, options, notes)


def _without_copies(matches: Sequence[Match], notes: Notes) -> list[Match]:
    """Take out what fits because it is one recording twice: that says nothing about two clocks."""
    kept = []
    for m in matches:
        if m.reason != "one_recording" or DEVICE_OF[m.first] == DEVICE_OF[m.second]:
            kept.append(m)
            continue
        notes.add(
            "same_recording",
            f"{m.first} and {m.second} hold the same sound to the sample, which two microphones "
            f"never do; to do: find out which of the two files is the right one",
            stream=m.second,
            severity="warning",
        )
        kept.append(replace(m, stretches=()))
    return kept


def _copied(
    matches: Sequence[Match], signals: pd.DataFrame, recorded: Sequence[str], notes: Notes
) -> set[str]:
    """Return the views that hold the same recording as another: they tie nothing."""
    heard = {s for m in matches if m.reason == "one_recording" for s in (m.first, m.second)}
    seen: set[str] = set()
    for first, second in hp.copies(signals, recorded):
        seen |= {first, second}
        if not {first, second} <= heard:
            notes.add(
                "same_recording",
                f"{first} and {second} show the same pictures, which two cameras never do; to do: "
                f"find out which of the two files is the right one",
                stream=second,
                severity="warning",
            )
    return heard | seen


def _put_together(
    record: SittingRecord,
    recorded: Sequence[str],
    tracks: Mapping[str, Track],
    matches: Sequence[Match],
    signals: pd.DataFrame,
    options: SyncOptions,
    notes: Notes,
) -> Synchronisation:
    servers = server_anchors(record.events, record.sitting)
    servers += satellite_anchors(record.positions)
    apart = frozenset(on_satellite_time(record.positions))
    extents = _extents(record, recorded, tracks, servers)
    starts = {
        s: [p.start_s for p in streams.pieces(record.segments, s, sound=True)] for s in recorded
    }
    made = attribute(breaks(matches), starts)
    for item in servers:
        if np.isfinite(item.from_s):
            made.setdefault(item.stream, []).append(item.from_s)
    all_nodes = nodes(extents, made)
    sources = {
        s: set(record.segments.loc[record.segments["stream"] == s, "start_source"])
        for s in recorded
    }
    found = [edge for m in matches for edge in ed.sound_edges(all_nodes, m)]
    found += ed.server_edges(all_nodes, servers)
    found += ed.device_edges(all_nodes, extents, sources, apart=apart)
    found += hp.screen_edges(all_nodes, record.events, signals)
    timed = {item.stream for item in servers}
    found += hp.log_edges(all_nodes, record.events, timed, search_s=options.search_s)
    said = Notes()
    solved = _solved(all_nodes, found, extents, apart, said)
    loose = _loose(solved, recorded) - _copied(matches, signals, recorded, notes)
    seen = hp.picture_edges(all_nodes, signals, loose, search_s=options.search_s)
    if seen:
        said = Notes()
        solved = _solved(all_nodes, [*found, *seen], extents, apart, said)
    notes.rows += said.rows
    rows = clock_rows(solved, recorded)
    explain(rows, recorded, tracks, matches, solved, notes)
    return result(record.sitting, rows, anchor_table(solved, record.sitting.key), notes.rows)


def _extents(
    record: SittingRecord,
    recorded: Sequence[str],
    tracks: Mapping[str, Track],
    servers: Sequence[ServerAnchors],
) -> dict[str, tuple[float, float]]:
    """Return first and last device time of every stream that gets a node."""
    out = {}
    for stream in recorded:
        held = streams.pieces(record.segments, stream) or streams.pieces(
            record.segments, stream, sound=True
        )
        out[stream] = (held[0].start_s, held[-1].end_s)
        if stream in tracks:
            out[stream] = (
                min(out[stream][0], tracks[stream].start_s),
                max(out[stream][1], tracks[stream].end_s),
            )
    for item in servers:
        low, high = float(item.device_s.min()), float(item.device_s.max())
        was = out.get(item.stream, (low, high))
        out[item.stream] = (min(was[0], low), max(was[1], high))
    for stream in hp.shared_logs(record.events) - {*out, "events_proctor"}:
        times = record.events.loc[record.events["stream"] == stream, "device_s"]
        out[stream] = (float(times.min()), float(times.max()))
    return out


def _loose(solved: Solved, recorded: Sequence[str]) -> set[str]:
    """Return the views of which some piece is tied to nothing."""
    return {
        node.stream
        for n, node in enumerate(solved.nodes)
        if node.stream in recorded and n not in solved.tied
    }


def _solved(
    all_nodes: Sequence[Node],
    found: list[Edge],
    extents: Mapping[str, tuple[float, float]],
    apart: frozenset[str],
    notes: Notes,
) -> Solved:
    """Solve, and take out what contradicts until nothing does."""
    edges = list(found)
    while True:
        fixed, tied = _reference(all_nodes, edges, extents)
        inside = [e for e in edges if e.a in tied]
        solution = solve(all_nodes, inside, fixed=fixed)
        bad = worst(inside, solution)
        if bad is None:
            return Solved(
                nodes=all_nodes,
                edges=inside,
                solution=solution,
                tied=frozenset(tied),
                fixed=fixed,
                extents=extents,
                apart=apart,
            )
        contradiction(all_nodes, inside[bad], solution, bad, notes)
        edges = [e for e in edges if e is not inside[bad]]


def _reference(
    all_nodes: Sequence[Node], edges: Sequence[Edge], extents: Mapping[str, tuple[float, float]]
) -> tuple[int | None, set[int]]:
    """Return the node that is session time, if no edge reaches it, and all nodes tied to it."""
    anchored = [e.a for e in edges if e.b is None]
    if anchored:
        return None, reached(len(all_nodes), edges, anchored)
    best: tuple[tuple[int, bool, int, float], int, set[int]] | None = None
    for n, node in enumerate(all_nodes):
        tied = reached(len(all_nodes), edges, [n])
        devices = {DEVICE_OF[all_nodes[k].stream] for k in tied}
        low, high = extents[node.stream]
        length = min(node.to_s, high) - max(node.from_s, low)
        front = VIEWS.index(node.stream) if node.stream in VIEWS else len(VIEWS)
        rank = (len(devices), DEVICE_OF[node.stream] == "computer", -front, length)
        if best is None or rank > best[0]:
            best = (rank, n, tied)
    if best is None or best[0][0] < 2:
        return None, set()
    return best[1], best[2]
