import pytest

from review.errors import LoadError
from review.loaders.truth import load_truth
from review.tables import TRUTH_COLUMNS

HEADER = ",".join(TRUTH_COLUMNS)


def test_truth_is_read_with_its_types(tmp_path):
    path = tmp_path / "truth.csv"
    path.write_text(f"\ufeff{HEADER},note\n001,theory,absent,front,1.5,30,x\n", encoding="utf-8")
    frame = load_truth(path)
    assert list(frame.columns) == list(TRUTH_COLUMNS)
    assert frame.loc[0, "candidate_id"] == "001"
    assert (frame.loc[0, "start_s"], frame.loc[0, "end_s"]) == (1.5, 30)
    path.write_text(f"{HEADER}\n", encoding="utf-8")
    assert load_truth(str(path)).empty


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a table"),
        ("candidate_id,label\n1,x\n", "column subject_id, stream, start_s, end_s is missing"),
        (f"{HEADER}\n1,t,absent,front,5,3\n", "line 2: not an interval"),
        (f"{HEADER}\n1,t,absent,front,1,2\n1,t,absent,front,soon,3\n", "line 3: not an interval"),
    ],
)
def test_what_is_no_truth(tmp_path, text, words):
    path = tmp_path / "truth.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LoadError, match=words) as caught:
        load_truth(path)
    assert str(path) in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(LoadError):
        load_truth(tmp_path / "none.csv")
