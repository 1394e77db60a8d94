"""Whether a detector is harder on some people."""

import decided as made_decisions
import numpy as np
import pandas as pd
import pytest

from review import tables
from review.scoring.conditions import classed, conditions
from review.scoring.fairness import flag_rates, precision_by

KEYS = ["session_id", "candidate_id", "subject_id"]


@pytest.fixture
def session(made):
    """600 sittings; in the darker third twice as many are flagged, by construction."""
    random = np.random.default_rng(3)
    sittings = made.sittings(600)
    table = sittings[KEYS].assign(
        stream="front", luma=np.linspace(20, 200, 600),
        height_px=random.choice([480.0, 720.0], 600),
        face_px=random.uniform(60, 200, 600), sharpness=random.uniform(50, 500, 600),
        contrast=20.0, face_luma=np.nan,
    )  # fmt: skip
    hit = random.uniform(size=600) < np.where(table["luma"] < 80, 0.5, 0.2)
    flags = made.flags(table["candidate_id"][hit], np.full(hit.sum(), 60.0), label="face_hidden")
    return flags.assign(streams=[["front"]] * len(flags)), tables.conform(table, "conditions")


def test_a_detector_that_is_harder_on_dark_rooms_is_seen(session):
    flags, table = session
    found = flag_rates(flags, classed(table))
    dark = found[(found["by"] == "light") & (found["value"] == "lower")].iloc[0]
    assert dark["share"] == pytest.approx(0.5, abs=0.1)
    assert dark["others"] == pytest.approx(0.2, abs=0.1)
    assert dark["low"] < dark["share"] < dark["high"]
    assert dark["differs"]
    assert set(found.loc[found["differs"], "by"]) == {"light"}


def test_without_a_difference_none_is_seen(made):
    random = np.random.default_rng(9)
    false = 0
    for _ in range(20):
        keys = made.sittings(120)[KEYS]
        table = tables.conform(
            keys.assign(
                stream="front", luma=random.normal(100, 20, 120), sharpness=random.normal(9, 2, 120)
            ),
            "conditions",
        )
        hit = keys["candidate_id"][random.uniform(size=120) < 0.3]
        flags = made.flags(hit, np.full(len(hit), 9.0))
        flags = flags.assign(streams=[["front"]] * len(flags))
        false += flag_rates(flags, classed(table))["differs"].any()
    assert false <= 4  # 5 % of 20 is 1; more than 4 has a chance of about one in four hundred


def test_views_are_compared_too(made):
    keys = made.sittings(100)[KEYS]
    table = pd.concat([keys.assign(stream="front"), keys.assign(stream="left_front")])
    flags = made.flags(keys["candidate_id"][:60], np.full(60, 9.0))
    flags["streams"] = [["front"]] * 55 + [["left_front"]] * 5
    found = flag_rates(flags, classed(tables.conform(table, "conditions")))
    views = found[found["by"] == "view"].set_index("value")
    assert (views.loc["front", "flagged"], views.loc["left_front", "flagged"]) == (55, 5)
    assert views["differs"].all()


def test_nothing_measured_is_nothing_compared(session):
    flags, table = session
    assert flag_rates(flags, classed(tables.empty("conditions"))).empty
    assert flag_rates(tables.empty("flags"), classed(table)).empty


def test_precision_by_class(session):
    _, table = session
    decided, _ = made_decisions.decisions(np.random.default_rng(0), 100)
    found = precision_by(decided, classed(table), by=["light"])
    assert set(found["by"]) == {"light"}
    assert found[["confirmed", "dismissed"]].sum().sum() == len(decided)


def test_conditions_are_medians_of_each_view():
    key = ("s", "c", "t")
    signals = tables.build(
        "signals",
        [
            {"stream": s, "device_s": float(n), "signal": name, "value": v}
            for s, name, values in (("front", "luma", (10, 20, 90)), ("screen", "luma", (1, 1, 1)))
            for n, v in enumerate(map(float, values))
        ],
        key=key,
    )
    segments = tables.empty("segments")
    shown = [{"stream": s, "height_px": 720} for s in ("front", "screen", "left_front")]
    segments = pd.DataFrame(shown, columns=segments.columns)
    rows = conditions(signals, tables.empty("detections"), segments, key=key)
    assert list(rows["stream"]) == ["front", "left_front"]
    assert rows.loc[0, "luma"] == 20.0
    assert pd.isna(rows.loc[1, "luma"])
    nothing = conditions(
        tables.empty("signals"), tables.empty("detections"), tables.empty("segments"), key=key
    )
    assert classed(nothing).empty
