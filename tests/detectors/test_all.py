"""What holds for every detector."""

import json
import string
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from review import detectors, words
from review.errors import DetectorError


def test_nothing_is_flagged_where_nothing_is_wrong(ordinary):
    flags, problems = detectors.run(ordinary().evidence)
    assert flags[["label", "start_s", "reason"]].to_numpy().tolist() == []
    assert not len(problems)


@pytest.fixture
def eventful(ordinary, person):
    """A sitting in which every family has something to flag."""
    made = ordinary(off_screen_limit=1)
    rows = [r for r in made.rows["signals"] if not (r["signal"] in ("faces", "persons")
            and 200 <= r["time_s"] < 230)]  # fmt: skip
    made.rows["signals"] = rows
    for view in ("front", "left_front", "right_rear"):
        made.signal(view, "faces", np.arange(200.0, 230.0), 0.0)
        made.signal(view, "persons", np.arange(200.0, 230.0), 0.0)
    made.face("front", np.arange(300.0, 310.0), track=7, vector=person(60), x=300.0, w=60.0)
    made.log("events_client", 120.0, "focus_lost", app="QQ")
    made.log("events_client", 126.0, "focus_gained")
    made.log("events_client", 130.0, "network_down").log("events_client", 140.0, "network_up")
    made.log("events_client", 150.0, "display_added").log("events_client", 160.0, "client_exit")
    made.log("events_client", 165.0, "client_restart")
    made.log("events_client", 170.0, "app_launch", app="微信", process="WeChat.exe")
    made.cover("right_rear", "missing", 400.0, 420.0).cover("left_front", "black", 440.0, 460.0)
    made.cover("front", "frozen", 500.0, 520.0)
    made.fixes("gps_phone2", np.arange(402.0, 500.0, 5.0), north_m=900.0, mock=True)
    made.signal("gps_phone2", "outside_probability", np.arange(402.0, 500.0, 5.0), 1.0)
    for time_s in (210.0, 220.0):
        made.log("events_proctor", time_s, "warning")
    return made


def test_shifting_all_times_shifts_all_flags(eventful):
    before, _ = detectors.run(eventful.evidence)
    assert {"absent", "extra_person", "off_screen", "recording_gap", "location_outside"} <= set(
        before["label"]
    )
    eventful.shift_s = 1234.5
    after, problems = detectors.run(eventful.evidence)
    assert not len(problems)
    # A log-in that is late is late against the schedule, which did not move.
    before, after = (f[f["label"] != "late_login"].reset_index(drop=True) for f in (before, after))
    assert after["label"].tolist() == before["label"].tolist()
    for column in ("start_s", "end_s", "evidence_s", "device_start_s"):
        np.testing.assert_allclose(after[column], before[column] + 1234.5, atol=1e-6)
    pd.testing.assert_series_equal(before["score"], after["score"])


def test_flags_lie_in_the_window_and_say_why_in_both_languages(eventful, with_window):
    window = (125.0, 505.0)
    flags, problems = detectors.run(with_window(eventful.evidence, window))
    assert not len(problems)
    assert len(flags) > 5
    assert flags["start_s"].min() >= window[0]
    assert flags["end_s"].max() <= window[1]
    for row in flags.itertuples():
        assert row.start_s <= row.evidence_s <= row.end_s
        assert 0.0 < row.score <= 1.0
        assert set(row.streams) <= set(row.supports)
        for language in words.LANGUAGES:
            text = words.reason(row.reason_key, row.facts, language)
            assert text
            assert "{" not in text


def test_no_window_no_flags(eventful, with_window):
    flags, _ = detectors.run(with_window(eventful.evidence, (0.0, 0.0)))
    assert not len(flags)


def test_inputs_are_not_changed(eventful):
    evidence = eventful.evidence
    names = ("coverage", "events", "positions", "signals", "detections")
    before = {name: getattr(evidence, name).copy(deep=True) for name in names}
    detectors.run(evidence)
    for name in names:
        pd.testing.assert_frame_equal(getattr(evidence, name), before[name])


def test_an_empty_sitting_breaks_no_detector(case):
    for platform in ("itmc", "eztest", "generic"):
        flags, problems = detectors.run(case(platform=platform).evidence)
        assert not len(problems), problems["message"].tolist()
        assert not len(flags), flags["label"].tolist()


@pytest.mark.parametrize("detector", detectors.detectors(), ids=lambda d: d.name)
def test_each_detector_is_documented_and_its_labels_are_named(detector):
    text = detector.function.__doc__
    assert "What it cannot tell" in text
    for option in detector.options:
        assert option in text
    for label in detector.labels:
        assert words.label(label, "zh") != label


def test_every_reason_has_the_same_fields_in_both_languages():
    fields = string.Formatter().parse
    for key, texts in words.table().items():
        if key.startswith("reason."):
            named = [{f for _, f, _, _ in fields(texts[lang]) if f} for lang in words.LANGUAGES]
            assert named[0] == named[1], key


def test_a_detector_from_outside_runs_beside_the_shipped_ones(ordinary):
    @detectors.register("toy", labels=["other"])
    def toy(evidence, *, at_s: float = 10.0):
        from review.detectors.flags import flag, table

        row = flag(
            evidence, label="other", detector="toy", streams=["front"], start_s=at_s,
            end_s=at_s + 1, score=0.5, reason_key="toy", facts={"x": 1},
        )  # fmt: skip
        return table(evidence, [row])

    try:
        options = detectors.resolve({"toy": {"at_s": 20}}, platform="itmc")
        flags, _ = detectors.run(ordinary().evidence, options)
    finally:
        detectors.unregister("toy")
    assert flags[["label", "start_s"]].to_numpy().tolist() == [["other", 20.0]]
    assert json.loads(flags["facts"].iloc[0]) == {"x": 1}


def test_a_detector_that_fails_is_a_problem_and_the_others_still_run(eventful):
    options = {**detectors.resolve(platform="itmc"), "absent": {"min_s": "long"}}
    flags, problems = detectors.run(eventful.evidence, options)
    assert problems["code"].tolist() == ["detector_failed"]
    assert "absent" in problems["message"].iloc[0]
    assert "off_screen" in set(flags["label"])


def test_unknown_thresholds_are_refused_by_name():
    with pytest.raises(DetectorError, match=r"thresholds\.absnt.*absent"):
        detectors.resolve({"absnt": {}})
    with pytest.raises(DetectorError, match="min_s"):
        detectors.resolve({"absent": {"minimum": 3}})


def test_every_label_is_in_the_documents_with_its_chinese_name():
    text = (Path(__file__).parents[2] / "docs" / "labels.md").read_text(encoding="utf-8")
    labels = {key.removeprefix("label.") for key in words.table() if key.startswith("label.")}
    assert {label for d in detectors.detectors() for label in d.labels} <= labels
    for label in labels:
        assert f"**{label}** · {words.label(label, 'zh')}" in text, label


def test_views_that_showed_nothing_are_named(case):
    made = case(required_streams=("front", "right_rear", "left_front"))
    made.view("front", empty=[(100, 130)]).view("right_rear").cover(
        "left_front", "recorded", 0, 110
    )
    made.cover("right_rear", "covered", 90, 140)
    flags, _ = detectors.run(made.evidence)
    found = flags.set_index("label")
    assert list(found.loc["absent", "could_not_see"]) == ["right_rear", "left_front"]
    # Of what is covered itself nobody says that it could not see.
    covered = flags[flags["streams"].str[0] == "right_rear"].iloc[0]
    assert "right_rear" not in list(covered["could_not_see"])
