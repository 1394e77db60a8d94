"""The tables about a session, and the acts that order its review."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from review import tables
from review.batch import assigning, quality, score
from review.batch.session_results import results_of
from review.cli import main
from review.errors import LedgerError, ReviewError, SessionError
from review.ledger import current_author, open_ledger
from review.ledger.payloads import Bulk, Decision, Outcome
from review.loaders import load_session
from review.scoring.sampling import draw
from review.workspace import Workspace

KEYS = ["session_id", "candidate_id", "subject_id"]
MANIFEST = """format = 1
id = "Q-1"
kind = "exam"
platform = "itmc"
rulebook = "itmc-2022"
timezone = "Asia/Shanghai"

[[subjects]]
id = "t"
name = "Theory"
start = 2022-12-10T08:30:00+08:00
end = 2022-12-10T10:00:00+08:00
"""


def names(count):
    return [f"c{n:04d}" for n in range(count)]


def flag_rows(flags):
    rows = pd.DataFrame(flags, columns=["candidate_id", "label", "start_s", "score"])
    rows["session_id"], rows["subject_id"] = "Q-1", "t"
    rows["flag_id"] = [f"f{n}" for n in range(len(rows))]
    rows["end_s"] = rows["start_s"] + 20.0
    rows["device_start_s"], rows["device_end_s"] = rows["start_s"], rows["end_s"]
    for name in ("streams", "supports"):
        rows[name] = [["front"]] * len(rows)
    rows["contradicts"] = [[]] * len(rows)
    rows["detector"], rows["evidence_s"] = rows["label"], rows["start_s"]
    rows["reason"] = rows["reason_key"] = "made"
    return rows.assign(facts="{}")


@pytest.fixture
def make_session(tmp_path, monkeypatch):
    """Make a session of so many sittings with these flags; return its results' workspace."""
    monkeypatch.delenv("REVIEW_LEDGER", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def make(count, flags=(), failed=0):
        folder = tmp_path / "session"
        folder.mkdir()
        (folder / "session.toml").write_text(MANIFEST, encoding="utf-8")
        lines = [f"{c},{c},110101199001011234,a,b,t" for c in names(count)]
        head = "candidate_id,name,id_number,occupation,level,subjects"
        (folder / "candidates.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
        space = Workspace(tmp_path / "workspace")
        space.register(load_session(folder)[0])
        sittings = pd.DataFrame({"candidate_id": names(count), "session_id": "Q-1"})
        sittings = sittings.assign(subject_id="t", state="done", reason=None, key="k", version="0")
        sittings["window_start_s"], sittings["window_end_s"] = 0.0, 5400.0
        sittings["elapsed_s"], sittings["analysed_at"] = 1.0, "2022-12-11T00:00:00+00:00"
        bad = sittings.index[:failed]
        sittings.loc[bad, ["window_start_s", "window_end_s"]] = np.nan
        sittings.loc[bad, ["state", "reason"]] = ["failed", "no picture"]
        scores = sittings.loc[sittings["state"] == "done", KEYS].assign(unseen=0.0, risk=0.0)
        scores["reasons"] = [[]] * len(scores)
        made = {"sittings": sittings, "scores": scores, "flags": flag_rows(list(flags))}
        for name, rows in made.items():
            path = space.folder / "tables" / name / "session_id=Q-1" / "all.parquet"
            path.parent.mkdir(parents=True)
            tables.conform(rows, name).to_parquet(path)
        return space

    return make


def author(name, role="reviewer"):
    import os

    return current_author(role=role, environ={**os.environ, "REVIEW_USER": name})


def say(space, flag, verdict, who, **more):
    said = Decision(
        flag_id=flag["flag_id"], label=flag["label"], stream="front", verdict=verdict,
        device_start_s=flag["device_start_s"], device_end_s=flag["device_end_s"], **more,
    )  # fmt: skip
    key = tuple(flag[name] for name in KEYS)
    open_ledger(space.ledger).record(said, sitting_key=key, author=author(who))


def conclude(space, candidate, outcome="cleared", who="ann"):
    clauses = () if outcome == "cleared" else ("itmc-2022:annex1-13",)
    said = Outcome(outcome=outcome, rulebook="itmc-2022", clauses=clauses)
    open_ledger(space.ledger).record(said, sitting_key=("Q-1", candidate, "t"), author=author(who))


def found(space):
    return results_of("Q-1", workspace=space)


def supervising(space):
    return {
        "people": ["local:ann", "local:bob"],
        "ledger": open_ledger(space.ledger),
        "author": author("sue", "supervisor"),
    }


def test_what_befell_many_weighs_nothing_and_is_listed_once(make_session):
    outage = [(c, "network_gap", 1000.0 + n % 20, 0.4) for n, c in enumerate(names(40))]
    own = [("c0001", "network_gap", 3000.0, 0.4), ("c0050", "network_gap", 2000.0, 0.4)]
    space = make_session(60, [*outage, *own])
    work = score("Q-1", workspace=space).set_index("candidate_id")
    assert work.loc["c0000", "risk"] == 0.0
    assert work.loc["c0000", "incidents"] == ["I1"]
    assert work.loc["c0001", "risk"] > 0  # what is its own stays
    assert work.loc["c0001", "reasons"][0].startswith("network_gap")
    assert work.loc["c0050", "incidents"] == []
    (row,) = quality.table(found(space), "incidents").to_dict("records")
    assert (row["candidates"], row["present"]) == (40, 60)
    assert row["starts_at"].startswith("2022-12-10T08:46:40+08:00")
    # The flags themselves stay what they were.
    assert work.loc["c0000", "flags"] == 1


def test_a_sample_is_drawn_of_the_rest_and_says_what_follows(make_session):
    space = make_session(60, [("c0000", "extra_person", 100.0, 0.9)], failed=1)
    assert quality.remaining(found(space)) is None
    top = assigning.assign_by_risk(found(space), 5, **supervising(space))
    assert len(top) == 5
    first = assigning.draw_sample(found(space), 10, **supervising(space))
    assert not set(first) & set(top)
    for _, candidate, _ in first[:8]:
        conclude(space, candidate)
    said = quality.remaining(found(space))
    assert (said.population, said.sampled, said.found, said.unreviewed) == (55, 8, 0, 47)
    more = assigning.draw_sample(found(space), 20, **supervising(space))
    assert len(more) == 10
    for _, candidate, _ in [*first[8:], *more]:
        conclude(space, candidate)
    after = quality.remaining(found(space))
    assert (after.population, after.sampled, after.unreviewed) == (55, 20, 35)
    assert after.fewer_than < said.fewer_than


def test_a_case_in_the_sample_is_counted(make_session):
    space = make_session(40, [(c, "extra_person", 9.0, 0.9) for c in names(40)])
    sample = assigning.draw_sample(found(space), 10, **supervising(space))
    by_candidate = found(space).flags.set_index("candidate_id", drop=False)
    for number, (_, candidate, _) in enumerate(sample):
        verdict = "confirmed" if number == 3 else "dismissed"
        say(space, by_candidate.loc[candidate], verdict, "ann")
    said = quality.remaining(found(space))
    assert (said.sampled, said.found) == (10, 1)


def test_what_was_dismissed_in_bulk_is_not_reviewed(make_session):
    space = make_session(30, [("c0005", "speech", 9.0, 0.2)])
    assigning.draw_sample(found(space), 30, **supervising(space))
    flag = found(space).flags.iloc[0]
    said = Bulk(label="speech", below_score=0.3, flag_ids=(flag["flag_id"],), sample=("x",))
    sue = author("sue", "supervisor")
    open_ledger(space.ledger).record(said, sitting_key=("Q-1", "c0005", "t"), author=sue)
    assert quality.remaining(found(space)).unreviewed == 30


def test_the_wished_k_gives_the_size(make_session):
    space = make_session(60)
    drawn = assigning.draw_sample(found(space), fewer_than=5, **supervising(space))
    for _, candidate, _ in drawn:
        conclude(space, candidate)
    assert quality.remaining(found(space)).fewer_than <= 5


def test_second_readings_and_known_cases_look_alike_in_the_ledger(make_session):
    flags = [(c, "speech", 9.0, 0.5) for c in names(20)]
    space = make_session(20, flags)
    for number, flag in enumerate(found(space).flags.to_dict("records")):
        say(space, flag, "confirmed" if number < 4 else "dismissed", "ann")
        if number < 4:
            say(space, flag, "confirmed", "cid")
    who = supervising(space) | {"people": ["local:ann", "local:bob", "local:cid"]}
    plan = assigning.assign_checks(found(space), second_rate=0.5, known_rate=0.1, **who)
    assert set(plan["purpose"]) == {"second", "known"}
    entries = open_ledger(space.ledger).entries("Q-1", kinds=["assignment"])
    assert len(entries) == len(plan)
    said = {json.dumps({**p, "person": ""}, sort_keys=True) for p in entries["payload"]}
    assert len(said) == 1
    assert all(p["blind"] for p in entries["payload"])
    # Nobody gets the same again.
    again = assigning.assign_checks(found(space), second_rate=0.5, known_rate=0.1, **who)
    both = plan[[*KEYS, "person"]].merge(again[[*KEYS, "person"]])
    assert both.empty


def test_known_cases_show_who_overlooks_them(make_session):
    space = make_session(20, [(c, "speech", 9.0, 0.5) for c in names(20)])
    for flag in found(space).flags.to_dict("records"):
        say(space, flag, "confirmed", "ann")
        say(space, flag, "confirmed", "cid")
    who = supervising(space) | {"people": ["local:bob", "local:dan"]}
    plan = assigning.assign_checks(found(space), second_rate=0.0, known_rate=0.5, **who)
    flags = found(space).flags.merge(plan[[*KEYS, "person"]])
    for flag in flags.to_dict("records"):
        person = flag["person"].removeprefix("local:")
        say(space, flag, "dismissed" if person == "bob" else "confirmed", person, blind=True)
    rows = quality.table(found(space), "known").set_index("person")
    assert rows["cases"].sum() == len(plan) == 20
    assert rows.loc["local:bob", "sensitivity"] == 0.0
    assert rows.loc["local:dan", "sensitivity"] == 1.0
    assert rows["specificity"].isna().all()


@pytest.mark.parametrize("name", list(quality.TABLES))
@pytest.mark.parametrize(("count", "failed"), [(1, 0), (3, 3)])
def test_every_table_of_a_tiny_or_failed_session_can_be_had(make_session, name, count, failed):
    space = make_session(
        count, [] if failed else [("c0000", "unheard_of", 9.0, 0.5)], failed=failed
    )
    rows = quality.table(found(space), name)
    assert isinstance(rows, pd.DataFrame)


def test_reviewers_are_told_apart(make_session):
    space = make_session(10, [(c, "speech", 9.0, 0.5) for c in names(10)])
    assigning.assign_by_risk(found(space), 4, **supervising(space))
    for flag in found(space).flags.iloc[:3].to_dict("records"):
        say(space, flag, "dismissed", "ann")
    conclude(space, "c0000", who="ann")
    rows = quality.table(found(space), "reviewers").set_index("person")
    assert rows.loc["local:ann", "flags"] == 3
    assert rows.loc["local:ann", "dismissed"] == 3
    assert rows["assigned"].sum() == 4


def test_what_cannot_be_says_so(make_session, tmp_path):
    space = make_session(5)
    with pytest.raises(ReviewError, match="no such table"):
        quality.table(found(space), "gossip")
    with pytest.raises(ReviewError, match="nobody to assign to"):
        assigning.assign_by_risk(found(space), 2, **{**supervising(space), "people": []})
    with pytest.raises(ReviewError, match="no size"):
        assigning.draw_sample(found(space), **supervising(space))
    with pytest.raises(LedgerError, match="reviewer may not write"):
        assigning.assign_by_risk(found(space), 2, **{**supervising(space), "author": author("ann")})
    with pytest.raises(SessionError, match="not been analysed"):
        results_of(tmp_path / "session", workspace=tmp_path / "elsewhere")


def test_a_session_whose_folder_has_gone_still_has_its_tables(make_session, tmp_path):
    space = make_session(5, [("c0001", "speech", 9.0, 0.5)])
    (tmp_path / "session").rename(tmp_path / "gone")
    assert len(score("Q-1", workspace=space)) == 5


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_the_commands_print_the_same_tables(make_session, monkeypatch):
    space = make_session(30, [(c, "speech", 9.0, 0.5) for c in names(30)])
    where = ("--workspace", space.folder)
    shown = run("score", "Q-1", *where, "--show", "worklist", "--first", 3, "--json")
    assert shown.exit_code == 0
    assert len(json.loads(shown.stdout)) == 3
    assert run("score", "Q-1", *where, "--show", "gossip").exit_code == 2
    monkeypatch.setenv("REVIEW_USER", "sue")
    said = run("quality", "Q-1", *where, "--sample", 5, "--reviewer", "local:ann", "--json")
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["assigned"] == {"sample": 5}
    for _, candidate, _ in draw([("Q-1", c, "t") for c in names(30)], seed="Q-1")[:5]:
        conclude(space, candidate)
    text = run("quality", "Q-1", *where, "--card", "--language", "zh")
    assert "95%的置信度" in text.output
    assert "未建立模型" in text.output
