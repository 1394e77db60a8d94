"""Many weak flags dismissed at once are decisions, and are shown as what they are."""

import pandas as pd
import pytest

from review.errors import LedgerError
from review.ledger.bulk import bulk_of, dismiss
from review.ledger.decisions import decisions, follow, readings
from review.ledger.payloads import Bulk, Retraction, SignOff


def flags(*rows, candidate="c1"):
    columns = ["flag_id", "label", "score", "device_start_s", "device_end_s"]
    made = pd.DataFrame(rows, columns=columns)
    return made.assign(
        session_id="s1",
        candidate_id=candidate,
        subject_id="theory",
        streams=[["front", "screen"]] * len(made),
    )


FLAGS = flags(
    ("f1", "absent", 0.2, 10.0, 20.0),
    ("f2", "absent", 0.3, 30.0, 40.0),
    ("f3", "absent", 0.1, 50.0, 60.0),
    ("strong", "absent", 0.9, 70.0, 80.0),
    ("other", "speech", 0.1, 90.0, 95.0),
)
SITTING = ("s1", "c1", "theory")
NOBODY = pd.DataFrame(columns=["flag_id"])


@pytest.fixture
def eva(person):
    return person("eva", "supervisor")


def in_bulk(decided=NOBODY, sample=None, **more):
    options = {"label": "absent", "below_score": 0.5, "sample": sample or {"f1": "dismissed"}}
    return bulk_of(more.pop("flags", FLAGS), decided, **options, **more)


def test_what_is_weak_of_one_label_is_dismissed_and_shown_as_done_in_bulk(ledger, eva):
    done = dismiss(ledger, in_bulk(note="a curtain"), author=eva)
    (entry,) = done.entries
    assert (entry.kind, entry.content["below_score"]) == ("bulk", 0.5)
    rows = decisions(ledger, SITTING).set_index("flag_id")
    assert set(rows.index) == {"f1", "f2", "f3"}
    assert set(rows["kind"]) == {"bulk"}
    assert set(rows["verdict"]) == {"dismissed"}
    assert set(rows["note"]) == {"a curtain"}
    assert rows.loc["f2", "device_start_s"] == 30.0


def test_what_the_sample_found_to_be_real_is_not_dismissed_and_is_on_record(ledger, eva):
    (one,) = in_bulk(sample={"f1": "dismissed", "f2": "confirmed", "f3": "unsure"})
    assert one[1].flag_ids == ("f1",)
    assert one[1].sample == ("f1", "f2", "f3")
    assert one[1].sample_confirmed == ("f2", "f3")


def test_who_looked_at_a_flag_outweighs_a_bulk_dismissal(ledger, decide, eva):
    dismiss(ledger, in_bulk(), author=eva)
    decide("f2", "confirmed")
    rows = decisions(ledger, SITTING).set_index("flag_id")
    row = rows.loc["f2"]
    assert (row["kind"], row["verdict"], row["disputed"]) == ("decision", "confirmed", False)
    assert rows.loc["f1", "verdict"] == "dismissed"
    # And what was decided before is not dismissed in bulk at all.
    again = in_bulk(decided=decisions(ledger, SITTING)[["flag_id"]].iloc[1:2])
    assert "f2" not in again[0][1].flag_ids


def test_it_follows_its_flags_through_another_analysis_and_can_be_taken_back(ledger, eva):
    (entry,) = dismiss(ledger, in_bulk(), author=eva).entries
    later = flags(("g1", "absent", 0.6, 11.0, 20.0), ("g2", "absent", 0.6, 30.0, 33.0))
    settled, orphaned = follow(readings(ledger, SITTING), later)
    assert list(zip(settled["flag_id"], settled["kind"], strict=True)) == [("g1", "bulk")]
    assert set(orphaned["flag_id"]) == {"f2", "f3"}
    ledger.record(Retraction(seq=entry.seq), sitting_key=SITTING, author=eva)
    assert decisions(ledger, SITTING).empty


def test_one_that_says_no_places_goes_to_the_flags_of_its_ids(ledger, eva):
    bare = Bulk(label="absent", below_score=0.5, flag_ids=("f1", "gone"), sample=("f1",))
    ledger.record(bare, sitting_key=SITTING, author=eva)
    settled, orphaned = follow(readings(ledger, SITTING), FLAGS)
    assert list(settled["flag_id"]) == ["f1"]
    assert list(orphaned["flag_id"]) == ["gone"]


def test_a_closed_sitting_is_left_out_and_said(ledger, eva):
    both = pd.concat([FLAGS, FLAGS.assign(candidate_id="c2")])
    ledger.record(SignOff(), sitting_key=SITTING, author=eva)
    done = dismiss(ledger, in_bulk(flags=both), author=eva)
    assert [e.candidate_id for e in done.entries] == ["c2"]
    assert "signed off" in done.refused[SITTING]
    with pytest.raises(LedgerError, match="signed off"):
        dismiss(ledger, in_bulk(), author=eva)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: bulk_of(FLAGS, NOBODY, label="absent", below_score=0.5, sample={}), "no flag"),
        (lambda: in_bulk(sample={"strong": "dismissed"}), "found strong"),
        (lambda: Bulk(label="a", below_score=1.0, flag_ids=("f",), sample=()), "nothing was"),
        (
            lambda: Bulk(
                label="a", below_score=1.0, flag_ids=("f",), sample=("f",), sample_confirmed=("f",)
            ),
            "not dismissed",
        ),
        (
            lambda: Bulk(
                label="a", below_score=1.0, flag_ids=("f",), sample=("g",), sample_confirmed=("h",)
            ),
            "not in the sample",
        ),
        (
            lambda: Bulk(
                label="a", below_score=1.0, flag_ids=("f",), sample=("g",), streams=("x", "y")
            ),
            "some of the flags",
        ),
    ],
)
def test_one_without_a_look_or_against_it_is_refused(make, said):
    with pytest.raises(LedgerError, match=said):
        make()


def test_a_reviewer_does_not_dismiss_in_bulk(ledger, person):
    with pytest.raises(LedgerError, match="a reviewer may not write 'bulk'"):
        dismiss(ledger, in_bulk(), author=person())
