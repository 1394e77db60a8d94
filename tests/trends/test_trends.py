import shutil

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from review import tables
from review.errors import ReviewError
from review.ledger import current_author, open_ledger
from review.loaders import load_session
from review.rules import load_rulebook
from review.trends import connect, query, trends, wilson, write_rollup, write_table
from review.workspace import Workspace

MANIFEST = """
format = 1
id = "{id}"
kind = "exam"
platform = "{platform}"
rulebook = "itmc-2022"
timezone = "Asia/Shanghai"

[[subjects]]
id = "theory"
name = "Theory"
start = 2022-12-10T{hour:02d}:30:00+08:00
end = 2022-12-10T{hour:02d}:40:00+08:00

[[subjects]]
id = "skills"
name = "Skills"
start = 2022-12-10T14:00:00+08:00
end = 2022-12-10T14:20:00+08:00
"""


def marker(key, *, state="done", window=(0.0, 600.0)):
    row = {"state": state, "key": "k", "window_start_s": window[0], "window_end_s": window[1],
           "elapsed_s": 1.0, "analysed_at": "", "version": "", "reason": None}  # fmt: skip
    return tables.build("sittings", [row], key=key)


def flag_row(flag_id, label, streams=("front",), start_s=10.0):
    return {"flag_id": flag_id, "label": label, "streams": list(streams), "start_s": start_s,
            "end_s": start_s + 5, "score": 0.5, "detector": f"detect_{label}", "reason": "",
            "supports": [], "contradicts": [], "evidence_s": start_s, "device_start_s": start_s,
            "device_end_s": start_s + 5, "reason_key": "", "facts": "{}"}  # fmt: skip


class Sample:
    """A workspace with two sessions whose flags are known.

    Session one (itmc): ten candidates, two subjects; candidates 0 to 3 have one ``absent`` in
    theory, candidate 0 two more in skills; candidate 9 has one ``speech`` in two streams.
    Session two (eztest): six candidates, one subject; candidates 0 and 1 have ``off_screen``.
    """

    def __init__(self, folder):
        self.workspace = Workspace(folder / "workspace")
        self.sessions = {}
        for session_id, platform, hour, count, subjects in (
            ("one", "itmc", 8, 10, "theory;skills"),
            ("two", "eztest", 9, 6, "theory"),
        ):
            place = folder / session_id
            place.mkdir()
            text = MANIFEST.format(id=session_id, platform=platform, hour=hour)
            (place / "session.toml").write_text(text, encoding="utf-8")
            rows = "".join(
                f"c{n},Name {n},11010119900307{n:04d},{'baker' if n < 7 else 'cook'},4,{subjects}\n"
                for n in range(count)
            )
            header = "candidate_id,name,id_number,occupation,level,subjects\n"
            (place / "candidates.csv").write_text(header + rows, encoding="utf-8")
            session, _ = load_session(place)
            self.sessions[session_id] = session
            self.workspace.register(session)
            for sitting in session.sittings():
                self.write(sitting)
            self.workspace.compact(session_id)

    def write(self, sitting, flags=None, **more):
        given = known_flags(*sitting.key) if flags is None else flags
        recorded = {"stream": "front", "start_s": -100.0, "end_s": 300.0, "state": "recorded"}
        self.workspace.write_sitting(
            sitting,
            {
                "flags": tables.build("flags", given, key=sitting.key),
                "coverage": tables.build("coverage", [recorded], key=sitting.key),
                "sittings": marker(sitting.key, **more),
            },
        )


def known_flags(session_id, candidate_id, subject_id):
    number = int(candidate_id[1:])
    if session_id == "two":
        return [flag_row("o", "off_screen", ["events_client"])] if number < 2 else []
    if subject_id == "skills":
        return [flag_row(f"a{n}", "absent", start_s=20.0 * n) for n in (1, 2)] if not number else []
    if number < 4:
        return [flag_row("a", "absent")]
    return [flag_row("s", "speech", ["front", "screen"])] if number == 9 else []


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return Sample(tmp_path_factory.mktemp("trends"))


