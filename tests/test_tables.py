import pandas as pd
import pytest

from review import tables
from review.errors import TableError

KEY = ("s", "c", "theory")


@pytest.mark.parametrize("name", tables.SCHEMAS)
def test_the_empty_table_keeps_its_contract(name):
    empty = tables.empty(name)
    assert list(empty.columns) == tables.schema(name).names
    assert tables.conform(empty, name).empty


def test_all_that_is_wrong_is_said_at_once():
    frame = pd.DataFrame(
        {
            "session_id": ["s"],
            "candidate_id": ["c"],
            "subject_id": [None],
            "stream": ["front"],
            "start_s": ["early"],
            "state": ["recorded"],
        }
    )
    with pytest.raises(TableError) as caught:
        tables.conform(frame, "coverage")
    message = str(caught.value)
    assert "subject_id: 1 missing" in message
    assert "start_s: not double" in message
    assert "end_s: absent" in message


def test_columns_that_may_be_missing_are_filled_and_others_dropped():
    rows = [{"severity": "info", "code": "x", "message": "m", "colour": "red"}]
    made = tables.build("problems", rows, key=KEY)
    assert list(made.columns) == tables.schema("problems").names
    assert made.loc[0, ["stream", "start_s"]].isna().all()


def test_a_list_column_without_any_value_is_missing_throughout():
    box = {"stream": "front", "device_s": 0.0, "kind": "face", "label": "face", "track": 1,
           "x_px": 0.0, "y_px": 0.0, "w_px": 1.0, "h_px": 1.0, "score": 0.5}  # fmt: skip
    assert tables.build("detections", [box], key=KEY)["embedding"].isna().all()


def test_the_input_is_not_changed():
    frame = tables.build("scores", [{"risk": 1.0, "unseen": 0.0, "reasons": ["a"]}], key=KEY)
    before = frame.copy(deep=True)
    tables.conform(frame.assign(extra=1), "scores")
    pd.testing.assert_frame_equal(frame, before)


def test_join_of_nothing_is_the_empty_table():
    assert (
        list(tables.join("flags", [tables.empty("flags")]).columns) == tables.schema("flags").names
    )


def test_an_unknown_table_names_the_known_ones():
    with pytest.raises(TableError, match="coverage"):
        tables.empty("marks")
