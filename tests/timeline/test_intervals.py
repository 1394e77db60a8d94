import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from review.timeline import intervals as iv

# Whole numbers, so that a grid of half seconds tells the truth exactly.
SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8)
GRID = np.arange(0, 31) + 0.5


def on_grid(spans):
    inside = np.zeros(len(GRID), dtype=bool)
    for start, end in spans:
        inside |= (start <= GRID) & (end > GRID)
    return inside


@given(SPANS, SPANS)
def test_set_arithmetic_agrees_with_a_grid(a, b):
    assert (on_grid(iv.union(a, b)) == on_grid(a) | on_grid(b)).all()
    assert (on_grid(iv.intersection(a, b)) == on_grid(a) & on_grid(b)).all()
    assert (on_grid(iv.difference(a, b)) == on_grid(a) & ~on_grid(b)).all()
    assert iv.total_s(a) == on_grid(a).sum()
    assert (iv.contains(a, GRID) == on_grid(a)).all()


@given(SPANS)
def test_a_union_is_sorted_and_neither_overlaps_nor_touches(spans):
    merged = iv.union(spans)
    assert (merged[:, 1] > merged[:, 0]).all()
    assert (merged[1:, 0] > merged[:-1, 1]).all()


def test_a_sample_stands_for_the_hold_at_most():
    spans = iv.runs([0.0, 1.0, 10.0], [True, True, True], hold_s=2.0)
    assert spans.tolist() == [[0.0, 3.0], [10.0, 12.0]]


def test_samples_in_any_order_and_short_gaps_joined():
    spans = iv.runs([3.0, 0.0, 1.0, 2.0], [True, True, False, True], hold_s=1.0, join_s=1.0)
    assert spans.tolist() == [[0.0, 4.0]]
