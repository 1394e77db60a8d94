import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from review.simulate.clocks import DRIFT_LIMIT_PPM, OFFSET_LIMIT_S, Clock, draw_clock, rng

OFFSETS = st.floats(-1, 1)
DRIFTS = st.floats(-100, 100)


@given(OFFSETS, DRIFTS, st.floats(-7200, 7200))
def test_device_and_session_time_are_inverse(offset_s, drift_ppm, device_s):
    clock = Clock(offset_s=offset_s, drift_ppm=drift_ppm)
    assert abs(clock.to_device(clock.to_session(device_s)) - device_s) < 1e-6


@given(OFFSETS, DRIFTS, st.floats(0, 20000), st.floats(-600, 7200))
def test_a_later_subject_is_told_by_the_same_clock(offset_s, drift_ppm, by_s, device_s):
    clock = Clock(offset_s=offset_s, drift_ppm=drift_ppm)
    whole = clock.to_session(by_s + device_s) - by_s
    assert abs(clock.later(by_s).to_session(device_s) - whole) < 1e-6


def test_drawn_clocks_are_wrong_within_their_limits_and_not_alike():
    drawn = [draw_clock(rng(seed, "clock")) for seed in range(200)]
    offsets, drifts = (
        np.array([getattr(c, name) for c in drawn]) for name in ("offset_s", "drift_ppm")
    )
    assert np.abs(offsets).max() <= OFFSET_LIMIT_S < np.abs(offsets).max() + 0.05
    assert np.abs(drifts).max() <= DRIFT_LIMIT_PPM < np.abs(drifts).max() + 3


def test_random_numbers_depend_on_every_name():
    first = rng(1, "sound", 3).random()
    assert first == rng(1, "sound", 3).random()
    others = {rng(2, "sound", 3).random(), rng(1, "noise", 3).random(), rng(1, "sound", 4).random()}
    assert first not in others
    assert len(others) == 3
