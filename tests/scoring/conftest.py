"""Made sessions of any size, for statistics."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

KEYS = ["session_id", "candidate_id", "subject_id"]


def made_sittings(count, *, minutes=90.0, subject="t", failed=0):
    names = [f"c{n:05d}" for n in range(count)]
    rows = pd.DataFrame({"session_id": "s", "candidate_id": names, "subject_id": subject})
    rows["state"], rows["reason"] = "done", None
    rows["window_start_s"], rows["window_end_s"] = 0.0, minutes * 60.0
    rows.loc[rows.index[:failed], ["window_start_s", "window_end_s"]] = np.nan
    rows.loc[rows.index[:failed], "state"] = "failed"
    return rows


def made_flags(candidates, starts_s, *, label="network_gap", lasts_s=20.0, score=0.4, subject="t"):
    rows = pd.DataFrame({"candidate_id": list(candidates), "start_s": np.asarray(starts_s, float)})
    rows["session_id"], rows["subject_id"], rows["label"] = "s", subject, label
    rows["end_s"] = rows["start_s"] + lasts_s
    rows["score"], rows["detector"] = score, label
    rows["flag_id"] = [f"{label}-{c}-{s:.3f}" for c, s in zip(candidates, starts_s, strict=True)]
    rows["streams"] = [["events_client"]] * len(rows)
    rows["supports"] = [["events_client"]] * len(rows)
    rows["contradicts"] = [[]] * len(rows)
    return rows


def by_chance(random, sittings, *, each=0.5, label="network_gap"):
    """Flags that begin independently of each other, ``each`` in a sitting on average."""
    counts = random.poisson(each, len(sittings))
    who = np.repeat(sittings["candidate_id"].to_numpy(), counts)
    ends = np.repeat(sittings["window_end_s"].to_numpy(), counts)
    return made_flags(who, random.uniform(2.0, ends), label=label)


@pytest.fixture
def made():
    """The makers of tables."""

    class Made:
        sittings = staticmethod(made_sittings)
        flags = staticmethod(made_flags)
        by_chance = staticmethod(by_chance)
        keys = KEYS

    return Made


def load(name):
    """Import a helper that stands beside this file (the tests are no package)."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


decided = load("decided")
