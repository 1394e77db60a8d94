"""Flags against known truth: what was found, what was missed, what was made up."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from review import tables
from review.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

#: A flag this far from a truth row still is about it, in seconds (the project's definition).
TOLERANCE_S: Final = 2.0

#: Label -> planted anomalies that bring it about without being it, where both overlap in time: such
#: a flag is neither matched nor false.
CONSEQUENCES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        # A phone that is somewhere else is so in every one of these senses.
        "location_outside": ("location_drift", "location_jump", "mock_location"),
        "location_drift": ("location_outside", "location_jump", "mock_location", "phones_apart"),
        "location_jump": ("location_drift", "location_outside", "mock_location", "phones_apart"),
        "phones_apart": ("location_drift", "location_outside", "location_jump", "mock_location"),
        # Whoever is replaced leaves the chair, and for a moment two people are in the room.
        "absent": ("different_person", "left_early"),
        "extra_person": ("different_person",),
        "left_early": ("absent",),
        # Speech of somebody else is speech.
        "speech": ("second_voice",),
        # What takes the window's focus away.
        "off_screen": ("forbidden_app", "unscheduled_exit", "external_display"),
        # What stops the recording, and what a stopped recording lacks.
        "recording_gap": ("network_gap", "unscheduled_exit"),
        "audio_gap": ("recording_gap",),
        "frozen_picture": ("recording_gap",),
        "location_missing": ("recording_gap", "unscheduled_exit"),
        # A covered camera gives a poor picture; a worn one is an accessory.
        "poor_picture": ("camera_covered",),
        "accessory": ("headphones",),
        # What hands and eyes are busy with.
        "forbidden_object": ("reading_material", "photographing", "headphones"),
        "looking_away": ("reading_material", "photographing", "forbidden_object", "eating"),
    }
)

#: The same for labels that add up over a sitting: the cause may lie anywhere in it.
TOTALS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "away_total": ("absent", "left_early", "different_person", "off_screen"),
        "warnings_exceeded": ("off_screen", "absent", "forbidden_app"),
    }
)

_SITTING: Final = ["candidate_id", "subject_id"]


@dataclass(frozen=True, kw_only=True)
class Count:
    """How flags and truth agree.

    Parameters
    ----------
    matched, missed, false
        Truth rows with and without a flag; flags without a truth row that nothing planted explains.
    hours
        Candidate-hours of judged window that were looked through.
    onset_s
        Median distance between the starts of flag and truth over the matches; None without any.
    """

    matched: int
    missed: int
    false: int
    hours: float
    onset_s: float | None

    @property
    def precision(self) -> float | None:
        """Matched over all flags that count; None without any."""
        return _share(self.matched, self.matched + self.false)

    @property
    def recall(self) -> float | None:
        """Matched over all truth rows; None without any."""
        return _share(self.matched, self.matched + self.missed)

    def as_json(self) -> dict[str, Any]:
        """Return the count with exactly the fields of ``review evaluate --json``."""
        return {
            "matched": self.matched,
            "missed": self.missed,
            "false": self.false,
            "precision": self.precision,
            "recall": self.recall,
            "hours": self.hours,
            "onset_s": self.onset_s,
        }


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Agreement in total and per label, and what lies behind it.

    Parameters
    ----------
    pairs
        Matches: candidate_id, subject_id, label, flag_id, flag_start_s, truth_start_s, onset_s.
    missed
        Truth rows without a flag.
    false
        Flags without a truth row.
    explained
        Flags without a truth row of their label that follow from a planted anomaly.
    """

    total: Count
    labels: Mapping[str, Count]
    pairs: pd.DataFrame
    missed: pd.DataFrame
    false: pd.DataFrame
    explained: pd.DataFrame

    def as_json(self) -> dict[str, Any]:
        """Return what ``review evaluate --json`` prints."""
        return {
            "total": self.total.as_json(),
            "labels": {label: count.as_json() for label, count in self.labels.items()},
        }


