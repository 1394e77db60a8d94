"""The same face under two candidates."""

import numpy as np
import pandas as pd
import pytest

from review import tables
from review.scoring.lookalikes import MIN_FACES, expected_below, persons, same_faces

#: Spread of one number of an embedding between persons: they then lie 0.72 apart on average.
SPREAD = 0.045


def table_of(vectors, candidates):
    rows = [
        {"stream": "front", "track": 1, "faces": 50, "first_device_s": 0.0, "last_device_s": 60.0,
         "embedding": np.asarray(v, dtype=np.float32)}
        for v in vectors
    ]  # fmt: skip
    made = pd.DataFrame(rows).assign(session_id="s", candidate_id=candidates, subject_id="t")
    return tables.conform(made, "persons")


def crowd(random, count):
    return random.normal(0, SPREAD, (count, 128))


def test_one_person_under_two_tickets_is_found_among_many():
    random = np.random.default_rng(4)
    vectors = crowd(random, 1500)
    vectors[1400] = vectors[10] + random.normal(0, 0.012, 128)  # 0.14 away
    found = same_faces(table_of(vectors, [f"c{n:04d}" for n in range(1500)]))
    (pair,) = found.pairs.to_dict("records")
    assert (pair["candidate_id"], pair["other_candidate_id"]) == ("c0010", "c1400")
    assert pair["state"] == "one_person"
    assert found.compared == 1500 * 1499 / 2
    assert found.expected_one_person < 0.01


def test_the_same_candidate_in_two_papers_is_no_pair():
    random = np.random.default_rng(4)
    vectors = crowd(random, 40)
    vectors[20:] = vectors[:20]
    found = same_faces(table_of(vectors, [f"c{n % 20}" for n in range(40)]))
    assert found.pairs.empty
    assert found.compared == 40 * 39 / 2 - 20


def test_a_pair_is_told_once_and_by_its_nearest_faces():
    random = np.random.default_rng(4)
    base = crowd(random, 1)[0]
    vectors = [base, base + 0.02, base + 0.001, crowd(random, 1)[0]]
    found = same_faces(table_of(vectors, ["a", "a", "b", "c"]))
    (pair,) = found.pairs.to_dict("records")
    assert pair["distance"] == pytest.approx(np.sqrt(128) * 0.001, abs=1e-3)


def test_the_expected_number_of_false_pairs_errs_on_the_high_side_but_not_wildly():
    random = np.random.default_rng(8)
    near = far = 0
    expected = 0.0
    for _ in range(6):
        vectors = random.normal(0, 0.032, (700, 128))  # people who look alike: 0.51 apart
        found = same_faces(table_of(vectors, [f"c{n:04d}" for n in range(700)]))
        far += len(found.pairs)
        near += (found.pairs["state"] == "one_person").sum()
        expected += found.expected_one_person + found.expected_possible
    assert near <= far
    assert far > 1000  # there is something to expect
    assert 0.5 * far <= expected <= 10 * far


def test_too_few_pairs_say_nothing_about_false_ones():
    random = np.random.default_rng(8)
    found = same_faces(table_of(crowd(random, 4), list("abcd")))
    assert found.compared == 6
    assert found.expected_one_person is None
    assert expected_below(np.zeros(801, dtype=int), 0.35) is None


@pytest.mark.parametrize("count", [0, 1])
def test_one_candidate_or_none_is_no_pair(count):
    empty = tables.empty("persons")
    seen = empty if not count else table_of(crowd(np.random.default_rng(0), 1), ["a"])
    found = same_faces(seen)
    assert (found.compared, len(found.pairs)) == (0, 0)


def detections(rows):
    made = [
        {"stream": stream, "device_s": float(n), "kind": kind, "label": "", "track": track,
         "x_px": 0.0, "y_px": 0.0, "w_px": 9.0, "h_px": 9.0, "score": 1.0, "embedding": vector}
        for n, (stream, kind, track, vector) in enumerate(rows)
    ]  # fmt: skip
    return tables.build("detections", made, key=("s", "c", "t"))


def test_a_person_is_the_median_of_enough_good_faces():
    face = [float(n) for n in range(128)]
    outlier = [9.0 + n for n in range(128)]
    rows = [("front", "face", 1, face)] * MIN_FACES + [("front", "face", 1, outlier)]
    rows += [("front", "face", 2, face)] * (MIN_FACES - 1)  # too few
    rows += [("front", "face", 1, None), ("front", "person", 1, None)]
    rows += [("identity/id_photo", "face", 0, face)] * MIN_FACES
    (person,) = persons(detections(rows)).to_dict("records")
    assert (person["stream"], person["track"], person["faces"]) == ("front", 1, MIN_FACES + 1)
    assert list(person["embedding"]) == face


def test_no_faces_are_no_persons():
    assert persons(tables.empty("detections")).empty
    assert persons(detections([("front", "face", 1, None)])).empty
