"""What stands of what people said, and how it follows its flags."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.ledger.decisions import (
    decisions,
    follow,
    match_decisions,
    outcomes,
    readings,
    settle,
)
from review.ledger.payloads import OwnFlag, Retraction

SITTING = ("s1", "c1", "theory")


def test_nothing_said_can_be_joined_with_flags(ledger):
    flags = pd.DataFrame({"session_id": ["s1"], "flag_id": ["f1"]})
    assert decisions(ledger, SITTING).merge(flags, on=["session_id", "flag_id"]).empty


def test_the_last_word_of_a_person_stands(ledger, decide):
    decide(verdict="confirmed")
    decide(verdict="dismissed", note="only the shadow")
    (row,) = decisions(ledger, SITTING).to_dict("records")
    assert (row["verdict"], row["note"], row["readers"]) == ("dismissed", "only the shadow", 1)
    assert (row["device_start_s"], row["device_end_s"], row["disputed"]) == (10.0, 20.0, False)


def test_taking_back_uncovers_what_was_said_before(ledger, decide, person):
    decide(verdict="confirmed")
    second = decide(verdict="dismissed")
    ledger.record(Retraction(seq=second.seq), sitting_key=SITTING, author=person())
    assert list(decisions(ledger, SITTING)["verdict"]) == ["confirmed"]
    first = ledger.entries(kinds=["decision"])["seq"].min()
    ledger.record(Retraction(seq=int(first)), sitting_key=SITTING, author=person())
    assert decisions(ledger, SITTING).empty


def test_readers_who_differ_are_a_dispute_that_a_supervisor_settles(ledger, decide, person):
    decide(verdict="confirmed")
    decide(verdict="dismissed", author=person("bob"), blind=True)
    (row,) = decisions(ledger, SITTING).to_dict("records")
    assert (row["verdict"], row["disputed"], row["readers"]) == ("unsure", True, 2)
    decide(verdict="dismissed", author=person("eva", "supervisor"))
    (row,) = decisions(ledger, SITTING).to_dict("records")
    assert (row["verdict"], row["disputed"], row["author"]) == ("dismissed", False, "eva")
    decide(verdict="confirmed", author=person("max", "supervisor"))
    (row,) = decisions(ledger, SITTING).to_dict("records")
    assert (row["verdict"], row["disputed"]) == ("unsure", True)


def test_own_flags_are_there_and_can_be_read_by_others(ledger, decide, person):
    ledger.record(
        OwnFlag(
            flag_id="mine", label="eating", stream="front", device_start_s=1.0, device_end_s=2.0
        ),
        sitting_key=SITTING,
        author=person(),
    )
    (row,) = decisions(ledger, SITTING).to_dict("records")
    assert (row["kind"], row["verdict"], row["label"]) == ("own_flag", "confirmed", "eating")
    decide("mine", "dismissed", author=person("bob"), label="eating")
    (row,) = decisions(ledger, SITTING).to_dict("records")
    assert (row["kind"], row["disputed"]) == ("own_flag", True)


def test_one_person_reads_a_flag_once_and_a_session_holds_its_sittings(ledger, decide, person):
    decide()
    decide(verdict="unsure")
    decide(author=person("bob"))
    decide(sitting=("s1", "c2", "theory"))
    assert len(readings(ledger, SITTING)) == 2
    assert len(decisions(ledger, ("s1",))) == 2
    assert decisions(ledger, ("s2",)).empty


def test_outcomes_are_listed_unless_taken_back(ledger, person):
    entry = ledger.append(
        "outcome",
        {"outcome": "violation", "rulebook": "itmc-2022", "clauses": ["1-3"]},
        sitting_key=SITTING,
        author=person(),
    )
    (row,) = outcomes(ledger, SITTING).to_dict("records")
    assert (row["outcome"], row["clauses"], row["author"]) == ("violation", ["1-3"], "ann")
    ledger.record(Retraction(seq=entry.seq), sitting_key=SITTING, author=person())
    assert outcomes(ledger, SITTING).empty


verdicts = st.sampled_from(["confirmed", "dismissed", "unsure"])
said = st.tuples(st.sampled_from("abcd"), st.sampled_from(["reviewer", "supervisor"]), verdicts)


@settings(max_examples=30, deadline=None)
@given(st.lists(said, min_size=1, max_size=6, unique_by=lambda s: s[0]), st.data())
def test_what_stands_does_not_depend_on_who_spoke_first(words, data):
    def stands(order):
        rows = [
            {
                "session_id": "s",
                "candidate_id": "c",
                "subject_id": "t",
                "kind": "decision",
                "flag_id": "f",
                "device_start_s": 0.0,
                "device_end_s": 1.0,
                "author": author,
                "role": role,
                "verdict": verdict,
                "seq": n,
            }
            for n, (author, role, verdict) in enumerate(order)
        ]
        (row,) = settle(pd.DataFrame(rows)).to_dict("records")
        return row["verdict"], row["disputed"], row["readers"]

    assert stands(words) == stands(data.draw(st.permutations(words)))


# Following flags


def decided(*spans, label="absent", stream="front"):
    return pd.DataFrame(
        [
            {
                "session_id": "s",
                "candidate_id": "c",
                "subject_id": "t",
                "kind": "decision",
                "flag_id": f"old{n}",
                "label": label,
                "stream": stream,
                "device_start_s": start,
                "device_end_s": end,
                "verdict": "confirmed",
            }
            for n, (start, end) in enumerate(spans)
        ]
    )


def flags(*rows):
    columns = ["label", "streams", "device_start_s", "device_end_s"]
    made = pd.DataFrame(rows, columns=columns)
    return made.assign(
        session_id="s",
        candidate_id="c",
        subject_id="t",
        flag_id=[f"new{n}" for n in range(len(made))],
    )


@pytest.mark.parametrize(
    ("flag", "follows"),
    [
        (("absent", ["front"], 10.0, 20.0), True),
        (("absent", ["front"], 15.0, 25.0), True),  # exactly half
        (("absent", ["front"], 15.1, 25.0), False),
        (("absent", ["front", "screen"], 5.0, 40.0), True),
        (("absent", ["screen", "front"], 10.0, 20.0), False),  # another leading stream
        (("face_hidden", ["front"], 10.0, 20.0), False),
        (("absent", ["front"], 12.0, 12.0), False),
    ],
)
def test_a_decision_follows_to_what_overlaps_it_by_half(flag, follows):
    matched, orphaned = match_decisions(decided((10.0, 20.0)), flags(flag))
    assert list(matched["flag_id"]) == (["new0"] if follows else [])
    assert list(orphaned["flag_id"]) == ([] if follows else ["old0"])


def test_of_several_it_takes_the_one_that_overlaps_most():
    matched, _ = match_decisions(
        decided((10.0, 20.0)),
        flags(
            ("absent", ["front"], 10.0, 15.0),
            ("absent", ["front"], 12.0, 20.0),
            ("absent", ["front"], 0.0, 16.0),
        ),
    )
    (row,) = matched.to_dict("records")
    assert (row["flag_id"], row["decided_flag_id"], row["share"]) == ("new1", "old0", 1.0)


def test_what_was_merged_gets_all_its_decisions_with_the_share_that_was_decided():
    matched, orphaned = match_decisions(
        decided((0.0, 10.0), (30.0, 40.0)), flags(("absent", ["front"], 0.0, 40.0))
    )
    assert list(matched["flag_id"]) == ["new0", "new0"]
    assert list(matched["share"]) == [0.25, 0.25]
    assert orphaned.empty


def test_instants_follow_instants():
    found = flags(("late_login", ["front"], 5.0, 5.0))
    matched, _ = match_decisions(decided((5.0, 5.0), label="late_login"), found)
    assert list(matched["share"]) == [1.0]
    _, orphaned = match_decisions(decided((6.0, 6.0), label="late_login"), found)
    assert len(orphaned) == 1


def test_without_flags_every_decision_is_orphaned_and_own_flags_never_are():
    said = decided((0.0, 1.0), (2.0, 3.0))
    said.loc[1, "kind"] = "own_flag"
    matched, orphaned = match_decisions(said, flags())
    assert matched.empty
    assert list(orphaned["flag_id"]) == ["old0"]


def analysis(*rows):
    """Return flags of the sitting that the fixtures decide on."""
    return flags(*rows).assign(session_id="s1", candidate_id="c1", subject_id="theory")


def test_what_a_person_said_last_stands_even_if_analysis_has_renamed_the_flag(ledger, decide):
    decide("old", "confirmed")
    decide("renamed", "dismissed", device_start_s=11.0)
    settled, orphaned = follow(
        readings(ledger, SITTING), analysis(("absent", ["front"], 10.5, 20.0))
    )
    (row,) = settled.to_dict("records")
    assert (row["flag_id"], row["verdict"], row["readers"]) == ("new0", "dismissed", 1)
    assert orphaned.empty


def test_readers_of_two_analyses_are_held_against_each_other(ledger, decide, person):
    decide("old", "confirmed")
    decide("renamed", "dismissed", device_start_s=11.0, author=person("bob"))
    decide("gone", label="speech")
    settled, orphaned = follow(
        readings(ledger, SITTING), analysis(("absent", ["front"], 10.5, 20.0))
    )
    (row,) = settled.to_dict("records")
    assert (row["flag_id"], row["disputed"], row["readers"]) == ("new0", True, 2)
    assert list(orphaned["flag_id"]) == ["gone"]


def test_own_flags_and_what_others_say_of_them_need_no_analysis(ledger, decide, person):
    ledger.record(
        OwnFlag(
            flag_id="mine", label="eating", stream="front", device_start_s=1.0, device_end_s=2.0
        ),
        sitting_key=SITTING,
        author=person(),
    )
    decide("mine", "dismissed", author=person("bob"), label="eating")
    settled, orphaned = follow(readings(ledger, SITTING), analysis())
    (row,) = settled.to_dict("records")
    assert (row["flag_id"], row["kind"], row["readers"]) == ("mine", "own_flag", 2)
    assert orphaned.empty
