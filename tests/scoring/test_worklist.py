"""The order of work."""

import pandas as pd
import pytest

from review.scoring.worklist import worklist

KEYS = ["session_id", "candidate_id", "subject_id"]


def sittings(**states):
    rows = [("s", c, "t", state, reason) for c, (state, reason) in states.items()]
    return pd.DataFrame(rows, columns=[*KEYS, "state", "reason"])


def scores(**values):
    rows = [("s", c, "t", risk, unseen, ["x 1"]) for c, (risk, unseen) in values.items()]
    return pd.DataFrame(rows, columns=[*KEYS, "risk", "unseen", "reasons"])


def flags(*rows):
    return pd.DataFrame(
        [("s", c, "t", f, label) for c, f, label in rows], columns=[*KEYS, "flag_id", "label"]
    )


def decisions(*rows):
    return pd.DataFrame(
        [("s", c, "t", f, verdict) for c, f, verdict in rows],
        columns=[*KEYS, "flag_id", "verdict"],
    )


DONE = ("done", None)


def order(work):
    return list(work["candidate_id"])


def test_risk_first_then_what_was_not_seen():
    work = worklist(
        sittings(a=DONE, b=DONE, c=DONE),
        scores(a=(10.0, 0.0), b=(10.0, 0.5), c=(60.0, 0.0)),
        flags(),
        decisions(),
    )
    assert order(work) == ["c", "b", "a"]
    assert set(work["state"]) == {"undecided"}


def test_a_failed_sitting_stands_in_the_list_with_its_reason():
    work = worklist(
        sittings(a=DONE, b=("failed", "front: no such file"), c=DONE),
        scores(a=(0.0, 0.0), c=(30.0, 0.0)),
        flags(),
        decisions(),
    )
    assert order(work) == ["c", "b", "a"]
    row = work.iloc[1]
    assert row["analysis"] == "failed"
    assert row["reason"] == "front: no such file"
    assert row["unseen"] == 1.0
    assert pd.isna(row["risk"])
    assert list(row["reasons"]) == []


@pytest.mark.parametrize(
    ("said", "state", "still_open"),
    [
        ([], "undecided", 2),
        ([("a", "f1", "confirmed")], "in_progress", 1),
        ([("a", "f1", "confirmed"), ("a", "f2", "unsure")], "in_progress", 1),
        ([("a", "f1", "confirmed"), ("a", "f2", "dismissed")], "decided", 0),
        # A decision on a flag that is no longer there closes none that is.
        ([("a", "gone", "confirmed"), ("a", "f2", "dismissed")], "in_progress", 1),
    ],
)
def test_state_follows_the_decisions(said, state, still_open):
    work = worklist(
        sittings(a=DONE),
        scores(a=(10.0, 0.0)),
        flags(("a", "f1", "absent"), ("a", "f2", "absent")),
        decisions(*said),
    )
    row = work.iloc[0]
    assert (row["state"], row["open_flags"], row["flags"]) == (state, still_open, 2)
    assert row["labels"] == {"absent": 2}


def test_where_outcomes_are_known_they_alone_decide_and_go_last():
    work = worklist(
        sittings(a=DONE, b=DONE),
        scores(a=(90.0, 0.0), b=(10.0, 0.0)),
        flags(("b", "f1", "absent")),
        decisions(("b", "f1", "dismissed")),
        outcomes=pd.DataFrame([("s", "a", "t")], columns=KEYS),
    )
    assert order(work) == ["b", "a"]
    assert list(work["state"]) == ["in_progress", "decided"]


def test_an_empty_session_is_an_empty_list():
    work = worklist(sittings(), scores(), flags(), decisions())
    assert work.empty
    assert "state" in work
