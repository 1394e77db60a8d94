"""Common causes: what many candidates suffer in the same minute is the platform's, not theirs.

For every technical label, the candidates whose flags begin in the same minute are counted against
the candidates who sat then. Without a common cause flags begin independently of each other, and
the count has a binomial distribution at most (different candidates having different rates makes
large counts rarer, not more frequent: Hoeffding, Annals of Mathematical Statistics 27, 1956). The
rate is that of the session's other minutes or, where it is higher, of the minutes around, so that
a rush at the beginning is no incident. A minute whose count would come about by chance in fewer
than :data:`FALSE_ALARM` of all sessions, over all minutes and labels together, is an incident; it
is left out of the rate, and the search is repeated until nothing changes.

What it cannot tell: whose fault it was, and what began with the exam itself. Somebody who cuts
their own line in that very minute is taken for one of the others; their flag stays, and people see
it, but it weighs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from review.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

#: Labels that a platform or a network can bring about for many at once. Labels whose beginning
#: is the same for all by their definition (late_login, left_early) are not among them.
TECHNICAL: Final = (
    "network_gap",
    "recording_gap",
    "frozen_picture",
    "audio_gap",
    "location_missing",
    "unscheduled_exit",
)
#: "The same minute", in seconds.
MINUTE_S: Final = 60.0
#: Share of sessions without any incident in which one may be found (all labels and minutes).
FALSE_ALARM: Final = 0.01
#: Fewer candidates than this are no crowd, however improbable: two neighbours share a line.
MIN_CANDIDATES: Final = 3
#: Smallest share of those who sat then that is "many": below it, a quarter of a town's line is
#: as likely as the platform.
MIN_SHARE: Final = 0.02
#: Flags that begin this soon after the judged window have not begun then: the window cuts them.
_EDGE_S: Final = 1.0
#: Minutes on either side whose rate counts as well as that of the whole session.
_AROUND: Final = 15
#: Incidents of several labels are one if they begin this close together ...
_ONE_CAUSE_S: Final = 120.0
#: ... and share this part of the candidates of the smaller one.
_ONE_CAUSE_SHARE: Final = 0.5

_KEYS: Final = list(KEYS)
COLUMNS: Final = (
    "session_id", "incident_id", "labels", "streams", "starts_at_s", "ends_at_s", "candidates",
    "present", "expected", "p_value",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Incidents:
    """What befell many at once.

    Parameters
    ----------
    table
        One row per incident, columns :data:`COLUMNS`, in order of time: ``labels`` and ``streams``
        (lists), ``starts_at_s`` (first beginning) and ``ends_at_s`` (median end) on the clock of
        ``origins``, ``candidates`` that suffered it, ``present`` (those who sat then),
        ``expected`` (how many would have by themselves), ``p_value`` (chance of so many without a
        common cause, all minutes and labels of the session considered).
    flags
        Key columns, flag_id, incident_id: the flags that the incidents explain.
    """

    table: pd.DataFrame
    flags: pd.DataFrame

    def explained(self, flags: pd.DataFrame) -> pd.Series[bool]:
        """Say of each flag whether an incident explains it."""
        names = [*_KEYS, "flag_id"]
        of = pd.MultiIndex.from_frame(self.flags[names])
        return pd.Series(pd.MultiIndex.from_frame(flags[names]).isin(of), index=flags.index)


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """Minutes of a session: where they begin, and how many sat in each."""

    first_s: float
    present: NDArray[np.int64]

    def minute(self, at_s: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.floor((at_s - self.first_s) / MINUTE_S).astype(int)


def find_incidents(
    flags: pd.DataFrame,
    sittings: pd.DataFrame,
    *,
    origins: Mapping[str, float] | None = None,
    false_alarm: float = FALSE_ALARM,
) -> Incidents:
    """Find what befell many candidates of a session in the same minute.

    Parameters
    ----------
    flags
        Table ``flags`` of the session.
    sittings
        Table ``sittings``; those without a window count for nothing.
    origins
        subject_id -> the moment of its session time 0 on one clock, in seconds (POSIX time of the
        scheduled start), so that papers that run at the same time are seen together; 0 for all if
        not given.
    false_alarm
        Share of sessions without a common cause in which one may be found.
    """
    windows = _placed(sittings.dropna(subset=["window_start_s", "window_end_s"]), origins)
    windows = windows[windows["to_s"] > windows["from_s"]]
    begun = flags[flags["label"].isin(TECHNICAL)]
    begun = begun.merge(windows[[*_KEYS, "from_s", "to_s", "origin_s"]], on=_KEYS)
    begun = begun.assign(at_s=begun["start_s"] + begun["origin_s"])
    begun = begun[(begun["at_s"] > begun["from_s"] + _EDGE_S) & (begun["at_s"] < begun["to_s"])]
    found = []
    labels = sorted(begun["label"].unique())
    for label in labels:
        rows = begun[begun["label"] == label]
        found += list(_of_label(str(label), rows, windows, false_alarm / len(labels)))
    return _gathered(_one_cause(found), windows)


def _placed(sittings: pd.DataFrame, origins: Mapping[str, float] | None) -> pd.DataFrame:
    known = origins or {}
    origin_s = sittings["subject_id"].map(lambda s: known.get(s, 0.0)).astype(float)
    return sittings.assign(
        origin_s=origin_s,
        from_s=sittings["window_start_s"] + origin_s,
        to_s=sittings["window_end_s"] + origin_s,
    )


def _of_label(
    label: str, begun: pd.DataFrame, windows: pd.DataFrame, false_alarm: float
) -> Iterator[dict[str, Any]]:
    """Give the incidents of one label."""
    spans: list[tuple[float, float, float]] = []
    # Two grids, half a minute apart: what falls on the edge of one is whole in the other.
    for shift_s in (0.0, MINUTE_S / 2):
        grid = _grid(windows, shift_s)
        counts = _counts(begun, grid)
        chance, is_incident = _tested(counts, grid.present, false_alarm / 2)
        for minute in np.flatnonzero(is_incident):
            start_s = grid.first_s + int(minute) * MINUTE_S
            spans.append((start_s, start_s + MINUTE_S, float(chance[minute])))
    for start_s, end_s, chance_of in _merged(spans):
        rows = begun[(begun["at_s"] >= start_s) & (begun["at_s"] < end_s)]
        yield {
            "labels": {label},
            "rows": rows,
            "starts_at_s": float(rows["at_s"].min()),
            "expected": _by_themselves(begun, rows, windows, end_s - start_s),
            "p_value": min(1.0, chance_of * 2),
        }


def _grid(windows: pd.DataFrame, shift_s: float) -> _Grid:
    first_s = float(np.floor(windows["from_s"].min() / MINUTE_S) * MINUTE_S) - shift_s
    last_s = float(windows["to_s"].max())
    starts_s = first_s + MINUTE_S * np.arange(int(np.ceil((last_s - first_s) / MINUTE_S)))
    begun = np.searchsorted(np.sort(windows["from_s"].to_numpy()), starts_s + MINUTE_S, "left")
    over = np.searchsorted(np.sort(windows["to_s"].to_numpy()), starts_s, "right")
    return _Grid(first_s=first_s, present=begun - over)


def _counts(begun: pd.DataFrame, grid: _Grid) -> NDArray[np.int64]:
    """Return how many candidates have a flag that begins in each minute."""
    minute = grid.minute(begun["at_s"].to_numpy(dtype=float))
    once = pd.DataFrame({"candidate": begun["candidate_id"].to_numpy(), "minute": minute})
    counts = np.zeros(len(grid.present), dtype=int)
    np.add.at(counts, once.drop_duplicates()["minute"].to_numpy(), 1)
    return counts


def _tested(
    counts: NDArray[np.int64], present: NDArray[np.int64], false_alarm: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return each minute's chance, corrected for the number of minutes, and whether it is one."""
    minutes = max(int((present > 0).sum()), 1)
    many = counts >= np.maximum(MIN_CANDIDATES, np.ceil(MIN_SHARE * present))
    out = np.zeros(len(counts), dtype=bool)
    # Each round can only lower the rates, and so only add minutes: this ends.
    while True:
        rate = _rates(counts, present, out)
        chance = np.ones(len(counts))
        for minute in np.flatnonzero(many):
            tail = at_least(int(counts[minute]), int(present[minute]), float(rate[minute]))
            chance[minute] = min(tail * minutes, 1.0)
        found = out | (many & (chance < false_alarm))
        if (found == out).all():
            return chance, out
        out = found


