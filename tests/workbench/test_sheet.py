"""Tables of the supervisor's notebook: headings and values in both languages."""

import inspect

import numpy as np
import pandas as pd
import pytest

from review import words
from review.scoring import agreement, fairness, incidents, lookalikes
from review.workbench import assets, overview
from review.workbench.sheet import Sheet, heading, said, sheet_of


def cells(frame, **options):
    return sheet_of(frame, session_id="S1", **options).data


def test_headings_and_values_are_said_in_both_languages():
    frame = pd.DataFrame(
        {
            "session_id": ["S1"], "label": ["absent"], "streams": [["front", "screen"]],
            "state": ["too_few"], "share": [1 / 3], "p_value": [1e-9], "differs": [True],
            "low": [np.nan], "sittings": [7], "verdicts": [["local:ann: confirmed"]],
        }
    )  # fmt: skip
    data = cells(frame)
    assert {"en": "Flag", "zh": "标记"} in data["heads"]
    (row,) = data["rows"]
    assert len(row) == len(data["heads"]) == frame.shape[1] - 1  # not the session
    assert row == [
        {"en": "absent", "zh": "不在画面中"},
        {"en": "front camera, screen", "zh": row[1]["zh"]},
        {"en": "too few decisions", "zh": "判定过少"},
        "0.333",
        "< 0.001",
        {"en": "yes", "zh": "是"},
        "–",
        "7",
        {"en": "local:ann: confirmed", "zh": f"local:ann: {words.say('verdict.confirmed', 'zh')}"},
    ]
    assert "、" in row[1]["zh"]


def test_what_the_table_of_words_lacks_is_shown_as_it_is():
    data = cells(pd.DataFrame({"label": ["somebody_elses"], "odd": ["x"]}))
    assert (data["heads"][1], data["rows"]) == ("odd", [["somebody_elses", "x"]])


def test_a_class_of_views_is_called_by_the_view():
    frame = pd.DataFrame({"by": ["view", "light"], "value": ["front", "lower"]})
    view, light = (row[1]["en"] for row in cells(frame)["rows"])
    assert (view, light) == ("front camera", "lower third")


def test_rows_left_out_are_counted_and_the_frame_is_whole():
    frame = pd.DataFrame({"sittings": range(50)})
    sheet = sheet_of(frame, session_id="S1", first=20)
    assert (len(sheet.data["rows"]), sheet.data["left"]) == (20, 30)
    assert len(sheet.frame) == 50


@pytest.mark.parametrize(
    "columns", [agreement.COLUMNS, fairness.COLUMNS, incidents.COLUMNS, lookalikes.COLUMNS]
)
def test_every_column_of_a_shown_table_has_its_heading(columns):
    unsaid = {"session_id", "track", "other_track", "starts_at_s", "ends_at_s"}
    assert [name for name in columns if name not in unsaid and heading(name) == name] == []


def test_a_sheet_brings_only_the_words_it_needs():
    sheet = Sheet("S1", heads=[], rows=[[said("quality.no_sample")]], language="zh")
    assert set(sheet.words) < set(assets.texts())
    assert len(sheet.words) < 5
    assert sheet.language == "zh"


def test_a_problem_is_told_by_its_meaning_in_chinese():
    row = {"code": "media_unreadable", "message": "front/a.mp4: no header"}
    said_of = overview._what_happened(row)
    assert said_of["en"] == row["message"]
    assert said_of["zh"] == f"录像无法打开：{row['message']}"
    assert overview._what_happened({**row, "code": "sitting_failed"}) == row["message"]


def test_the_notebooks_calls_are_all_sheets_or_figures():
    for name in ("at_a_glance", "session_table", "same_faces", "failures", "remaining",
                 "model_card", "evaluation"):  # fmt: skip
        assert inspect.signature(getattr(overview, name)).return_annotation == "Sheet"
