"""What the logs and the coverage say."""

import pytest


def lost(made, start_s, end_s=None, **detail):
    made.log("events_client", start_s, "focus_lost", **detail)
    return made if end_s is None else made.log("events_client", end_s, "focus_gained")


def test_each_loss_of_focus_is_one_flag(case):
    made = lost(lost(case(), 10, 14.5, app="QQ"), 20, 20.25)
    flags = made.flags("off_screen")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[10.0, 14.5], [20.0, 20.25]]
    assert "QQ" in flags["reason"].iloc[0]
    assert made.spans("off_screen", min_s=1.0) == [[10.0, 14.5]]


def test_allowed_programs_are_on_screen_under_itmc_only(case):
    def spans(platform):
        made = case(platform=platform, allowed_apps=("WPS", "Photoshop"))
        lost(made, 10, 20, app="WPS", process="wps.exe")
        lost(made, 30, 40, app="wps office", process="WPS.EXE")
        lost(made, 50, 60, app="chrome", title="Photoshop")
        return made.spans("off_screen")

    assert spans("itmc") == [[50.0, 60.0]]
    assert spans("eztest") == [[10.0, 20.0], [30.0, 40.0], [50.0, 60.0]]


def test_a_loss_that_nothing_ends_lasts_to_the_end_of_the_window(case):
    assert lost(case(), 500).spans("off_screen") == [[500.0, 600.0]]
    assert lost(lost(case(), 500), 510, 520).spans("off_screen") == [[500.0, 520.0]]


def test_losses_beyond_the_limit_weigh_more(case):
    made = case(off_screen_limit=2)
    for start_s in (10, 20, 30):
        lost(made, start_s, start_s + 2)
    flags = made.flags("off_screen")
    assert flags["reason_key"].tolist() == ["off_screen", "off_screen", "off_screen_over_limit"]
    assert flags["score"].is_monotonic_increasing
    # What happened before the window does not count towards the limit.
    made = case(off_screen_limit=2)
    for start_s in (-50, -40, 10, 20):
        lost(made, start_s, start_s + 2)
    assert "over_limit" not in " ".join(made.flags("off_screen")["reason_key"])


def test_gaps_of_required_views_only(case):
    made = case(required_streams=("front", "right_rear"))
    made.cover("right_rear", "missing", 100, 130).cover("screen", "missing", 0, 600)
    made.cover("front", "missing", 50, 51).log("events_phone1", 100.5, "recording_stop")
    flags = made.flags("recording_gap")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[100.0, 130.0]]
    assert flags["streams"].iloc[0] == ["right_rear"]
    assert flags["supports"].iloc[0] == ["right_rear", "events_phone1"]


def test_a_clock_that_was_only_declared_may_be_wrong_at_the_edges(case):
    made = case().cover("front", "missing", 0, 6).cover("right_rear", "missing", 580, 600)
    assert made.spans("recording_gap") == [[580.0, 600.0]]
    evidence = made.evidence
    evidence.clocks["state"] = "synchronised"
    from review.detectors.recording_gap import recording_gap

    assert recording_gap(evidence)["start_s"].tolist() == [0.0, 580.0]


@pytest.mark.parametrize(
    ("detector", "begin", "end"),
    [
        ("network_gap", "network_down", "network_up"),
        ("external_display", "display_added", "display_removed"),
        ("unscheduled_exit", "client_exit", "client_restart"),
    ],
)
def test_what_two_entries_enclose(case, detector, begin, end):
    made = case().log("events_client", 100.0, begin).log("events_client", 130.0, end)
    assert made.spans(detector) == [[100.0, 130.0]]
    assert case().log("events_client", 500.0, begin).spans(detector) == [[500.0, 600.0]]
    assert case().log("events_client", 130.0, end).spans(detector) == []


def test_leaving_the_client_after_submission_is_lawful(case):
    made = case().log("events_client", 400.0, "submit").log("events_client", 410.0, "client_exit")
    assert made.spans("unscheduled_exit") == []


def test_programs_run_from_launch_to_exit(case):
    made = case(allowed_apps=("WPS",))
    made.log("events_client", 10, "app_launch", app="WPS").log("events_client", 20, "app_exit")
    made.log("events_client", 30, "app_launch", app="微信", process="WeChat.exe")
    made.log("events_client", 35, "app_launch", app="计算器", process="calc.exe")
    made.log("events_client", 40, "app_exit", app="微信", process="WeChat.exe")
    made.log("events_client", 50, "app_launch", app="资源管理器", process="explorer.exe")
    flags = made.flags("forbidden_app")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[30.0, 40.0], [35.0, 600.0]]
    # A messenger weighs more than a calculator.
    assert flags["score"].iloc[0] > flags["score"].iloc[1]
    assert made.spans("forbidden_app", ignore=["calc"]) == [[30.0, 40.0]]