def at_least(count: int, trials: int, rate: float) -> float:
    """Return the binomial chance of so many or more.

    SciPy's own takes longer to import than a session's incidents to find.

    Parameters
    ----------
    rate
        Chance of one trial, 0 to 1.

    Examples
    --------
    >>> at_least(2, 2, 0.5)
    0.25
    """
    if count <= 0 or rate >= 1.0:
        return 1.0
    if count > trials or rate <= 0.0:
        return 0.0
    hits = np.arange(count, trials + 1)
    log = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, trials + 1)))])  # of factorials
    terms = log[trials] - log[hits] - log[trials - hits]
    terms += hits * np.log(rate) + (trials - hits) * np.log1p(-rate)
    return min(float(np.exp(terms).sum()), 1.0)


def _rates(
    counts: NDArray[np.int64], present: NDArray[np.int64], out: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return what share begins in a minute by itself: the session's, or that around if higher."""
    x, n = np.where(out, 0, counts), np.where(out, 0, present)
    # Half a flag more than there was: what never happened yet is not impossible.
    whole = (x.sum() + 0.5) / max(float(n.sum()), 1.0)
    window = np.ones(2 * _AROUND + 1)
    window[_AROUND - 1 : _AROUND + 2] = 0.0  # not the minute itself, nor its edges
    around_x = np.convolve(x, window)[_AROUND : _AROUND + len(x)]
    around_n = np.convolve(n, window)[_AROUND : _AROUND + len(n)]
    around = around_x / np.maximum(around_n, 1)
    return np.clip(np.maximum(whole, around), 0.0, 1.0)


def _merged(spans: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    made: list[tuple[float, float, float]] = []
    for start_s, end_s, chance in sorted(spans):
        if made and start_s <= made[-1][1]:
            before = made.pop()
            made.append((before[0], max(before[1], end_s), min(before[2], chance)))
        else:
            made.append((start_s, end_s, chance))
    return made


def _by_themselves(
    begun: pd.DataFrame, rows: pd.DataFrame, windows: pd.DataFrame, length_s: float
) -> float:
    """Return how many candidates would have had such a flag in that time anyway."""
    others = len(begun) - len(rows)
    sat_s = float((windows["to_s"] - windows["from_s"]).sum())
    now = _present(rows, windows)
    return others / max(sat_s, 1.0) * now * length_s


def _present(rows: pd.DataFrame, windows: pd.DataFrame) -> int:
    at_s = float(rows["at_s"].median())
    there = (windows["from_s"] <= at_s) & (windows["to_s"] > at_s)
    return int(windows.loc[there, "candidate_id"].nunique())


def _one_cause(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put incidents of several labels that befell the same people together."""
    made: list[dict[str, Any]] = []
    for one in sorted(found, key=lambda one: (one["starts_at_s"], sorted(one["labels"]))):
        people = set(one["rows"]["candidate_id"])
        for other in made:
            others = set(other["rows"]["candidate_id"])
            near = abs(one["starts_at_s"] - other["starts_at_s"]) <= _ONE_CAUSE_S
            shared = len(people & others) / min(len(people), len(others))
            if near and shared >= _ONE_CAUSE_SHARE:
                other["labels"] |= one["labels"]
                other["rows"] = pd.concat([other["rows"], one["rows"]])
                other["expected"] = max(other["expected"], one["expected"])
                other["p_value"] = min(other["p_value"], one["p_value"])
                break
        else:
            made.append(one)
    return made


def _gathered(found: list[dict[str, Any]], windows: pd.DataFrame) -> Incidents:
    rows, explained = [], []
    for number, one in enumerate(found, start=1):
        flags = one["rows"]
        name = f"I{number}"
        rows.append(
            {
                "session_id": flags["session_id"].iloc[0],
                "incident_id": name,
                "labels": sorted(one["labels"]),
                "streams": sorted({s for streams in flags["streams"] for s in streams}),
                "starts_at_s": one["starts_at_s"],
                "ends_at_s": float((flags["end_s"] + flags["origin_s"]).median()),
                "candidates": flags["candidate_id"].nunique(),
                "present": _present(flags, windows),
                "expected": round(one["expected"], 2),
                "p_value": one["p_value"],
            }
        )
        explained.append(flags[[*_KEYS, "flag_id"]].assign(incident_id=name))
    empty = pd.DataFrame(columns=[*_KEYS, "flag_id", "incident_id"])
    return Incidents(
        table=pd.DataFrame(rows, columns=list(COLUMNS)),
        flags=pd.concat(explained, ignore_index=True) if explained else empty,
    )