@pytest.fixture
def sample(tmp_path):
    return Sample(tmp_path)


def row_of(rows, **where):
    for name, value in where.items():
        rows = rows[rows[name] == value]
    (index,) = rows.index
    return rows.loc[index]


def test_people_are_counted_once_whatever_they_have_flags(shared):
    rows = trends(shared.workspace, by="label", sessions=["one"])
    absent = row_of(rows, label="absent")
    assert (absent["people"], absent["flagged"], absent["flags"]) == (10, 4, 6)
    assert absent["rate"] == pytest.approx(0.4)
    # Ten candidates with two windows of ten minutes each.
    assert absent["hours"] == pytest.approx(20 / 6)
    assert absent["per_hour"] == pytest.approx(6 / (20 / 6))
    assert list(rows["label"]) == ["absent", "speech"]
    assert set(rows["note"]) == {""}


def test_by_platform_and_session_and_subject(shared):
    platform = trends(shared.workspace, by="platform")
    assert row_of(platform, platform="itmc")["flagged"] == 5
    assert row_of(platform, platform="eztest")["rate"] == pytest.approx(2 / 6)
    subject = trends(shared.workspace, by=["session", "subject"])
    skills = row_of(subject, session="one", subject="skills")
    assert (skills["people"], skills["flagged"], skills["flags"]) == (10, 1, 2)


def test_a_label_that_nobody_in_a_group_has_is_rate_0(shared):
    rows = trends(shared.workspace, by="platform,label")
    none = row_of(rows, platform="eztest", label="absent")
    assert (none["people"], none["flagged"], none["rate"], none["low"]) == (6, 0, 0.0, 0.0)
    assert none["high"] > 0.3


def test_a_flag_counts_for_each_of_its_streams(shared):
    rows = trends(shared.workspace, by="stream", sessions=["one"])
    assert row_of(rows, stream="front")["flagged"] == 5
    assert row_of(rows, stream="screen")["flagged"] == 1


def test_the_whole_is_one_row(shared):
    (row,) = trends(shared.workspace, by="all").to_dict("records")
    assert (row["people"], row["flagged"], row["flags"]) == (16, 7, 9)


def test_a_group_of_fewer_than_five_people_is_named_but_not_counted(shared):
    rows = trends(shared.workspace, by="occupation", sessions=["one"])
    cook = row_of(rows, occupation="cook")
    assert cook["note"] == "too few to say"
    numbers = cook.drop(["occupation", "note"])
    assert numbers.isna().all()
    assert row_of(rows, occupation="baker")["people"] == 7
    assert rows.iloc[-1]["occupation"] == "cook"
    opened = trends(shared.workspace, by="occupation", sessions=["one"], least_people=3)
    assert row_of(opened, occupation="cook")["flagged"] == 1


def test_schedule_is_in_the_sessions_time_zone(shared):
    rows = trends(shared.workspace, by="hour", sessions=["one"])
    assert sorted(rows["hour"]) == [8, 14]
    assert row_of(rows, hour=8)["flagged"] == 5


def test_what_cannot_be_grouped_by_is_an_error_that_names_what_can(shared):
    with pytest.raises(ReviewError, match=r"'name'.*session, subject"):
        trends(shared.workspace, by="name")
    with pytest.raises(ReviewError, match="platform"):
        trends(shared.workspace, by="label; DROP TABLE x")


def test_session_ids_are_values_whatever_they_contain(shared):
    assert trends(shared.workspace, by="label", sessions=["x' OR '1'='1"]).empty


def test_an_empty_workspace_has_no_rates(tmp_path):
    rows = trends(tmp_path / "none", by="label")
    assert rows.empty
    assert list(rows.columns[:5]) == ["label", "people", "flagged", "rate", "low"]


