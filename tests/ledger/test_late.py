"""Recordings that come after the decisions reopen the sitting, visibly."""

import os
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from review import words
from review.errors import LedgerError
from review.ledger.late import REASONS, came_late, files_of, reopen_late
from review.ledger.payloads import Reopen, SignOff


@pytest.fixture
def folder(sitting):
    (sitting.session.folder / "front").mkdir()
    return sitting.session.folder


@pytest.fixture
def put(folder):
    """Return a function: a file whose time of change is so many days from now."""

    def make(name, days):
        path = folder / "front" / name
        path.write_bytes(name.encode())
        at_s = (datetime.now(UTC) + timedelta(days=days)).timestamp()
        os.utime(path, (at_s, at_s))
        return {"stream": "front", "file": f"front/{name}", "sha256": f"hash of {name}"}

    return make


def segments(*rows):
    return pd.DataFrame(rows, columns=["stream", "file", "sha256"])


@pytest.fixture
def act(ledger, person, sitting, decide):
    """Return a function: an act of somebody on the sitting."""

    def make(what, **more):
        if what == "decide":
            return decide(more.pop("flag_id", "f1"), sitting=sitting.key)
        payload = {"close": SignOff, "reopen": Reopen}[what](**more)
        return ledger.record(payload, sitting_key=sitting.key, author=person("eva", "supervisor"))

    return make


def test_before_anybody_has_decided_nothing_is_late(ledger, sitting, put):
    assert came_late(ledger, sitting, segments(put("a.mp4", 1))).empty


def test_a_file_younger_than_the_first_decision_is_told_and_locks_nothing(
    ledger, sitting, put, act
):
    first = act("decide")
    act("decide", flag_id="f2")
    (row,) = came_late(ledger, sitting, segments(put("old.mp4", -1), put("new.mp4", 1))).to_dict(
        "records"
    )
    assert (row["file"], row["reason"], row["locked"]) == ("front/new.mp4", "changed_after", False)
    assert (row["after_seq"], row["after_at"]) == (first.seq, first.at)
    assert reopen_late(ledger, pd.DataFrame([row]), author=None) == []


def test_a_decision_that_was_taken_back_makes_nothing_late(ledger, sitting, put, act, person):
    entry = act("decide")
    ledger.append("retraction", {"seq": entry.seq}, sitting_key=sitting.key, author=person())
    assert came_late(ledger, sitting, segments(put("new.mp4", 1))).empty


def test_what_a_sign_off_does_not_name_came_late_whatever_its_time(ledger, sitting, put, act):
    there, other = put("a.mp4", 9), put("b.mp4", -9)
    act("close", files=files_of(segments(there)))
    late = came_late(ledger, sitting, segments(there, other, {**there, "file": "front/c.mp4"}))
    assert dict(zip(late["file"], late["reason"], strict=True)) == {
        "front/b.mp4": "not_signed_off",
        "front/c.mp4": "not_signed_off",
    }
    swapped = came_late(ledger, sitting, segments({**there, "sha256": "another"}))
    assert list(swapped["reason"]) == ["replaced"]
    # Without a hash only the name can be compared.
    assert came_late(ledger, sitting, segments(there).drop(columns="sha256")).empty


def test_a_late_recording_reopens_the_sitting_and_says_so(ledger, sitting, put, act, person):
    act("close", files=files_of(segments(put("a.mp4", -1))))
    both = segments(put("a.mp4", -1), put("b.mp4", 1))
    (entry,) = reopen_late(ledger, came_late(ledger, sitting, both), author=person())
    assert (entry.kind, entry.role) == ("reopen", "reviewer")
    assert "front/b.mp4" in entry.content["reason"]
    # The sitting is open: decisions are taken, and the file is not told a second time.
    act("decide")
    assert came_late(ledger, sitting, both).empty
    act("close", files=files_of(both))
    assert came_late(ledger, sitting, both).empty
    assert ledger.verify().ok


def test_only_a_supervisor_reopens_for_another_reason(ledger, sitting, act, person):
    act("close")
    with pytest.raises(LedgerError, match=r"a reviewer reopens for recordings.*supervisor"):
        ledger.record(Reopen(reason="no time"), sitting_key=sitting.key, author=person())
    act("reopen", reason="the candidate has appealed")
    act("decide")


def test_every_reason_has_its_words_in_both_languages():
    for reason in REASONS:
        assert words.say(f"late.{reason}", "zh") != words.say(f"late.{reason}", "en")