def evaluate_flags(
    flags: pd.DataFrame,
    truth: pd.DataFrame,
    windows: pd.DataFrame,
    *,
    tolerance_s: float = TOLERANCE_S,
) -> Evaluation:
    """Compare the flags of one session with its truth.

    A flag matches a truth row of the same candidate, subject and label that it overlaps or comes
    within ``tolerance_s`` of. The assignment is one to one: as many matches as possible, and of
    those the one with the smallest sum of onset distances. A second flag about one truth row is
    false.

    Parameters
    ----------
    flags
        Table ``flags`` of one session (session time).
    truth
        candidate_id, subject_id, label, stream, start_s, end_s (session time).
    windows
        candidate_id, subject_id, window_start_s, window_end_s: one row per analysed sitting.
    tolerance_s
        Seconds.

    Raises
    ------
    TableError
        If a column is absent.
    """
    _need(flags, [*_SITTING, "label", "start_s", "end_s"], "flags")
    _need(truth, tables.TRUTH_COLUMNS, "truth")
    _need(windows, [*_SITTING, "window_start_s", "window_end_s"], "windows")
    found, known = flags.reset_index(drop=True), truth.reset_index(drop=True)
    paired = _pair_all(found, known, tolerance_s)
    left = found.drop(index=[f for f, _ in paired])
    is_explained = np.array(
        [_explained(flag, known, tolerance_s) for flag in left.itertuples()], dtype=bool
    )
    pairs = _pairs(found, known, paired)
    missed = known.drop(index=[t for _, t in paired])
    false, explained = left[~is_explained], left[is_explained]
    hours = _hours(windows)
    labels = sorted({*known["label"], *found["label"]})
    return Evaluation(
        total=_count(pairs, missed, false, hours),
        labels=MappingProxyType(
            {
                label: _count(_of(pairs, label), _of(missed, label), _of(false, label), hours)
                for label in labels
            }
        ),
        pairs=pairs,
        missed=missed.reset_index(drop=True),
        false=false.reset_index(drop=True),
        explained=explained.reset_index(drop=True),
    )


def _need(frame: pd.DataFrame, columns: Iterable[str], name: str) -> None:
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise TableError(
            "columns are absent",
            where=name,
            expected=", ".join(columns),
            found=f"no {', '.join(absent)}",
        )


def _pair_all(
    flags: pd.DataFrame, truth: pd.DataFrame, tolerance_s: float
) -> list[tuple[int, int]]:
    keys = [*_SITTING, "label"]
    groups = flags.groupby(keys, sort=False).indices
    paired: list[tuple[int, int]] = []
    for key, of_truth in truth.groupby(keys, sort=False).indices.items():
        of_flags = groups.get(key)
        if of_flags is None:
            continue
        a = flags.loc[of_flags, ["start_s", "end_s"]].to_numpy(dtype=float)
        b = truth.loc[of_truth, ["start_s", "end_s"]].to_numpy(dtype=float)
        paired.extend((int(of_flags[f]), int(of_truth[t])) for f, t in _pair(a, b, tolerance_s))
    return paired


def _pair(
    flags: NDArray[np.float64], truth: NDArray[np.float64], tolerance_s: float
) -> list[tuple[int, int]]:
    near = (flags[:, None, 0] <= truth[None, :, 1] + tolerance_s) & (
        flags[:, None, 1] >= truth[None, :, 0] - tolerance_s
    )
    if not near.any():
        return []
    onset_s = np.abs(flags[:, None, 0] - truth[None, :, 0])
    # One more match is worth more than all onset distances together.
    match = min(near.shape) * (float(onset_s[near].max()) + 1.0)
    rows, columns = linear_sum_assignment(np.where(near, onset_s - match, 0.0))
    return [(f, t) for f, t in zip(rows, columns, strict=True) if near[f, t]]


def _explained(flag: Any, truth: pd.DataFrame, tolerance_s: float) -> bool:
    same = truth[
        (truth["candidate_id"] == flag.candidate_id) & (truth["subject_id"] == flag.subject_id)
    ]
    near = same[
        (same["start_s"] <= flag.end_s + tolerance_s)
        & (same["end_s"] >= flag.start_s - tolerance_s)
    ]
    return bool(
        near["label"].isin(CONSEQUENCES.get(flag.label, ())).any()
        or same["label"].isin(TOTALS.get(flag.label, ())).any()
    )


def _pairs(flags: pd.DataFrame, truth: pd.DataFrame, paired: list[tuple[int, int]]) -> pd.DataFrame:
    f = flags.loc[[f for f, _ in paired]].reset_index(drop=True)
    t = truth.loc[[t for _, t in paired]].reset_index(drop=True)
    made = f[[*_SITTING, "label"]].copy()
    made["flag_id"] = f.get("flag_id")
    made["flag_start_s"], made["truth_start_s"] = f["start_s"], t["start_s"]
    made["onset_s"] = (f["start_s"] - t["start_s"]).abs()
    return made


def _count(pairs: pd.DataFrame, missed: pd.DataFrame, false: pd.DataFrame, hours: float) -> Count:
    return Count(
        matched=len(pairs),
        missed=len(missed),
        false=len(false),
        hours=hours,
        onset_s=float(pairs["onset_s"].median()) if len(pairs) else None,
    )


def _of(frame: pd.DataFrame, label: str) -> pd.DataFrame:
    return frame[frame["label"] == label]


def _hours(windows: pd.DataFrame) -> float:
    length = windows["window_end_s"] - windows["window_start_s"]
    return float(length.clip(lower=0.0).sum()) / 3600.0


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