def test_a_sitting_analysed_again_replaces_its_compacted_rows(sample):
    sitting = sample.sessions["two"].sitting("c0", "theory")
    sample.write(sitting, flags=[])
    rows = trends(sample.workspace, by="label", sessions=["two"])
    assert row_of(rows, label="off_screen")["flagged"] == 1
    sample.workspace.compact("two")
    assert trends(sample.workspace, by="label", sessions=["two"]).equals(rows)


def test_failed_and_unjudged_sittings_count_nowhere(sample):
    session = sample.sessions["two"]
    sample.write(session.sitting("c0", "theory"), state="failed")
    sample.write(session.sitting("c1", "theory"), window=(0.0, 0.0))
    (row,) = trends(sample.workspace, by="all", sessions=["two"], least_people=1).to_dict("records")
    assert (row["people"], row["flagged"], row["flags"]) == (4, 0, 0)


def test_results_outlive_the_session_folder(sample):
    shutil.rmtree(sample.sessions["two"].folder)
    rows = trends(sample.workspace, by="platform")
    gone = row_of(rows, platform="unknown")
    assert (gone["people"], gone["flagged"]) == (6, 2)
    hours = trends(sample.workspace, by="hour", sessions=["two"])
    assert hours["flagged"].tolist() == [2]


def test_decisions_give_the_precision_of_a_label(sample, tmp_path):
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    author = current_author(
        role="reviewer", environ={"REVIEW_USER": "ann", "XDG_CONFIG_HOME": str(tmp_path / "keys")}
    )
    verdicts = ("confirmed", "confirmed", "dismissed", "unsure")
    for number, verdict in enumerate(verdicts):
        ledger.append(
            "decision",
            {"flag_id": "a", "label": "absent", "stream": "front", "device_start_s": 10.0,
             "device_end_s": 15.0, "verdict": verdict},
            sitting_key=("one", f"c{number}", "theory"),
            author=author,
        )  # fmt: skip
    rows = trends(sample.workspace, by="label,detector", ledger=ledger)
    absent = row_of(rows, label="absent", detector="detect_absent")
    assert (absent["decided"], absent["confirmed"]) == (3, 2)
    assert absent["precision"] == pytest.approx(2 / 3)
    assert absent["precision_low"] < 2 / 3 < absent["precision_high"]
    speech = row_of(rows, label="speech")
    assert speech["decided"] == 0
    assert np.isnan(speech["precision"])
    ledger.close()


def test_views_are_what_pandas_reads(shared):
    opened = connect(shared.workspace, threads=1, memory_limit="500MB")
    flags = query(opened, "SELECT * FROM flags ORDER BY session_id, candidate_id, start_s")
    read = pd.concat(shared.workspace.read("flags", s) for s in ("one", "two"))
    assert len(flags) == len(read) == 9
    assert flags["length_s"].tolist() == [5.0] * 9
    assert set(flags["family"]) == {"presence", "sound", "screen"}
    coverage = query(opened, "SELECT DISTINCT start_s, end_s, length_s FROM coverage")
    # Cut to the judged window.
    assert coverage.to_numpy().tolist() == [[0.0, 300.0, 300.0]]


def test_views_hold_neither_names_nor_identity_numbers(shared):
    opened = connect(shared.workspace)
    names = query(
        opened,
        "SELECT table_name, column_name FROM information_schema.columns",
    )
    assert not {"name", "id_number"} & set(names["column_name"])
    sittings = query(opened, "SELECT * FROM sittings").to_csv()
    assert "Name 1" not in sittings
    assert "19900307" not in sittings


def test_nothing_is_loaded_at_run_time(shared):
    opened = connect(shared.workspace)
    before = {"core_functions", "icu", "json", "parquet"}
    loaded = query(opened, "SELECT extension_name FROM duckdb_extensions() WHERE loaded")
    assert set(loaded["extension_name"]) <= before
    with pytest.raises(duckdb.Error, match=r"(?i)extension"):
        opened.execute("SELECT * FROM sqlite_scan('x', 'y')")


