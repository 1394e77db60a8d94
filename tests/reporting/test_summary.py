import hashlib
from dataclasses import FrozenInstanceError

import pytest

from review import tables
from review.errors import RenderError
from review.reporting.stored import SessionTables
from review.reporting.summary import summarise
from review.workspace import Workspace


def test_who_and_what_with_the_identity_number_masked(case):
    made = summarise(case.sitting, case.workspace)
    assert made.key == ("s1", "A001", "theory")
    assert made.person.name == "张三"
    assert made.person.id_number == "110*************33"
    assert "19900307" not in repr(made)
    open_ = summarise(case.sitting, case.workspace, mask=False)
    assert open_.person.id_number == "110101199003071233"
    assert made.window == (0.0, 120.0)


def test_coverage_is_counted_within_the_window_and_states_may_overlap(case):
    streams = {s.stream: s for s in summarise(case.sitting, case.workspace).streams}
    front, screen = streams["front"], streams["screen"]
    assert front.totals_s == pytest.approx({"recorded": 20.0, "missing": 98.0})
    assert screen.totals_s == pytest.approx({"recorded": 74.5, "missing": 45.5, "frozen": 10.0})
    assert front.recorded_share == pytest.approx(20 / 120)
    assert screen.required
    assert not streams["events_client"].required


def test_a_window_narrower_than_the_recording_cuts_the_totals(case):
    rows = case.workspace.read_sitting("sittings", case.sitting)
    rows[["window_start_s", "window_end_s"]] = [80.0, 100.0]
    case.workspace.write_sitting(case.sitting, {"sittings": rows})
    screen = {s.stream: s for s in summarise(case.sitting, case.workspace).streams}["screen"]
    assert screen.totals_s == pytest.approx({"recorded": 20.0, "frozen": 10.0})


def test_flags_come_in_order_of_time_with_their_reason(case, make_flag, make_case):
    made = summarise(case.sitting, case.workspace)
    assert [f.flag_id for f in made.flags] == ["f-person", "f-gap", "f-place"]
    assert [f.number for f in made.flags] == [1, 2, 3]
    first = made.flags[0]
    # The word table does not know this reason: the flag's own sentence serves in both languages.
    assert first.reason == {"en": "the reason of f-person", "zh": "the reason of f-person"}
    assert (first.supports, first.contradicts) == (("left_front",), ("right_rear",))
    assert first.standing is None
    assert not made.clean


def test_a_sitting_without_flags_is_clean_and_still_says_what_cannot_be_told(make_case):
    case = make_case([])
    made = summarise(case.sitting, case.workspace)
    assert made.clean
    assert any("no proof" in text["en"] for text in made.limits)


def test_limits_name_what_was_not_seen_and_which_clock_was_not_checked(case):
    limits = [text["en"] for text in summarise(case.sitting, case.workspace).limits]
    # 120 s of window less 20 s recorded; the frozen 10 s of the screen show nothing either.
    assert any(text.startswith("front camera") and "1 min 40 s" in text for text in limits)
    assert any(text.startswith("screen") and "55.5 s" in text for text in limits)
    clocks = next(text for text in limits if "clocks" in text)
    assert "position of phone 1" in clocks
    assert "front camera" not in clocks
    labels = [text.split(":")[0] for text in limits]
    assert "Extra person" in labels
    assert "Absent" not in labels


def test_originals_have_their_hashes_and_one_over_all(case):
    made = summarise(case.sitting, case.workspace)
    assert [f.sha256 for f in made.files] == ["ab" * 32]
    line = f"{'ab' * 32}  recordings/A001/theory/front/one.mp4\n"
    assert made.originals_sha256 == hashlib.sha256(line.encode()).hexdigest()


def test_a_file_without_a_hash_leaves_no_hash_over_all(case):
    rows = {
        name: case.workspace.read_sitting(name, case.sitting) for name in ("segments", "sittings")
    }
    rows["segments"]["sha256"] = None
    case.workspace.write_sitting(case.sitting, rows)
    assert summarise(case.sitting, case.workspace).originals_sha256 == ""


def test_a_sitting_that_was_not_analysed_is_an_error_that_says_what_to_do(case, tmp_path):
    with pytest.raises(RenderError, match=r"s1/A001/theory.*not been analysed.*review analyze"):
        summarise(case.sitting, Workspace(tmp_path / "empty"))


def test_a_failed_analysis_is_told_with_its_reason(make_case):
    case = make_case(state="failed", reason="the disk was full")
    with pytest.raises(RenderError, match="the disk was full"):
        summarise(case.sitting, case.workspace)


def test_a_session_is_read_once_and_gives_each_sitting_its_own(case):
    sitting = case.sitting
    given = SessionTables(case.session, case.workspace).of(sitting)
    assert sitting.key == case.sitting.key
    assert summarise(sitting, case.workspace, given=given) == summarise(
        case.sitting, case.workspace
    )


def test_a_summary_cannot_be_changed(case):
    made = summarise(case.sitting, case.workspace)
    with pytest.raises(FrozenInstanceError):
        made.risk = 0.0


def test_nothing_judged_is_no_window(case):
    rows = case.workspace.read_sitting("sittings", case.sitting)
    rows["window_end_s"] = rows["window_start_s"]
    flags = tables.empty("flags")
    case.workspace.write_sitting(case.sitting, {"sittings": rows, "flags": flags})
    made = summarise(case.sitting, case.workspace)
    assert made.window is None
    assert any("judged" in text["en"] for text in made.limits)
