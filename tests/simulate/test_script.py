import itertools

import numpy as np
import pytest

from review.errors import SessionError
from review.session import VIEWS
from review.simulate import plans, script
from review.simulate.anomalies import KINDS, draft
from review.simulate.clocks import Clock, rng
from review.simulate.script import Anomaly
from review.simulate.stage import Stage
from review.tables import TRUTH_COLUMNS
from review.words import table as words

CLOCKS = {
    "computer": Clock(offset_s=0.4, drift_ppm=30.0),
    "phone1": Clock(offset_s=-0.7, drift_ppm=-40.0),
    "phone2": Clock(offset_s=0.1, drift_ppm=10.0),
}


def make(*anomalies, duration_s=120.0, platform="itmc"):
    return draft(platform=platform, duration_s=duration_s, clocks=CLOCKS, anomalies=anomalies)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_is_planted_with_a_label_that_the_project_knows(kind):
    # ITMC does not forbid the candidate's own voice.
    platform = "eztest" if kind == "speech" else "itmc"
    made = make(Anomaly(kind=kind, start_s=50.0, end_s=80.0), platform=platform)
    assert made.truth
    for row in made.truth:
        assert f"label.{row.label}" in words()
        assert row.stream in made.streams
        assert 0 <= row.start_s < row.end_s <= 120.0
    assert {"label", "stream", "start_s", "end_s"} < set(TRUTH_COLUMNS)


def test_the_candidates_own_voice_is_no_truth_under_itmc_but_a_second_one_is():
    own, second = (
        make(Anomaly(kind=kind, start_s=50.0, end_s=80.0)) for kind in ("speech", "second_voice")
    )
    assert own.truth == []
    assert any(spoken.start_s == 50.0 for spoken in own.speech)
    assert [row.label for row in second.truth] == ["second_voice"]
    both = make(Anomaly(kind="second_voice", start_s=50.0, end_s=80.0), platform="eztest").truth
    assert sorted(row.label for row in both) == ["second_voice", "speech"]


def test_a_clean_sitting_has_neither_truth_nor_entries_that_tell_of_one():
    made = make()
    assert made.truth == []
    assert {entry.type for entry in made.logs} == {"audio_check"}
    assert all(spoken.end_s < 0 for spoken in made.speech)


def test_what_is_unknown_or_does_not_fit_is_refused():
    with pytest.raises(SessionError, match="no such anomaly: nonsense"):
        make(Anomaly(kind="nonsense", start_s=0, end_s=1))
    with pytest.raises(SessionError, match="within 0 to 120 s"):
        make(Anomaly(kind="absent", start_s=100, end_s=130))


def test_a_gap_is_where_no_file_runs():
    made = make(Anomaly(kind="recording_gap", start_s=40.2, end_s=61.7, stream="left_front"))
    (row,) = made.truth
    clock = CLOCKS["phone2"]
    (_, end), (start, _) = made.pieces("left_front")
    assert (row.start_s, row.end_s) == (clock.to_session(end), clock.to_session(start))
    assert all(float(edge).is_integer() for piece in made.pieces("front") for edge in piece)


def test_lost_focus_is_logged_as_often_as_planned():
    made = make(Anomaly(kind="off_screen", start_s=10, end_s=60, count=5))
    lost = [entry.time_s for entry in made.logs if entry.type == "focus_lost"]
    gained = [entry.time_s for entry in made.logs if entry.type == "focus_gained"]
    assert [(t.start_s, t.end_s) for t in made.truth] == list(zip(lost, gained, strict=True))
    assert len(lost) == 5


def test_an_absent_candidate_is_out_of_every_picture_just_then():
    made = make(Anomaly(kind="absent", start_s=30, end_s=50))
    stage = Stage(made, seed=1)
    there = {t: bool(stage.at(t).actors) for t in np.arange(20, 60, 0.05).round(2)}
    away = [t for t, somebody in there.items() if not somebody]
    assert min(away) == pytest.approx(30.0, abs=0.06)
    assert max(away) == pytest.approx(50.0, abs=0.06)


def test_a_swap_leaves_the_chair_empty_for_less_than_two_seconds():
    made = make(Anomaly(kind="different_person", start_s=40, end_s=120))
    stage = Stage(made, seed=1)
    times = np.arange(30, 60, 0.05)
    seated = [[a.who for a in stage.at(t).actors if a.out < 0.5] for t in times]
    assert seated[0] == ["candidate"]
    assert seated[-1] == ["substitute"]
    assert 0.05 * sum(not who for who in seated) < 1.0
    assert all(len(who) < 2 for who in seated)


def test_eyes_are_never_shut_and_the_head_never_down_for_long():
    stage = Stage(make(), seed=5)
    times = np.arange(0, 120, 0.1)
    poses = [stage.at(t).pose for t in times]
    for hidden in ([p.lids == "shut" for p in poses], [p.down > 0.5 for p in poses]):
        runs = [sum(1 for _ in group) for on, group in itertools.groupby(hidden) if on]
        assert runs
        assert max(runs) * 0.1 < 2.0


@pytest.mark.parametrize("platform", ["itmc", "eztest"])
@pytest.mark.parametrize("duration_s", [15.0, 120.0, 5400.0])
def test_drawn_plans_fit_the_subject_and_do_not_overlap(platform, duration_s):
    kinds = set()
    for seed in range(60):
        found = plans.draw(duration_s, platform=platform, source=rng(seed, "plan"))
        made = make(*found, duration_s=duration_s, platform=platform)
        assert all(0 <= t.start_s < t.end_s <= duration_s for t in made.truth)
        for one, two in itertools.pairwise(sorted(found, key=lambda a: a.start_s)):
            assert one.end_s < two.start_s
        assert {t.stream for t in made.truth} <= set(script.STREAMS[platform])
        kinds |= {a.kind for a in found} or {"clean"}
    assert "clean" in kinds
    if duration_s > 3600 and platform == "itmc":
        assert kinds >= set(KINDS)


def test_ordinary_views_run_from_before_the_start_to_after_the_end():
    made = make()
    for view in VIEWS:
        ((start_s, end_s),) = made.pieces(view)
        assert start_s < -5
        assert end_s > 120