def test_a_file_that_goes_away_is_told(sample):
    opened = connect(sample.workspace)
    for path in sample.workspace.parquet_files("flags"):
        path.unlink()
    with pytest.raises(ReviewError, match="open the database again"):
        trends(by="label", connection=opened)


# R's prop.test(x, n, correct = FALSE) and Newcombe 1998, table I.
@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
     (1, 29, 0.0061, 0.1718), (29, 29, 0.8830, 1.0)],
)  # fmt: skip
def test_wilson_gives_published_figures(k, n, low, high):
    assert [float(x) for x in wilson(k, n)] == pytest.approx([low, high], abs=6e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_within_0_and_1(counts):
    k, n = counts
    low, high = (float(x) for x in wilson(k, n))
    assert 0.0 <= low <= k / n <= high <= 1.0


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_wilson_covers_about_95_percent(share):
    n = 60
    k = np.arange(n + 1)
    low, high = wilson(k, np.full(n + 1, n))
    covered = binom.pmf(k, n, share)[(low <= share) & (share <= high)].sum()
    assert 0.92 < covered < 0.985


def test_wilson_without_trials_is_missing():
    low, high = wilson([0], [0])
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_the_stored_roll_up_gives_the_same_rates(sample):
    questions = ("label", "subject,label", "session", "clause", "family", "detector", "all")
    before = {by: trends(sample.workspace, by=by, least_people=1) for by in questions}
    assert write_rollup(sample.workspace) == ["one", "two"]
    assert write_rollup(sample.workspace) == []
    opened = connect(sample.workspace)
    assert query(opened, "SELECT count(*) AS n FROM rolled")["n"].tolist() == [2]
    for by in questions:
        pd.testing.assert_frame_equal(
            trends(by=by, least_people=1, connection=opened), before[by], check_dtype=False
        )


def test_a_roll_up_older_than_its_session_is_not_used(sample):
    write_rollup(sample.workspace)
    sample.write(sample.sessions["two"].sitting("c0", "theory"), flags=[])
    rows = trends(sample.workspace, by="label", sessions=["two"])
    assert row_of(rows, label="off_screen")["flagged"] == 1
    assert write_rollup(sample.workspace) == ["two"]
    rows = trends(sample.workspace, by="label", sessions=["two"])
    assert row_of(rows, label="off_screen")["flagged"] == 1


def test_a_flag_counts_for_every_clause_that_its_label_supports(shared):
    rows = trends(shared.workspace, by="clause", sessions=["one"])
    book = load_rulebook("itmc-2022")
    wanted = {c.id for c in book.clauses if c.labels.get("absent", 0) > 0}
    assert wanted
    for clause in wanted - {c.id for c in book.clauses if c.labels.get("speech", 0) > 0}:
        assert row_of(rows, clause=clause)["flagged"] == 4


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_tables_are_exported_with_the_same_numbers(shared, tmp_path, ending):
    rows = trends(shared.workspace, by="label")
    path = write_table(rows, tmp_path / f"r{ending}")
    readers = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".xlsx": pd.read_excel}
    back = readers[ending](path)
    assert back["label"].tolist() == rows["label"].tolist()
    assert back["rate"].to_numpy() == pytest.approx(rows["rate"].to_numpy())


def test_an_exported_name_is_no_formula(tmp_path):
    rows = pd.DataFrame({"occupation": ["=1+1", "@x", "cook"], "rate": [0.5, -0.25, 1.0]})
    text = write_table(rows, tmp_path / "r.csv").read_text(encoding="utf-8-sig")
    assert "'=1+1" in text
    assert "'@x" in text
    assert ",-0.25" in text
    with pytest.raises(ReviewError, match="ends in"):
        write_table(rows, tmp_path / "r.doc")
