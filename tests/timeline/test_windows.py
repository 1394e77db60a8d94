import pandas as pd
import pytest

from review.timeline.windows import judged_window


def log(*events):
    return pd.DataFrame(
        [{"stream": "events_client", "time_s": t, "type": kind} for t, kind in events],
        columns=["stream", "time_s", "type"],
    )


def test_itmc_is_judged_to_the_scheduled_end_even_after_submitting(make_sitting):
    events = log((-600.0, "login"), (300.0, "submit"))
    assert judged_window(make_sitting(platform="itmc"), events) == (0.0, 600.0)


@pytest.mark.parametrize(
    ("events", "window"),
    [
        ([(-120.0, "login"), (500.0, "submit")], (-120.0, 500.0)),
        ([(30.0, "login"), (400.0, "login"), (500.0, "submit")], (30.0, 500.0)),
        ([(-120.0, "login"), (601.0, "forced_submit")], (-120.0, 600.0)),
        ([(-120.0, "login")], (-120.0, 600.0)),
        ([(-120.0, "login"), (100.0, "submit"), (200.0, "submit")], (-120.0, 200.0)),
        ([(500.0, "submit")], (0.0, 500.0)),
        ([], (0.0, 600.0)),
    ],
)
def test_eztest_is_judged_from_login_to_submission(make_sitting, events, window):
    assert judged_window(make_sitting(platform="eztest"), log(*events)) == window


@pytest.mark.parametrize("kind", ["mock", "debug"])
def test_only_an_exam_is_judged(make_sitting, kind):
    start_s, end_s = judged_window(make_sitting(kind=kind), log((0.0, "login")))
    assert start_s == end_s
