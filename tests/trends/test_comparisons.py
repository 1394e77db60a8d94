"""Groups against the whole and over time, on counts made up by hand."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, false_discovery_control

from review.errors import ReviewError
from review.ledger import current_author, open_ledger
from review.trends import connect, effort, funnel, leniency, over_time, precision_over_time
from review.trends import query as ask
from review.trends.comparisons import benjamini_hochberg, limits
from review.trends.rollup import SCHEMAS
from review.workspace import Workspace


class Groups:
    """Sessions with so many people, so many of whom are flagged, one a week."""

    def __init__(self, folder, sizes, label="absent"):
        self.workspace = Workspace(folder)
        sittings, flags = [], []
        for n, (people, flagged) in enumerate(sizes):
            for k in range(people):
                row = self.row(n, k)
                sittings.append({**row, "flags": 2 if k < flagged else 0})
                if k < flagged:
                    about = {"label": label, "detector": label, "flags": 2, "length_s": 9.0}
                    flags.append({**row, **about, "top_score": 0.7, "new_label": True})
        self.tables = {"rollup_sittings": sittings, "rollup": flags}

    @staticmethod
    def row(week, person):
        return {"session_id": f"s{week:02d}", "candidate_id": f"c{person}", "subject_id": "theory",
                "person": week * 10_000 + person, "window_s": 3600.0, "platform": "itmc",
                "kind": "exam", "rulebook": "itmc-2022", "region": "北京", "occupation": "cook",
                "level": "4", "day": pd.Timestamp("2022-01-03") + pd.Timedelta(weeks=week),
                "hour": 8, "weekday": 1, "device": "unknown", "network": "wifi"}  # fmt: skip

    def connect(self, ledger=None):
        opened = connect(self.workspace, ledger=ledger)
        for name, rows in self.tables.items():
            frame = pd.DataFrame(rows)
            frame["day"] = pd.to_datetime(frame["day"]).dt.date
            table = pa.Table.from_pandas(frame, schema=SCHEMAS[name], preserve_index=False)
            opened.register(f"given_{name}", table)
            opened.execute(f"CREATE OR REPLACE VIEW {name} AS FROM given_{name}")
        opened.execute("INSERT INTO label_detectors SELECT DISTINCT label, detector FROM rollup")
        return opened


def test_one_group_that_differs_is_found_and_the_others_are_not(tmp_path):
    made = Groups(tmp_path, [(200, 20)] * 9 + [(200, 60)])
    rows = funnel(by="session", connection=made.connect())
    assert rows.set_index("session")["apart"].to_dict() == {
        **{f"s{n:02d}": "" for n in range(9)},
        "s09": "above",
    }
    assert rows["whole"].unique() == pytest.approx([240 / 2000])


def test_a_small_group_with_a_high_rate_is_within_the_funnel_and_a_tiny_one_is_not_said(tmp_path):
    made = Groups(tmp_path, [(500, 50), (8, 3), (4, 4)])
    rows = funnel(by="session", connection=made.connect()).set_index("session")
    assert rows.loc["s01", "rate"] == pytest.approx(3 / 8)
    assert rows.loc["s01", "rate"] <= rows.loc["s01", "control_high"]
    assert rows.loc["s01", "apart"] == ""
    assert rows.loc["s02", "note"] == "too few to say"
    numbers = rows.loc["s02"].drop(["note", "apart"])
    assert numbers.isna().all()


def test_the_label_that_is_asked_for_is_the_one_counted(tmp_path):
    made = Groups(tmp_path, [(50, 10), (50, 0)])
    opened = made.connect()
    assert funnel(label="absent", connection=opened)["flagged"].tolist() == [10, 0]
    assert funnel(label="speech", connection=opened)["flagged"].tolist() == [0, 0]


def test_a_week_beyond_its_limits_and_a_run_on_one_side_are_told(tmp_path):
    steady = [(100, 10)] * 10 + [(100, 40)]
    rows = over_time(every="week", connection=Groups(tmp_path / "a", steady).connect())
    assert rows["apart"].tolist() == [""] * 10 + ["above"]
    assert rows["week"].is_monotonic_increasing
    shifted = [(100, 8)] * 8 + [(100, 14)] * 8
    rows = over_time(every="week", connection=Groups(tmp_path / "b", shifted).connect())
    assert rows["apart"].eq("").all()
    assert rows["run"].tolist() == [False] * 7 + [True] + [False] * 7 + [True]


@pytest.mark.parametrize(("share", "people"), [(0.1, 50), (0.3, 400), (0.02, 1000)])
def test_limits_leave_out_as_little_as_they_say(share, people):
    for kind, outside in (("control", 0.0027), ("warning", 0.05)):
        low, high = limits(share, [people], kind=kind)
        counts = np.arange(people + 1)
        beyond = (counts / people < low[0]) | (counts / people > high[0])
        assert binom.pmf(counts, people, share)[beyond].sum() <= outside


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_values_are_those_of_scipy(p_values):
    assert benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values))


def test_a_missing_value_is_no_comparison():
    q = benjamini_hochberg([0.01, np.nan, 0.5])
    assert q[[0, 2]] == pytest.approx(benjamini_hochberg([0.01, 0.5]))
    assert np.isnan(q[1])


def test_chance_alone_rarely_calls_anything_apart(tmp_path):
    rng = np.random.default_rng(3)
    called = 0
    for n in range(12):
        sizes = [(120, int(rng.binomial(120, 0.15))) for _ in range(20)]
        rows = funnel(by="session", connection=Groups(tmp_path / str(n), sizes).connect())
        called += bool((rows["apart"] != "").any())
    assert called <= 3


def test_flags_are_not_groups_of_people(tmp_path):
    with pytest.raises(ReviewError, match="groups of people"):
        funnel(tmp_path, by="label")
    with pytest.raises(ReviewError, match="no such period"):
        over_time(tmp_path, every="year")


@pytest.fixture
def people(tmp_path):
    def make(name, role="reviewer"):
        keys = {"REVIEW_USER": name, "XDG_CONFIG_HOME": str(tmp_path / "keys")}
        return current_author(role=role, environ=keys)

    return make


def decide(ledger, author, session, candidate, verdict, label="absent", flag="f"):
    ledger.append(
        "decision",
        {"flag_id": flag, "label": label, "stream": "front", "device_start_s": 1.0,
         "device_end_s": 2.0, "verdict": verdict},
        sitting_key=(session, candidate, "theory"),
        author=author,
    )  # fmt: skip


@pytest.fixture
def read(tmp_path, people):
    """Ann confirms what she reads, Bob hardly anything of the same label; Eve reads two people."""
    made = Groups(tmp_path / "w", [(40, 30)])
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    for n in range(15):
        decide(ledger, people("ann"), "s00", f"c{n}", "confirmed")
        decide(ledger, people("bob"), "s00", f"c{n + 15}", "dismissed" if n else "confirmed")
    for n in range(2):
        decide(ledger, people("eve"), "s00", f"c{n + 30}", "confirmed")
    yield made, ledger
    ledger.close()


def test_reviewers_are_held_against_what_all_say_of_the_same_labels(read):
    made, ledger = read
    rows = leniency(names=True, connection=made.connect(ledger)).set_index("reviewer")
    assert rows.loc["local:ann", "apart"] == "stricter"
    assert rows.loc["local:bob", "apart"] == "more lenient"
    assert rows.loc["local:ann", "expected"] == pytest.approx(15 * 18 / 32)
    assert rows.loc["local:eve", "note"] == "too few to say"
    assert pd.isna(rows.loc["local:eve", "share"])


def test_reviewers_have_numbers_unless_names_are_asked_for(read):
    made, ledger = read
    rows = leniency(connection=made.connect(ledger))
    assert rows["reviewer"].tolist() == ["R1", "R2", "R3"]


def test_precision_has_an_interval_and_no_small_cell(read):
    made, ledger = read
    (row,) = precision_over_time(every="month", connection=made.connect(ledger)).to_dict("records")
    assert (row["detector"], row["decided"], row["confirmed"]) == ("absent", 32, 18)
    assert row["low"] < 18 / 32 < row["high"]
    few = precision_over_time(every="month", least_people=33, connection=made.connect(ledger))
    assert few["note"].tolist() == ["too few to say"]
    assert few["precision"].isna().all()


def test_time_per_case_is_the_sum_of_short_pauses(read):
    made, ledger = read
    opened = made.connect(ledger)
    # Three acts of one person on one case: 60 s apart, then after a lunch break.
    times = ("2022-12-12T10:00:00+00:00", "2022-12-12T10:01:00+00:00", "2022-12-12T12:00:00+00:00")
    rows = [
        {"seq": 10 * k + n, "at": at, "author": "ann", "role": "reviewer", "kind": "watched",
         "session_id": "s00", "candidate_id": f"c{k}", "subject_id": "theory"}
        for k in range(6)
        for n, at in enumerate(times)
    ]  # fmt: skip
    opened.register("given_entries", pa.Table.from_pylist(rows))
    opened.execute("CREATE OR REPLACE TEMP TABLE entries AS FROM given_entries")
    (row,) = effort(by="all", connection=opened).to_dict("records")
    assert (row["cases"], row["median_min"]) == (6, pytest.approx(2.0))


def test_a_question_that_makes_no_sense_is_told(tmp_path):
    with connect(tmp_path) as opened, pytest.raises(ReviewError, match="cannot be answered"):
        ask(opened, "SELECT nothing FROM nowhere")


def test_parquet_of_the_roll_up_is_what_it_says(tmp_path):
    path = tmp_path / "r.parquet"
    pq.write_table(SCHEMAS["rollup"].empty_table(), path)
    assert set(SCHEMAS["rollup_sittings"].names) < set(pq.read_schema(path).names)