def test_late_log_in_of_the_client_or_a_phone(case):
    def spans(platform, limit_s=100.0, window=None, **logins):
        made = case(platform=platform, window=window)
        for stream, times in logins.items():
            for time_s in times:
                made.log(f"events_{stream}", time_s, "login")
        return made.spans("late_login", limit_s=limit_s)

    assert spans("itmc", client=[-60], phone1=[-50], phone2=[250]) == [[100.0, 250.0]]
    assert spans("itmc", client=[-60], phone1=[-50, 250], phone2=[90]) == []
    assert spans("itmc", client=[150], phone1=[250]) == [[100.0, 250.0]]
    # eztest has no second phone, and is judged from the log-in on.
    assert spans("eztest", client=[90], phone1=[250]) == []
    assert spans("eztest", window=(250.0, 600.0), client=[250]) == [[250.0, 250.0]]


def test_the_limit_of_both_notices_is_half_an_hour(make_sitting, case):
    made = case(minutes=90).log("events_client", 1799.0, "login")
    assert made.spans("late_login") == []
    made = case(minutes=90).log("events_client", 1860.0, "login")
    assert made.spans("late_login") == [[1800.0, 1860.0]]


def test_early_submission_is_eztests_and_leaving_is_itmcs(case):
    def spans(platform, submit_s, end_s, **options):
        made = case(platform=platform, minutes=90, window=(0.0, end_s))
        made.view("front", empty=[(5300, 5400)]).log("events_client", submit_s, "submit")
        return made.spans("left_early", **options)

    assert spans("eztest", 3500.0, 3500.0) == [[3499.0, 3500.0]]
    assert spans("eztest", 3700.0, 3700.0) == []
    assert spans("eztest", 100.0, 100.0, earliest_submit_s=60.0) == []
    assert spans("itmc", 3500.0, 5400.0) == [[5300.0, 5400.0]]
    assert spans("itmc", 3500.0, 5000.0) == []


def test_the_third_warning_reaches_the_limit(case):
    made = case().log("events_proctor", -5, "warning")
    for time_s in (100.0, 200.0):
        made.log("events_proctor", time_s, "warning")
    assert made.spans("warnings_exceeded") == []
    made.log("events_proctor", 300.0, "warning")
    assert made.spans("warnings_exceeded") == [[300.0, 600.0]]
    assert made.spans("warnings_exceeded", limit=2) == [[200.0, 600.0]]


def test_absences_add_up_or_the_longest_counts(case):
    made = case().view("front", empty=[(100, 140), (300, 350), (400, 402)])
    assert made.spans("away_total") == []
    assert made.spans("away_total", limit_s=90.0) == []  # exactly 90 s: not more
    assert made.spans("away_total", limit_s=89.0) == [[100.0, 350.0]]
    assert made.spans("away_total", limit_s=60.0, measure="longest") == []
    assert made.spans("away_total", limit_s=45.0, measure="longest") == [[300.0, 350.0]]


def test_covered_cameras_and_eztests_tolerance(case):
    made = case(platform="itmc").view("front").view("right_rear")
    made.cover("front", "black", 100, 130).cover("front", "covered", 130, 140)
    made.cover("front", "black", 200, 202).cover("screen", "black", 300, 400)
    assert made.spans("camera_covered") == [[100.0, 140.0]]
    assert made.flags("camera_covered")["contradicts"].iloc[0] == []

    made = case(platform="eztest").view("front").view("right_rear")
    made.cover("front", "black", 100, 130).cover("right_rear", "covered", 300, 330)
    made.cover("front", "black", 300, 330)
    flags = made.flags("camera_covered")
    assert flags["contradicts"].tolist()[0] == ["right_rear"]
    assert flags["score"].iloc[0] < flags["score"].iloc[1:].min()


def test_silence_where_sound_is_expected(case):
    def made():
        return case(required_streams=("front", "right_rear")).cover("front").cover("right_rear")

    flags = made().cover("front", "silent", 100, 120).cover("front", "muted", 115, 130)
    flags = flags.cover("front", "silent", 200, 205).cover("screen", "silent").flags("audio_gap")
    assert flags[["start_s", "end_s"]].to_numpy().tolist() == [[100.0, 130.0]]
    assert flags["reason_key"].tolist() == ["audio_gap_heard"]
    # A camera without a microphone is none of it, unless nothing has sound.
    assert made().cover("front", "muted").spans("audio_gap") == []
    mute = made().cover("front", "muted").cover("right_rear", "silent")
    assert mute.flags("audio_gap")["reason_key"].tolist() == ["audio_gap", "audio_gap"]


def test_frozen_cameras_and_missing_positions(case):
    made = case(required_streams=("front", "gps_phone1"))
    made.view("front").cover("front", "frozen", 100, 115).cover("screen", "frozen", 0, 600)
    assert made.spans("frozen_picture") == [[100.0, 115.0]]
    # The first repetition is at 100: the still picture itself came a second before.
    made.signal("front", "luma", range(600), 90.0)
    assert made.spans("frozen_picture") == [[99.0, 115.0]]
    # The encoder refined it twice, which changes a picture less than anybody who breathes.
    changes = [0.0 if 100 <= second < 115 else 2.0 for second in range(1, 600)]
    changes[97:99] = [0.7, 0.5]
    made.signal("front", "change", range(1, 600), changes)
    assert made.spans("frozen_picture") == [[97.0, 115.0]]
    made.cover("gps_phone1", "missing", 100, 400).cover("gps_phone2", "missing", 0, 600)
    made.cover("gps_phone1", "missing", 450, 500)
    assert made.spans("location_missing") == [[100.0, 400.0]]
